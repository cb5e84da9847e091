import pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { grantsSql } from '../../src/backends/needs/grants.ts'
import { copyTemplates, type Copies, type Copy } from '../support/copies.ts'
import { connected, list } from './support.ts'

let copies: Copies
beforeAll(async () => {
  copies = await copyTemplates()
})

/** What it gets as the gateway's role; nothing that it does stays. */
async function outcome({ gatewayUrl }: Copy, statement: string): Promise<string> {
  return connected(gatewayUrl, async (client) => {
    await client.query('BEGIN')
    try {
      await client.query(statement)
      return 'done'
    } catch (error) {
      return error instanceof pg.DatabaseError ? (error.code ?? '') : String(error)
    }
  })
}

const insufficientPrivilege = '42501'

/** What the role may do beside what it may not. */
const primary = [
  ['SELECT uuid, incoming_auth_allow_jwt FROM class4.gateways', 'SELECT incoming_auth_password FROM class4.gateways'],
  ['SELECT name FROM class4.gateways', 'SELECT auth_user, auth_password FROM class4.gateways'],
  ['SELECT name FROM class4.gateways', 'SELECT * FROM class4.gateways'],
  ['SELECT encrypted_password FROM gui.admin_users', 'SELECT reset_password_token FROM gui.admin_users'],
  ['SELECT roles FROM gui.admin_users', `UPDATE gui.admin_users SET roles = '{root}'`],
  ['UPDATE billing.accounts SET balance = balance', 'UPDATE billing.accounts SET min_balance = -1000000'],
  ['UPDATE billing.payments SET status_id = status_id', 'UPDATE billing.payments SET account_id = account_id'],
  ['SELECT id FROM billing.payments', 'DELETE FROM billing.payments'],
  ['SELECT name FROM class4.numberlists', `UPDATE class4.numberlists SET name = 'mine'`],
  ['DELETE FROM class4.numberlist_items', 'TRUNCATE class4.numberlist_items'],
  ['SELECT prefix FROM class4.destinations', 'UPDATE class4.destinations SET next_rate = 0'],
  ['SELECT name FROM public.contractors', 'UPDATE public.contractors SET customer = true'],
  ['SELECT rateplan_id FROM class4.customers_auth', 'SELECT variables FROM class4.customers_auth'],
  ['SELECT name FROM billing.services', 'SELECT variables FROM billing.services'],
  [
    `INSERT INTO gui.versions (item_type, item_id, event) VALUES ('Payment', 1, 'create')`,
    'UPDATE gui.versions SET whodunnit = NULL',
  ],
  [`SELECT nextval('gui.versions_id_seq')`, `SELECT setval('gui.versions_id_seq', 1)`],
  ['SELECT id FROM sys.cdr_exports', 'DELETE FROM sys.cdr_exports'],
  ['SELECT id FROM sys.cdr_exports', 'SELECT handler FROM sys.delayed_jobs'],
  ['SELECT id FROM sys.cdr_exports', 'SELECT params FROM logs.api_requests'],
  ['SELECT id FROM sys.cdr_exports', 'SELECT email FROM notifications.contacts'],
  [
    `INSERT INTO portal.audit_log (actor_kind, actor_name, action, subject_kind) VALUES ('admin', 'a', 'b', 'c')`,
    `UPDATE portal.audit_log SET actor_name = 'nobody'`,
  ],
  ['SELECT id FROM portal.audit_log', 'DELETE FROM portal.audit_log'],
  ['SELECT id FROM portal.audit_log', 'TRUNCATE portal.audit_log'],
  ['SELECT id FROM portal.audit_log', 'ALTER TABLE portal.audit_log DISABLE TRIGGER ALL'],
  ['CREATE TABLE portal.later (id int)', 'DROP SCHEMA portal CASCADE'],
  ['CREATE TABLE portal.later (id int)', 'CREATE TABLE sys.later (id int)'],
  ['CREATE TABLE portal.later (id int)', 'CREATE TABLE public.later (id int)'],
  ['CREATE TABLE portal.later (id int)', 'CREATE TEMPORARY TABLE later (id int)'],
  ['CREATE TABLE portal.later (id int)', 'CREATE SCHEMA later'],
  ['SELECT login FROM sys.api_access', 'CREATE INDEX ON sys.api_access (login)'],
] as const

const cdr = [
  ['SELECT id FROM cdr.cdr', 'INSERT INTO cdr.cdr (time_start) VALUES (now())'],
  ['SELECT id FROM cdr.cdr', 'UPDATE cdr.cdr SET customer_price = 0'],
  ['SELECT id FROM cdr.cdr', 'DELETE FROM cdr.cdr'],
  ['SELECT customer_price FROM cdr.cdr', 'SELECT profit FROM cdr.cdr'],
  ['SELECT id FROM cdr.cdr', 'SELECT lega_identity FROM cdr.cdr'],
  ['SELECT reference FROM billing.invoices', 'UPDATE billing.invoices SET state_id = 2'],
  ['SELECT pdf_data FROM billing.invoice_documents', 'UPDATE billing.invoice_documents SET pdf_data = NULL'],
  ['SELECT account_id FROM stats.active_call_accounts', 'SELECT account_id FROM stats.traffic_customer_accounts'],
  ['SELECT account_id FROM stats.active_call_accounts', 'DELETE FROM stats.active_call_accounts'],
  ['SELECT id FROM billing.invoices', 'CREATE TABLE billing.later (id int)'],
  ['SELECT id FROM billing.invoices', 'CREATE SCHEMA portal'],
] as const

describe("The gateway's role", () => {
  test.each(primary)('may in the primary database: %s; and MUST NOT: %s', async (allowed, denied) => {
    expect(await outcome(copies.primary, allowed)).toBe('done')
    expect(await outcome(copies.primary, denied)).toBe(insufficientPrivilege)
  })

  test.each(cdr)('may in the CDR database: %s; and MUST NOT: %s', async (allowed, denied) => {
    expect(await outcome(copies.cdr, allowed)).toBe('done')
    expect(await outcome(copies.cdr, denied)).toBe(insufficientPrivilege)
  })

  test('MUST be nobody special, and own nothing but what it made in its schema', async () => {
    for (const { gatewayUrl, url } of [copies.primary, copies.cdr]) {
      const attributes = `SELECT concat_ws(' ', rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication)
        FROM pg_roles WHERE rolname = current_user`
      expect(await list(gatewayUrl, attributes)).toEqual(['f f f f f'])
      const { username } = new URL(gatewayUrl)
      expect(await list(url, `SELECT roleid::regrole::text FROM pg_auth_members WHERE member = '${username}'::regrole`))
        .toEqual([]) // prettier-ignore
      const owned = await list(
        url,
        `SELECT DISTINCT nspname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
         WHERE relowner = '${username}'::regrole AND nspname <> 'pg_toast'`,
      )
      expect(owned).toEqual(url === copies.primary.url ? ['portal'] : [])
    }
  })

  test.each(['primary', 'cdr'] as const)(
    'MUST have in the %s database exactly the rights on columns, tables, sequences and schemas that the printed statements give',
    async (database) => {
      const actual = await list(copies[database].gatewayUrl, effectiveRights)
      const columns = await list(copies[database].url, allColumns)
      expect(actual.length).toBeGreaterThan(50)
      expect([...actual].sort()).toEqual(rightsIn(grantsSql({ database }), columns))
    },
  )
})

/** Whatever way the role has come to them, but in its own schema, and in those of PostgreSQL. */
const effectiveRights = `
  WITH relations AS (
    SELECT c.oid, n.nspname || '.' || c.relname AS name, relkind FROM pg_class c
    JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^pg_|^information_schema$|^portal$'
  )
  SELECT privilege || ' ' || name || '.' || attname FROM relations
  JOIN pg_attribute ON attrelid = oid AND attnum > 0 AND NOT attisdropped,
    unnest('{SELECT,INSERT,UPDATE,REFERENCES}'::text[]) AS privilege
  WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND has_column_privilege(oid, attnum, privilege)
  UNION ALL
  SELECT privilege || ' ' || name FROM relations, unnest('{DELETE,TRUNCATE,TRIGGER}'::text[]) AS privilege
  WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND has_table_privilege(oid, privilege)
  UNION ALL
  SELECT privilege || ' ' || name FROM relations, unnest('{USAGE,SELECT,UPDATE}'::text[]) AS privilege
  WHERE relkind = 'S' AND has_sequence_privilege(oid, privilege)
  UNION ALL
  SELECT privilege || ' ' || nspname FROM pg_namespace, unnest('{USAGE,CREATE}'::text[]) AS privilege
  WHERE nspname !~ '^pg_|^information_schema$|^portal$' AND has_schema_privilege(oid, privilege)`

const allColumns = `
  SELECT table_schema || '.' || table_name || '.' || column_name FROM information_schema.columns
  WHERE table_schema !~ '^pg_|^information_schema$|^portal$'`

/** The same from the text of GRANT statements. */
function rightsIn(text: string, columns: readonly string[]): readonly string[] {
  const plain = text
    .replace(/^--.*$/gm, '')
    .replaceAll('"', '')
    .replace(/\s+/g, ' ')
    .replaceAll('; ', ';\n')
  const rights = new Set<string>()
  for (const [, privilege = '', some, on = ''] of plain.matchAll(
    /^ ?GRANT (\w+)(?: \(([^)]*)\))? ON (.+) TO \w+;$/gm,
  )) {
    if (on.startsWith('SCHEMA ')) for (const name of on.slice(7).split(', ')) rights.add(`${privilege} ${name}`)
    else if (on.startsWith('SEQUENCE ')) rights.add(`${privilege} ${on.slice(9)}`)
    else if (privilege === 'DELETE') rights.add(`${privilege} ${on}`)
    else if (some !== undefined) for (const name of some.split(', ')) rights.add(`${privilege} ${on}.${name}`)
    else for (const column of columns) if (column.startsWith(`${on}.`)) rights.add(`${privilege} ${column}`)
  }
  return [...rights].sort()
}
