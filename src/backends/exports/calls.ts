import pg from 'pg'
import { to as copyTo, type CopyToStreamQuery } from 'pg-copy-streams'
import type { Databases, ServerName } from '../databases.ts'
import type { ExportStatements } from './statement.ts'

/** Milliseconds. */
const connectLimit = 5_000
const silenceLimit = 10_000

interface Connected {
  readonly server: ServerName
  readonly client: pg.Client
}

/**
 * A connection of its own to where calls are read, for one export. It is made while other things are done. `isFirst`: it
 * has not failed before; what has is read from the CDR database itself, whatever the reason was.
 */
export class CallsConnection implements AsyncDisposable {
  readonly #databases: Databases
  readonly #connected: Promise<Connected>
  #client: pg.Client | null = null
  #release: () => void = () => undefined
  #isDisposed = false

  constructor(databases: Databases, isFirst: boolean) {
    this.#databases = databases
    this.#connected = this.#connect(isFirst)
    this.#connected.catch(() => undefined) // also where nobody comes to read
  }

  /** The rows as they come, in a transaction that reads only. */
  async read({ settings, copy }: ExportStatements): Promise<CopyToStreamQuery> {
    const { server, client } = await this.#connected
    await client.query('BEGIN READ ONLY')
    this.#databases.onStatement?.(server, settings.text)
    await client.query({ text: settings.text, values: settings.values })
    this.#databases.onStatement?.(server, copy)
    const rows = client.query(copyTo(copy))
    rows.on('error', () => undefined) // also after the others have let go of it
    return rows
  }

  /** After the last row; then their number is known. */
  async finish(): Promise<void> {
    await (await this.#connected).client.query('COMMIT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    this.#release()
    await this.#end()
  }

  async #connect(isFirst: boolean): Promise<Connected> {
    const { replica, cdr } = this.#databases
    if (isFirst && replica?.isUsable) {
      try {
        return await this.#connectTo('replica', replica.pool)
      } catch (error) {
        if (this.#isDisposed) throw error
        replica.refused(error)
      }
    }
    return this.#connectTo('cdr', cdr)
  }

  async #connectTo(server: ServerName, pool: pg.Pool): Promise<Connected> {
    const client = new pg.Client({
      ...pool.options,
      connectionTimeoutMillis: connectLimit,
      keepAlive: true,
      keepAliveInitialDelayMillis: silenceLimit,
    })
    client.on('error', () => undefined) // the stream fails with it
    this.#client = client
    // With the connection ends the stream: nobody waits for a replica that is gone without a word.
    if (server === 'replica') this.#release = this.#databases.replica?.hold(() => void this.#end()) ?? this.#release
    try {
      await client.connect()
    } catch (error) {
      this.#release()
      throw error
    }
    return { server, client }
  }

  async #end(): Promise<void> {
    await this.#client?.end().catch(() => undefined) // it was broken already
  }
}
