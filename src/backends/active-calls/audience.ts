import type { Latest } from '../../latest.ts'
import type { ActiveCall, ActiveCallsReading } from '../active-calls.ts'
import { looksSame, type Wanted } from './views.ts'

/** What is told of an account: how many calls, with whose account it was at that time, and those that are wanted. */
export interface OwnedReading extends ActiveCallsReading {
  /** `public.contractors.id`; null when there is no such account any more. */
  readonly customerId: number | null
  /** By `viewKey`; null where they are not known. */
  readonly lists: ReadonlyMap<string, readonly ActiveCall[] | null>
}

/** How many reads in a row may fail before readers are told. */
const maxFailures = 3

/** Those who want the same of one account: what is told to one is told to all. */
export class Audience {
  readonly accountId: number
  /** null: the count alone. */
  readonly wanted: Wanted | null
  readonly #readers = new Set<Latest<OwnedReading>>()
  #last: OwnedReading | null = null
  #failures = 0

  constructor(accountId: number, wanted: Wanted | null) {
    this.accountId = accountId
    this.wanted = wanted
  }

  get isEmpty(): boolean {
    return this.#readers.size === 0
  }

  join(reader: Latest<OwnedReading>): void {
    this.#readers.add(reader)
    if (this.#last) reader.put(this.#last)
  }

  leave(reader: Latest<OwnedReading>): void {
    this.#readers.delete(reader)
  }

  /** Only what differs is passed on. */
  tell(reading: OwnedReading): void {
    this.#failures = 0
    if (this.#last && this.#isSame(this.#last, reading)) return
    this.#last = reading
    for (const reader of this.#readers) reader.put(reading)
  }

  /** Whoever has a reading already can wait for a while. */
  failed(error: unknown): void {
    this.#failures += 1
    if (!this.#last || this.#failures >= maxFailures) this.end(error)
  }

  end(error: unknown): void {
    for (const reader of [...this.#readers]) reader.fail(error)
  }

  #isSame(one: OwnedReading, other: OwnedReading): boolean {
    const { columns = [] } = this.wanted ?? {}
    return (
      one.time === other.time &&
      one.count === other.count &&
      one.customerId === other.customerId &&
      [...one.lists].every(([key, list]) => looksSame(list, other.lists.get(key), columns))
    )
  }
}
