import type pg from 'pg'

/** A connection of a pool, for as long as it is not given back; with what broke it, if it did. */
export interface CheckedOut {
  readonly client: pg.PoolClient
  giveBack(broken?: Error): void
}

/** Throws what the pool throws. */
export async function checkOut(pool: pg.Pool): Promise<CheckedOut> {
  const client = await pool.connect()
  // The pool listens to idle ones only. One that breaks between two statements would end the process.
  client.on('error', ignore)
  return {
    client,
    giveBack(broken) {
      client.release(broken)
      client.off('error', ignore)
    },
  }
}

/** The next statement fails with it. */
function ignore(): void {}
