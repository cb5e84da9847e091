import type pg from 'pg'
import { accounts } from './support.ts'
import type { Gateway } from '../support/gateway.ts'

/** The advisory lock that stands for the gate. */
const gate = 471_100

/** Where an export stops in its midst until it is let through. */
export interface Gate {
  /** How many calls come before it. */
  readonly before: number
  close(): Promise<void>
  open(): Promise<void>
  /** The processes of PostgreSQL that wait at it. */
  waiting(): Promise<readonly number[]>
}

/**
 * Puts a view in the place of the calls which waits at one of them, in the middle of the account's, while the gate is
 * closed. PostgreSQL finds out nothing of it before it comes to that row. The gate is closed at first.
 */
export async function buildGate({ cdr, app }: Gateway): Promise<Gate & AsyncDisposable> {
  const { rows } = await cdr.query<{ id: string; count: number }>(
    `SELECT id, count(*) OVER ()::int AS count FROM cdr.cdr WHERE customer_acc_id = $1 ORDER BY time_start DESC, id`,
    [accounts.main],
  )
  const before = Math.floor(rows.length / 2)
  const { rows: columns } = await cdr.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'cdr.cdr'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
  )
  const shown = columns.map(({ name }) =>
    name === 'local_tag' ? `CASE id WHEN ${rows[before]?.id} THEN cdr.pass(local_tag) ELSE local_tag END AS local_tag` : name,
  ) // prettier-ignore
  await cdr.query(`
    CREATE FUNCTION cdr.pass(tag text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
      PERFORM pg_advisory_lock_shared(${gate}); PERFORM pg_advisory_unlock_shared(${gate}); RETURN tag; END $$;
    ALTER TABLE cdr.cdr RENAME TO all_calls;
    CREATE VIEW cdr.cdr AS SELECT ${shown.join(', ')} FROM cdr.all_calls;
    GRANT SELECT ON cdr.cdr TO PUBLIC`)
  const keeper = await app.services.databases.cdr.connect()
  await keeper.query('SELECT pg_advisory_lock($1)', [gate])
  return {
    before,
    close: () => run(keeper, 'SELECT pg_advisory_lock($1)'),
    open: () => run(keeper, 'SELECT pg_advisory_unlock($1)'),
    waiting: async () => {
      const { rows: found } = await cdr.query<{ pid: number }>(
        `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted`,
        [gate],
      )
      return found.map(({ pid }) => pid)
    },
    async [Symbol.asyncDispose]() {
      await keeper.query('SELECT pg_advisory_unlock_all()')
      keeper.release()
    },
  }
}

async function run(keeper: pg.PoolClient, statement: string): Promise<void> {
  await keeper.query(statement, [gate])
}
