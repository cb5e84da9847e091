/** Moments are microseconds since 1970, since that is what timestamptz keeps; they fit a number until the year 2255. */
export type Moment = number

export const second = 1_000_000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

export function moment(date: Date): Moment {
  return date.getTime() * 1000
}

/** Number of the UTC day since 1970-01-01. */
export function dayOf(at: Moment): number {
  return Math.floor(at / day)
}

export function timestamp(at: Moment): string {
  const milliseconds = Math.floor(at / 1000)
  const rest = String(at - milliseconds * 1000).padStart(3, '0')
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${rest}+00`
}

/** `2026-07-31`, the UTC day of a moment. */
export function dateText(at: Moment): string {
  return timestamp(at).slice(0, 10)
}
