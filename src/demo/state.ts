import type pg from 'pg'
import type { CallPlan } from './calls/day.ts'

/** How far a database is filled. Each database says so itself, in the transaction that filled it. */
export interface Filled {
  readonly until: Date
  readonly seed: number
}

export class NotDemoDataError extends Error {
  override readonly name = 'NotDemoDataError'
}

/** Tables that nobody but an operator (or the demo) fills. */
const primaryTables = [
  'public.contractors',
  'billing.accounts',
  'sys.api_access',
  'gui.admin_users',
  'class4.rateplans',
]
const cdrTables = ['cdr.cdr', 'billing.invoices', 'stats.active_call_accounts']

async function refuseUnlessEmpty(client: pg.ClientBase, database: string, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const { rowCount } = await client.query(`select from ${table} limit 1`)
    if (rowCount) {
      throw new NotDemoDataError(
        `The ${database} database has rows in ${table} that are not demo data; nothing was written. ` +
          'Demo data need an empty database.',
      )
    }
  }
}

/** Null when the primary database is empty; refuses one with somebody else's data. */
export async function primaryState(client: pg.ClientBase): Promise<Filled | null> {
  const { rows } = await client.query<Filled>('select filled_until as until, seed from portal.demo_state where id = 1')
  const [state] = rows
  if (!state) await refuseUnlessEmpty(client, 'primary', primaryTables)
  return state ?? null
}

export async function savePrimaryState(client: pg.ClientBase, { until, seed }: Filled): Promise<void> {
  await client.query(
    `insert into portal.demo_state (id, filled_until, seed) values (1, $1, $2)
     on conflict (id) do update set filled_until = excluded.filled_until, seed = excluded.seed`,
    [until, seed],
  )
}

/**
 * The CDR database has no schema of ours, so its state is the comment of its main table. It has its own state because no
 * transaction spans both databases: whichever of the two a crash leaves behind is caught up with at the next start.
 */
export async function cdrState(client: pg.ClientBase): Promise<(Filled & CallPlan) | null> {
  const { rows } = await client.query<{ comment: string | null }>(
    `select obj_description('cdr.cdr'::regclass, 'pg_class') as comment`,
  )
  const found = /^Demo calls until (\S+), seed (\d+), (\d+) a day$/.exec(rows[0]?.comment ?? '')
  if (!found) {
    await refuseUnlessEmpty(client, 'CDR', cdrTables)
    return null
  }
  const [, until = '', seed, callsPerDay] = found
  return { until: new Date(until), seed: Number(seed), callsPerDay: Number(callsPerDay) }
}

export async function saveCdrState(client: pg.ClientBase, state: Filled & CallPlan): Promise<void> {
  const comment = `Demo calls until ${state.until.toISOString()}, seed ${state.seed}, ${state.callsPerDay} a day`
  await client.query(`comment on table cdr.cdr is '${comment}'`)
}
