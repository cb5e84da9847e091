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

/** What is older tells nothing of now: snapshots are taken once a minute. */
const recently = sql`now() - interval '2 minutes'`
/** What is older does not even say that there are snapshots: a switch without a call takes none. */
const lately = sql`now() - interval '10 minutes'`

/** Counts are Yeti's own; single calls are known where something writes them into our table. */
export function postgresActiveCalls(databases: Databases): ActiveCallsSource {
  return {
    async counts(accountIds) {
      return accountIds.length === 0 ? [] : databases.query<CountRow>('cdr', countsStatement(accountIds))
    },
    async calls(query) {
      if (query.accountIds.length === 0) return { isTold: false, calls: new Map() }
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

type CallRow = ActiveCall & Row & { readonly account_id: number; readonly is_told: boolean }

/** Of the newest snapshot in the whole table, whoever's calls it has. Of an account without any there is one row. */
function callsStatement({ accountIds, columns, filters, limit }: ActiveCallsQuery): Sql {
  // The id says whether there is a call at all.
  const told = [...new Set<ActiveCallColumn>(['id', ...columns])]
  const read = [...new Set<ActiveCallColumn>(['start_time', ...told])].map((column) => raw(column))
  const conditions = [
    sql`customer_acc_id = asked.account_id`,
    sql`snapshot_timestamp = newest.at`,
    sql`snapshot_timestamp > ${recently}`,
    ...filters.map(callCondition),
  ]
  return sql`
    SELECT asked.account_id, newest.at IS NOT NULL AS is_told, ${join(told.map(shown), ', ')}
    FROM unnest(${accountIds}::int[]) AS asked (account_id)
    CROSS JOIN (SELECT max(snapshot_timestamp) AS at FROM portal.active_calls WHERE snapshot_timestamp > ${lately}) newest
    LEFT JOIN LATERAL (
      SELECT ${join(read, ', ')} FROM portal.active_calls
      WHERE ${join(conditions, ' AND ')}
      ORDER BY start_time DESC, id DESC LIMIT ${limit}
    ) call ON true
    ORDER BY asked.account_id, call.start_time DESC, call.id DESC`
}

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
  return { isTold: rows[0]?.is_told ?? false, calls }
}
