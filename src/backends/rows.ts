import { join, raw, sql, type Databases, type SourceName, type Sql } from './databases.ts'
import { sourceOf } from './absent-columns.ts'
import type { TextRow } from './text-row.ts'

/** A table, or what can stand for one, and where it is read. */
export interface Table {
  readonly database: SourceName
  /** Schema-qualified name, written by us. */
  readonly name: string
}

/** What to select: an expression, and the name under which rows carry it. */
export interface Column {
  readonly name: string
  readonly expression: Sql
}

export interface OrderKey {
  readonly column: Column
  readonly descending: boolean
  /** A column that is never null can be compared as part of a row, which an index answers. */
  readonly nullable: boolean
  /** The type that a position's text is bound as. */
  readonly sqlType: string
}

export interface PageQuery {
  readonly table: Table
  readonly columns: readonly Column[]
  readonly conditions: readonly Sql[]
  /** The last key is unique. */
  readonly order: readonly OrderKey[]
  /** Rows after this position, in the direction of reading. */
  readonly after: readonly (string | null)[] | null
  readonly before: readonly (string | null)[] | null
  /** Read from the end of the list. */
  readonly backward: boolean
  readonly limit: number
}

/** Rows, and whether there are more beyond them in the direction of reading. */
export interface RowPage {
  readonly rows: readonly TextRow[]
  readonly more: boolean
}

/** One page of rows in the list's order, all values as PostgreSQL's text. */
export async function readPage(databases: Databases, query: PageQuery): Promise<RowPage> {
  return rowPage(query, await databases.texts(query.table.database, pageStatement(databases, query)))
}

/** The page from what `pageStatement` read: in the direction of reading, one more than there is room for. */
export function rowPage({ limit, backward }: PageQuery, rows: readonly TextRow[]): RowPage {
  const page = rows.slice(0, limit)
  return { rows: backward ? page.reverse() : page, more: rows.length > limit }
}

/** Reads one row more than the page has, which says that there are more. */
export function pageStatement(databases: Databases, query: PageQuery): Sql {
  const direction = query.backward ? query.order.map((key) => ({ ...key, descending: !key.descending })) : query.order
  const conditions = [
    ...query.conditions,
    ...(query.after ? [beyond(query.order, query.after)] : []),
    ...(query.before
      ? [
          beyond(
            query.order.map((key) => ({ ...key, descending: !key.descending })),
            query.before,
            true,
          ),
        ]
      : []),
  ]
  return sql`SELECT ${columnList(query.columns)} FROM ${sourceOf(databases, query.table.name)} WHERE ${join(conditions, ' AND ')}
    ORDER BY ${join(direction.map((key) => orderTerm(key, query.backward)))} LIMIT ${query.limit + 1}`
}

/** The rows with these keys, in no particular order. `key` is part of the columns. */
export async function readByKeys(
  databases: Databases,
  query: {
    table: Table
    columns: readonly Column[]
    conditions: readonly Sql[]
    key: Column
    sqlType: string
    keys: readonly string[]
  },
): Promise<TextRow[]> {
  const wanted = sql`${query.key.expression} = ANY(${[...query.keys]}::${raw(query.sqlType)}[])`
  const statement = sql`SELECT ${columnList(query.columns)} FROM ${sourceOf(databases, query.table.name)} WHERE ${join([...query.conditions, wanted], ' AND ')}`
  return databases.texts(query.table.database, statement)
}

export async function countRows(databases: Databases, table: Table, conditions: readonly Sql[]): Promise<number> {
  const statement = sql`SELECT count(*) AS count FROM ${sourceOf(databases, table.name)} WHERE ${join([...conditions], ' AND ')}`
  const [row] = await databases.texts(table.database, statement)
  return Number(row?.text('count') ?? 0)
}

/** A select list; rows have the columns' names. */
export function columnList(columns: readonly Column[]): Sql {
  return columns.length === 0
    ? sql`1`
    : join(columns.map(({ name, expression }) => sql`${expression} AS ${raw(`"${name}"`)}`))
}

/** Nulls are last in the list's own direction, so first when it is read backwards. */
function orderTerm({ column, descending, nullable }: OrderKey, backward: boolean): Sql {
  const nulls = nullable ? raw(backward ? ' NULLS FIRST' : ' NULLS LAST') : raw('')
  return sql`${column.expression} ${raw(descending ? 'DESC' : 'ASC')}${nulls}`
}

/** The condition for rows that come after a position in this order. */
function beyond(order: readonly OrderKey[], position: readonly (string | null)[], nullsFirst = false): Sql {
  const oneWay = order.every((key) => !key.nullable && key.descending === order[0]?.descending)
  if (oneWay) {
    const left = join(order.map((key) => key.column.expression))
    const right = join(order.map((key, index) => bound(key, position[index] ?? null)))
    return sql`(${left}) ${raw(order[0]?.descending ? '<' : '>')} (${right})`
  }
  const cases = order.map((key, index) =>
    join(
      [
        ...order.slice(0, index).map((earlier, at) => equal(earlier, position[at] ?? null)),
        further(key, position[index] ?? null, nullsFirst),
      ],
      ' AND ',
    ),
  )
  return sql`(${join(cases, ' OR ')})`
}

function bound(key: OrderKey, value: string | null): Sql {
  return sql`${value}::${raw(key.sqlType)}`
}

function equal(key: OrderKey, value: string | null): Sql {
  return value === null ? sql`${key.column.expression} IS NULL` : sql`${key.column.expression} = ${bound(key, value)}`
}

function further(key: OrderKey, value: string | null, nullsFirst: boolean): Sql {
  const { expression } = key.column
  if (value === null) return nullsFirst ? sql`${expression} IS NOT NULL` : sql`FALSE`
  const compared = sql`${expression} ${raw(key.descending ? '<' : '>')} ${bound(key, value)}`
  return key.nullable && !nullsFirst ? sql`(${compared} OR ${expression} IS NULL)` : compared
}
