import { join, raw, sql, type AbsentColumns, type Databases, type Sql, type Transaction } from './databases.ts'

/** Columns that a table may lack, and what stands in for each: an expression of a value, written by us. */
export type StandIns = ReadonlyMap<string, string>

/**
 * What stands after `FROM`: the table; or, of a Yeti that has not all columns, one that has. All that is added to the
 * table is planned away again.
 */
export function sourceOf({ absent }: Pick<Databases, 'absent'>, table: string, alias?: string): Sql {
  const older = absent?.get(table)
  if (!older) return raw(alias === undefined ? table : `${table} ${alias}`)
  const standIns = join([...older.standIns].map(([column, value]) => sql`${raw(value)} AS ${quoted(column)}`))
  const columns = join(older.columns.map(quoted))
  const complete = older.isAwaited
    ? awaiting(table, columns, join([...older.standIns.keys()].map(quoted)), standIns)
    : sql`SELECT ${columns}, ${standIns} FROM ${raw(table)}`
  return sql`(${complete}) ${raw(alias ?? table.split('.').at(-1) ?? table)}`
}

/**
 * Each missing column is read from the table as soon as it is there, and until then is what stands in for it.
 *
 * PostgreSQL does that by itself. It looks for a name in the innermost query first: only a name that the table has not
 * is found further out, among what stands in.
 */
function awaiting(table: string, columns: Sql, missing: Sql, standIns: Sql): Sql {
  const own = sql`SELECT ${columns}, ${missing} FROM ${raw(table)}`
  return sql`SELECT own.* FROM (SELECT ${standIns}) stand_in, LATERAL (${own}) own`
}

/**
 * Columns of the primary database that are younger than profiles are, and that not every Yeti has therefore. They are not
 * awaited: the role may have no right to them when they come.
 */
export const youngColumns: ReadonlyMap<string, StandIns> = new Map([
  ['billing.accounts', new Map([['currency_name', 'NULL::varchar']])],
  ['billing.payments', new Map([['currency_id', 'NULL::smallint']])],
  [
    'class4.destinations',
    new Map([
      ['attempt_fee', 'NULL::numeric'],
      ['currency_id', 'NULL::smallint'],
    ]),
  ],
])

/** A table whose columns are awaited. What stands in for the missing ones depends on which they are. */
export interface Flags {
  readonly table: string
  readonly columns: readonly string[]
  /** For each that is missing. */
  standIns(missing: ReadonlySet<string>): StandIns
}

/** What Yeti's tables lack now. Asked by their names: the catalogue shows them to everybody. */
export async function findAbsentColumns(databases: Databases, flags: Flags): Promise<AbsentColumns> {
  const names = [...youngColumns.keys(), flags.table]
  const found = await databases.query<{ name: string; columns: string[]; readable: string[] }>(
    'primary',
    sql`SELECT nspname || '.' || relname AS name, array_agg(attname::text) AS columns,
               coalesce(array_agg(attname::text) FILTER (WHERE has_column_privilege(attrelid, attnum, 'SELECT')), '{}') AS readable
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname || '.' || relname = ANY(${names}::text[]) AND attnum > 0 AND NOT attisdropped
        GROUP BY 1`,
  )
  return new Map(
    found.flatMap(({ name, columns, readable }) => {
      const has = new Set(columns)
      const standIns =
        name === flags.table
          ? flags.standIns(new Set(flags.columns.filter((column) => !has.has(column))))
          : new Map([...(youngColumns.get(name) ?? [])].filter(([column]) => !has.has(column)))
      return standIns.size === 0
        ? []
        : [[name, { columns: readable, standIns, isAwaited: name === flags.table }] as const]
    }),
  )
}

/** What still stands in for columns of a table; nothing of what has come since the start. */
export async function standInsNow(
  { query, absent }: Pick<Transaction, 'query' | 'absent'>,
  table: string,
): Promise<StandIns> {
  const older = absent?.get(table)
  if (!older) return new Map()
  const rows = await query<{ name: string }>(
    sql`SELECT attname::text AS name FROM pg_attribute WHERE attrelid = ${table}::regclass AND attnum > 0 AND NOT attisdropped`,
  )
  const has = new Set(rows.map(({ name }) => name))
  return new Map([...older.standIns].filter(([column]) => !has.has(column)))
}

export function quoted(column: string): Sql {
  return raw(`"${column}"`)
}
