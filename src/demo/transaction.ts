import type pg from 'pg'

/**
 * Runs `work` in one transaction: after a crash at any point, all of it is there or nothing. `patience`: how many
 * milliseconds it waits for a lock before it gives up; by default for ever.
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  patience = 0,
): Promise<T> {
  const client = await pool.connect()
  // A lost connection also fails the query in flight, which is where it is reported.
  const ignore = () => undefined
  client.on('error', ignore)
  try {
    await client.query('begin')
    await client.query(
      `set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;
       set local lock_timeout = ${patience}`,
    )
    const result = await work(client)
    await client.query('commit')
    client.off('error', ignore)
    client.release()
    return result
  } catch (error) {
    // Closing the connection is the one way to roll back that works in the middle of a copy, too.
    client.release(true)
    throw error
  }
}
