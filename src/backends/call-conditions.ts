import { callFilterColumns, patternOperators, type CallFilter } from './call-filters.ts'
import { raw, sql, type Sql } from './databases.ts'
import { condition, patternCondition } from './filters.ts'

const sqlTypes = { integer: 'int', decimal: 'numeric', text: 'text', address: 'inet', time: 'timestamptz' } as const

/** A filter of calls in PostgreSQL. */
export function callCondition({ column, operator, value }: CallFilter): Sql {
  const name = raw(column)
  if (operator === 'isNull') return value ? sql`${name} IS NULL` : sql`${name} IS NOT NULL`
  const kind = callFilterColumns[column]
  const pattern = kind === 'text' ? patternOperators.find((each) => each === operator) : undefined
  if (pattern) return patternCondition(sql`${name}`, pattern, String(value))
  return condition({ column: name, sqlType: sqlTypes[kind], operator, value })
}
