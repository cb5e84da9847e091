import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { copyTemplates, type Copies } from '../support/copies.ts'
import { list } from './support.ts'

// What the rest of the run stands on: databases as Yeti's are, with no help of our migrations.

const facts = readFileSync(new URL('../fixtures/yeti-columns.tsv', import.meta.url), 'utf8')
  .split('\n')
  .slice(1)
  .filter((line) => line !== '')

let bare: Copies
let filled: Copies
beforeAll(async () => {
  bare = await copyTemplates({ primary: 'yeti_bare', cdr: 'cdr_bare' })
  filled = await copyTemplates()
})

/** Columns in the form of the list, of the tables that it has. */
function columnsOf(url: string, database: string, tables: readonly string[]): Promise<readonly string[]> {
  return list(
    url,
    `SELECT concat_ws(E'\\t', '${database}', table_schema, table_name, ordinal_position, column_name,
              CASE WHEN data_type = 'ARRAY' THEN ltrim(udt_name, '_') || '[]' ELSE data_type END,
              is_nullable, coalesce(column_default, ''))
     FROM information_schema.columns
     WHERE table_schema || '.' || table_name = ANY('{${tables.join(',')}}')`,
  )
}

describe.each([
  ['yeti', 'primary'],
  ['cdr', 'cdr'],
] as const)('The tables of %s', (database, name) => {
  const expected = facts.filter((line) => line.startsWith(`${database}\t`))
  const tables = [...new Set(expected.map((line) => line.split('\t').slice(1, 3).join('.')))]

  test.each([
    ['before', () => bare],
    ['after', () => filled],
  ])(
    'MUST have exactly the columns, types, defaults and order that Yeti has, %s a gateway was there',
    async (_, of) => {
      expect(tables.length).toBeGreaterThan(10)
      const actual = await columnsOf(of()[name].url, database, tables)
      expect([...actual].sort()).toEqual([...expected].sort())
    },
  )

  test('MUST have a primary key each, and none of our history', async () => {
    const without = `
      SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE relkind IN ('r', 'p') AND nspname !~ '^pg_|^information_schema$|^portal$'
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p')`
    expect(await list(filled[name].url, without)).toEqual([])
    const histories = `SELECT oid::regclass::text FROM pg_class WHERE relname = '_prisma_migrations'`
    expect(await list(filled[name].url, histories)).toEqual(name === 'primary' ? ['portal._prisma_migrations'] : [])
  })
})

test('Sequences MUST stand behind the greatest id, so that Yeti and the gateway may add rows', async () => {
  const owned = `
    SELECT format('SELECT %L WHERE (SELECT coalesce(max(%I), 0) FROM %s) > (SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM %s)',
                  s.oid::regclass, attname, attrelid::regclass, s.oid::regclass)
    FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'a'
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE s.relkind = 'S'`
  for (const { url } of [filled.primary, filled.cdr]) {
    const checks = await list(url, owned)
    expect(checks.length).toBeGreaterThan(10)
    expect(await list(url, checks.join(' UNION ALL '))).toEqual([])
  }
})

test('Calls MUST lie in partitions of one day in UTC, named as Yeti names them', async () => {
  const bounds = await list(
    filled.cdr.url,
    `SELECT c.oid::regclass || ' ' || pg_get_expr(relpartbound, c.oid) FROM pg_class c
     WHERE relispartition AND relkind = 'r' ORDER BY relname`,
  )
  expect(bounds.length).toBeGreaterThanOrEqual(7)
  for (const bound of bounds) {
    const [, ...date] = /^cdr\.cdr_(\d{4})_(\d\d)_(\d\d) /.exec(bound) ?? []
    const day = date.join('-')
    const next = new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)
    expect(bound).toContain(`FROM ('${day} 00:00:00+00') TO ('${next} 00:00:00+00')`)
  }
})

test('The two databases MUST be on two servers, with passwords of their own', async () => {
  const identity = 'SELECT system_identifier::text FROM pg_control_system()'
  expect(await list(filled.primary.url, identity)).not.toEqual(await list(filled.cdr.url, identity))
  const urls = [filled.primary, filled.cdr].flatMap(({ url, gatewayUrl }) => [new URL(url), new URL(gatewayUrl)])
  expect(new Set(urls.map(({ password }) => password)).size).toBe(4)
  expect(new Set(urls.map(({ port }) => port)).size).toBe(2)
  expect(new URL(inject('gatewayUrl')).username).not.toBe(new URL(inject('serverUrl')).username)
})
