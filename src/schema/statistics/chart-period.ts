import { BadUserInputError } from '../../errors.ts'
import type { RuleMap } from '../../permissions/rule.ts'
import { searchCost } from '../resource/connection.ts'
import { assertInOrder, maxPoints, pointsIn, stretchesIn } from './period.ts'

/** Seconds: charts have one point a minute. */
const minute = 60
/** Milliseconds. */
const day = 86_400_000

export interface ChartArguments {
  readonly fromTime?: string | null | undefined
  readonly toTime?: string | null | undefined
}

type WholePeriod = Record<'fromTime' | 'toTime', string>

/** With Yeti's defaults: 24 hours, and now. */
function wholePeriod({ fromTime, toTime }: ChartArguments): WholePeriod {
  const end = toTime ?? new Date().toISOString()
  return { fromTime: fromTime ?? new Date(Date.parse(end) - day).toISOString(), toTime: end }
}

/** The period of a chart. Throws `BadUserInputError` where it is none, or too long. */
export function chartPeriod(args: ChartArguments): WholePeriod {
  const period = wholePeriod(args)
  if (!args.toTime && Date.parse(period.fromTime) > Date.parse(period.toTime)) {
    throw new BadUserInputError('fromTime', 'is in the future.')
  }
  assertInOrder(period)
  if (stretchesIn(period, minute) > maxPoints) throw tooLong('minutes')
  return period
}

export function tooLong(what: string): BadUserInputError {
  return new BadUserInputError('fromTime', `the period has more than ${maxPoints} ${what}; take a shorter one.`)
}

/** For what an operation costs; the arguments are not known to be right yet. */
function minutes({ fromTime, toTime }: Readonly<Record<string, unknown>>): number {
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
  return pointsIn(wholePeriod({ fromTime: text(fromTime), toTime: text(toTime) }), minute)
}

export const chartCosts = { rows: { args: ['fromTime', 'toTime'], count: minutes }, cost: searchCost }

/** The options of the arguments that all charts have. */
export function chartArguments(rule: RuleMap) {
  return {
    accountId: { required: true, description: 'The account, by its `id`.', authScopes: rule },
    fromTime: {
      type: 'DateTime',
      description: 'From this moment on; default 24 hours before `toTime`.',
      authScopes: rule,
    },
    toTime: { type: 'DateTime', description: 'Up to this moment, which is part of it; default now.', authScopes: rule },
  } as const
}
