import type { Databases } from '../databases.ts'
import { bucketsQuery, evenLength } from '../statistics/buckets.ts'
import type { StatisticsQuery } from '../statistics.ts'
import { bound, raw, sql, type Statement } from './statement.ts'

/** Where buckets begin, in Unix seconds: all of one length since 1970, or each by itself. */
export type Buckets =
  { readonly kind: 'even'; readonly seconds: number } | { readonly kind: 'listed'; readonly starts: readonly number[] }

/**
 * Days, weeks and months begin by a clock. PostgreSQL says when, so that they do in both engines alike, whatever each
 * knows of time zones.
 */
export async function bucketsOf(databases: Databases, query: StatisticsQuery): Promise<Buckets> {
  const seconds = evenLength(query)
  if (seconds !== null) return { kind: 'even', seconds }
  const rows = await databases.query<{ start: number }>('primary', startsStatement(query))
  return { kind: 'listed', starts: rows.map(({ start }) => start) }
}

function startsStatement(query: StatisticsQuery) {
  const buckets = bucketsQuery(query)
  return sql`SELECT extract(epoch FROM bucket)::float8 AS start FROM (${buckets}) buckets ORDER BY bucket`
}

/** The bucket of a column's time, in ClickHouse. */
export function bucketIn(column: string, buckets: Buckets): Statement {
  const seconds = sql`toUInt32(toUnixTimestamp(${raw(column)}))`
  if (buckets.kind === 'even')
    return sql`intDiv(${seconds}, ${raw(String(buckets.seconds))}) * ${raw(String(buckets.seconds))}`
  return sql`roundDown(${seconds}, ${bound('Array(UInt32)', buckets.starts)})`
}

/** Every bucket of a period up to now. */
export function bucketsIn(buckets: Buckets, { from, to }: Pick<StatisticsQuery, 'from' | 'to'>): readonly number[] {
  if (buckets.kind === 'listed') return buckets.starts
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
