import {
  activeCallColumns,
  type ActiveCall,
  type ActiveCallColumn,
  type ActiveCallsQuery,
  type ActiveCallsReading,
  type ActiveCallsSource,
  type CallsSnapshot,
} from '../active-calls.ts'
import { callCondition } from '../call-conditions.ts'
import { join, raw, sql, type Databases, type Row, type Sql } from '../databases.ts'
import { isoText } from '../iso-time.ts'

/** What is older tells nothing: snapshots are taken once a minute. */
const recently = sql`now() - interval '2 minutes'`

/** Counts are Yeti's own; single calls are known where something writes them into our table. */
export function postgresActiveCalls(databases: Databases): ActiveCallsSource {
  return {
    async counts(accountIds) {
      return accountIds.length === 0 ? [] : databases.query<CountRow>('cdr', countsStatement(accountIds))
    },
    async calls(query) {
      if (query.accountIds.length === 0) return { isThere: false, calls: new Map() }
      return snapshotOf(await databases.query<CallRow>('primary', callsStatement(query)))
    },
  }
}

type CountRow = ActiveCallsReading & Row

/** Yeti writes a snapshot a minute, and none for an account without calls. */
function countsStatement(accountIds: readonly number[]): Sql {
  return sql`
    SELECT asked.account_id AS "accountId", coalesce(s.originated_count, 0) AS count, ${isoText(sql`s.created_at`)} AS time
    FROM unnest(${accountIds}::int[]) AS asked (account_id)
    LEFT JOIN LATERAL (
      SELECT originated_count, created_at FROM stats.active_call_accounts
      WHERE account_id = asked.account_id AND created_at > ${recently}
      ORDER BY created_at DESC LIMIT 1
    ) s ON true`
}

type CallRow = ActiveCall & Row & { readonly account_id: number; readonly is_there: boolean }

/** Of the newest snapshot in the whole table, whoever's calls it has. Of an account without any there is one row. */
function callsStatement({ accountIds, columns, filters, limit }: ActiveCallsQuery): Sql {
  const read = [...new Set<ActiveCallColumn>(['id', 'start_time', ...columns])]
  const conditions = [
    sql`customer_acc_id = asked.account_id`,
    sql`snapshot_timestamp = newest.at`,
    ...filters.map(callCondition),
  ]
  return sql`
    SELECT asked.account_id, newest.at IS NOT NULL AS is_there, ${join([...new Set<ActiveCallColumn>(['id', ...columns])].map(shown), ', ')}
    FROM unnest(${accountIds}::int[]) AS asked (account_id)
    CROSS JOIN (SELECT max(snapshot_timestamp) AS at FROM portal.active_calls WHERE snapshot_timestamp > ${recently}) newest
    LEFT JOIN LATERAL (
      SELECT ${join(read.map((column) => raw(column)), ', ')} FROM portal.active_calls
      WHERE ${join(conditions, ' AND ')}
      ORDER BY start_time DESC, id DESC LIMIT ${limit}
    ) call ON true
    ORDER BY asked.account_id, call.start_time DESC, call.id DESC`
} // prettier-ignore

function shown(column: ActiveCallColumn): Sql {
  const value = sql`call.${raw(column)}`
  return sql`${activeCallColumns[column] === 'time' ? isoText(value) : value} AS ${raw(column)}`
}

function snapshotOf(rows: readonly CallRow[]): CallsSnapshot {
  const calls = new Map<number, ActiveCall[]>()
  for (const row of rows) {
    const known = calls.get(row.account_id) ?? []
    calls.set(row.account_id, known)
    if (row.id !== null) known.push(row)
  }
  return { isThere: rows[0]?.is_there ?? false, calls }
}
