import { callFilterColumns, type CallFilter } from '../call-filters.ts'
import type { Direction } from '../statistics.ts'
import { bound, join, moment, raw, sql, type Statement } from './statement.ts'

/** The column of the account whose calls these are. */
const accountColumns = { outgoing: 'customer_acc_id', incoming: 'vendor_acc_id' } as const satisfies Record<
  Direction,
  string
>

interface Period {
  readonly from: string
  readonly to: string | null
}

interface Calls {
  readonly direction: Direction
  readonly accountId: number
  readonly filters: readonly CallFilter[]
}

/** The calls of an account that the filters leave, as a condition. */
export function chosenCalls({ direction, accountId, filters }: Calls): Statement {
  const account = sql`${raw(accountColumns[direction])} = ${bound('UInt32', accountId)}`
  return join([account, ...filters.map(condition)], ' AND ')
}

/** The rows of a period by the column of their time; both bounds are part of it. */
export function period(column: string, { from, to }: Period): Statement {
  const time = raw(column)
  const since = sql`${time} >= ${moment(from)}`
  return to === null ? since : sql`${since} AND ${time} <= ${moment(to)}`
}

const comparators = { eq: '=', gt: '>', lt: '<' } as const

/** As Yeti's reports have it: only `contains` does not look at upper and lower case. */
export function condition({ column, operator, value }: CallFilter): Statement {
  const name = raw(column)
  switch (operator) {
    case 'isNull':
      return value ? sql`${name} IS NULL` : sql`${name} IS NOT NULL`
    case 'startsWith':
      return sql`startsWith(${name}, ${bound('String', value)})`
    case 'endsWith':
      return sql`endsWith(${name}, ${bound('String', value)})`
    case 'contains':
      return sql`positionCaseInsensitiveUTF8(${name}, ${bound('String', value)}) > 0`
    default:
      return compared(column, raw(comparators[operator]), value)
  }
}

function compared(column: CallFilter['column'], comparator: Statement, value: string | number): Statement {
  const name = raw(column)
  switch (callFilterColumns[column]) {
    case 'integer':
      return sql`${name} ${comparator} ${bound('Int64', value)}`
    // Prices are floats in some deployments, decimals in others.
    case 'decimal':
      return sql`toFloat64(${name}) ${comparator} ${bound('Float64', value)}`
    case 'time':
      return sql`${name} ${comparator} ${moment(String(value))}`
    default:
      return sql`${name} ${comparator} ${bound('String', value)}`
  }
}
