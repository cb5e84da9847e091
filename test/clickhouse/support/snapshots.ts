import type { Engine } from './engine.ts'
import type { Gateway } from '../../support/gateway.ts'
import { copyActiveCalls } from './writer.ts'

/** A snapshot of calls, rows of `active_calls`, taken so many seconds ago. */
export interface Told {
  readonly secondsAgo: number
  readonly calls: readonly Readonly<Record<string, unknown>>[]
}

/** Writes snapshots into both engines, as the switch and Yeti's job do, instead of those of the last hour. */
export async function tell(
  { gateway, engine }: { readonly gateway: Gateway; readonly engine: Engine },
  snapshots: readonly Told[],
): Promise<void> {
  await gateway.primary.query('DELETE FROM portal.active_calls')
  await gateway.cdr.query("DELETE FROM stats.active_call_accounts WHERE created_at > now() - interval '1 hour'")
  for (const { secondsAgo, calls } of snapshots) {
    const at = new Date(Math.floor(Date.now() / 1000 - secondsAgo) * 1000).toISOString()
    await gateway.primary.query(
      'INSERT INTO portal.active_calls SELECT * FROM json_populate_recordset(NULL::portal.active_calls, $1)',
      [JSON.stringify(calls.map((call) => ({ snapshot_timestamp: at, ...call })))],
    )
  }
  await count(gateway)
  await copyActiveCalls(gateway.primary, engine)
}

async function count({ primary, cdr }: Gateway): Promise<void> {
  const { rows } = await primary.query<{ counts: unknown }>(
    `SELECT json_agg(legs) AS counts FROM (
       SELECT account_id, sum(originated)::int AS originated_count, sum(terminated)::int AS terminated_count, created_at FROM (
         SELECT customer_acc_id AS account_id, 1 AS originated, 0 AS terminated, snapshot_timestamp AS created_at FROM portal.active_calls
         UNION ALL SELECT vendor_acc_id, 0, 1, snapshot_timestamp FROM portal.active_calls
       ) calls GROUP BY account_id, created_at
     ) legs`,
  )
  await cdr.query(
    `INSERT INTO stats.active_call_accounts (account_id, originated_count, terminated_count, created_at)
     SELECT account_id, originated_count, terminated_count, created_at
     FROM json_populate_recordset(NULL::stats.active_call_accounts, $1)`,
    [JSON.stringify(rows[0]?.counts ?? [])],
  )
}
