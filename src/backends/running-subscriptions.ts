import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log.ts'
import type { Databases } from './databases.ts'
import { removeProcesses, writeRunning, type RunningRow } from './running-subscriptions/write.ts'

/** What there is to say of a subscription now; null: nothing that the registry is about. */
export type Describe = () => Omit<RunningRow, 'id' | 'startedAt'> | null

/** The place of one subscription in the registry. Nothing of it waits or fails. */
export interface Registration {
  /** There is something else to say of it. */
  changed(): void
  ended(): void
}

export interface RunningSubscriptionsOptions {
  readonly databases: Databases
  readonly log: Log
  /** For people. */
  readonly processName: string
}

interface Entry {
  readonly startedAt: Date
  readonly describe: Describe
  /** Whether the database may have a row of it. */
  isWritten: boolean
}

/** Milliseconds that a change waits for others, and after which a process tells that it lives where there is none. */
const pause = 1_000
const heartbeat = 2_000
/** Rows of one statement. */
const maxRows = 5_000
/** Milliseconds that a process that stops waits for the database. */
const patience = 2_000
/** Names that a process has given up, and may have rows under; after longer it is silent under them for all others. */
const maxFormer = 10

/**
 * The subscriptions of this process, told to all others through the database: by a statement a second at most, and only
 * while something runs. While the database is away they go on, and are told of as soon as it is back.
 */
export class RunningSubscriptions implements AsyncDisposable {
  readonly #options: RunningSubscriptionsOptions
  readonly #entries = new Map<number, Entry>()
  /** What the database is still to be told. */
  readonly #changed = new Set<number>()
  readonly #gone = new Set<number>()
  #count = 0
  #processId = randomUUID()
  #formerIds: string[] = []
  /** Whether the database has been told of the process. */
  #isKnown = false
  #isFailing = false
  #disposed = false
  #writing: Promise<void> | null = null
  #timer: NodeJS.Timeout | undefined
  #due = Infinity

  constructor(options: RunningSubscriptionsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  /** `describe` is asked when it is written, not before. */
  add(describe: Describe): Registration {
    const id = ++this.#count
    this.#entries.set(id, { startedAt: new Date(), describe, isWritten: false })
    this.#note(id)
    return { changed: () => this.#note(id), ended: () => this.#forget(id) }
  }

  #note(id: number): void {
    if (!this.#entries.has(id)) return
    this.#changed.add(id)
    this.#schedule(pause)
  }

  #forget(id: number): void {
    const isWritten = this.#entries.get(id)?.isWritten === true
    this.#entries.delete(id)
    this.#changed.delete(id)
    if (!isWritten) return
    this.#gone.add(id)
    this.#schedule(pause)
  }

  /** A later call does not put off what is due sooner. */
  #schedule(delay: number): void {
    const due = performance.now() + delay
    if (this.#disposed || this.#writing !== null || due >= this.#due) return
    clearTimeout(this.#timer)
    this.#due = due
    this.#timer = setTimeout(() => void this.#write(), delay).unref()
  }

  async #write(): Promise<void> {
    this.#due = Infinity
    this.#writing = this.#entries.size > 0 ? this.#tell() : this.#leave()
    await this.#writing
    this.#writing = null
    if (this.#isFailing || this.#changed.size > 0 || this.#gone.size > 0) this.#schedule(pause)
    else if (this.#isKnown) this.#schedule(heartbeat)
  }

  async #tell(): Promise<void> {
    const { databases, processName } = this.#options
    const { rows, gone } = this.#news()
    const [wasKnown, formerIds] = [this.#isKnown, this.#formerIds]
    this.#isKnown = true
    try {
      const isNew = await writeRunning(databases, { processId: this.#processId, processName, formerIds, rows, gone })
      this.#isFailing = false
      this.#formerIds = []
      // Somebody has taken it for dead, or the tables were emptied.
      if (isNew && wasKnown) for (const id of this.#entries.keys()) this.#changed.add(id)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Takes what is to be told out of the sets; as much as goes into one statement. */
  #news(): { rows: RunningRow[]; gone: number[] } {
    const ids = [...this.#changed].slice(0, maxRows)
    const rows = ids.flatMap((id) => {
      this.#changed.delete(id)
      const entry = this.#entries.get(id)
      const said = entry && this.#said(entry)
      if (entry && said) entry.isWritten = true
      else if (entry?.isWritten) this.#gone.add(id)
      return entry && said ? [{ id, startedAt: entry.startedAt, ...said }] : []
    })
    const gone = [...this.#gone]
    this.#gone.clear()
    return { rows, gone }
  }

  /** One that cannot be told of must not keep the others from it. */
  #said({ describe }: Entry): ReturnType<Describe> {
    try {
      return describe()
    } catch (error) {
      this.#options.log.error({ error }, 'Could not tell what a subscription uses')
      return null
    }
  }

  /** Nothing runs any more, so there is no process to be told of. */
  async #leave(): Promise<void> {
    const ids = [...this.#formerIds, this.#processId]
    this.#gone.clear()
    if (!this.#isKnown && this.#formerIds.length === 0) return
    this.#isKnown = false
    try {
      await removeProcesses(this.#options.databases, ids)
      this.#isFailing = false
      this.#formerIds = []
    } catch (error) {
      this.#failed(error)
    }
  }

  /**
   * Nobody knows what has become of the statement, which may even be executed yet. So everything is told again, under a
   * new name that it cannot touch.
   */
  #failed(error: unknown): void {
    if (!this.#isFailing) {
      const { log } = this.#options
      log.warn({ error: error instanceof Error ? error.message : error }, 'Could not tell of running subscriptions')
    }
    this.#isFailing = true
    this.#isKnown = false
    this.#formerIds = [...this.#formerIds, this.#processId].slice(-maxFormer)
    this.#processId = randomUUID()
    this.#gone.clear()
    for (const [id, entry] of this.#entries) {
      entry.isWritten = false
      this.#changed.add(id)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    clearTimeout(this.#timer)
    const waited = sleep(patience, undefined, { ref: false })
    await Promise.race([this.#writing, waited])
    this.#entries.clear()
    await Promise.race([this.#leave(), waited])
  }
}
