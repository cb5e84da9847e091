import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../../src/backends/embedded-postgres.ts'
import { grantsSql } from '../../../src/backends/needs/grants.ts'
import { readConfig } from '../../../src/config.ts'
import { openDataSources } from '../../../src/data-sources.ts'
import { createLog } from '../../../src/log.ts'
import { fillTemplates, type Templates } from '../templates.ts'
import type { YetiDatabase } from './facts.ts'
import { createYetiTables } from './tables.ts'

const log = createLog('error')

/** Of the documentation: what is printed and run names it. */
const role = 'portal_gateway'
const passwords = { primary: 'the least of the primary', cdr: 'the least of the cdr' } as const

/** Yeti's names of the two, on a server each. */
const databases = { primary: 'yeti', cdr: 'cdr' } as const

/**
 * Yeti's own tables on two servers, a role with the rights that `npm run yeti -- grants` prints and no other, and a gateway
 * that has been started once as that role. `yeti_bare` and `cdr_bare` are the same before that start, and empty.
 */
export async function yetiTemplates(directory: string, recordings: string): Promise<Templates> {
  const primary = await startYeti('primary', directory)
  const cdr = await startYeti('cdr', directory).catch(async (error: unknown) => {
    await primary[Symbol.asyncDispose]()
    throw error
  })
  const stop = async (): Promise<void> => {
    await Promise.all([primary[Symbol.asyncDispose](), cdr[Symbol.asyncDispose]()])
  }
  const templates = {
    serverUrl: primary.urlFor('postgres'),
    cdrServerUrl: cdr.urlFor('postgres'),
    gatewayUrl: asRole(primary.urlFor('postgres'), 'primary'),
    gatewayCdrUrl: asRole(cdr.urlFor('postgres'), 'cdr'),
    [Symbol.asyncDispose]: stop,
  }
  try {
    await startOnce(primary, cdr, directory)
    await protectAuditLog(primary)
    await fillTemplates(primary.urlFor('yeti'), cdr.urlFor('cdr'), recordings)
  } catch (error) {
    await stop()
    throw error
  }
  return templates
}

async function startYeti(database: YetiDatabase, directory: string): Promise<EmbeddedPostgres> {
  const name = databases[database]
  const server = await startEmbeddedPostgres({
    directory: join(directory, `postgres-${database}`),
    databases: [`${name}_bare`],
    log,
  })
  try {
    await withClient(server.urlFor(`${name}_bare`), async (client) => {
      await createYetiTables(client, database, new Date())
      // That of the embedded mode may pass row security.
      await client.query(`DROP ROLE IF EXISTS ${role}`)
      await client.query(`CREATE ROLE ${role} LOGIN PASSWORD ${client.escapeLiteral(passwords[database])}`)
      await client.query(grantsSql({ role, database }))
    })
    await withClient(server.urlFor('postgres'), (client) =>
      client.query(`CREATE DATABASE ${name} TEMPLATE ${name}_bare`),
    )
    return server
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

function asRole(url: string, database: YetiDatabase): string {
  return Object.assign(new URL(url), { username: role, password: passwords[database] }).href
}

/** The first start, which makes the schema `portal`. */
async function startOnce(primary: EmbeddedPostgres, cdr: EmbeddedPostgres, directory: string): Promise<void> {
  const config = readConfig({
    DATA_DIR: join(directory, 'first'),
    DATABASE_URL: asRole(primary.urlFor('yeti'), 'primary'),
    CDR_DATABASE_URL: asRole(cdr.urlFor('cdr'), 'cdr'),
    CUSTOMER_JWT_SECRET: 'a secret of the first start, which is not used',
    ADMIN_JWT_SECRET: 'another secret of the first start, not used',
  })
  await using _sources = await openDataSources(config, log)
}

/** What a superuser is told to run after the first start. */
async function protectAuditLog(primary: EmbeddedPostgres): Promise<void> {
  const statements = await readFile(new URL('../../../docs/audit-log.sql', import.meta.url), 'utf8')
  await withClient(primary.urlFor('yeti'), (client) => client.query(statements))
}

async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
