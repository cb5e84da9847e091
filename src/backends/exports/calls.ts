import pg from 'pg'
import { to as copyTo, type CopyToStreamQuery } from 'pg-copy-streams'
import type { Databases } from '../databases.ts'
import type { ExportStatements } from './statement.ts'

/** Milliseconds. */
const connectLimit = 5_000
const silenceLimit = 10_000

/** A connection of its own to the database of the calls, for one export. It is made while other things are done. */
export class CallsConnection implements AsyncDisposable {
  readonly #databases: Databases
  readonly #client: pg.Client
  readonly #connected: Promise<unknown>

  constructor(databases: Databases) {
    this.#databases = databases
    this.#client = new pg.Client({
      ...databases.cdr.options,
      connectionTimeoutMillis: connectLimit,
      keepAlive: true,
      keepAliveInitialDelayMillis: silenceLimit,
    })
    this.#client.on('error', () => undefined) // the stream fails with it
    this.#connected = this.#client.connect()
    this.#connected.catch(() => undefined) // also where nobody comes to read
  }

  /** The rows as they come, in a transaction that reads only. */
  async read({ settings, copy }: ExportStatements): Promise<CopyToStreamQuery> {
    await this.#connected
    await this.#client.query('BEGIN READ ONLY')
    this.#databases.onStatement?.('cdr', settings.text)
    await this.#client.query({ text: settings.text, values: settings.values })
    this.#databases.onStatement?.('cdr', copy)
    const rows = this.#client.query(copyTo(copy))
    rows.on('error', () => undefined) // also after the others have let go of it
    return rows
  }

  /** After the last row; then their number is known. */
  async finish(): Promise<void> {
    await this.#client.query('COMMIT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => undefined) // it was broken already
  }
}
