import pg from 'pg'
import type { Log } from '../log.ts'
import type { Databases, Row, Sql } from './databases.ts'

export interface ChannelOptions {
  readonly databases: Databases
  /** The channel's name: an identifier, nothing that anybody sends. */
  readonly name: string
  readonly log: Log
  /** Connected and listening, the first time or again: what was said in between was missed. */
  readonly onOpen: () => unknown
  readonly onLost: () => unknown
  readonly onNotification: (payload: string) => unknown
}

/** Milliseconds. */
const answerLimit = 1_000
const firstDelay = 50
const longestDelay = 5_000

/** A connection of its own to the primary database, which listens to one channel and comes back when it is lost. */
export class Channel implements AsyncDisposable {
  readonly #options: ChannelOptions
  #client: pg.Client | null = null
  #open = false
  #disposed = false
  #delay = firstDelay
  #retry: NodeJS.Timeout | undefined

  constructor(options: ChannelOptions) {
    this.#options = options
    void this.#connect()
  }

  get open(): boolean {
    return this.#open
  }

  /** Throws where the connection is not open, or breaks, or the answer takes longer than the limit. */
  async query<R extends Row>(statement: Sql): Promise<R[]> {
    if (!this.#open || this.#client === null) throw new Error('The channel is not open')
    this.#options.databases.onStatement?.('primary', statement.text)
    return (await this.#client.query<R>({ text: statement.text, values: statement.values })).rows
  }

  /** Gives the connection up for a new one. */
  reset(): void {
    if (this.#client !== null) this.#lost(this.#client, new Error('given up'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    this.#open = false
    clearTimeout(this.#retry)
    const client = this.#client
    this.#client = null
    await client?.end().catch(() => undefined) // it was broken already
  }

  async #connect(): Promise<void> {
    const { databases, name, onOpen, onNotification } = this.#options
    const limits = { connectionTimeoutMillis: answerLimit, query_timeout: answerLimit, keepAlive: true }
    const client = new pg.Client({ ...databases.primary.options, ...limits })
    this.#client = client
    client.on('error', (error) => this.#lost(client, error))
    client.on('end', () => this.#lost(client, new Error('the connection ended')))
    client.on('notification', ({ payload = '' }) => onNotification(payload))
    try {
      await client.connect()
      await client.query(`LISTEN ${name}`)
    } catch (error) {
      return this.#lost(client, error)
    }
    if (client !== this.#client) return
    this.#open = true
    this.#delay = firstDelay
    onOpen()
  }

  #lost(client: pg.Client, error: unknown): void {
    if (client !== this.#client || this.#disposed) return
    this.#client = null
    this.#open = false
    client.end().catch(() => undefined) // it is broken already
    const { log, onLost } = this.#options
    log.warn({ error: error instanceof Error ? error.message : error }, 'Lost the channel of changes')
    this.#retry = setTimeout(() => void this.#connect(), this.#delay)
    this.#delay = Math.min(this.#delay * 2, longestDelay)
    onLost()
  }
}
