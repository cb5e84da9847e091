import { BadUserInputError } from '../../errors.ts'

/** More points than this nobody can see in a chart; a week of minutes is 10,080. */
export const maxPoints = 12_000

/** As arguments have it; without an end it goes on to now. */
export interface Period {
  readonly fromTime: string
  readonly toTime?: string | null | undefined
}

/** Throws `BadUserInputError` for a period that ends before it begins. */
export function assertInOrder({ fromTime, toTime }: Period): void {
  if (toTime && Date.parse(toTime) < Date.parse(fromTime)) {
    throw new BadUserInputError('toTime', 'is before fromTime.')
  }
}

/** How many stretches of so many seconds a period can have, up to now. */
export function stretchesIn({ fromTime, toTime }: Period, seconds: number): number {
  const to = Math.min(toTime ? Date.parse(toTime) : Infinity, Date.now())
  return Math.max(0, (to - Date.parse(fromTime)) / 1000 / seconds)
}

/** The same, for what an operation costs. */
export function pointsIn(period: Period, seconds: number): number {
  return Math.min(Math.ceil(stretchesIn(period, seconds)), maxPoints)
}
