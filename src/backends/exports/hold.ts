import pg from 'pg'
import { sql, type Databases, type Row, type Sql } from '../databases.ts'

/** The first of the two numbers of our advisory locks; the second is `sys.cdr_exports.id`. */
export const exportLocks = 0x63647265

/** Milliseconds. */
const connectLimit = 5_000
const answerLimit = 10_000

/** What tells the server in half a minute that our machine is gone, and not after hours. Seconds, and tries. */
const keepalives = '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3'

/**
 * The right to make one export, as long as the connection lasts: no other process has it at the same time, and when this
 * one is killed it is free at once. What is written about the export goes over the same connection, so that nobody
 * writes who has lost the right.
 */
export class ExportHold implements AsyncDisposable {
  readonly #databases: Databases
  readonly #client: pg.Client
  readonly #lost = new AbortController()

  private constructor(databases: Databases, client: pg.Client) {
    this.#databases = databases
    this.#client = client
    client.on('error', (error) => this.#lost.abort(error))
    client.on('end', () => this.#lost.abort(new Error('The connection that holds the export has ended')))
  }

  /** null: another process has it. Throws what the driver throws. */
  static async take(databases: Databases, exportId: number): Promise<ExportHold | null> {
    const { options } = databases.primary
    const client = new pg.Client({
      ...options,
      options: `${options.options ?? ''} ${keepalives}`,
      connectionTimeoutMillis: connectLimit,
      query_timeout: answerLimit,
      keepAlive: true,
    })
    const hold = new ExportHold(databases, client)
    try {
      await client.connect()
      const [row] = await hold.query<{ taken: boolean }>(
        sql`SELECT pg_try_advisory_lock(${exportLocks}, ${exportId}) AS taken`,
      )
      if (row?.taken) return hold
    } catch (error) {
      await hold[Symbol.asyncDispose]()
      throw error
    }
    await hold[Symbol.asyncDispose]()
    return null
  }

  /** Aborted when the connection is lost, and the right with it. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Throws what the driver throws; then the right is given up, since nobody knows whether we have it. */
  async query<R extends Row = Row>({ text, values }: Sql): Promise<R[]> {
    this.#databases.onStatement?.('primary', text)
    try {
      return (await this.#client.query<R>({ text, values })).rows
    } catch (error) {
      this.#lost.abort(error)
      throw error
    }
  }

  /** Throws when the right is lost. */
  async check(): Promise<void> {
    await this.query(sql`SELECT 1`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => undefined) // it was broken already
  }
}
