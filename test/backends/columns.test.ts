import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/backends/embedded-postgres.ts'
import { migrate, type MigrationSet } from '../../src/backends/migrate.ts'
import { mappedTables, type MappedColumn } from '../../src/backends/migrate/prisma-models.ts'
import { query } from './gateway-process.ts'

vi.setConfig({ hookTimeout: 60_000 })

interface Column {
  readonly type: string
  readonly nullable: boolean
  readonly default: string
}

/** Yeti's own columns, read from its schema: the oracle that is not ours. */
const fixture = await readFixture()
const databases = { primary: 'yeti', cdr: 'cdr', portal: 'yeti' } as const
/** Tables that the fixture does not list: those of Yeti's without a column list, and those of our own. */
const beyondFixture = [
  'class4.gateways',
  'class4.routing_tags',
  'class4.transport_protocols',
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
]

let root = ''
let postgres: EmbeddedPostgres
const migrated = new Map<string, Column>()

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gateway-test-'))
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  postgres = await startEmbeddedPostgres({ directory: join(root, 'postgres'), databases: ['yeti', 'cdr'], log })
  for (const set of ['primary', 'cdr', 'portal'] as const) await migrate(set, postgres.urlFor(databases[set]))
  for (const database of ['yeti', 'cdr']) await readMigrated(database)
})

afterAll(async () => {
  await postgres[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

const sets: MigrationSet[] = ['primary', 'cdr', 'portal']
const models = (
  await Promise.all(sets.map(async (set) => (await mappedTables(set)).map((table) => ({ ...table, set }))))
).flat()

describe.each(models)('model $model ($schema.$table)', ({ set, schema, table, columns }) => {
  const database = databases[set]
  const key = (column: string): string => [database, schema, table, column].join('\t')

  it('MUST map columns that the migrated database has, of the same type and nullability', () => {
    expect(columns.length).toBeGreaterThan(0)
    for (const column of columns) expectSame(column, migrated.get(key(column.column)))
  })

  it.skipIf(beyondFixture.includes(`${schema}.${table}`))(
    'MUST map columns that Yeti has, of the same type and nullability',
    () => {
      for (const column of columns) expectSame(column, fixture.get(key(column.column)))
    },
  )

  it('MUST name its fields after the columns', () => {
    for (const { field, column } of columns) expect(field).toBe(camelCase(column))
  })
})

describe('the migrated databases', () => {
  it('MUST have nothing but columns of Yeti, with its types, nullability and defaults', () => {
    const ours = [...migrated].filter(([key]) => !beyondFixture.includes(key.split('\t').slice(1, 3).join('.')))
    expect(ours.length).toBeGreaterThan(400)
    for (const [key, column] of ours) {
      const yeti = fixture.get(key)
      expect({ key, ...column }).toEqual({ key, ...yeti, default: ownDefault(yeti?.default ?? '') })
    }
  })

  it('MUST have every column of the tables that they have, but for the many of customers_auth', () => {
    const tables = new Set([...migrated.keys()].map((key) => key.split('\t').slice(0, 3).join('\t')))
    const missing = [...fixture.keys()].filter(
      (key) => tables.has(key.split('\t').slice(0, 3).join('\t')) && !migrated.has(key),
    )
    expect(new Set(missing.map((key) => key.split('\t')[2]))).toEqual(new Set(['customers_auth']))
  })
})

function expectSame({ column, type, nullability }: MappedColumn, actual: Column | undefined): void {
  const nullable = nullability === 'list' ? actual?.nullable : nullability === 'optional'
  expect({ column, type: actual?.type, nullable: actual?.nullable }).toEqual({ column, type, nullable })
}

function camelCase(column: string): string {
  return column.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** Ours need no extension. */
function ownDefault(yeti: string): string {
  return yeti.replace(/^uuid_generate_v[14]\(\)$/, 'gen_random_uuid()')
}

async function readFixture(): Promise<ReadonlyMap<string, Column>> {
  const text = await readFile(new URL('../fixtures/yeti-columns.tsv', import.meta.url), 'utf8')
  const short = new Map([
    ['int4[]', 'integer[]'],
    ['int2[]', 'smallint[]'],
    ['varchar[]', 'character varying[]'],
  ])
  const lines = text.trimEnd().split('\n').slice(1)
  return new Map(
    lines.map((line) => {
      const [database = '', schema = '', table = '', , column = '', type = '', nullable, value = ''] = line.split('\t')
      return [
        [database, schema, table, column].join('\t'),
        { type: short.get(type) ?? type, nullable: nullable === 'YES', default: value },
      ]
    }),
  )
}

async function readMigrated(database: string): Promise<void> {
  const rows = await query(
    postgres.urlFor(database),
    `SELECT concat_ws(E'\\t', current_database(), nspname, relname, attname) AS key, format_type(atttypid, -1) AS type,
            NOT attnotnull AS nullable, coalesce(pg_get_expr(adbin, adrelid), '') AS default
       FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
       LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
      WHERE relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped AND relname <> '_prisma_migrations'
        AND nspname NOT IN ('pg_catalog', 'information_schema')`,
  )
  for (const { key, type, nullable, default: value } of rows) {
    migrated.set(String(key), { type: String(type), nullable: nullable === true, default: String(value) })
  }
}
