import {
  activeCallColumns,
  type ActiveCall,
  type ActiveCallColumn,
  type ActiveCallsQuery,
  type ActiveCallsReading,
  type ActiveCallsSource,
  type CallsSnapshot,
} from '../active-calls.ts'
import type { ClickHouse } from './client.ts'
import { condition } from './conditions.ts'
import { bound, join, moment, raw, sql, type Statement } from './statement.ts'

/** Milliseconds. What is older tells nothing of now: snapshots are taken once a minute. */
const recently = 2 * 60_000
/** What is older does not even say that there are snapshots: a switch without a call takes none. */
const lately = 10 * 60_000

type Answered = Readonly<Record<string, string | number | null>>

/** The calls of the newest snapshot that the switch has written into Yeti's table `active_calls`. */
export function clickhouseActiveCalls(clickhouse: ClickHouse): ActiveCallsSource {
  return {
    async counts(accountIds) {
      if (accountIds.length === 0) return []
      const newest = await newestSnapshot(clickhouse)
      const counts = isRecent(newest) ? await countsAt(clickhouse, newest, accountIds) : new Map<number, number>()
      return accountIds.map((accountId) => reading(accountId, newest, counts.get(accountId)))
    },
    async calls(query) {
      if (query.accountIds.length === 0) return { isTold: false, calls: new Map() }
      const newest = await newestSnapshot(clickhouse)
      const rows = isRecent(newest) ? await clickhouse.query<Answered>(callsStatement(query, newest)) : []
      return snapshotOf(query, newest !== null, rows)
    },
  }
}

/** Of anybody's calls, milliseconds since 1970; null: none lately. */
async function newestSnapshot(clickhouse: ClickHouse): Promise<number | null> {
  const since = new Date(Date.now() - lately).toISOString()
  const [row] = await clickhouse.query<{ count: string; at: string }>(sql`
    SELECT count() AS count, toUnixTimestamp64Milli(toDateTime64(max(snapshot_timestamp), 3)) AS at
    FROM active_calls WHERE snapshot_timestamp > ${moment(since)}`)
  return row && row.count !== '0' ? Number(row.at) : null
}

function isRecent(newest: number | null): newest is number {
  return newest !== null && newest > Date.now() - recently
}

async function countsAt(
  clickhouse: ClickHouse,
  newest: number,
  accountIds: readonly number[],
): Promise<Map<number, number>> {
  const rows = await clickhouse.query<{ account_id: number | string; count: string }>(sql`
    SELECT customer_acc_id AS account_id, count() AS count FROM active_calls
    WHERE ${at(newest, accountIds)} GROUP BY customer_acc_id`)
  return new Map(rows.map((row) => [Number(row.account_id), Number(row.count)]))
}

function reading(accountId: number, newest: number | null, count: number | undefined): ActiveCallsReading {
  const time = newest !== null && count !== undefined ? new Date(newest).toISOString() : null
  return { accountId, time, count: count ?? 0 }
}

function at(newest: number, accountIds: readonly number[]): Statement {
  const time = moment(new Date(newest).toISOString())
  return sql`snapshot_timestamp = ${time} AND customer_acc_id IN ${bound('Array(UInt32)', accountIds)}`
}

function callsStatement({ accountIds, columns, filters, limit }: ActiveCallsQuery, newest: number): Statement {
  const told = [...new Set(columns)].map((column) => sql`${shown(column)} AS ${raw(aliasOf(column))}`)
  const which = join([at(newest, accountIds), ...filters.map(condition)], ' AND ')
  return sql`
    SELECT ${join([sql`calls.customer_acc_id AS account_id`, ...told], ', ')} FROM active_calls AS calls
    WHERE ${which} ORDER BY calls.start_time DESC, calls.id DESC LIMIT ${bound('UInt32', limit)} BY calls.customer_acc_id`
}

/** Of its own: ClickHouse would take a condition on the column for one on what it is shown as. */
function aliasOf(column: ActiveCallColumn): string {
  return `shown_${column}`
}

/** As texts, but integers; times in milliseconds. */
function shown(column: ActiveCallColumn): Statement {
  const name = raw(`calls.${column}`)
  switch (activeCallColumns[column]) {
    case 'time':
      return sql`toUnixTimestamp64Milli(toDateTime64(${name}, 3))`
    case 'decimal':
      // By its text: what stands behind the digits of a float is none of its value.
      return sql`toString(toDecimal128(toString(${name}), 12))`
    case 'integer':
      return sql`${name}`
    default:
      return sql`toString(${name})`
  }
}

function snapshotOf(
  { accountIds, columns }: ActiveCallsQuery,
  isTold: boolean,
  rows: readonly Answered[],
): CallsSnapshot {
  const calls = new Map<number, ActiveCall[]>(accountIds.map((id) => [id, []]))
  for (const row of rows) calls.get(Number(row['account_id']))?.push(callOf(row, columns))
  return { isTold, calls }
}

function callOf(row: Answered, columns: readonly ActiveCallColumn[]): ActiveCall {
  return Object.fromEntries(columns.map((column) => [column, valueOf(column, row[aliasOf(column)] ?? null)]))
}

function valueOf(column: ActiveCallColumn, value: string | number | null): string | number | null {
  // The column of addresses has no null there.
  if (value === null || (column === 'auth_orig_ip' && value === '')) return null
  switch (activeCallColumns[column]) {
    case 'time':
      return new Date(Number(value)).toISOString()
    case 'integer':
      return Number(value)
    default:
      return String(value)
  }
}
