import { sql, type Row } from '../../databases.ts'
import type { TableRight } from '../need.ts'
import type { Query } from './look.ts'

export type Privilege = TableRight['privilege']

export interface ColumnFacts {
  /** As PostgreSQL prints it, without length. */
  readonly type: string
  readonly nullable: boolean
  /** Something fills it in where an insert does not. */
  readonly isFilled: boolean
  /** What the role may do with it, also by a right on the whole table. */
  readonly may: readonly Privilege[]
}

export interface TableFacts {
  readonly name: string
  /** Whether the role may use its schema, without which no right on it counts. */
  readonly isReachable: boolean
  /** What the role may do with the whole of it. */
  readonly may: readonly Privilege[]
  readonly columns: ReadonlyMap<string, ColumnFacts>
}

interface TableRow extends Row, Omit<TableFacts, 'columns'> {
  readonly columns: readonly (ColumnFacts & { readonly name: string })[]
}

/** Whether a column can be read, all told. */
export function isReadable(tables: ReadonlyMap<string, TableFacts>, table: string, column: string): boolean {
  const facts = tables.get(table)
  return facts?.isReachable === true && facts.columns.get(column)?.may.includes('SELECT') === true
}

/** Those of these tables that there are. From the catalogue, which shows also what may not be used. */
export async function readTables(query: Query, names: readonly string[]): Promise<ReadonlyMap<string, TableFacts>> {
  const privileges: readonly Privilege[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE']
  const ofColumns = privileges.filter((privilege) => privilege !== 'DELETE') // of rows only
  const rows = await query<TableRow>(sql`
    SELECT schema.nspname || '.' || relation.relname AS name,
           has_schema_privilege(schema.oid, 'USAGE') AS "isReachable",
           ARRAY(SELECT p FROM unnest(${privileges}::text[]) p WHERE has_table_privilege(relation.oid, p)) AS may,
           (SELECT coalesce(json_agg(json_build_object(
               'name', attname, 'type', format_type(atttypid, -1), 'nullable', NOT attnotnull,
               'isFilled', atthasdef OR attidentity <> '',
               'may', ARRAY(SELECT p FROM unnest(${ofColumns}::text[]) p
                            WHERE has_column_privilege(relation.oid, attnum, p)))), '[]')
            FROM pg_attribute WHERE attrelid = relation.oid AND attnum > 0 AND NOT attisdropped) AS columns
    FROM pg_class relation JOIN pg_namespace schema ON schema.oid = relation.relnamespace
    WHERE relation.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND schema.nspname || '.' || relation.relname = ANY(${names}::text[])`)
  return new Map(
    rows.map(({ columns, ...table }) => [
      table.name,
      { ...table, columns: new Map(columns.map((column) => [column.name, column])) },
    ]),
  )
}

/** Whose rights were looked at, and of which server. */
export interface ServerFacts extends Row {
  readonly database: string
  readonly role: string
  readonly version: string
  readonly version_number: number
  readonly is_superuser: boolean
  readonly is_standby: boolean
}

export async function readServer(query: Query): Promise<ServerFacts> {
  const [facts] = await query<ServerFacts>(sql`
    SELECT current_database() AS database, rolname AS role, current_setting('server_version') AS version,
           current_setting('server_version_num')::int AS version_number, rolsuper AS is_superuser,
           pg_is_in_recovery() AS is_standby
    FROM pg_roles WHERE rolname = current_user`)
  if (facts === undefined) throw new TypeError('everybody is somebody')
  return facts
}
