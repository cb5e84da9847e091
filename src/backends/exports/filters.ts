import type { ExportColumn } from './columns.ts'

interface FilterRow {
  /** Under which Yeti stores it. */
  readonly key: string
  readonly column: ExportColumn
  readonly comparator: '=' | '>=' | '<=' | '<'
  readonly sqlType: 'timestamptz' | 'boolean' | 'int' | 'text'
}

/** What the calls of an export can be chosen by. */
export const exportFilters = {
  timeStartGte: { key: 'time_start_gteq', column: 'time_start', comparator: '>=', sqlType: 'timestamptz' },
  timeStartLt: { key: 'time_start_lt', column: 'time_start', comparator: '<', sqlType: 'timestamptz' },
  success: { key: 'success_eq', column: 'success', comparator: '=', sqlType: 'boolean' },
  duration: { key: 'duration_eq', column: 'duration', comparator: '=', sqlType: 'int' },
  durationGte: { key: 'duration_gteq', column: 'duration', comparator: '>=', sqlType: 'int' },
  durationLte: { key: 'duration_lteq', column: 'duration', comparator: '<=', sqlType: 'int' },
  srcPrefixRouting: { key: 'src_prefix_routing_eq', column: 'src_prefix_routing', comparator: '=', sqlType: 'text' },
  dstPrefixRouting: { key: 'dst_prefix_routing_eq', column: 'dst_prefix_routing', comparator: '=', sqlType: 'text' },
} as const satisfies Record<string, FilterRow>

export type ExportFilterName = keyof typeof exportFilters

export const exportFilterNames = Object.keys(exportFilters) as readonly ExportFilterName[] // it has no other keys

/** Which calls of an account are exported; what is null or left out chooses nothing. */
export interface ExportFilters extends Readonly<
  Partial<Record<ExportFilterName, string | number | boolean | null | undefined>>
> {
  /** ISO 8601 with an offset. */
  readonly timeStartGte: string
  readonly timeStartLt: string
}

/** The condition on the account, which Yeti stores among the filters and shows to nobody. */
const accountKey = 'customer_acc_id_eq'

/** As Yeti stores them. */
export function storedFilters(filters: ExportFilters, accountId: number): Record<string, unknown> {
  const given = exportFilterNames.flatMap((name) => {
    const value = filters[name]
    return value === null || value === undefined ? [] : [[exportFilters[name].key, value]]
  })
  return { ...Object.fromEntries(given), [accountKey]: accountId }
}

export interface GivenFilter extends FilterRow {
  readonly value: string
}

/** The filters of an export of ours. Throws for one that we do not know: without it there would be more calls than asked for. */
export function givenFilters(stored: Readonly<Record<string, unknown>>): readonly GivenFilter[] {
  return Object.entries(stored).flatMap(([key, value]) => {
    if (key === accountKey) return []
    const name = exportFilterNames.find((candidate) => exportFilters[candidate].key === key)
    if (name === undefined) throw new TypeError(`The export has a filter that is not known: ${key}`)
    return [{ ...exportFilters[name], value: String(value) }]
  })
}

/** The value of a filter of any export as it was stored, by us, by Yeti or by an administrator; null when there is none. */
export function storedValue(stored: unknown, name: ExportFilterName): unknown {
  if (typeof stored !== 'object' || stored === null) return null
  return Object.entries(stored).find(([key]) => key === exportFilters[name].key)?.[1] ?? null
}
