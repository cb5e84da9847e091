import type pg from 'pg'
import { deferred } from '../../deferred.ts'
import type { Log } from '../../log.ts'
import { checkOut, type CheckedOut } from './check-out.ts'
import { isOfServer, messageOf, sqlStateOf } from './errors.ts'
import { ReplicaProbe } from './replica-probe.ts'

/** Milliseconds between two looks at the replica, and while it is away. */
const lookInterval = 1_000
const retryInterval = 3_000

/** Milliseconds that a replica may be behind, and has to come within again, unless said otherwise. */
const lagLimits: LagLimits = { tooFar: 300_000, near: 60_000 }

export interface LagLimits {
  readonly tooFar: number
  readonly near: number
}

export interface ReplicaOptions {
  readonly pool: pg.Pool
  /** What it is a replica of. */
  readonly primary: pg.Pool
  readonly log: Log
  readonly lag?: LagLimits | undefined
}

/** The replica could not do a read, for a reason that is not the statement's: the primary may be asked. */
export class ReplicaError extends Error {
  override readonly name = 'ReplicaError'
}

/**
 * Says at any time whether calls can be read from the replica. From its start on it is looked at once a second, so that
 * a request never finds out by waiting, and again as soon as a read fails.
 */
export class Replica implements AsyncDisposable {
  readonly pool: pg.Pool
  readonly #log: Log
  readonly #limits: LagLimits
  readonly #probe: ReplicaProbe
  #ended: Promise<void> = Promise.resolve()
  readonly #reads = new Set<(error: Error) => void>()
  readonly #firstLook = deferred()
  #state: 'there' | 'away' | 'behind' = 'there'
  #lag: number | null = null
  #fallbacks = 0
  #isDisposed = false
  #isWoken = false
  #wakeUp: () => void = () => undefined

  constructor({ pool, primary, log, lag = lagLimits }: ReplicaOptions) {
    this.pool = pool
    this.#log = log
    this.#limits = lag
    this.#probe = new ReplicaProbe(pool, primary, () => this.#wake())
  }

  /** Whether it is to be read from. */
  get isUsable(): boolean {
    return this.#state === 'there'
  }

  /** Milliseconds; null: not known. */
  get lag(): number | null {
    return this.#lag
  }

  /** How many reads of calls the CDR database did in its place. */
  get fallbacks(): number {
    return this.#fallbacks
  }

  countFallback(): void {
    this.#fallbacks++
  }

  /** To be called once. Resolves when it has been looked at for the first time. */
  start(): Promise<void> {
    this.#ended = this.#watch()
    return this.#firstLook.promise
  }

  /**
   * Reads over one connection. Throws `ReplicaError` when the primary may be asked instead, and else what the statement
   * failed with. A read that the replica leaves without an answer ends when it is found to be away.
   */
  async read<T>(ask: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const silence = deferred()
    const release = this.hold(silence.reject)
    try {
      const answer = this.#ask(ask)
      await Promise.race([answer, silence.promise])
      return await answer
    } finally {
      release()
    }
  }

  /** Told when the replica does not answer any more, until the returned function is called. */
  hold(onSilence: (error: Error) => void): () => void {
    this.#reads.add(onSilence)
    return () => this.#reads.delete(onSilence)
  }

  /** A connection to it could not be made, whatever the reason. */
  refused(error: unknown): void {
    // Who waits for a busy pool has learnt nothing of the server.
    if (isBusy(error)) return
    void this.#probe.forget()
    this.#set('away', error)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    this.#wake()
    await this.#probe.forget() // also ends a look
    await this.#ended
    await Promise.all([this.#probe.forget(), this.pool.end()])
  }

  async #ask<T>(ask: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    let taken: CheckedOut | null = null
    let isSilent = false
    const release = this.hold(() => {
      isSilent = true
      taken?.client.end().catch(() => undefined) // with it ends the statement
    })
    let failure: Error | undefined
    try {
      taken = await checkOut(this.pool)
      if (isSilent) throw new Error('The primary has been asked') // nobody waits any more
      return await ask(taken.client)
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
      if (taken === null && !isSilent) this.refused(error)
      if (taken !== null && !isOfServer(error)) throw error
      this.#wake()
      throw asReplicaError(error)
    } finally {
      release()
      taken?.giveBack(failure)
    }
  }

  async #watch(): Promise<void> {
    while (!this.#isDisposed) {
      this.#isWoken = false
      await this.#look()
      this.#firstLook.resolve()
      await this.#pause(this.#state === 'away' ? retryInterval : lookInterval)
    }
  }

  #pause(time: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isWoken) return resolve()
      const timer = setTimeout(resolve, time)
      this.#wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** There is reason to look now. */
  #wake(): void {
    // What is known to be away is tried at its own pace.
    if (this.#state === 'away' && !this.#isDisposed) return
    this.#isWoken = true
    this.#wakeUp()
  }

  async #look(): Promise<void> {
    try {
      this.#lag = await this.#probe.look()
      const limit = this.#state === 'behind' ? this.#limits.near : this.#limits.tooFar
      this.#set(this.#lag !== null && this.#lag > limit ? 'behind' : 'there')
    } catch (error) {
      this.#lag = null
      this.#set('away', error)
      // Who got an answer, though a refusal, need not doubt those that are still to come.
      if (sqlStateOf(error) === '') for (const tell of [...this.#reads]) tell(asReplicaError(error))
    }
  }

  #set(state: 'there' | 'away' | 'behind', error?: unknown): void {
    const before = this.#state
    this.#state = state
    if (state === before || this.#isDisposed) return
    if (state === 'there') this.#log.info(`${setting}: the replica can be read from; calls are read from it again`)
    if (state === 'away')
      this.#log.warn(
        `${setting}: the replica does not let us read (${messageOf(error)}); while it does not, ${instead}`,
      )
    if (state === 'behind') {
      const seconds = Math.round((this.#lag ?? 0) / 1000)
      this.#log.warn(`${setting}: the replica is ${seconds} s behind; until it has caught up, ${instead}`)
    }
  }
}

const setting = 'CDR_REPLICA_DATABASE_URL'
const instead = 'calls are read from the CDR database itself'

function asReplicaError(error: unknown): ReplicaError {
  return new ReplicaError(messageOf(error), { cause: error })
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && error.message.includes('timeout exceeded when trying to connect')
}
