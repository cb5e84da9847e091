import pg from 'pg'
import { inject } from 'vitest'
import { featureNames, type Feature } from '../../src/backends/needs/features.ts'
import type { Finding, Report } from '../../src/backends/needs/finding.ts'
import { grantsSql } from '../../src/backends/needs/grants.ts'
import { checkServer } from '../../src/data-sources/needs.ts'
import { createYetiTables } from '../support/yeti/tables.ts'

export type DatabaseName = 'primary' | 'cdr'

/** One of Yeti's databases, as a superuser, with a role that has no rights in it yet. */
export interface Yeti extends AsyncDisposable {
  readonly database: DatabaseName
  readonly role: string
  readonly url: string
  readonly roleUrl: string
  run(statements: string): Promise<void>
  /** How many rows a statement answers with. */
  rows(statement: string): Promise<number>
  /** What the role is told. */
  check(features?: readonly Feature[]): Promise<Report>
  findings(features?: readonly Feature[]): Promise<readonly Finding[]>
}

const serverUrls = () => ({ primary: inject('serverUrl'), cdr: inject('cdrServerUrl') })

/** A database of Yeti's own tables, with the row that Yeti's migrations put there. */
export async function createYeti(database: DatabaseName): Promise<Yeti> {
  const server = serverUrls()[database]
  const name = unique(`needs_${database}`)
  await asSuperuser(server, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE template0`))
  const url = at(server, name)
  await asSuperuser(url, async (client) => {
    await createYetiTables(client, database, new Date())
    if (database === 'primary') await client.query(withDefaultProfile)
  })
  return withRole(database, url)
}

const withDefaultProfile = `
  INSERT INTO sys.customer_portal_access_profiles (id, name, created_at, updated_at)
  VALUES (nextval('sys.customer_portal_access_profiles_id_seq'), 'Default', now(), now())`

/** A role of its own for a database that there is. */
export async function withRole(database: DatabaseName, url: string, role = unique('portal_role')): Promise<Yeti> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const quoted = client.escapeIdentifier(role)
  await client.query(`CREATE ROLE ${quoted} LOGIN PASSWORD 'needs'`)
  const { database: name = '' } = client
  await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC; GRANT CONNECT ON DATABASE ${name} TO ${quoted}`)
  const roleUrl = Object.assign(new URL(url), { username: encodeURIComponent(role), password: 'needs' }).href
  const check = (features: readonly Feature[] = featureNames): Promise<Report> =>
    checkServer(database, roleUrl, features)
  return {
    database,
    role,
    url,
    roleUrl,
    run: async (statements) => void (await client.query(statements)),
    rows: async (statement) => (await client.query(statement)).rows.length,
    check,
    findings: async (features) => (await check(features)).findings,
    async [Symbol.asyncDispose]() {
      await client.query(`DROP OWNED BY ${quoted} CASCADE; DROP ROLE ${quoted}`)
      await client.end()
    },
  }
}

/** As an operator does with what is printed. */
export async function grant(yeti: Yeti, features?: readonly Feature[]): Promise<void> {
  await yeti.run(grantsSql({ role: yeti.role, database: yeti.database, ...(features && { features }) }))
}

/** Takes everything away but the schema `portal`, which goes with its tables. */
export async function ungrant(yeti: Yeti): Promise<void> {
  const role = pg.escapeIdentifier(yeti.role)
  await yeti.run(
    `DROP OWNED BY ${role} CASCADE; GRANT CONNECT ON DATABASE ${new URL(yeti.url).pathname.slice(1)} TO ${role}`,
  )
}

/** Every statement that a finding says mends it, as an operator would run them. */
export async function mend(yeti: Yeti, findings: readonly Finding[]): Promise<void> {
  // CONCURRENTLY does not go together with other statements.
  for (const finding of findings) for (const statement of statementsOf(finding)) await yeti.run(statement)
}

function statementsOf({ mend: text }: Finding): string[] {
  return text.split(/(?<=;)\s+/)
}

/** Takes the indexes of a table away whose definition has these columns. */
export function dropIndexes(table: string, columns: string): string {
  const [schema, name] = table.split('.')
  return `DO $$ BEGIN EXECUTE (SELECT string_agg('DROP INDEX ${schema}.' || indexname, ';') FROM pg_indexes
            WHERE schemaname = '${schema}' AND tablename = '${name}' AND indexdef LIKE '%${columns}%'); END $$`
}

let count = 0

function unique(name: string): string {
  count += 1
  return `${name}_${process.pid}_${Math.random().toString(36).slice(2, 8)}_${count}`
}

function at(server: string, name: string): string {
  return Object.assign(new URL(server), { pathname: `/${name}` }).href
}

async function asSuperuser(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
