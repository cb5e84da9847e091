import type pg from 'pg'
import type { ServiceTransaction } from '../invoices/settle.ts'
import { type Row, advanceSequence, insertRows } from '../rows.ts'
import { customersAuthRows } from './customers.ts'
import { portalTables } from './fill.ts'
import { loginRows } from './logins.ts'
import { renewServices } from './renew-services.ts'
import { gatewayRows } from './routing.ts'

/** Adds what a filled database lacks by now. */
export async function continuePrimary(client: pg.ClientBase, now: Date): Promise<void> {
  const { rowCount } = await client.query('select from class4.routing_tags limit 1')
  if (!rowCount) await addPortal(client, now)
  await renewServices(client, now)
}

/** What the demo of an earlier version has not: it filled these tables' neighbours only. */
async function addPortal(client: pg.ClientBase, now: Date): Promise<void> {
  for (const [table, rows] of portalTables(now)) {
    await insertRows(client, table, rows)
    await advanceSequence(client, table)
  }
  await overwrite(client, 'class4.gateways', gatewayRows, ['name', 'uuid', 'incoming_auth_allow_jwt'])
  await overwrite(client, 'class4.customers_auth', customersAuthRows, ['dst_numberlist_id'])
  const added = ['allow_outgoing_numberlists_ids', 'provision_gateway_id']
  await overwrite(client, 'sys.api_access', loginRows(now), added)
}

/** Sets some columns of rows that are there. */
async function overwrite(
  client: pg.ClientBase,
  table: string,
  rows: readonly Row[],
  columns: readonly string[],
): Promise<void> {
  const assignments = columns.map((column) => `${column} = demo.${column}`)
  await client.query(
    `update ${table} as present set ${assignments.join(', ')}
     from json_populate_recordset(null::${table}, $1) as demo where demo.id = present.id`,
    [JSON.stringify(rows)],
  )
}

/** What accounts were charged and credited for services since a time. */
export async function transactionsSince(client: pg.ClientBase, since: Date): Promise<readonly ServiceTransaction[]> {
  const { rows } = await client.query<ServiceTransaction>(
    'select account_id, amount, created_at from billing.transactions where created_at >= $1',
    [since],
  )
  return rows
}
