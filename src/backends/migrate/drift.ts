import pg from 'pg'
import type { MigrationSet } from '../migrate.ts'
import { mappedTables, type MappedColumn, type MappedTable } from './prisma-models.ts'

interface ActualColumn {
  readonly type: string
  readonly nullable: boolean
}

/**
 * What a database lacks to fit the Prisma models, as SQL with a remark on each line; empty when it fits. Tables and
 * columns that no model maps are nobody's business here, so that it can be asked of an existing Yeti database as well.
 */
export async function schemaDrift(set: MigrationSet, databaseUrl: string): Promise<string> {
  const tables = await mappedTables(set)
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const lines: string[] = []
    for (const table of tables) lines.push(...tableDrift(table, await actualColumns(client, table)))
    return lines.join('\n')
  } finally {
    await client.end()
  }
}

async function actualColumns(
  client: pg.Client,
  { schema, table }: MappedTable,
): Promise<ReadonlyMap<string, ActualColumn>> {
  // Asked by name alone: looking a table up needs the right to use its schema, the catalogue shows it to everybody.
  const { rows } = await client.query<ActualColumn & { name: string }>(
    `SELECT attname AS name, format_type(atttypid, -1) AS type, NOT attnotnull AS nullable
       FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE nspname = $1 AND relname = $2 AND attnum > 0 AND NOT attisdropped`,
    [schema, table],
  )
  return new Map(rows.map((row) => [row.name, row]))
}

function tableDrift(
  { schema, table, columns }: MappedTable,
  actual: ReadonlyMap<string, ActualColumn>,
): readonly string[] {
  const name = `${schema}.${table}`
  if (actual.size > 0)
    return columns.flatMap((column) => columnDrift(`ALTER TABLE ${name}`, column, actual.get(column.column)))
  return [`CREATE TABLE ${name} (${columns.map(definition).join(', ')}); -- missing, or not visible to this user`]
}

function columnDrift(alter: string, expected: MappedColumn, actual: ActualColumn | undefined): readonly string[] {
  const { column, type, nullability } = expected
  if (actual === undefined) return [`${alter} ADD COLUMN ${definition(expected)}; -- missing`]
  if (actual.type !== type) return [`${alter} ALTER COLUMN ${column} TYPE ${type}; -- is ${actual.type}`]
  if (actual.nullable && nullability === 'required')
    return [`${alter} ALTER COLUMN ${column} SET NOT NULL; -- may be null`]
  return []
}

function definition({ column, type, nullability }: MappedColumn): string {
  return nullability === 'required' ? `${column} ${type} NOT NULL` : `${column} ${type}`
}
