import { callCondition } from '../call-conditions.ts'
import { empty, join, raw, sql, type Databases, type Row, type Sql } from '../databases.ts'
import { isoText } from '../iso-time.ts'
import type { SnapshotPoint, StatisticsPoint, StatisticsQuery, StatisticsSource } from '../statistics.ts'
import { bucketOf, bucketsQuery, granuleOf } from './buckets.ts'
import { columnOf, formulas, sumOf, type Part } from './formulas.ts'
import { sides } from './sides.ts'
import { snapshotsStatement } from './snapshots.ts'

/**
 * Keeps a subquery apart. Else the planner takes the granules for as many as there are calls, and sorts those on
 * disk; so it hashes them, in parallel. (The type, too, matters: of a plain 0 it does not see in time that it is one.)
 */
const apart = sql`OFFSET bigint '0'`

function period(column: Sql, { from, to }: StatisticsQuery): Sql {
  return sql`${column} >= ${from}::timestamptz${to === null ? empty : sql` AND ${column} <= ${to}::timestamptz`}`
}

/** The calls, with what the parts are made of and their granule. */
function callRows(query: StatisticsQuery, parts: readonly Part[]): Sql {
  const { account, calls } = sides[query.direction]
  const columns = new Set(parts.flatMap((part) => columnOf(part, query) ?? []))
  const selected = [...columns].map((column) => raw(column))
  if (query.series) selected.push(sql`${granuleOf(sql`time_start`, query)} AS granule`)
  const conditions = [
    sql`${raw(account)} = ${query.accountId}`,
    calls(query),
    period(sql`time_start`, query),
    ...query.filters.map(callCondition),
  ]
  return sql`SELECT ${list(selected)} FROM cdr.cdr WHERE ${join(conditions, ' AND ')} ${apart}`
}

/** One row per bucket, and one over everything with no bucket: in one pass, only the figures asked for. */
function callsQuery(query: StatisticsQuery): Sql {
  const parts = [...new Set(query.metrics.flatMap((metric) => formulas[metric].parts))]
  const sums = parts.map((part) => sql`${sumOf(part, query)} AS ${raw(part)}`)
  const figures = query.metrics.map((metric) => sql`${formulas[metric].figure(query)} AS ${raw(`"${metric}"`)}`)
  const calls = callRows(query, parts)
  if (!query.series) {
    return sql`SELECT ${list([sql`NULL::timestamptz AS bucket`, ...figures])} FROM (SELECT ${list(sums)} FROM (${calls}) calls) parts`
  }
  const bucket = sql`${bucketOf(sql`granule`, query)} AS bucket`
  return sql`SELECT ${list([raw('bucket'), ...figures])} FROM (
      SELECT ${list([bucket, ...sums])} FROM (${calls}) calls GROUP BY granule
    ) parts GROUP BY ${query.totals ? sql`GROUPING SETS ((bucket), ())` : sql`bucket`}`
}

function list(parts: readonly Sql[]): Sql {
  return parts.length > 0 ? join(parts, ', ') : empty
}

function mostActiveQuery(query: StatisticsQuery): Sql {
  const active = raw(sides[query.direction].active)
  return sql`SELECT bucket, max(active) AS active FROM (
      SELECT ${bucketOf(sql`granule`, query)} AS bucket, max(${active}) AS active FROM (
        SELECT ${granuleOf(sql`created_at`, query)} AS granule, ${active} FROM stats.active_call_accounts
        WHERE account_id = ${query.accountId} AND ${period(sql`created_at`, query)} ${apart}
      ) snapshots GROUP BY granule
    ) granules GROUP BY bucket`
}

function statement(query: StatisticsQuery): Sql {
  const figures = query.metrics.map((metric) => raw(`"${metric}"`))
  const active = query.activeCalls ? [sql`coalesce(snapshots.active, 0) AS "activeCalls"`] : []
  const snapshots = query.activeCalls ? sql`, snapshots AS (${mostActiveQuery(query)})` : empty
  const joined = query.activeCalls ? sql` LEFT JOIN snapshots ON snapshots.bucket = calls.bucket` : empty
  const gaps = query.fillGaps && query.series
  const filled = gaps
    ? sql`, filled AS (SELECT * FROM calls UNION ALL SELECT ${list([raw('bucket'), ...query.metrics.map((metric) => formulas[metric].idle)])}
        FROM (${bucketsQuery(query)}) buckets WHERE NOT EXISTS (SELECT FROM calls WHERE calls.bucket = buckets.bucket))`
    : empty
  // The row over everything comes last: it has no bucket.
  return sql`WITH calls AS (${callsQuery(query)})${filled}${snapshots}
    SELECT ${list([sql`${isoText(sql`calls.bucket`)} AS time`, ...figures, ...active])} FROM ${raw(gaps ? 'filled' : 'calls')} calls${joined}
    ORDER BY calls.bucket`
}

/** Statistics from the call detail records and snapshots in PostgreSQL: at most one statement each. */
export function postgresStatistics(databases: Databases): StatisticsSource {
  return {
    async statistics(query) {
      // Figures of everything that were not asked for are no question to the database.
      if (!query.series && query.metrics.length === 0) return { series: [], totals: {} }
      const rows = await databases.query<StatisticsPoint & Row>('calls', statement(query))
      const totals = query.totals ? rows.pop() : undefined
      return { series: rows, totals: totals ?? {} }
    },
    // Of a snapshot it has the number of calls only.
    filtersSnapshots: false,
    snapshots: (query) => databases.query<SnapshotPoint & Row>('calls', snapshotsStatement(query)),
  }
}
