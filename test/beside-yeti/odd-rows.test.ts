import { readFile } from 'node:fs/promises'
import { buildSchema, getNamedType, isLeafType, isObjectType } from 'graphql'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway, type Gateway } from '../support/gateway.ts'

// Rows as Yeti's tables allow them, though its own pages would not write them: whatever may be null is, texts are empty,
// codes are such as nobody has told us of. They belong in their lists like any other.

interface List {
  readonly field: string
  readonly type: string
  readonly database: 'primary' | 'cdr'
  readonly table: string
  /** What says whose it is, which it is, and that it is shown. */
  readonly keep: readonly string[]
  readonly where?: string
  readonly by?: 'admin'
}

const since = 'where: { timeStart: { gte: "2000-01-01T00:00:00Z" } }, '
const lists: readonly List[] = [
  { field: 'accounts', type: 'Account', database: 'primary', table: 'billing.accounts', keep: ['contractor_id'] },
  { field: 'payments', type: 'Payment', database: 'primary', table: 'billing.payments', keep: ['account_id', 'status_id'] },
  { field: 'services', type: 'Service', database: 'primary', table: 'billing.services', keep: ['account_id'] },
  { field: 'transactions', type: 'Transaction', database: 'primary', table: 'billing.transactions', keep: ['account_id'] },
  { field: 'outgoingRateplans', type: 'Rateplan', database: 'primary', table: 'class4.rateplans', keep: [] },
  { field: 'outgoingRates', type: 'Rate', database: 'primary', table: 'class4.destinations', keep: ['rate_group_id'] },
  { field: 'outgoingNumberlists', type: 'OutgoingNumberlist', database: 'primary', table: 'class4.numberlists', keep: [] },
  { field: 'outgoingCdrExports', type: 'OutgoingCdrExport', database: 'primary', table: 'sys.cdr_exports', keep: ['customer_account_id'] },
  { field: 'countries', type: 'Country', database: 'primary', table: 'sys.countries', keep: [] },
  { field: 'networks', type: 'Network', database: 'primary', table: 'sys.networks', keep: ['type_id'] },
  { field: 'networkTypes', type: 'NetworkType', database: 'primary', table: 'sys.network_types', keep: [] },
  { field: 'networkPrefixes', type: 'NetworkPrefix', database: 'primary', table: 'sys.network_prefixes', keep: [] },
  { field: 'invoices', type: 'Invoice', database: 'cdr', table: 'billing.invoices', keep: ['account_id', 'contractor_id', 'state_id'] },
  { field: 'outgoingCdrs', type: 'OutgoingCdr', database: 'cdr', table: 'cdr.cdr', keep: ['customer_id', 'customer_acc_id', 'is_last_cdr'], where: since },
  { field: 'incomingCdrs', type: 'IncomingCdr', database: 'cdr', table: 'cdr.cdr', keep: ['vendor_id', 'vendor_acc_id'], where: since },
  { field: 'portalLogins', type: 'PortalLogin', database: 'primary', table: 'sys.api_access', keep: ['customer_id', 'customer_portal_access_profile_id'], by: 'admin' },
  { field: 'accessProfiles', type: 'CustomerPortalAccessProfile', database: 'primary', table: 'sys.customer_portal_access_profiles', keep: [], by: 'admin' },
] // prettier-ignore

const schema = buildSchema(await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8'))

/** All fields without arguments, those of objects by their ids. */
function selectionOf(typeName: string): string {
  const type = schema.getType(typeName)
  if (!isObjectType(type)) throw new TypeError(`${typeName} is no type with fields`)
  return Object.values(type.getFields())
    .filter(({ args }) => args.length === 0)
    .flatMap(({ name, type: result }) => {
      const named = getNamedType(result)
      if (isLeafType(named)) return [name]
      return isObjectType(named) && named.getFields()['id'] ? [`${name} { id }`] : []
    })
    .join(' ')
}

interface Column {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
  /** Part of a key, unique, or known to another table. */
  readonly bound: boolean
}

async function columnsOf(pool: pg.Pool, table: string): Promise<Column[]> {
  const { rows } = await pool.query<Column>(
    `SELECT attname AS name, format_type(atttypid, -1) AS type, NOT attnotnull AS nullable,
            EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = attrelid AND attnum = ANY (c.conkey) AND c.contype = 'f')
              OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = attrelid AND i.indisunique AND attnum = ANY (i.indkey)) AS bound
     FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [table],
  )
  return rows
}

/** Values that a column takes and nobody expects. */
const oddities: Readonly<Record<string, (column: Column) => string | null>> = {
  'null wherever it may be': ({ nullable }) => (nullable ? 'NULL' : null),
  'empty texts': ({ type, bound }) => (type === 'character varying' && !bound ? "''" : null),
  'unknown codes': ({ name, type, bound }) => (type === 'smallint' && !bound && name.endsWith('_id') ? '77' : null),
  'empty lists and objects': ({ type }) => {
    if (type.endsWith('[]')) return "'{}'"
    return /^jsonb?$/.test(type) ? "'{}'" : null
  },
  'lists and scalars for objects': ({ type }) => (/^jsonb?$/.test(type) ? `'["x", null, {}]'` : null),
  'the greatest numbers': ({ name, type, bound }) => {
    if (bound || name.endsWith('_id')) return null
    return { smallint: '32767', integer: '2147483647', bigint: '9223372036854775807', numeric: "'1e40'" }[type] ?? null
  },
  'numbers that are none': ({ type }) =>
    ({ numeric: "'NaN'", 'double precision': "'NaN'", 'timestamp with time zone': "'infinity'" })[type] ?? null,
}

let gateway: Gateway
const tokens: Record<string, string> = {}
beforeAll(async () => {
  gateway = await startGateway()
  tokens['customer'] = await gateway.signIn('alice')
  tokens['admin'] = await gateway.admin()
  await gateway.primary.query(
    `INSERT INTO sys.cdr_exports (status, type, fields, filters, customer_account_id, created_at, updated_at)
     VALUES ('Completed', 'Base', '{time_start}', '{}', 201, now(), now())`,
  )
})
afterAll(() => gateway[Symbol.asyncDispose]())

async function read({ field, type, where = '', by = undefined }: List) {
  const query = `{ ${field}(${where}first: 100) { totalCount nodes { ${selectionOf(type)} } } }`
  return gateway.ask(query, { token: tokens[by ?? 'customer'] ?? '' })
}

describe.each(lists)('$field', (list) => {
  test.each(Object.entries(oddities))('MUST have its rows with %s', async (_, oddity) => {
    const pool = gateway[list.database]
    const columns = await columnsOf(pool, list.table)
    const changes = columns.flatMap((column) => {
      const value = list.keep.includes(column.name) || column.name === 'time_start' ? null : oddity(column)
      return value === null ? [] : [`${column.name} = ${value}`]
    })
    if (changes.length === 0) return
    const before = await read(list)
    expect(before.errors).toBeUndefined()
    const client = await pool.connect()
    const saved = `odd.${list.table.split('.').at(-1)}`
    try {
      await client.query(`CREATE SCHEMA IF NOT EXISTS odd; DROP TABLE IF EXISTS ${saved}; CREATE TABLE ${saved} AS TABLE ${list.table}`) // prettier-ignore
      await client.query(`UPDATE ${list.table} SET ${changes.join(', ')}`)
      const { data, errors } = await read(list)

      expect(errors).toBeUndefined()
      expect(data[list.field].totalCount).toBe(before.data[list.field].totalCount)
      expect(data[list.field].nodes).toHaveLength(before.data[list.field].nodes.length)
    } finally {
      const names = columns.map(({ name }) => name)
      await client.query(
        `UPDATE ${list.table} t SET ${names.map((name) => `${name} = s.${name}`).join(', ')} FROM ${saved} s WHERE s.id = t.id`,
      )
      client.release()
    }
  })
})
