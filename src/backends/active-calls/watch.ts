import { UnavailableError } from '../../errors.ts'
import { Latest } from '../../latest.ts'
import type { Log } from '../../log.ts'
import type {
  ActiveCall,
  ActiveCallColumn,
  ActiveCallsReading,
  ActiveCallsSource,
  CallsSnapshot,
} from '../active-calls.ts'
import { Audience, type OwnedReading } from './audience.ts'
import type { ReadOwners } from './owners.ts'
import { callsOf, columnsFor, shownIn, type CallsView, type Wanted } from './views.ts'

/** Of each account, at a poll: filters of single subscribers look at these, those that began last. */
export const maxPolledCalls = 1_000

export interface ActiveCallsOptions {
  readonly source: ActiveCallsSource
  readonly owners: ReadOwners
  /** Milliseconds between two polls. */
  readonly interval: number
  readonly log: Log
}

/** Whose calls, as far as that has been checked. */
export interface OwnAccount {
  readonly accountId: number
  readonly customerId: number
}

/**
 * The calls in progress, for queries and for whoever watches: these are all polled together, with one question to each
 * source per interval. One poll at a time, so that nobody is told something older than before.
 */
export class ActiveCalls implements Disposable {
  readonly #options: ActiveCallsOptions
  readonly #audiences = new Map<string, Audience>()
  /** They have had no reading yet, and do not wait for the next poll. */
  readonly #newcomers = new Set<Audience>()
  #timer: NodeJS.Timeout | undefined
  #isDue = false
  #isPolling = false

  constructor(options: ActiveCallsOptions) {
    this.#options = options
  }

  /** How many different things are watched. */
  get size(): number {
    return this.#audiences.size
  }

  async read(accountId: number): Promise<ActiveCallsReading> {
    const [reading] = await this.#options.source.counts([accountId])
    if (!reading) throw new UnavailableError()
    return reading
  }

  /** The calls behind a reading; null where they are not known. */
  async list(
    reading: ActiveCallsReading & OwnAccount,
    { filters, first }: CallsView,
    columns: readonly ActiveCallColumn[],
  ): Promise<readonly ActiveCall[] | null> {
    const { accountId, customerId } = reading
    const own = { column: 'customer_id', operator: 'eq', value: customerId } as const
    const query = { accountIds: [accountId], columns, filters: [own, ...filters], limit: first }
    return callsOf(reading, await this.#options.source.calls(query))
  }

  /** The reading as it is, then each that differs; the newest only, for a reader that is slower. */
  watch(accountId: number, wanted: Wanted | null = null): Latest<OwnedReading> {
    const key = JSON.stringify([accountId, wanted])
    const known = this.#audiences.get(key)
    const audience = known ?? new Audience(accountId, wanted)
    const reader = new Latest<OwnedReading>(() => this.#leave(key, audience, reader))
    audience.join(reader)
    if (!known) {
      this.#audiences.set(key, audience)
      this.#newcomers.add(audience)
      void this.#poll()
    }
    return reader
  }

  [Symbol.dispose](): void {
    for (const audience of [...this.#audiences.values()]) audience.end(new UnavailableError())
  }

  async #poll(): Promise<void> {
    if (this.#isPolling) return
    this.#isPolling = true
    while (this.#isDue || this.#newcomers.size > 0) {
      const audiences = this.#isDue ? [...this.#audiences.values()] : [...this.#newcomers]
      this.#isDue = false
      this.#newcomers.clear()
      await this.#tell(audiences)
    }
    this.#isPolling = false
    if (this.size > 0) this.#timer ??= setTimeout(() => this.#tick(), this.#options.interval)
  }

  #tick(): void {
    this.#timer = undefined
    this.#isDue = true
    void this.#poll()
  }

  /** Who only wants counts is not concerned where calls cannot be read. */
  async #tell(audiences: readonly Audience[]): Promise<void> {
    const { source, owners } = this.#options
    const ids = [...new Set(audiences.map(({ accountId }) => accountId))]
    const listing = this.#callsFor(audiences).catch((error: unknown) => ({ error }))
    try {
      const readings = new Map((await source.counts(ids)).map((reading) => [reading.accountId, reading]))
      const listed = await listing
      // Afterwards: whoever has the account now had it when its calls were read.
      const customers = await owners(ids)
      if ('error' in listed) this.#warn(listed.error)
      for (const audience of audiences) {
        const reading = readings.get(audience.accountId)
        if (!reading) audience.failed(new UnavailableError())
        else if (!('error' in listed)) audience.tell(owned(audience, reading, customers, listed))
        else if (audience.wanted) audience.failed(listed.error)
        else audience.tell(owned(audience, reading, customers, nobodysCalls))
      }
    } catch (error) {
      this.#warn(error)
      for (const audience of audiences) audience.failed(error)
    }
  }

  async #callsFor(audiences: readonly Audience[]): Promise<CallsSnapshot> {
    const wanting = audiences.filter(({ wanted }) => wanted !== null)
    if (wanting.length === 0) return nobodysCalls
    return this.#options.source.calls({
      accountIds: [...new Set(wanting.map(({ accountId }) => accountId))],
      columns: columnsFor(wanting.flatMap(({ wanted }) => wanted ?? [])),
      filters: [],
      limit: maxPolledCalls,
    })
  }

  #leave(key: string, audience: Audience, reader: Latest<OwnedReading>): void {
    audience.leave(reader)
    if (!audience.isEmpty || this.#audiences.get(key) !== audience) return
    this.#audiences.delete(key)
    this.#newcomers.delete(audience)
    if (this.size > 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #warn(error: unknown): void {
    this.#options.log.warn({ error: error instanceof Error ? error.message : error }, 'Could not read the active calls')
  }
}

const nobodysCalls: CallsSnapshot = { isTold: false, calls: new Map() }

/** With the calls of its customer alone: an account may have come to them while others' calls went on. */
function owned(
  { wanted }: Audience,
  reading: ActiveCallsReading,
  customers: ReadonlyMap<number, number>,
  snapshot: CallsSnapshot,
): OwnedReading {
  const customerId = customers.get(reading.accountId) ?? null
  const calls = callsOf(reading, snapshot)?.filter((call) => call.customer_id === customerId) ?? null
  return { ...reading, customerId, lists: shownIn(wanted?.views ?? [], calls) }
}
