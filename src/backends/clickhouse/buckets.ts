import type { Databases } from '../databases.ts'
import { bucketsQuery, evenLength } from '../statistics/buckets.ts'
import type { StatisticsQuery } from '../statistics.ts'
import { bound, raw, sql, type Statement } from './statement.ts'

/** Where buckets begin, in Unix seconds: all of one length since 1970, or by a clock. */
export type Buckets = EvenBuckets | ClockBuckets

interface EvenBuckets {
  readonly kind: 'even'
  readonly seconds: number
}

interface ClockBuckets extends Pick<StatisticsQuery, 'timeZone'> {
  readonly kind: 'clock'
  readonly sampling: 'hour' | 'day' | 'week' | 'month'
  /** In the order of time, by the local date that each begins on; of hours, by themselves. */
  readonly starts: ReadonlyMap<string, number>
}

/** PostgreSQL says when the days, weeks and months of a clock begin, so that they do in both engines alike. */
export async function bucketsOf(databases: Databases, query: StatisticsQuery): Promise<Buckets> {
  const { sampling, timeZone } = query
  const seconds = evenLength(query)
  if (seconds !== null) return { kind: 'even', seconds }
  if (sampling !== 'hour' && sampling !== 'day' && sampling !== 'week' && sampling !== 'month')
    throw new TypeError(`A bucket of ${sampling} does not begin by a clock`)
  const rows = await databases.query<{ day: string; start: number }>('primary', startsStatement(query))
  const keyOf =
    sampling === 'hour' ? ({ start }: { start: number }) => String(start) : ({ day }: { day: string }) => day
  return { kind: 'clock', sampling, timeZone, starts: new Map(rows.map((row) => [keyOf(row), row.start])) }
}

function startsStatement(query: StatisticsQuery) {
  return sql`
    SELECT to_char(bucket AT TIME ZONE ${query.timeZone}::text, 'YYYY-MM-DD') AS day, extract(epoch FROM bucket)::float8 AS start
    FROM (${bucketsQuery(query)}) buckets ORDER BY bucket`
}

/**
 * What the times of a bucket have in common, in ClickHouse. By a clock it is what that shows, not a stretch between two
 * moments: where it shows an hour twice, both belong to the date.
 */
export function bucketKey(column: string, buckets: Buckets): Statement {
  const time = raw(column)
  if (buckets.kind === 'even') {
    const length = raw(String(buckets.seconds))
    return sql`toString(intDiv(toUnixTimestamp(${time}), ${length}) * ${length})`
  }
  const zone = bound('String', buckets.timeZone)
  switch (buckets.sampling) {
    case 'hour': {
      const offset = sql`timeZoneOffset(toTimeZone(${time}, ${zone}))`
      return sql`toString(intDiv(toUnixTimestamp(${time}) + ${offset}, 3600) * 3600 - ${offset})`
    }
    case 'day':
      return sql`toString(toDate(${time}, ${zone}))`
    case 'week':
      // 0: from Sunday on.
      return sql`toString(toStartOfWeek(toDate(${time}, ${zone}), 0))`
    case 'month':
      return sql`toString(toStartOfMonth(toDate(${time}, ${zone})))`
  }
}

/** Where the bucket of a key begins. One that PostgreSQL does not know yet, since its clock is behind, is the last. */
export function startOfBucket(key: string, buckets: Buckets): number {
  if (buckets.kind === 'even' || buckets.sampling === 'hour') return Number(key)
  return buckets.starts.get(key) ?? [...buckets.starts.values()].at(-1) ?? Date.parse(key) / 1000
}

/** Every bucket of a period up to now. */
export function bucketsIn(buckets: Buckets, { from, to }: Pick<StatisticsQuery, 'from' | 'to'>): readonly number[] {
  if (buckets.kind === 'clock') return [...buckets.starts.values()]
  const { seconds } = buckets
  const first = Math.floor(Date.parse(from) / 1000 / seconds) * seconds
  const last = endOf(to) / 1000
  const count = Math.max(0, Math.floor((last - first) / seconds) + 1)
  return Array.from({ length: count }, (_, index) => first + index * seconds)
}

/** Milliseconds: a period is over now at the latest. */
export function endOf(to: string | null): number {
  return Math.min(to === null ? Infinity : Date.parse(to), Date.now())
}
