/**
 * What calls can be chosen by, as every source has it: those that have ended, and those in progress. By the names that
 * the columns have in all of them.
 */
export const callFilterColumns = {
  src_country_id: 'integer',
  dst_country_id: 'integer',
  src_prefix_routing: 'text',
  dst_prefix_routing: 'text',
  auth_orig_ip: 'address',
  duration: 'integer',
  customer_price: 'decimal',
  vendor_price: 'decimal',
  customer_id: 'integer',
  auth_orig_port: 'integer',
  auth_orig_transport_protocol_id: 'integer',
  connect_time: 'time',
  src_name_in: 'text',
  src_prefix_in: 'text',
  dst_prefix_in: 'text',
} as const

export type CallFilterColumn = keyof typeof callFilterColumns

export const patternOperators = ['eq', 'startsWith', 'endsWith', 'contains'] as const
export type PatternOperator = (typeof patternOperators)[number]

/** One condition on calls. Addresses in their shortest form; only `contains` does not look at upper and lower case. */
export type CallFilter<Column extends CallFilterColumn = CallFilterColumn> =
  | { readonly column: Column; readonly operator: PatternOperator | 'gt' | 'lt'; readonly value: number | string }
  | { readonly column: Column; readonly operator: 'isNull'; readonly value: boolean }

type Values = { readonly [C in CallFilterColumn]?: unknown }

/** Whether a call that was read already has what the filters ask for. Not for `gt` and `lt`, which no such call has. */
export function matchesAll(call: Values, filters: readonly CallFilter[]): boolean {
  return filters.every((filter) => matches(call[filter.column] ?? null, filter))
}

function matches(found: unknown, { operator, value }: CallFilter): boolean {
  if (operator === 'isNull') return (found === null) === value
  if (found === null) return false
  const [text, given] = [String(found), String(value)]
  switch (operator) {
    case 'eq':
      return text === given
    case 'startsWith':
      return text.startsWith(given)
    case 'endsWith':
      return text.endsWith(given)
    case 'contains':
      return text.toLowerCase().includes(given.toLowerCase())
    default:
      throw new TypeError(`${operator} is not a comparison of calls in progress`)
  }
}
