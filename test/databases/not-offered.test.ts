import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabases, sql } from '../../src/backends/databases.ts'
import { createMaskError } from '../../src/http/mask-error.ts'
import { accountId, accounts, always, creation } from '../exports/support.ts'
import { startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { keptLog, run } from './support.ts'

/** An operator's Yeti, and a gateway there whose role has every right but those that a test takes away. */
let yeti: Gateway
let gateway: Gateway
let role: string
let primaryUrl: string
let alice: string

beforeAll(async () => {
  yeti = await startGateway()
  role = `sparing_${process.pid}_${Date.now()}`
  const url = yeti.primary.options.connectionString ?? ''
  await run(
    url,
    `CREATE ROLE ${role} LOGIN PASSWORD 'sparing'`,
    `GRANT CONNECT ON DATABASE "${new URL(url).pathname.slice(1)}" TO ${role}`,
    `DO $$ DECLARE name text; BEGIN
       FOR name IN SELECT nspname FROM pg_namespace WHERE nspname IN ('sys', 'gui', 'billing', 'class4', 'public', 'portal') LOOP
         EXECUTE format('GRANT USAGE ON SCHEMA %I TO ${role}', name);
         EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA %I TO ${role}', name);
         EXECUTE format('GRANT ALL ON ALL SEQUENCES IN SCHEMA %I TO ${role}', name);
       END LOOP;
     END $$`,
  )
  primaryUrl = Object.assign(new URL(url), { username: role, password: 'sparing' }).href
  gateway = await yeti.another({ DATABASE_URL: primaryUrl })
  alice = await gateway.signIn('alice')
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await yeti[Symbol.asyncDispose]()
})

function owner(...statements: readonly string[]) {
  return run(yeti.primary.options.connectionString ?? '', ...statements)
}

async function rowsOf(table: string): Promise<unknown> {
  const [result] = await owner(`SELECT count(*)::int AS count FROM ${table}`)
  return result?.rows[0].count
}

const ask = (query: string, variables: object = {}) => gateway.ask(query, { token: alice, variables: { ...variables } })

function expectNotOffered({ status, errors }: Answer, ...path: readonly string[]): void {
  expect(status).toBe(200)
  expect(errors).toEqual([
    {
      message: 'This installation does not offer that.',
      path,
      locations: expect.any(Array),
      extensions: { code: 'UNAVAILABLE' },
    },
  ])
}

describe('What the databases do not let the gateway do', () => {
  it('MUST be UNAVAILABLE where it may not be read, beside all the rest', async () => {
    await owner(`REVOKE SELECT ON class4.numberlists FROM ${role}`)
    const answer = await ask('{ outgoingNumberlists { nodes { name } } accounts { totalCount } }')
    expectNotOffered(answer, 'outgoingNumberlists', 'nodes')
    expect(answer.data.accounts.totalCount).toBeGreaterThan(0)
    await owner(`GRANT SELECT ON class4.numberlists TO ${role}`)
    expect((await ask('{ outgoingNumberlists { nodes { name } } }')).errors).toBeUndefined()
  })

  it.each([
    ['a table', 'ALTER TABLE billing.services RENAME TO elsewhere', 'ALTER TABLE billing.elsewhere RENAME TO services'],
    ['a column', 'ALTER TABLE billing.services RENAME name TO title', 'ALTER TABLE billing.services RENAME title TO name'],
    ['a schema', 'ALTER SCHEMA billing RENAME TO elsewhere', 'ALTER SCHEMA elsewhere RENAME TO billing'],
  ])('MUST be UNAVAILABLE where this Yeti has it not: %s', async (_, away, back) => {
    await owner(away)
    try {
      expectNotOffered(await ask('{ services { nodes { name } } }'), 'services', 'nodes')
    } finally {
      await owner(back)
    }
    expect((await ask('{ services { nodes { name } } }')).errors).toBeUndefined()
  }) // prettier-ignore

  it('MUST be UNAVAILABLE where it may not be written, and nothing be written', async () => {
    const { data } = await ask('{ outgoingNumberlists(first: 1) { nodes { id } } }')
    const before = await rowsOf('class4.numberlist_items')
    const input = { outgoingNumberlistId: data.outgoingNumberlists.nodes[0].id, key: '4930123' }
    const mutation = 'mutation ($input: CreateOutgoingNumberlistItemInput!) { createOutgoingNumberlistItem(input: $input) { id } }'
    await owner(`REVOKE INSERT ON class4.numberlist_items FROM ${role}`)
    expectNotOffered(await ask(mutation, { input }), 'createOutgoingNumberlistItem')
    expect(await rowsOf('class4.numberlist_items')).toBe(before)
    await owner(`GRANT INSERT ON class4.numberlist_items TO ${role}`)
    expect((await ask(mutation, { input })).errors).toBeUndefined()
    expect(await rowsOf('class4.numberlist_items')).toBe(Number(before) + 1)
  }) // prettier-ignore

  it('MUST undo what was written before the statement that may not be', async () => {
    const before = [await rowsOf('sys.cdr_exports'), await rowsOf('gui.versions')]
    const variables = { input: { accountId: await accountId(yeti, accounts.main), filters: always } }
    await owner(`REVOKE INSERT ON portal.cdr_exports FROM ${role}`)
    expectNotOffered(await ask(creation, variables), 'createOutgoingCdrExport')
    expect([await rowsOf('sys.cdr_exports'), await rowsOf('gui.versions')]).toEqual(before)
    await owner(`GRANT INSERT ON portal.cdr_exports TO ${role}`)
  })

  it('MUST be told to the operator: which database, what, and how to find out more', async () => {
    const { log, records } = keptLog()
    await using databases = openDatabases({ primaryUrl, cdrUrl: primaryUrl, poolSize: 1, statementTimeout: 30_000, log })
    await owner(`REVOKE SELECT ON billing.payments FROM ${role}`)
    const mask = createMaskError(log)
    for (const statement of [sql`SELECT FROM billing.payments`, sql`SELECT nothing FROM billing.accounts`])
      mask(await databases.query('primary', statement).catch((error: unknown) => error))
    await owner(`GRANT SELECT ON billing.payments TO ${role}`)
    const told = 'npm run yeti -- check says what is missing'
    expect(records).toMatchObject([
      { level: 40, code: 'UNAVAILABLE', error: `DATABASE_URL: permission denied for table payments; ${told}` },
      { level: 40, code: 'UNAVAILABLE', error: `DATABASE_URL: column "nothing" does not exist; ${told}` },
    ])
  }) // prettier-ignore
})
