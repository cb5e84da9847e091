import { UnavailableError } from '../errors.ts'
import { Latest } from '../latest.ts'
import type { Log } from '../log.ts'
import { sql, type Databases } from './databases.ts'

/** How many calls an account has in progress. */
export interface ActiveCallsReading {
  /** `billing.accounts.id` */
  readonly accountId: number
  /** When they were counted, ISO 8601; null when there was no count lately, which means that there are none. */
  readonly time: string | null
  readonly count: number
}

/** With whose account it was, at that time. */
export interface OwnedReading extends ActiveCallsReading {
  /** `public.contractors.id`; null when there is no such account any more. */
  readonly customerId: number | null
}

export interface ActiveCallsSource extends Disposable {
  read(accountId: number): Promise<ActiveCallsReading>
  /** The reading as it is, then each that differs; the newest only, for a reader that is slower. */
  watch(accountId: number): Latest<OwnedReading>
  /** How many accounts are read again and again. */
  readonly size: number
}

interface Watched {
  last: OwnedReading | null
  readonly readers: Set<Latest<OwnedReading>>
}

/** How many reads in a row may fail before readers are told. */
const maxFailures = 3

/** Yeti's snapshots, read for all watched accounts together, once per interval. */
export class PostgresActiveCalls implements ActiveCallsSource {
  readonly #databases: Databases
  readonly #interval: number
  readonly #log: Log
  readonly #accounts = new Map<number, Watched>()
  #timer: NodeJS.Timeout | undefined
  #failures = 0

  /** `interval` in milliseconds. */
  constructor(databases: Databases, interval: number, log: Log) {
    this.#databases = databases
    this.#interval = interval
    this.#log = log
  }

  get size(): number {
    return this.#accounts.size
  }

  async read(accountId: number): Promise<ActiveCallsReading> {
    const [reading] = await readActiveCalls(this.#databases, [accountId])
    if (!reading) throw new UnavailableError()
    return reading
  }

  watch(accountId: number): Latest<OwnedReading> {
    const reader = new Latest<OwnedReading>(() => this.#leave(accountId, reader))
    const known = this.#accounts.get(accountId)
    if (known) {
      known.readers.add(reader)
      if (known.last) reader.put(known.last)
      return reader
    }
    this.#accounts.set(accountId, { last: null, readers: new Set([reader]) })
    this.#poll([accountId]).catch((error: unknown) => reader.fail(error))
    this.#timer ??= setTimeout(() => void this.#tick(), this.#interval)
    return reader
  }

  [Symbol.dispose](): void {
    this.#failAll(new UnavailableError())
  }

  async #tick(): Promise<void> {
    const own = this.#timer
    try {
      await this.#poll([...this.#accounts.keys()])
      this.#failures = 0
    } catch (error) {
      this.#failures += 1
      this.#log.warn({ error: error instanceof Error ? error.message : error }, 'Could not read the active calls')
      if (this.#failures >= maxFailures) this.#failAll(error)
    }
    if (this.#timer !== own) return // all have gone meanwhile, and perhaps others come
    this.#timer = this.size > 0 ? setTimeout(() => void this.#tick(), this.#interval) : undefined
  }

  async #poll(ids: readonly number[]): Promise<void> {
    const readings = await readActiveCalls(this.#databases, ids)
    // Afterwards: whoever has the account now had it when its calls were counted.
    const owners = await readOwners(this.#databases, ids)
    for (const counted of readings) {
      const reading = { ...counted, customerId: owners.get(counted.accountId) ?? null }
      const watched = this.#accounts.get(reading.accountId)
      if (!watched || isSame(watched.last, reading)) continue
      watched.last = reading
      for (const reader of watched.readers) reader.put(reading)
    }
  }

  #leave(accountId: number, reader: Latest<OwnedReading>): void {
    const watched = this.#accounts.get(accountId)
    watched?.readers.delete(reader)
    if (watched?.readers.size === 0) this.#accounts.delete(accountId)
    if (this.size > 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #failAll(error: unknown): void {
    const readers = [...this.#accounts.values()].flatMap((watched) => [...watched.readers])
    for (const reader of readers) reader.fail(error)
  }
}

function isSame(one: OwnedReading | null, other: OwnedReading): boolean {
  return one?.time === other.time && one.count === other.count && one.customerId === other.customerId
}

async function readOwners(databases: Databases, accountIds: readonly number[]): Promise<Map<number, number>> {
  if (accountIds.length === 0) return new Map()
  const rows = await databases.query<{ id: number; contractor_id: number }>(
    'primary',
    sql`SELECT id, contractor_id FROM billing.accounts WHERE id = ANY(${accountIds}::int[])`,
  )
  return new Map(rows.map(({ id, contractor_id: customerId }) => [id, customerId]))
}

/** Yeti writes a snapshot a minute, and none for an account without calls. */
async function readActiveCalls(databases: Databases, accountIds: readonly number[]): Promise<ActiveCallsReading[]> {
  if (accountIds.length === 0) return []
  const rows = await databases.query<{ account_id: number; count: number; created_at: Date | null }>(
    'cdr',
    sql`
      SELECT asked.account_id, coalesce(s.originated_count, 0) AS count, s.created_at
      FROM unnest(${accountIds}::int[]) AS asked (account_id)
      LEFT JOIN LATERAL (
        SELECT originated_count, created_at FROM stats.active_call_accounts
        WHERE account_id = asked.account_id AND created_at > now() - interval '2 minutes'
        ORDER BY created_at DESC LIMIT 1
      ) s ON true`,
  )
  return rows.map((row) => ({
    accountId: row.account_id,
    time: row.created_at?.toISOString() ?? null,
    count: row.count,
  }))
}
