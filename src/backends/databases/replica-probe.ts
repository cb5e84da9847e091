import pg from 'pg'
import { isOfServer } from './errors.ts'
import { Lag } from './lag.ts'

/** Milliseconds that a replica has to answer, and to let a connection in. */
const answerLimit = 2_000

const positionOfStandby = `SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() - '0/0'::pg_lsn END AS position`
// The CDR database may be a standby itself, which others follow.
const positionOfPrimary = `SELECT
  CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END - '0/0'::pg_lsn AS position`

/** A connection of its own by which a replica is looked at, and how far it is behind. */
export class ReplicaProbe {
  readonly #replica: pg.Pool
  readonly #primary: pg.Pool
  readonly #onBroken: () => void
  readonly #lag = new Lag()
  #client: pg.Client | null = null
  #asksPrimary = false

  /** `onBroken`: the connection broke between two looks, which tells more than waiting for the next. */
  constructor(replica: pg.Pool, primary: pg.Pool, onBroken: () => void) {
    this.#replica = replica
    this.#primary = primary
    this.#onBroken = onBroken
  }

  /**
   * Milliseconds that the replica is behind; null when it is not a standby, so that nothing can be said of it. Throws
   * when it does not answer, neither on the connection that there is nor on a new one.
   */
  async look(): Promise<number | null> {
    void this.#lookAtPrimary()
    const client = this.#client
    if (client !== null) {
      const answer = await this.#ask(client).catch(() => undefined)
      if (answer !== undefined && client === this.#client) return answer
      await this.forget()
    }
    return this.#ask((this.#client = await this.#connect()))
  }

  /** The next look takes a new connection, as whoever wants to read has to. */
  async forget(): Promise<void> {
    const client = this.#client
    this.#client = null
    await client?.end().catch(() => undefined) // it was broken already
  }

  async #connect(): Promise<pg.Client> {
    const limits = { connectionTimeoutMillis: answerLimit, query_timeout: answerLimit, keepAlive: true }
    const client = new pg.Client({ ...this.#replica.options, ...limits })
    client.on('error', () => this.#lost(client))
    client.on('end', () => this.#lost(client))
    await client.connect().catch((error: unknown) => {
      client.end().catch(() => undefined) // it never was
      throw error
    })
    return client
  }

  #lost(client: pg.Client): void {
    if (client !== this.#client) return
    this.#client = null
    this.#onBroken()
  }

  async #ask(client: pg.Client): Promise<number | null> {
    const position = await positionOf(client, positionOfStandby).catch((error: unknown) => {
      // Some providers' replicas do not tell. Whoever says so answers.
      if (isOfServer(error)) throw error
      return null
    })
    return position === null ? null : this.#lag.behind(position, Date.now())
  }

  /** One at a time, and waited for by nobody: the primary may be away, too. */
  async #lookAtPrimary(): Promise<void> {
    if (this.#asksPrimary) return
    this.#asksPrimary = true
    try {
      const before = Date.now()
      const position = await positionOf(this.#primary, positionOfPrimary)
      if (position !== null) this.#lag.note(position, before)
    } catch {
      // Then there is nothing to compare with.
    } finally {
      this.#asksPrimary = false
    }
  }
}

async function positionOf(database: pg.Client | pg.Pool, statement: string): Promise<number | null> {
  const { rows } = await database.query<{ position: string | null }>(statement)
  const position = rows[0]?.position ?? null
  return position === null ? null : Number(position)
}
