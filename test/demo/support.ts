import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import { type MigrationSet, migrate } from '../../src/backends/migrate.ts'
import { type DemoOptions, type DemoResult, fillDemo } from '../../src/demo/index.ts'

/** A pair of migrated, empty databases and a folder of their own. */
export interface DemoDatabases extends AsyncDisposable {
  readonly primary: pg.Pool
  readonly cdr: pg.Pool
  readonly recordingsDirectory: string
  readonly fill: (now: Date | string, differences?: Partial<DemoOptions>) => Promise<DemoResult>
}

export const tiny = { days: 3, callsPerDay: 400 }

/** A Thursday. */
export const someDay = '2026-07-30T14:23:45.678Z'

/** Three days with little traffic before, and no invoice period just over. */
export const mondayMidnight = '2026-08-03T00:00:00.001Z'

let count = 0

export async function createDatabases({ shared = false } = {}): Promise<DemoDatabases> {
  const suffix = `demo_${process.pid}_${++count}`
  const primaryUrl = await createDatabase(`yeti_${suffix}`, await migrated(...(shared ? everySet : primarySets)))
  const cdrUrl = shared ? primaryUrl : await createDatabase(`cdr_${suffix}`, await migrated('cdr'))
  const primary = openPool(primaryUrl)
  const cdr = openPool(cdrUrl)
  const recordingsDirectory = await mkdtemp(join(tmpdir(), 'demo-recordings-'))
  return {
    primary,
    cdr,
    recordingsDirectory,
    fill: (now, differences) =>
      fillDemo({ primary, cdr, recordingsDirectory, now: new Date(now), ...tiny, ...differences }),
    async [Symbol.asyncDispose]() {
      await Promise.all([primary.end(), cdr.end()])
      await Promise.all([primaryUrl, cdrUrl].map(dropDatabase))
      await rm(recordingsDirectory, { recursive: true })
    },
  }
}

function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 4 })
  // Some tests break connections on purpose.
  pool.on('error', () => undefined)
  return pool
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('serverUrl') })
  await client.connect()
  await client.query(statement)
  await client.end()
}

const primarySets = ['primary', 'portal'] as const
const everySet = ['primary', 'portal', 'cdr'] as const
const templates = new Map<string, Promise<string>>()

/** The name of an empty database with the tables of these sets: copying one is ten times faster than migrating. */
function migrated(...sets: readonly MigrationSet[]): Promise<string> {
  const name = `demo_template_${process.pid}_${sets.join('_')}`
  const template = templates.get(name) ?? migrateTemplate(name, sets)
  templates.set(name, template)
  return template
}

async function migrateTemplate(name: string, sets: readonly MigrationSet[]): Promise<string> {
  const url = await createDatabase(name, 'template1')
  for (const set of sets) await migrate(set, url)
  return name
}

async function createDatabase(name: string, template: string): Promise<string> {
  await onServer(`create database ${name} template ${template}`)
  const url = new URL(inject('serverUrl'))
  url.pathname = `/${name}`
  return url.href
}

function dropDatabase(url: string): Promise<void> {
  return onServer(`drop database if exists ${new URL(url).pathname.slice(1)} with (force)`)
}

/** All rows that a statement finds. */
export async function rowsOf<R extends pg.QueryResultRow>(
  pool: pg.Pool,
  statement: string,
  values: readonly unknown[] = [],
): Promise<R[]> {
  const { rows } = await pool.query<R>(statement, [...values])
  return rows
}

/** The one row of a statement that counts or sums up. */
export async function rowOf<R extends pg.QueryResultRow>(
  pool: pg.Pool,
  statement: string,
  values: readonly unknown[] = [],
): Promise<R> {
  const [row] = await rowsOf<R>(pool, statement, values)
  if (!row) throw new Error(`no row: ${statement}`)
  return row
}

/** A checksum of the rows of each table, by table. */
export async function checksums(pool: pg.Pool): Promise<Record<string, string>> {
  const tables = await rowsOf<{ name: string }>(
    pool,
    `select oid::regclass::text as name from pg_class
     where relkind in ('r', 'p') and not relispartition and relname <> '_prisma_migrations'
       and relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
     order by 1`,
  )
  const sums: Record<string, string> = {}
  for (const { name } of tables) {
    const { sum } = await rowOf<{ sum: string }>(
      pool,
      `select count(*) || ' ' || coalesce(md5(string_agg(t::text, chr(10) order by t::text)), '') as sum from ${name} t`,
    )
    sums[name] = sum
  }
  return sums
}
