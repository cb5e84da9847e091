import type { Databases } from '../databases.ts'
import { lengthSeconds } from '../statistics/buckets.ts'
import { sides } from '../statistics/sides.ts'
import type { Statistics, StatisticsPoint, StatisticsQuery, StatisticsSource } from '../statistics.ts'
import { bucketKey, bucketsIn, bucketsOf, endOf, startOfBucket, type Buckets } from './buckets.ts'
import type { ClickHouse } from './client.ts'
import { chosenCalls, period } from './conditions.ts'
import { added, figuresOf, nothing, partsOf, priceDecimals, type Sums } from './figures.ts'
import { clickhouseSnapshots } from './snapshots.ts'
import { join, raw, sql, type Statement } from './statement.ts'

/** What ClickHouse answers: whole numbers of 64 bits come as texts, and a sum of nothing is null. */
type SumsRow = { readonly bucket?: string } & { readonly [P in keyof Sums]?: string | number | null }

/** The same figures as from PostgreSQL, from Yeti's table `cdrs`: at most one statement for calls, one for snapshots. */
export function clickhouseStatistics(clickhouse: ClickHouse, databases: Databases): StatisticsSource {
  return {
    filtersSnapshots: true,
    async statistics(query) {
      // Figures of everything that were not asked for are no question to the database.
      if (!query.series && query.metrics.length === 0) return { series: [], totals: {} }
      const buckets = query.series ? await bucketsOf(databases, query) : null
      const [rows, active] = await Promise.all([
        clickhouse.query<SumsRow>(sumsStatement(query, buckets)),
        buckets && query.activeCalls ? mostActive(clickhouse, query, buckets) : new Map<number, number>(),
      ])
      return answer(query, buckets, sumsByStart(rows, buckets), active)
    },
    snapshots: (query) => clickhouseSnapshots(clickhouse, query),
  }
}

function sumsStatement(query: StatisticsQuery, buckets: Buckets | null): Statement {
  const conditions = [chosenCalls(query), period('time_start', query)]
  if (query.direction === 'outgoing') conditions.push(sql`is_last_cdr = true`)
  const sums = partsOf(query.metrics).map((part) => sql`${sumOf(part, query)} AS ${raw(part)}`)
  const rows = sql`FROM cdrs WHERE ${join(conditions, ' AND ')}`
  if (!buckets) return sql`SELECT ${join(sums, ', ')} ${rows}`
  const bucket = sql`${bucketKey('time_start', buckets)} AS bucket`
  return sql`SELECT ${join([bucket, ...sums], ', ')} ${rows} GROUP BY bucket`
}

function sumOf(part: keyof Sums, query: StatisticsQuery): Statement {
  switch (part) {
    case 'calls':
      return sql`count()`
    case 'answered':
      return sql`countIf(duration > 0)`
    case 'unanswered':
      return sql`countIf(duration = 0)`
    case 'seconds':
      return sql`sum(${raw(query.durationColumn)})`
    case 'talk':
      return sql`sumIf(duration, duration > 0)`
    case 'price':
      // Where prices are floats, their sum would depend on the order in which they are added; that of integers does not.
      return sql`toString(sum(toInt128(round(toFloat64(${raw(sides[query.direction].price)}) * ${raw(`1e${priceDecimals}`)}))))`
  }
}

/** Without buckets there is one row, over everything. */
function sumsByStart(rows: readonly SumsRow[], buckets: Buckets | null): Map<number, Sums> {
  const sums = new Map<number, Sums>()
  for (const row of rows) {
    const start = buckets && row.bucket !== undefined ? startOfBucket(row.bucket, buckets) : 0
    sums.set(start, added(sums.get(start) ?? nothing, sumsOf(row)))
  }
  return sums
}

function sumsOf(row: SumsRow): Sums {
  const { calls, answered, unanswered, seconds, talk, price } = row
  return {
    calls: Number(calls ?? 0),
    answered: Number(answered ?? 0),
    unanswered: Number(unanswered ?? 0),
    seconds: Number(seconds ?? 0),
    talk: Number(talk ?? 0),
    price: BigInt(price ?? 0),
  }
}

/** By bucket, the most calls of one snapshot. */
async function mostActive(
  clickhouse: ClickHouse,
  query: StatisticsQuery,
  buckets: Buckets,
): Promise<Map<number, number>> {
  const bucket = bucketKey('snapshot_timestamp', buckets)
  const rows = await clickhouse.query<{ bucket: string; active: string }>(sql`
    SELECT bucket, max(calls) AS active FROM (
      SELECT ${bucket} AS bucket, count() AS calls FROM active_calls
      WHERE ${chosenCalls({ ...query, filters: [] })} AND ${period('snapshot_timestamp', query)} GROUP BY bucket, snapshot_timestamp
    ) GROUP BY bucket`)
  return new Map(rows.map((row) => [startOfBucket(row.bucket, buckets), Number(row.active)]))
}

function answer(
  query: StatisticsQuery,
  buckets: Buckets | null,
  sums: ReadonlyMap<number, Sums>,
  active: ReadonlyMap<number, number>,
): Statistics {
  const { metrics, totals } = query
  const all = totals ? [...sums.values()].reduce(added, nothing) : nothing
  return {
    series: buckets ? seriesOf(query, buckets, sums, active) : [],
    totals: totals ? figuresOf(metrics, all, secondsOf(query)) : {},
  }
}

function seriesOf(
  query: StatisticsQuery,
  buckets: Buckets,
  sums: ReadonlyMap<number, Sums>,
  active: ReadonlyMap<number, number>,
): StatisticsPoint[] {
  const starts = query.fillGaps ? new Set([...bucketsIn(buckets, query), ...sums.keys()]) : sums.keys()
  const seconds = lengthSeconds[query.sampling]
  return [...starts]
    .sort((one, other) => one - other)
    .map((start) => ({
      time: new Date(start * 1000).toISOString(),
      ...figuresOf(query.metrics, sums.get(start) ?? nothing, seconds),
      ...(query.activeCalls && { activeCalls: active.get(start) ?? 0 }),
    }))
}

/** How long the calls of the totals have come for: the period as far as it is over. */
function secondsOf({ from, to }: StatisticsQuery): number {
  return (endOf(to) - Date.parse(from)) / 1000
}
