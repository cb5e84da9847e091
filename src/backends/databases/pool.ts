import pg from 'pg'
import type { Log } from '../../log.ts'

export interface PoolOptions {
  readonly poolSize: number
  /** Milliseconds. */
  readonly statementTimeout: number
  /** Commits wait for the disk also where the server is set up not to: what was answered is not lost with it. */
  readonly durable?: boolean
  readonly log: Log
}

export function openPool(connectionString: string, { poolSize, statementTimeout, durable, log }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementTimeout,
    application_name: 'yeti-portal-gateway',
    // Timestamps come back in UTC whatever the server's own zone is. Compiling a statement would take longer than most
    // take, and once for each partition.
    options: `-c TimeZone=UTC -c DateStyle=ISO -c jit=off${durable ? ' -c synchronous_commit=on' : ''}`,
  })
  // Without a listener a connection that breaks while idle would end the process.
  pool.on('error', (error) => log.warn({ error: error.message }, 'An idle database connection broke'))
  return pool
}
