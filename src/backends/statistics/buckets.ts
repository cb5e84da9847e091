import { raw, sql, type Sql } from '../databases.ts'
import type { Sampling, StatisticsQuery } from '../statistics.ts'

export const lengths: Readonly<Record<Sampling, string>> = {
  minute: '1 minute',
  '5minutes': '5 minutes',
  '15minutes': '15 minutes',
  hour: '1 hour',
  day: '1 day',
  week: '1 week',
  month: '1 month',
}

/** The same in seconds, as PostgreSQL counts those of an interval. */
export const lengthSeconds: Readonly<Record<Sampling, number>> = {
  minute: 60,
  '5minutes': 300,
  '15minutes': 900,
  hour: 3_600,
  day: 86_400,
  week: 604_800,
  month: 2_592_000,
}

/** The buckets that begin by the clock of the time zone, which does not go evenly. */
const byTheClock: ReadonlySet<Sampling> = new Set<Sampling>(['day', 'week', 'month'])

/** Those of which every clock shows the start where UTC's does, since it is whole quarters of an hour from it. */
const short: ReadonlySet<Sampling> = new Set<Sampling>(['minute', '5minutes', '15minutes'])

type Bucketed = Pick<StatisticsQuery, 'sampling' | 'timeZone'>

/** The start of the bucket of a time. Weeks begin on Sunday, as ClickHouse's and Yeti's do. */
export function bucketOf(time: Sql, { sampling, timeZone }: Bucketed): Sql {
  if (short.has(sampling)) return binOf(time, lengths[sampling])
  const zone = sql`${timeZone}::text`
  if (sampling !== 'week') return sql`date_trunc(${raw(`'${sampling}'`)}, ${time}, ${zone})`
  return sql`(${localStart(sql`${time} AT TIME ZONE ${zone}`, sampling)}) AT TIME ZONE ${zone}`
}

function localStart(local: Sql, sampling: Sampling): Sql {
  if (sampling === 'week') return sql`date_trunc('week', (${local}) + interval '1 day') - interval '1 day'`
  return sql`date_trunc(${raw(`'${sampling}'`)}, ${local})`
}

/** The start of the stretch of this length that a time lies in, counted from 1970 on. */
export function binOf(time: Sql, length: string): Sql {
  return sql`date_bin(${raw(`'${length}'`)}, ${time}, 'epoch')`
}

/**
 * The start of the granule of a time: a stretch that lies within one bucket. What a clock shows costs more than
 * all sums together, so it is asked once per granule, not once per call.
 */
export function granuleOf(time: Sql, { sampling, timeZone }: Bucketed): Sql {
  if (short.has(sampling)) return binOf(time, lengths[sampling])
  return binOf(time, isWholeHoursFromUtc(timeZone) ? '1 hour' : '15 minutes')
}

const wholeHours = new Map<string, boolean>()
/** Milliseconds. */
const week = 604_800_000

/** Whether a zone's clock is, in every week of all calls that are or will be; else it is whole quarters. */
function isWholeHoursFromUtc(timeZone: string): boolean {
  let known = wholeHours.get(timeZone)
  if (known === undefined) {
    const clock = new Intl.DateTimeFormat('en', { timeZone, minute: 'numeric' })
    let at = Date.UTC(1990, 0)
    const end = Date.now() + 52 * week
    while (at < end && clock.format(at) === '0') at += week
    known = at >= end
    wholeHours.set(timeZone, known)
  }
  return known
}

/** Seconds, where the buckets are all of one length since 1970; null: a clock says when each begins. */
export function evenLength({ sampling, timeZone }: Bucketed): number | null {
  const isEven = short.has(sampling) || (sampling === 'hour' && isWholeHoursFromUtc(timeZone))
  return isEven ? lengthSeconds[sampling] : null
}

/** Every bucket of the period up to now. */
export function bucketsQuery(query: StatisticsQuery): Sql {
  const from = sql`${query.from}::timestamptz`
  const to = sql`least(${query.to}::timestamptz, now())`
  const step = raw(`interval '${lengths[query.sampling]}'`)
  if (evenLength(query) !== null) {
    return sql`SELECT bucket FROM generate_series(${bucketOf(from, query)}, ${to}, ${step}) bucket`
  }
  if (!byTheClock.has(query.sampling)) {
    // Some clocks leap by half an hour, so that the hours after it are no whole hours from those before.
    const granules = sql`generate_series(${granuleOf(from, query)}, ${to}, interval '15 minutes') granule`
    return sql`SELECT DISTINCT ${bucketOf(sql`granule`, query)} AS bucket FROM ${granules}`
  }
  const zone = sql`${query.timeZone}::text`
  // Stepped in local time: where the clock leaps over midnight, a day begins later, and the next does not.
  const start = localStart(sql`${from} AT TIME ZONE ${zone}`, query.sampling)
  return sql`SELECT local AT TIME ZONE ${zone} AS bucket FROM generate_series(${start}, ${to} AT TIME ZONE ${zone}, ${step}) local`
}
