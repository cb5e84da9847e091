import type pg from 'pg'
import { database } from './bridge.ts'
import { startEngine, type Engine } from './engine.ts'
import type { Variant } from './tables.ts'

/** Starts ClickHouse with Yeti's two tables, empty. */
export async function startYetis(variant: Variant): Promise<Engine> {
  const engine = await startEngine(variant.timeZone)
  try {
    for (const each of [`CREATE DATABASE ${database}`, `USE ${database}`, variant.cdrs, variant.activeCalls])
      await engine.run(each)
    return engine
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw error
  }
}

const batch = 5_000

export async function insert(engine: Engine, table: string, rows: readonly object[]): Promise<void> {
  for (let first = 0; first < rows.length; first += batch) {
    const lines = rows.slice(first, first + batch).map((row) => JSON.stringify(row))
    // An event has more fields than the table has columns.
    await engine.run(
      `INSERT INTO ${database}.${table} SETTINGS input_format_skip_unknown_fields = 1 FORMAT JSONEachRow ${lines.join('\n')}`,
    )
  }
}

/** As Yeti's CDR processor has it: UTC, without what is below a second. */
function toTheSecond(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')`
}

/** The call detail records, as Yeti's CDR processor writes them. */
export async function copyCdrs(cdr: pg.Pool, engine: Engine): Promise<void> {
  const { rows } = await cdr.query<{ row: object }>(
    `SELECT (to_jsonb(c) - 'lega_identity' - 'metadata' - 'routing_tag_ids') || jsonb_build_object(
       'time_start', ${toTheSecond('time_start')}, 'time_connect', ${toTheSecond('time_connect')},
       'time_end', ${toTheSecond('time_end')}, 'date_start', to_char(time_start AT TIME ZONE 'UTC', 'YYYY-MM-DD'),
       'is_last_cdr', is_last_cdr::int, 'success', success::int, 'auth_orig_ip', coalesce(host(auth_orig_ip), ''),
       'src_prefix_routing', coalesce(src_prefix_routing, '')) AS row
     FROM cdr.cdr c WHERE time_start >= '2000-01-01'`,
  )
  await insert(
    engine,
    'cdrs',
    rows.map(({ row }) => row),
  )
}

/** Snapshots as counts: as many rows of calls as Yeti counted for each account. Nothing else is known of them. */
export async function copySnapshots(cdr: pg.Pool, engine: Engine): Promise<void> {
  const { rows } = await cdr.query<{ at: string; legs: readonly (readonly [number, number, number])[] }>(
    `SELECT ${toTheSecond('created_at')} AS at, json_agg(json_build_array(account_id, originated_count, terminated_count)) AS legs
     FROM stats.active_call_accounts GROUP BY created_at ORDER BY created_at`,
  )
  let id = 0
  const calls = rows.flatMap(({ at, legs }) => {
    const from = legs.flatMap(([account, originated]) => Array<number>(originated).fill(account))
    const to = legs.flatMap(([account, , terminated]) => Array<number>(terminated).fill(account))
    return Array.from({ length: Math.max(from.length, to.length) }, (_, index) => ({
      snapshot_timestamp: at,
      snapshot_date: at.slice(0, 10),
      id: ++id,
      start_time: at,
      customer_acc_id: from[index] ?? 0,
      vendor_acc_id: to[index] ?? 0,
    }))
  })
  await insert(engine, 'active_calls', calls)
}

/** The calls in progress, as the switch writes them, instead of all that are there. */
export async function copyActiveCalls(primary: pg.Pool, engine: Engine): Promise<void> {
  await engine.run(`TRUNCATE TABLE ${database}.active_calls`)
  const { rows } = await primary.query<{ row: object }>(
    `SELECT to_jsonb(c) || jsonb_build_object(
       'snapshot_timestamp', ${toTheSecond('snapshot_timestamp')}, 'start_time', ${toTheSecond('start_time')},
       'connect_time', ${toTheSecond('connect_time')}, 'id', id::text,
       'snapshot_date', to_char(snapshot_timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD'),
       'auth_orig_ip', coalesce(host(auth_orig_ip), '')) AS row
     FROM portal.active_calls c`,
  )
  await insert(
    engine,
    'active_calls',
    rows.map(({ row }) => row),
  )
}
