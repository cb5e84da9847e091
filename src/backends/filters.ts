import { raw, sql, type Sql } from './databases.ts'

export type Operator =
  | 'eq'
  | 'notEq'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'in'
  | 'notIn'
  | 'contains'
  | 'startsWith'
  | 'endsWith'
  | 'containsAny'
  | 'has'
  | 'hasAny'

export interface Comparison {
  readonly column: Sql
  /** The PostgreSQL type that the value is bound as. */
  readonly sqlType: string
  readonly operator: Operator
  readonly value: unknown
}

const comparators = { eq: '=', notEq: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const

/**
 * One filter as a condition. As in Yeti, a row whose column is null matches no `notEq` and no `notIn`, and
 * `contains`, `startsWith`, `endsWith`, `containsAny` do not look at upper and lower case.
 */
export function condition({ column, sqlType, operator, value }: Comparison): Sql {
  const type = raw(sqlType)
  switch (operator) {
    case 'in':
      return sql`${column} = ANY(${value}::${type}[])`
    case 'notIn':
      return sql`${column} <> ALL(${value}::${type}[])`
    case 'contains':
      return sql`${column} ILIKE ${`%${escaped(value)}%`}`
    case 'startsWith':
      return sql`${column} ILIKE ${`${escaped(value)}%`}`
    case 'endsWith':
      return sql`${column} ILIKE ${`%${escaped(value)}`}`
    case 'containsAny':
      return sql`${column} ILIKE ANY(${[value].flat().map((part) => `%${escaped(part)}%`)}::text[])`
    case 'has':
      return sql`${column} @> ARRAY[${value}::${type}]`
    case 'hasAny':
      return sql`${column} && ${value}::${type}[]`
    default:
      return sql`${column} ${raw(comparators[operator])} ${value}::${type}`
  }
}

/** A value inside a LIKE pattern that stands for itself. */
function escaped(value: unknown): string {
  return String(value).replace(/[\\%_]/g, (character) => `\\${character}`)
}

/** A filter of Yeti's statistics: unlike in lists, only `contains` ignores upper and lower case there. */
export function patternCondition(
  column: Sql,
  operator: 'eq' | 'startsWith' | 'endsWith' | 'contains',
  value: string,
): Sql {
  switch (operator) {
    case 'eq':
      return sql`${column} = ${value}`
    case 'startsWith':
      return sql`starts_with(${column}, ${value})`
    case 'endsWith':
      return sql`${column} LIKE ${`%${escaped(value)}`}`
    case 'contains':
      return sql`${column} ILIKE ${`%${escaped(value)}%`}`
  }
}
