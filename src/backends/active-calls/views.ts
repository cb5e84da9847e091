import type {
  ActiveCall,
  ActiveCallColumn,
  ActiveCallFilter,
  ActiveCallsReading,
  CallsSnapshot,
} from '../active-calls.ts'
import { matchesAll } from '../call-filters.ts'

/** Which of an account's calls somebody wants to see. */
export interface CallsView {
  readonly filters: readonly ActiveCallFilter[]
  /** How many at most, those that began last. */
  readonly first: number
}

/** What somebody wants to see of them. */
export interface Wanted {
  readonly columns: readonly ActiveCallColumn[]
  readonly views: readonly CallsView[]
}

/** What is to be read for that: also what is only filtered by, and whose calls they are. */
export function columnsFor(wanted: readonly Wanted[]): ActiveCallColumn[] {
  const filtered = wanted.flatMap(({ views }) => views.flatMap(({ filters }) => filters.map(({ column }) => column)))
  return [...new Set(['customer_id' as const, ...wanted.flatMap(({ columns }) => columns), ...filtered])].sort()
}

/** Views with the same key show the same. */
export function viewKey({ filters, first }: CallsView): string {
  return JSON.stringify([first, filters])
}

/**
 * The calls of an account. null: they are not known, which is not the same as none. An account that has calls, while the
 * switch has told of nobody's for a long time, shows that it does not tell of them at all.
 */
export function callsOf(
  { accountId, count }: ActiveCallsReading,
  { isTold, calls }: CallsSnapshot,
): readonly ActiveCall[] | null {
  return isTold || count === 0 ? (calls.get(accountId) ?? []) : null
}

/** What each view shows of the calls, by its key. */
export function shownIn(
  views: readonly CallsView[],
  calls: readonly ActiveCall[] | null,
): Map<string, readonly ActiveCall[] | null> {
  return new Map(views.map((view) => [viewKey(view), calls && visible(calls, view)]))
}

function visible(calls: readonly ActiveCall[], { filters, first }: CallsView): readonly ActiveCall[] {
  const matching = filters.length > 0 ? calls.filter((call) => matchesAll(call, filters)) : calls
  return matching.slice(0, first)
}

/** Whether two lists look the same to who sees these columns. */
export function looksSame(
  one: readonly ActiveCall[] | null | undefined,
  other: readonly ActiveCall[] | null | undefined,
  columns: readonly ActiveCallColumn[],
): boolean {
  if (!one || !other) return one === other
  return (
    one.length === other.length &&
    one.every((call, at) => columns.every((column) => call[column] === other[at]?.[column]))
  )
}
