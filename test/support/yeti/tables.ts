import type pg from 'pg'
import { yetiStructure, yetiTables, type YetiColumn, type YetiDatabase, type YetiTable } from './facts.ts'

/** Beside those of the tables in the list. */
const schemas = {
  primary: ['public', 'billing', 'class4', 'sys', 'gui', 'logs', 'notifications'],
  cdr: ['public', 'billing', 'cdr', 'stats', 'external_data', 'sys'],
} as const

/** Lengths and precisions, which the list of columns leaves out. */
const exactTypes: Readonly<Record<string, string>> = {
  'sys.countries.iso2': 'varchar(2)',
  'gui.admin_users.encrypted_password': 'varchar(255)',
  'gui.versions.item_type': 'varchar(255)',
  'gui.versions.event': 'varchar(255)',
  'gui.versions.whodunnit': 'varchar(255)',
  'gui.versions.ip': 'varchar(255)',
  'sys.customer_portal_access_profiles.created_at': 'timestamp(6) without time zone',
  'sys.customer_portal_access_profiles.updated_at': 'timestamp(6) without time zone',
}

/** Makes all tables of one of Yeti's databases, from the facts about them alone, in an empty database. */
export async function createYetiTables(client: pg.ClientBase, database: YetiDatabase, now: Date): Promise<void> {
  const tables = yetiTables(database)
  // Names without a schema are found as Yeti finds them; and what is made is not meant for everybody.
  await client.query('REVOKE ALL ON SCHEMA public FROM PUBLIC')
  for (const schema of schemas[database]) await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`)
  await createUuidFunctions(client)
  for (const table of tables) await client.query(statementsFor(table))
  await client.query(yetiStructure(database))
  if (database === 'cdr') await client.query(partitions('cdr.cdr', now))
  else await client.query(partitions('logs.api_requests', now))
}

/** Yeti takes them from an extension, which not every build of PostgreSQL comes with. */
async function createUuidFunctions(client: pg.ClientBase): Promise<void> {
  const { rowCount } = await client.query(`SELECT FROM pg_available_extensions WHERE name = 'uuid-ossp'`)
  const made = rowCount
    ? await client.query('CREATE EXTENSION "uuid-ossp" SCHEMA public').then(
        () => true,
        () => false,
      )
    : false
  if (made) return
  for (const version of ['v1', 'v4']) {
    await client.query(
      `CREATE FUNCTION public.uuid_generate_${version}() RETURNS uuid LANGUAGE sql VOLATILE AS 'SELECT gen_random_uuid()'`,
    )
  }
}

function statementsFor({ schema, name, columns }: YetiTable): string {
  const table = `${schema}.${name}`
  const sequences = columns.flatMap((column) => {
    const sequence = sequenceOf(column, schema)
    return sequence === null ? [] : [{ sequence, column }]
  })
  const definitions = columns.map((column) => definitionOf(table, column))
  const partitioned = table === 'cdr.cdr' ? ' PARTITION BY RANGE (time_start)' : ''
  return [
    ...sequences.map(({ sequence, column }) => `CREATE SEQUENCE ${sequence} AS ${column.type}`),
    `CREATE TABLE ${table} (${definitions.join(', ')})${partitioned}`,
    ...sequences.map(({ sequence, column }) => `ALTER SEQUENCE ${sequence} OWNED BY ${table}.${column.name}`),
  ].join('; ')
}

/** Some are called after what their table was called once. */
function sequenceOf({ default: given }: YetiColumn, schema: string): string | null {
  const [, name] = /^nextval\('([\w.]+)'::regclass\)$/.exec(given ?? '') ?? []
  if (name === undefined) return null
  return name.includes('.') ? name : `${schema}.${name}`
}

function definitionOf(table: string, column: YetiColumn): string {
  const { name, type, isNullable, default: given } = column
  const exact = exactTypes[`${table}.${name}`] ?? type
  return `"${name}" ${exact}${isNullable ? '' : ' NOT NULL'}${given === null ? '' : ` DEFAULT ${given}`}`
}

const day = 86_400_000

/** As Yeti's hourly job makes them: from three days back to three days ahead, each called after its UTC day. */
function partitions(table: string, now: Date): string {
  const today = Math.floor(now.getTime() / day)
  const dateOf = (number: number) => new Date(number * day).toISOString().slice(0, 10)
  return [-3, -2, -1, 0, 1, 2, 3]
    .map((offset) => today + offset)
    .map(
      (number) =>
        `CREATE TABLE ${table}_${dateOf(number).replaceAll('-', '_')} PARTITION OF ${table}
         FOR VALUES FROM ('${dateOf(number)} 00:00:00+00') TO ('${dateOf(number + 1)} 00:00:00+00')`,
    )
    .join('; ')
}
