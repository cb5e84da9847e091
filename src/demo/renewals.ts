import { type Moment, day } from './clock.ts'
import type { RenewPeriod } from './world/services.ts'

/** When a service is renewed next: at the start of the next UTC day or month. */
export function nextRenewal(period: RenewPeriod, after: Moment): Moment {
  if (period === 'day') return (Math.floor(after / day) + 1) * day
  const date = new Date(after / 1000)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) * 1000
}

/** All renewals after a moment up to another. */
export function renewals(period: RenewPeriod, after: Moment, until: Moment): Moment[] {
  const times: Moment[] = []
  for (let at = nextRenewal(period, after); at <= until; at = nextRenewal(period, at)) times.push(at)
  return times
}
