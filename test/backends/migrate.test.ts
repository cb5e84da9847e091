import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/backends/embedded-postgres.ts'
import { migrate, type MigrationSet } from '../../src/backends/migrate.ts'
import { query } from './gateway-process.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const sets: MigrationSet[] = ['primary', 'cdr', 'portal']
const init = '20260101000000_init'
const all = {
  primary: [init, '20261123000000_whole_portal', '20261124000000_versions'],
  cdr: [init],
  portal: [
    init,
    '20261123000000_exports_and_jobs',
    '20261124000000_administration',
    '20261124000001_ended_logins',
    '20261124000002_running_subscriptions',
    '20261124000003_denials',
  ],
} satisfies Record<MigrationSet, readonly string[]>

let root = ''
let postgres: EmbeddedPostgres
let counter = 0
let url = ''

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gateway-test-'))
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  postgres = await startEmbeddedPostgres({ directory: join(root, 'postgres'), databases: ['tests'], log })
})

afterAll(async () => {
  await postgres[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

beforeEach(async () => {
  url = await newDatabase()
})

async function newDatabase(): Promise<string> {
  const name = `migrate_${++counter}`
  await query(postgres.urlFor('tests'), `CREATE DATABASE ${name}`)
  return postgres.urlFor(name)
}

/** The migrations of a set with others added, in a folder that a test may change. */
async function folderWith(set: MigrationSet, added: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(root, 'migrations-'))
  await cp(fileURLToPath(new URL(`../../prisma/migrations/${set}`, import.meta.url)), folder, { recursive: true })
  for (const [name, sql] of Object.entries(added)) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'migration.sql'), sql)
  }
  return folder
}

async function tables(database: string): Promise<readonly string[]> {
  const rows = await query(
    database,
    `SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  )
  return rows.map(({ name }) => String(name))
}

describe('migrate', () => {
  it.each(sets)('MUST apply the %s set to an empty database, once', async (set) => {
    expect(await migrate(set, url)).toEqual(all[set])
    expect(await migrate(set, url)).toEqual([])
  })

  it.each([[sets], [sets.toReversed()]])('MUST let several sets share one database: %j', async (order) => {
    for (const set of order) expect(await migrate(set, url)).toEqual(all[set])
    for (const set of order) expect(await migrate(set, url)).toEqual([])
    expect((await tables(url)).filter((name) => name.endsWith('._prisma_migrations'))).toEqual([
      'cdr._prisma_migrations',
      'portal._prisma_migrations',
      'public._prisma_migrations',
    ])
  })

  it('MUST put nothing of the portal set outside the schema portal of an existing Yeti database', async () => {
    await query(
      url,
      'CREATE SCHEMA billing; CREATE TABLE public.contractors (id int); CREATE TABLE billing.accounts (id int)',
    )
    expect(await migrate('portal', url)).toEqual(all.portal)
    const added = (await tables(url)).filter((name) => name !== 'public.contractors' && name !== 'billing.accounts')
    expect(added).toEqual([
      'portal._prisma_migrations',
      'portal.active_calls',
      'portal.audit_log',
      'portal.cdr_exports',
      'portal.demo_state',
      'portal.denials',
      'portal.ended_logins',
      'portal.gateway_processes',
      'portal.migrations',
      'portal.rate_limits',
      'portal.revoked_sessions',
      'portal.running_subscriptions',
    ])
  })

  it('MUST do with a role that owns the schema portal and may do nothing else', async () => {
    await query(
      url,
      `CREATE ROLE modest_${counter} LOGIN PASSWORD 'modest'; CREATE SCHEMA portal AUTHORIZATION modest_${counter}`,
    )
    const modest = new URL(url)
    modest.username = `modest_${counter}`
    modest.password = 'modest'
    expect(await migrate('portal', modest.href)).toEqual(all.portal)
    expect(await migrate('portal', modest.href)).toEqual([])
  })

  it('MUST refuse to migrate the tables of an existing Yeti', async () => {
    await query(url, 'CREATE TABLE public.schema_migrations (version varchar)')
    await expect(migrate('primary', url)).rejects.toThrow(
      "the schema public has tables but no history of migrations: the primary set is for a database of the gateway's own",
    )
    expect(await tables(url)).toEqual(['public.schema_migrations'])
  })

  it('MUST apply what was added later, and only that', async () => {
    await migrate('portal', url)
    const folder = await folderWith('portal', { '20990101000000_more': 'CREATE TABLE portal.more (id int);' })
    expect(await migrate('portal', url, folder)).toEqual(['20990101000000_more'])
    expect(await migrate('portal', url, folder)).toEqual([])
  })

  it('MUST send a script as a whole, semicolons in function bodies and all', async () => {
    const sql = `CREATE FUNCTION portal.two() RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 'a;b'; END $$;\n-- a; comment\n`
    await migrate('portal', url, await folderWith('portal', { '20990101000000_function': sql }))
    expect(await query(url, 'SELECT portal.two() AS text')).toEqual([{ text: 'a;b' }])
  })

  it('MUST leave nothing behind when a script fails, and say which and why', async () => {
    const folder = await folderWith('portal', {
      '20990101000000_good': 'CREATE TABLE portal.good (id int);',
      '20990102000000_bad': 'CREATE TABLE portal.half (id int);\nCREATE TABLE portal.bad (id no_such_type);',
    })
    await expect(migrate('portal', url, folder)).rejects.toThrow(
      'migration 20990102000000_bad of the portal set failed, nothing was changed: type "no_such_type" does not exist',
    )
    expect(await tables(url)).toEqual([])
    await writeFile(join(folder, '20990102000000_bad', 'migration.sql'), 'CREATE TABLE portal.bad (id int);')
    expect(await migrate('portal', url, folder)).toEqual([...all.portal, '20990101000000_good', '20990102000000_bad'])
  })

  it('MUST report a migration that was edited after it had been applied', async () => {
    const folder = await folderWith('portal', {})
    await migrate('portal', url, folder)
    await appendFile(join(folder, init, 'migration.sql'), '\n-- an edit\n')
    await expect(migrate('portal', url, folder)).rejects.toThrow(
      `migration ${init} was edited after it had been applied (schema portal)`,
    )
  })

  it('MUST not take other line endings for an edit', async () => {
    const folder = await folderWith('portal', {})
    await migrate('portal', url, folder)
    const file = join(folder, init, 'migration.sql')
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('\n', '\r\n'))
    expect(await migrate('portal', url, folder)).toEqual([])
  })

  it('MUST stop at a migration that another program left unfinished', async () => {
    await migrate('portal', url)
    await query(url, 'UPDATE portal._prisma_migrations SET finished_at = NULL')
    await expect(migrate('portal', url)).rejects.toThrow(
      `migration ${init} was begun by another program and never finished`,
    )
  })

  it('MUST apply once what several gateways begin at the same time', async () => {
    const sleep = { '20990101000000_slow': 'SELECT pg_sleep(0.3); CREATE TABLE portal.slow (id int);' }
    const folder = await folderWith('portal', sleep)
    const results = await Promise.all(Array.from({ length: 5 }, () => migrate('portal', url, folder)))
    expect(results.filter((names) => names.length > 0)).toEqual([[...all.portal, '20990101000000_slow']])
  })

  it('MUST be rolled back when its connection is lost half way', async () => {
    const folder = await folderWith('portal', {
      '20990101000000_slow': 'CREATE TABLE portal.slow (id int); SELECT pg_sleep(60);',
    })
    const lost = expect(migrate('portal', url, folder)).rejects.toThrow(
      /20990101000000_slow of the portal set failed, nothing was changed/,
    )
    await vi.waitFor(async () => {
      const [row] = await query(
        url,
        `SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity WHERE query LIKE 'CREATE TABLE portal.slow%'`,
      )
      expect(row).toEqual({ done: true })
    })
    await lost
    expect(await tables(url)).toEqual([])
    expect(await migrate('portal', url)).toEqual(all.portal)
  })

  it('MUST do nothing when there is nothing to do', async () => {
    await migrate('primary', url)
    expect(await migrate('primary', url)).toEqual([])
  })
})
