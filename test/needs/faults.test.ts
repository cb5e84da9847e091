import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '../../src/backends/needs/finding.ts'
import { createYeti, dropIndexes, grant, mend, type Yeti } from './support.ts'

let primary: Yeti
let cdr: Yeti

beforeAll(async () => {
  primary = await createYeti('primary')
  cdr = await createYeti('cdr')
  await grant(primary)
  await grant(cdr)
})

afterAll(async () => {
  await primary[Symbol.asyncDispose]()
  await cdr[Symbol.asyncDispose]()
})

interface Fault {
  readonly title: string
  readonly yeti: () => Yeti
  /** What an accident does to the database. */
  readonly fault: string
  readonly level: Finding['level']
  readonly what: string | RegExp
  readonly then: RegExp
  readonly mend: RegExp
}

const onPrimary = { yeti: () => primary }
const onCdr = { yeti: () => cdr }

/** Each is mended by what the finding says. */
const faults: readonly Fault[] = [
  {
    ...onPrimary,
    title: 'a column of another type',
    fault: 'ALTER TABLE billing.accounts ALTER COLUMN balance TYPE double precision',
    level: 'problem',
    what: 'billing.accounts.balance is double precision, and in Yeti numeric',
    then: /customers see no accounts/,
    mend: /^ALTER TABLE billing\.accounts ALTER COLUMN balance TYPE numeric USING balance::numeric;$/,
  },
  {
    ...onPrimary,
    title: 'a column of a type that is read alike',
    fault: 'ALTER TABLE class4.numberlist_items ALTER COLUMN id TYPE integer',
    level: 'hint',
    what: 'class4.numberlist_items.id is integer, and in Yeti bigint',
    then: /nothing/,
    mend: /TYPE bigint/,
  },
  {
    ...onCdr,
    title: 'a column that may be null',
    fault: 'ALTER TABLE billing.invoices ALTER COLUMN uuid DROP NOT NULL',
    level: 'hint',
    what: 'billing.invoices.uuid may be null, and in Yeti may not',
    then: /missing from lists/,
    mend: /SET NOT NULL/,
  },
  {
    ...onCdr,
    title: 'an index of a table with partitions',
    fault: `DO $$ BEGIN EXECUTE (SELECT string_agg('DROP INDEX cdr.' || indexname, ';') FROM pg_indexes
              WHERE schemaname = 'cdr' AND tablename = 'cdr' AND indexdef LIKE '%(customer_acc_id, time_start)%'); END $$`,
    level: 'without',
    what: 'cdr.cdr has no index by customer_acc_id, time_start, nor have 7 of its 7 partitions',
    then: /slow: statistics of outgoing calls/,
    mend: /^(CREATE INDEX CONCURRENTLY ON cdr\.cdr_\w+ \(customer_acc_id, time_start\);\n){7}CREATE INDEX ON cdr\.cdr \(customer_acc_id, time_start\);$/,
  },
  {
    ...onPrimary,
    title: 'an index of a plain table',
    fault: dropIndexes('billing.transactions', '(account_id)'),
    level: 'without',
    what: 'billing.transactions has no index by account_id',
    then: /slow: transactions/,
    mend: /^CREATE INDEX CONCURRENTLY ON billing\.transactions \(account_id\);$/,
  },
  {
    ...onPrimary,
    title: 'the key that new items must not have twice',
    fault: `ALTER TABLE class4.numberlist_items DROP CONSTRAINT numberlist_items_numberlist_id_key_key;
            CREATE INDEX by_key ON class4.numberlist_items (numberlist_id, key)`,
    level: 'problem',
    what: 'class4.numberlist_items has no unique index by numberlist_id, key',
    then: /cannot add items/,
    mend: /^CREATE UNIQUE INDEX CONCURRENTLY ON class4\.numberlist_items \(numberlist_id, key\);$/,
  },
  {
    ...onPrimary,
    title: 'the default of a public id',
    fault: 'ALTER TABLE billing.payments ALTER COLUMN uuid DROP DEFAULT',
    level: 'problem',
    what: 'billing.payments.uuid must have a value and has no default',
    then: /cannot pay by Cryptomus/,
    mend: /^ALTER TABLE billing\.payments ALTER COLUMN "uuid" SET DEFAULT public\.uuid_generate_v1\(\);$/,
  },
  {
    ...onPrimary,
    title: 'the default of an id',
    fault: 'ALTER TABLE sys.api_access ALTER COLUMN id DROP DEFAULT',
    level: 'problem',
    what: 'sys.api_access.id must have a value and has no default',
    then: /administrators cannot add logins/,
    mend: /^ALTER TABLE sys\.api_access ALTER COLUMN id SET DEFAULT nextval\('sys\.api_access_id_seq'\);$/,
  },
  {
    ...onPrimary,
    title: 'the right to call the function of a default',
    fault: 'REVOKE EXECUTE ON FUNCTION public.uuid_generate_v1() FROM PUBLIC',
    level: 'problem',
    what: /may not call public\.uuid_generate_v1\(\), which fills in columns of billing\.payments, sys\.cdr_exports$/,
    then: /cannot ask for exports; customers cannot pay by Cryptomus/,
    mend: /^GRANT EXECUTE ON FUNCTION public\.uuid_generate_v1\(\) TO "portal_role_/,
  },
  {
    ...onPrimary,
    title: 'a sequence behind its table',
    fault: `INSERT INTO class4.numberlists (id, name) VALUES (1, 'list');
            INSERT INTO class4.numberlist_items (id, numberlist_id, key) VALUES (1, 1, '1'), (7, 1, '7')`,
    level: 'problem',
    what: 'class4.blacklist_items_id_seq gives 1 next, and class4.numberlist_items has rows up to 7',
    then: /cannot add items/,
    mend: /^SELECT setval\('class4\.blacklist_items_id_seq'/,
  },
  {
    ...onPrimary,
    title: 'the sequence of profiles as Yeti’s migration left it',
    fault: `SELECT setval('sys.customer_portal_access_profiles_id_seq', 1, false)`,
    level: 'hint',
    what: 'sys.customer_portal_access_profiles_id_seq gives 1 next, and sys.customer_portal_access_profiles has rows up to 1',
    then: /Yeti's own pages fails/,
    mend: /^SELECT setval/,
  },
  {
    ...onPrimary,
    title: 'a sequence',
    fault: 'DROP SEQUENCE sys.cdr_exports_id_seq CASCADE',
    level: 'problem',
    what: 'there is no sequence sys.cdr_exports_id_seq',
    then: /cannot ask for exports/,
    mend: /^CREATE SEQUENCE sys\.cdr_exports_id_seq/,
  },
  {
    ...onPrimary,
    title: 'the profile that logins get by default',
    fault: 'DELETE FROM sys.customer_portal_access_profiles',
    level: 'hint',
    what: 'sys.customer_portal_access_profiles has no row 1, which a login gets by default',
    then: /adding a login in Yeti fails/,
    mend: /^INSERT INTO sys\.customer_portal_access_profiles/,
  },
  {
    ...onPrimary,
    title: 'the right to make the schema of its own',
    fault: 'DROP SCHEMA portal CASCADE',
    level: 'problem',
    what: /^there is no schema portal, and portal_role_\w+ may not create it$/,
    then: /does not start/,
    mend: /^CREATE SCHEMA IF NOT EXISTS portal AUTHORIZATION "portal_role_/,
  },
  {
    ...onPrimary,
    title: 'the rights on the schema of its own',
    fault: 'ALTER SCHEMA portal OWNER TO CURRENT_USER',
    level: 'problem',
    what: /lacks USAGE and CREATE on the schema portal$/,
    then: /does not start/,
    mend: /^GRANT USAGE, CREATE ON SCHEMA portal TO "portal_role_/,
  },
  {
    ...onPrimary,
    title: 'a table of its own that somebody else made',
    fault: 'CREATE TABLE portal."Rate-Limits" (id serial)',
    level: 'problem',
    what: /^portal\."Rate-Limits" belongs to another role/,
    then: /does not start/,
    mend: /^ALTER TABLE portal\."Rate-Limits" OWNER TO "portal_role_/,
  },
]

describe('what a Yeti has lost', () => {
  it.each(faults)('MUST be told, and mended by what is told: $title', async (fault) => {
    const yeti = fault.yeti()
    await yeti.run(fault.fault)
    const found = await yeti.findings()
    expect(found.map(({ what }) => what)).toEqual([expect.stringMatching(asPattern(fault.what))])
    expect(found[0]?.level).toBe(fault.level)
    expect(found[0]?.then).toMatch(fault.then)
    expect(found[0]?.mend).toMatch(fault.mend)
    await mend(yeti, found)
    expect(await yeti.findings()).toEqual([])
  })
})

function asPattern(text: string | RegExp): RegExp {
  return typeof text === 'string' ? new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`) : text
}

describe('what a Yeti has lost with an extension', () => {
  it('MUST be told with the extension that brings it', async () => {
    await using yeti = await createYeti('primary')
    await grant(yeti)
    await yeti.run(
      'DROP EXTENSION IF EXISTS "uuid-ossp" CASCADE; DROP FUNCTION IF EXISTS public.uuid_generate_v1() CASCADE',
    )
    const found = await yeti.findings()
    expect(found.map(({ level, what }) => [level, what])).toEqual([
      ['problem', 'sys.cdr_exports.uuid must have a value and has no default'],
      ['problem', 'billing.payments.uuid must have a value and has no default'],
    ])
    expect(found.map(({ mend: text }) => text)).toEqual([
      'CREATE EXTENSION IF NOT EXISTS "uuid-ossp";\nALTER TABLE sys.cdr_exports ALTER COLUMN "uuid" SET DEFAULT uuid_generate_v1();',
      'CREATE EXTENSION IF NOT EXISTS "uuid-ossp";\nALTER TABLE billing.payments ALTER COLUMN "uuid" SET DEFAULT uuid_generate_v1();',
    ])
  })
})
