import { Channel } from '../backends/channel.ts'
import type { Databases, Row, Sql } from '../backends/databases.ts'
import { deferred, type Deferred } from '../deferred.ts'
import { UnavailableError } from '../errors.ts'
import type { Log } from '../log.ts'
import { accessChannel } from './access-notification.ts'

export type Query = <R extends Row>(statement: Sql) => Promise<R[]>

export interface RoundsOptions {
  readonly databases: Databases
  readonly log: Log
  readonly look: (query: Query) => Promise<void>
  /** Whether there is anything to look for. */
  readonly isNeeded: () => boolean
  /** Whether a notification is about anybody here. */
  readonly concerns: (payload: string) => boolean
  /** No look has succeeded for too long: from now on nothing is known. */
  readonly onLost: () => void
}

/** Milliseconds between two looks, for changes that nobody announces. */
const interval = 500
/** Milliseconds that a look may be outstanding before everything that depends on it ends. */
const tolerance = 1_000

/** Looks at the database again and again, and at once when somebody asks or a change was announced. */
export class Rounds implements AsyncDisposable {
  readonly #options: RoundsOptions
  readonly #channel: Channel
  #lost = false
  #disposed = false
  /** Who waits for the look that is being taken, and who asked since it began: for them it may have come too early. */
  #current: Deferred | null = null
  #waiting: Deferred | null = null
  #nextLook: NodeJS.Timeout | undefined
  #deadline: NodeJS.Timeout | undefined

  constructor(options: RoundsOptions) {
    this.#options = options
    this.#channel = new Channel({
      databases: options.databases,
      name: accessChannel,
      log: options.log,
      onOpen: () => this.#ask(),
      onLost: () => options.isNeeded() && !this.#lost && this.#ask(),
      onNotification: (payload) => options.concerns(payload) && !this.#lost && this.#ask(),
    })
  }

  /** Resolves after a look that began after this call. Throws `UnavailableError` when none succeeds in time. */
  async look(): Promise<void> {
    if (this.#lost || this.#disposed) throw new UnavailableError()
    return this.#ask()
  }

  #ask(): Promise<void> {
    const { promise } = (this.#waiting ??= deferred())
    if (!this.#lost) this.#deadline ??= setTimeout(() => this.#late(), tolerance)
    void this.#begin()
    return promise
  }

  async #begin(): Promise<void> {
    const round = this.#waiting
    if (this.#current !== null || round === null || !this.#channel.open) return
    clearTimeout(this.#nextLook)
    this.#current = round
    this.#waiting = null
    try {
      await this.#options.look((statement) => this.#channel.query(statement))
    } catch (error) {
      if (this.#current === round) this.#failed(round, error)
      return
    }
    if (this.#current === round) this.#succeeded(round)
  }

  #succeeded(round: Deferred): void {
    this.#current = null
    this.#lost = false
    clearTimeout(this.#deadline)
    this.#deadline = undefined
    round.resolve()
    if (this.#waiting !== null) void this.#ask()
    else if (this.#options.isNeeded()) this.#nextLook = setTimeout(() => void this.#ask(), interval)
  }

  /** Whoever waits goes on waiting, for a look over a new connection. */
  #failed(round: Deferred, error: unknown): void {
    this.#current = null
    if (this.#waiting === null) this.#waiting = round
    else this.#waiting.promise.then(round.resolve, round.reject)
    this.#options.log.warn({ error: error instanceof Error ? error.message : error }, 'Could not look for changes')
    this.#channel.reset()
  }

  /** A process that was busy may have the answer already, only not read yet. */
  #late(): void {
    setImmediate(() => setImmediate(() => this.#deadline !== undefined && this.#giveUp()))
  }

  #giveUp(): void {
    this.#lost = true
    this.#options.onLost()
    this.#drop()
    // What it still waits for may never come; a new connection looks again as soon as it is there.
    this.#channel.reset()
  }

  #drop(): void {
    clearTimeout(this.#deadline)
    clearTimeout(this.#nextLook)
    this.#deadline = undefined
    const dropped = [this.#current, this.#waiting]
    this.#current = null
    this.#waiting = null
    for (const each of dropped) each?.reject(new UnavailableError())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    this.#drop()
    await this.#channel[Symbol.asyncDispose]()
  }
}
