import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startApp, type App } from '../../src/app.ts'
import { raw, type Databases } from '../../src/backends/databases.ts'
import { migrate } from '../../src/backends/migrate.ts'
import { readConfig } from '../../src/config.ts'
import { openDataSources } from '../../src/data-sources.ts'
import { NotOfferedError } from '../../src/errors.ts'
import { adminSecret, customerSecret } from '../support/gateway.ts'
import { modestDatabase, type ModestDatabase } from './support/modest-role.ts'

const entry = `INSERT INTO portal.audit_log (actor_kind, actor_name, action, subject_kind) VALUES ('admin', 'somebody', 'create', 'access_profile')`

/** What would alter the log, or make it possible to. */
const attempts = [
  `UPDATE portal.audit_log SET actor_name = 'nobody'`,
  `UPDATE portal.audit_log SET actor_name = 'nobody' WHERE false`,
  `DELETE FROM portal.audit_log`,
  `TRUNCATE portal.audit_log`,
  `WITH gone AS (DELETE FROM portal.audit_log RETURNING id) SELECT id FROM gone`,
  `INSERT INTO portal.audit_log (id, actor_kind, actor_name, action, subject_kind) OVERRIDING SYSTEM VALUE
     SELECT id, 'admin', 'nobody', action, subject_kind FROM portal.audit_log ON CONFLICT (id) DO UPDATE SET actor_name = 'nobody'`,
  `MERGE INTO portal.audit_log a USING (SELECT 1) x ON true WHEN MATCHED THEN DELETE`,
]
const takeovers = (owner: string) => [
  `ALTER TABLE portal.audit_log DISABLE TRIGGER ALL`,
  `ALTER TABLE portal.audit_log OWNER TO CURRENT_USER`,
  `ALTER TABLE portal.audit_log DROP COLUMN actor_name`,
  `ALTER TABLE portal.audit_log RENAME TO other_log`,
  `DROP TRIGGER audit_log_append_only ON portal.audit_log`,
  `DROP TABLE portal.audit_log`,
  `DROP SCHEMA portal CASCADE`,
  `DROP FUNCTION portal.refuse_audit_change() CASCADE`,
  `CREATE OR REPLACE FUNCTION portal.refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$`,
  `CREATE RULE forget AS ON INSERT TO portal.audit_log DO INSTEAD NOTHING`,
  `CREATE TRIGGER forget BEFORE INSERT ON portal.audit_log FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
  // The first alone is only warned of: it grants nothing.
  `GRANT UPDATE ON portal.audit_log TO CURRENT_USER; UPDATE portal.audit_log SET actor_name = 'nobody'`,
  `SET session_replication_role = replica`,
  `SET ROLE ${owner}`,
  `ALTER ROLE CURRENT_USER SUPERUSER`,
  `GRANT ${owner} TO CURRENT_USER`,
]
const denied = /permission denied|must be (owner|able|a superuser)|append-only/

async function refused(databases: Databases, statement: string): Promise<void> {
  const before = await databases.query('primary', raw('SELECT * FROM portal.audit_log ORDER BY id'))
  expect(before.length).toBeGreaterThan(0)
  const error = await databases.query('primary', raw(statement)).catch((reason: unknown) => reason)
  // The server's own words are for the log.
  expect(error instanceof NotOfferedError ? error.originalError?.message : String(error), statement).toMatch(denied)
  expect(await databases.query('primary', raw('SELECT * FROM portal.audit_log ORDER BY id'))).toEqual(before)
}

describe('The audit log in embedded mode', () => {
  let directory: string
  let app: App

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'portal-append-only-'))
    app = await startApp(readConfig({ PORT: '0', DATA_DIR: directory, LOG_LEVEL: 'silent' }))
    await app.services.databases.query('primary', raw(entry))
  }, 120_000)
  afterAll(async () => {
    await app[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  test.each([...attempts, ...takeovers('gateway')])(
    "MUST NOT be altered through the gateway's own connection: %s",
    (statement) => refused(app.services.databases, statement),
  )

  /** Whoever reads the folder can do anything with it; but not by mistake. */
  async function asOwner(statements: readonly string[]): Promise<unknown> {
    const url = new URL(app.services.databases.primary.options.connectionString ?? '')
    url.username = 'gateway'
    url.password = (await readFile(join(directory, 'postgres', 'password'), 'utf8')).trim()
    const client = new pg.Client({ connectionString: url.href })
    await client.connect()
    try {
      for (const statement of statements) await client.query(statement)
      return null
    } catch (error) {
      return error instanceof Error ? error.message : error
    } finally {
      await client.end()
    }
  }

  test('MUST refuse its owner too, also one that applies changes as a replica does', async () => {
    expect(await asOwner(['SELECT 1'])).toBeNull()
    for (const statement of attempts.slice(0, 4)) {
      expect(await asOwner([statement])).toMatch(
        /portal\.audit_log is append-only: (UPDATE|DELETE|TRUNCATE) is refused/,
      )
      expect(await asOwner(['SET session_replication_role = replica', statement])).toMatch('is append-only')
    }
  })

  async function ask(query: string, token?: string) {
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query }),
    })
    const { data, errors } = await response.json()
    expect(errors).toBeUndefined()
    return data
  }

  test('MUST leave everything to the gateway that it reads and writes else', async () => {
    const { signIn } = await ask('mutation { signIn(login: "alice", password: "alice-demo") { token } }')
    const { accounts, outgoingNumberlists, outgoingCdrs } = await ask(
      '{ accounts { nodes { id } } outgoingNumberlists { nodes { id } } outgoingCdrs(first: 1) { nodes { id } } }',
      signIn.token,
    )
    expect(outgoingCdrs.nodes).toHaveLength(1)
    const [account] = accounts.nodes
    const [list] = outgoingNumberlists.nodes
    const { createOutgoingCdrExport: made } = await ask(
      `mutation {
         createOutgoingNumberlistItem(input: { outgoingNumberlistId: "${list.id}", key: "38044123" }) { id }
         createOutgoingCdrExport(input: { accountId: "${account.id}", filters: {
           timeStartGte: "${new Date(Date.now() - 3_600_000).toISOString()}", timeStartLt: "${new Date().toISOString()}"
         } }) { id }
       }`,
      signIn.token,
    )
    // The queue takes the export, streams it and writes down how it went.
    await vi.waitUntil(
      async () => {
        const { node } = await ask(`{ node(id: "${made.id}") { ... on OutgoingCdrExport { status } } }`, signIn.token)
        return node.status === 'COMPLETED'
      },
      { timeout: 20_000, interval: 200 },
    )
    await ask('mutation { signOut }', signIn.token)
  })

  test('MUST keep what the live demo makes readable, also in tables that come to be', async () => {
    expect(
      await asOwner([
        'CREATE TABLE sys.made_later (id serial PRIMARY KEY)',
        'CREATE SCHEMA made_later; CREATE TABLE made_later.one (id int)',
      ]),
    ).toBeNull()
    const { databases } = app.services
    await databases.query('primary', raw('INSERT INTO sys.made_later DEFAULT VALUES'))
    expect(await databases.query('primary', raw('SELECT * FROM made_later.one'))).toEqual([])
  })
})

describe("The audit log in Yeti's database", () => {
  let database: ModestDatabase

  beforeAll(async () => {
    database = await modestDatabase()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  async function started(use: (databases: Databases) => Promise<void>): Promise<string[]> {
    const lines: string[] = []
    const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line).msg) })
    const config = readConfig({
      DATABASE_URL: database.url,
      CUSTOMER_JWT_SECRET: customerSecret,
      ADMIN_JWT_SECRET: adminSecret,
    })
    await using sources = await openDataSources(config, log)
    await use(sources.databases)
    return lines.filter((line) => line.includes('audit log;'))
  }

  /** The documented statements, for roles that no other test has. */
  async function protect(): Promise<void> {
    const text = await readFile(fileURLToPath(new URL('../../docs/audit-log.sql', import.meta.url)), 'utf8')
    await database.owner.query(
      text.replaceAll('portal_owner', `${database.role}_owner`).replaceAll('portal_gateway', database.role),
    )
  }

  test('MUST be guarded by its triggers where the gateway owns it; the start says once what to do', async () => {
    const warnings = await started(async (databases) => {
      await databases.query('primary', raw(entry))
      for (const statement of attempts) await refused(databases, statement)
    })
    expect(warnings).toEqual([expect.stringContaining('docs/audit-log.sql')])
  })

  test('MUST NOT be altered once the documented statements have been run, twice even; the start is silent then', async () => {
    await protect()
    await protect()
    const warnings = await started(async (databases) => {
      await databases.query('primary', raw(entry))
      for (const statement of [...attempts, ...takeovers(`${database.role}_owner`)]) await refused(databases, statement)
    })
    expect(warnings).toEqual([])
  })

  test('MUST NOT keep later migrations from making tables', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'portal-migrations-'))
    await cp(fileURLToPath(new URL('../../prisma/migrations/portal', import.meta.url)), folder, { recursive: true })
    await mkdir(join(folder, '20990101000000_more'))
    await writeFile(join(folder, '20990101000000_more', 'migration.sql'), 'CREATE TABLE portal.more (id int);')
    expect(await migrate('portal', database.url, folder)).toEqual(['20990101000000_more'])
    await rm(folder, { recursive: true })
  })

  test.each([
    ['the table', 'ALTER TABLE portal.audit_log OWNER TO ROLE'],
    ['its schema', 'ALTER SCHEMA portal OWNER TO ROLE'],
    ['its guard', 'ALTER FUNCTION portal.refuse_audit_change() OWNER TO ROLE'],
    ['the owner, by membership', 'GRANT ROLE_owner TO ROLE'],
    ['a right to alter it', 'GRANT UPDATE ON portal.audit_log TO ROLE'],
  ])('MUST be reported again at the start of a gateway that has got %s', async (_, statement) => {
    await protect()
    await database.owner.query(statement.replaceAll('ROLE', database.role))
    expect(await started(async () => undefined)).toHaveLength(1)
    await database.owner.query(`REVOKE ${database.role}_owner FROM ${database.role}`)
    await protect()
    expect(await started(async () => undefined)).toHaveLength(0)
  })
})
