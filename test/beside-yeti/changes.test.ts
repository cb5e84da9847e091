import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway, type Answer, type Gateway } from '../support/gateway.ts'

// What Yeti's pages for administrators change, as they do it: by SQL on its tables, and nobody tells the gateway. What
// of it concerns the login's own row and profile also stands in sign-in.test.ts, and for what runs in subscriptions/.

let gateway: Gateway
/** As good as another machine: nothing is remembered there either. */
let other: Gateway
beforeAll(async () => {
  gateway = await startGateway()
  other = await gateway.another()
})
afterAll(async () => {
  await other[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

interface Change {
  readonly title: string
  readonly query: string
  readonly seen: (answer: Answer) => unknown
  /** Two statements, of which the second takes back the first; `$1` is the name of the login. */
  readonly database?: 'cdr'
  readonly there: string
  readonly back: string
  readonly before: unknown
  readonly after: unknown
}

const ownLogin = 'WHERE login = $1'
const some = expect.any(Number)
const count =
  (field: string) =>
  ({ data }: Answer): unknown =>
    data?.[field]?.totalCount

/** Of alice's customer, whose accounts are 201 (Aurora Main), 202 (Aurora Retail) and others. */
const changes: readonly Change[] = [
  {
    title: 'the flags of a profile',
    query: '{ viewer { permissions } }',
    seen: ({ data }) => data.viewer.permissions.length,
    there: `UPDATE sys.customer_portal_access_profiles SET invoices = false, updated_at = now() WHERE id = (SELECT customer_portal_access_profile_id FROM sys.api_access ${ownLogin})`,
    back: `UPDATE sys.customer_portal_access_profiles SET invoices = true WHERE id = (SELECT customer_portal_access_profile_id FROM sys.api_access ${ownLogin})`,
    before: 46,
    after: 45,
  },
  {
    title: 'the accounts of a login',
    query: '{ accounts(first: 50) { totalCount nodes { name } } }',
    seen: ({ data }) => data.accounts.nodes.map(({ name }: { name: string }) => name),
    there: `UPDATE sys.api_access SET account_ids = '{202}' ${ownLogin}`,
    back: `UPDATE sys.api_access SET account_ids = '{}' ${ownLogin}`,
    before: expect.arrayContaining(['Aurora Main', 'Aurora Retail']),
    after: ['Aurora Retail'],
  },
  {
    title: 'the accounts of a login, for its calls',
    query: '{ outgoingCdrs(first: 1, where: { timeStart: { gte: "2000-01-01T00:00:00Z" } }) { totalCount } }',
    seen: count('outgoingCdrs'),
    there: `UPDATE sys.api_access SET account_ids = '{2147483647}' ${ownLogin}`,
    back: `UPDATE sys.api_access SET account_ids = '{}' ${ownLogin}`,
    before: some,
    after: 0,
  },
  {
    title: 'the numberlists of a login',
    query: '{ outgoingNumberlists(first: 50) { totalCount } }',
    seen: count('outgoingNumberlists'),
    there: `UPDATE sys.api_access SET allow_outgoing_numberlists_ids = '{}' ${ownLogin}`,
    back: `UPDATE sys.api_access SET allow_outgoing_numberlists_ids = (SELECT array_agg(id) FROM class4.numberlists) ${ownLogin}`,
    before: some,
    after: 0,
  },
  {
    title: 'the numberlist of a customer’s authentication',
    query: '{ outgoingNumberlists(first: 50) { totalCount } }',
    seen: count('outgoingNumberlists'),
    there:
      'UPDATE class4.customers_auth SET dst_numberlist_id = NULL, src_numberlist_id = dst_numberlist_id WHERE customer_id = 101',
    back: 'UPDATE class4.customers_auth SET dst_numberlist_id = src_numberlist_id, src_numberlist_id = NULL WHERE customer_id = 101',
    before: some,
    after: 0,
  },
  {
    title: 'the customer’s authentications, and with them its rates',
    query: '{ outgoingRateplans(first: 50) { totalCount } outgoingRates(first: 1) { totalCount } }',
    seen: ({ data }) => [data.outgoingRateplans.totalCount, data.outgoingRates.totalCount],
    there: 'UPDATE class4.customers_auth SET external_id = -id, customer_id = 102 WHERE customer_id = 101',
    back: 'UPDATE class4.customers_auth SET external_id = NULL, customer_id = 101 WHERE external_id = -id',
    before: [some, some],
    after: [0, 0],
  },
  {
    title: 'an approval of invoices that is taken back',
    query: '{ invoices(first: 50) { totalCount nodes { id } } }',
    seen: count('invoices'),
    database: 'cdr',
    there: 'UPDATE billing.invoices SET state_id = 1 WHERE contractor_id = 101 AND state_id = 2',
    back: 'UPDATE billing.invoices SET state_id = 2 WHERE contractor_id = 101 AND state_id = 1',
    before: some,
    after: 0,
  },
  {
    title: 'payments that are rolled back, with the balance',
    query:
      '{ payments(first: 50) { totalCount } accounts(where: { name: { eq: "Aurora Main" } }) { nodes { balance } } }',
    seen: ({ data }) => [data.payments.totalCount, data.accounts.nodes[0].balance === '-1.25'],
    there: `WITH rolled AS (UPDATE billing.payments SET status_id = 40, rolledback_at = now() WHERE status_id = 20)
      UPDATE billing.accounts SET balance = -1.25 WHERE id = 201`,
    back: `WITH back AS (UPDATE billing.payments SET status_id = 20, rolledback_at = NULL WHERE status_id = 40)
      UPDATE billing.accounts SET balance = 100 WHERE id = 201`,
    before: [some, false],
    after: [some, true],
  },
  {
    title: 'services that are suspended',
    query: '{ services(first: 50) { nodes { state } } }',
    seen: ({ data }) => [...new Set(data.services.nodes.map(({ state }: { state: string }) => state))].sort(),
    there: 'UPDATE billing.services SET state_id = 20, renew_at = now() WHERE state_id = 10',
    back: 'UPDATE billing.services SET state_id = 10 WHERE renew_at = (SELECT max(renew_at) FROM billing.services)',
    before: expect.arrayContaining(['ACTIVE']),
    after: ['SUSPENDED'],
  },
  {
    title: 'a customer’s name',
    query: '{ viewer { customer { name } } }',
    seen: ({ data }) => data.viewer.customer.name,
    there: "UPDATE public.contractors SET name = 'Another name' WHERE id = 101",
    back: "UPDATE public.contractors SET name = 'Aurora Telecom' WHERE id = 101",
    before: 'Aurora Telecom',
    after: 'Another name',
  },
]

describe.each(changes)('At the next request MUST count $title', (change) => {
  test('there and back, on every gateway', async () => {
    const name = `changing ${change.title}`
    const { token } = await gateway.login(name)
    const look = async () => Promise.all([gateway, other].map(async (each) => change.seen(await each.ask(change.query, { token })))) // prettier-ignore
    const run = (statement: string) =>
      change.database === 'cdr'
        ? gateway.cdr.query(statement)
        : gateway.primary.query(statement, statement.includes('$1') ? [name] : [])
    const before = await look()
    expect(before).toEqual([change.before, change.before])
    await run(change.there)
    const after = await look()
    expect(after).toEqual([change.after, change.after])
    expect(after).not.toEqual(before)
    await run(change.back)
    expect((await look())[0]).toEqual(change.before)
  })
})

describe('What was held in hand MUST be worth nothing', () => {
  test('a link to the PDF of an invoice that is not approved any more, and its id', async () => {
    const token = await gateway.signIn('alice')
    const { data } = await gateway.ask('{ invoices(first: 50, where: {}) { nodes { id uuid pdf { url } } } }', {
      token,
    })
    const { id, uuid, pdf } = data.invoices.nodes.find((node: { pdf: object | null }) => node.pdf !== null)
    const node = () => gateway.ask('query ($id: ID!) { node(id: $id) { id } }', { token, variables: { id } })
    expect((await fetch(pdf.url)).status).toBe(200)
    await gateway.cdr.query('UPDATE billing.invoices SET state_id = 1 WHERE uuid = $1', [uuid])
    expect((await fetch(pdf.url)).status).toBe(404)
    expect((await node()).data.node).toBeNull()
    await gateway.cdr.query('UPDATE billing.invoices SET state_id = 2 WHERE uuid = $1', [uuid])
    expect((await node()).data.node).toEqual({ id })
  })

  test('an item of a numberlist that the login has lost', async () => {
    const { token } = await gateway.login('losing a list')
    const { data } = await gateway.ask('{ outgoingNumberlists(first: 50) { nodes { id items(first: 1) { nodes { id } } } } }', { token }) // prettier-ignore
    const list = data.outgoingNumberlists.nodes.find(({ items }: { items: { nodes: object[] } }) => items.nodes.length > 0) // prettier-ignore
    await gateway.primary.query("UPDATE sys.api_access SET allow_outgoing_numberlists_ids = '{}' WHERE login = 'losing a list'") // prettier-ignore
    const { rows: before } = await gateway.primary.query('SELECT * FROM class4.numberlist_items ORDER BY id')
    const answers = await gateway.ask(
      `mutation ($list: ID!, $item: ID!) {
         createOutgoingNumberlistItem(input: { outgoingNumberlistId: $list, key: "777" }) { id }
         updateOutgoingNumberlistItem(id: $item, input: { key: "778" }) { id }
         deleteOutgoingNumberlistItem(id: $item) }`,
      { token, variables: { list: list.id, item: list.items.nodes[0].id } },
    )
    expect(answers.errors).toHaveLength(3)
    for (const { extensions } of answers.errors ?? [])
      expect(['NOT_FOUND', 'BAD_USER_INPUT']).toContain(extensions.code)
    const { rows: after } = await gateway.primary.query('SELECT * FROM class4.numberlist_items ORDER BY id')
    expect(after).toEqual(before)
  })
})

describe('An administrator of Yeti', () => {
  const ends: readonly (readonly [how: string, statement: string, back: string | null])[] = [
    ['is disabled', 'UPDATE gui.admin_users SET enabled = false WHERE username = $1', 'UPDATE gui.admin_users SET enabled = true WHERE username = $1'],
    ['may come from elsewhere only', "UPDATE gui.admin_users SET allowed_ips = '{198.51.100.0/24}' WHERE username = $1", 'UPDATE gui.admin_users SET allowed_ips = NULL WHERE username = $1'],
    ['has another password', "UPDATE gui.admin_users SET encrypted_password = '$2a$10$another' WHERE username = $1", null],
    ['is removed', 'DELETE FROM gui.admin_users WHERE username = $1', null],
  ] // prettier-ignore

  test.each(ends)('MUST be out at the next request who %s', async (how, statement, back) => {
    const name = `who ${how}`
    const token = await gateway.admin(name)
    const read = async () => (await other.ask('{ accessProfiles { totalCount } }', { token })).errors
    expect(await read()).toBeUndefined()
    await gateway.primary.query(statement, statement.includes('$1') ? [name] : [])
    expect(await read()).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    if (back === null) return
    await gateway.primary.query(back, [name])
    expect(await read()).toBeUndefined()
  })

  test('MUST see what Yeti’s pages have just made of profiles and logins', async () => {
    const token = await gateway.admin()
    const seen = async () => {
      const { data } = await other.ask(
        `{ accessProfiles(first: 500, where: { name: { eq: "Made in Yeti" } }) { nodes { name invoices loginCount version } }
           portalLogins(where: { login: { eq: "made in yeti" } }) { nodes { login accessProfile { name } } } }`,
        { token },
      )
      return data
    }
    expect((await seen()).accessProfiles.nodes).toEqual([])
    const { rows } = await gateway.primary.query(
      `INSERT INTO sys.customer_portal_access_profiles (id, name, invoices, created_at, updated_at)
       SELECT max(id) + 1, 'Made in Yeti', false, now(), now() FROM sys.customer_portal_access_profiles RETURNING id`,
    )
    await gateway.primary.query(
      `INSERT INTO sys.api_access (customer_id, login, password_digest, customer_portal_access_profile_id)
       VALUES (101, 'made in yeti', '$2a$12$none', $1)`,
      [rows[0].id],
    )
    const made = await seen()
    expect(made).toEqual({
      accessProfiles: {
        nodes: [{ name: 'Made in Yeti', invoices: false, loginCount: 1, version: expect.any(String) }],
      },
      portalLogins: { nodes: [{ login: 'made in yeti', accessProfile: { name: 'Made in Yeti' } }] },
    })
    await gateway.primary.query(`UPDATE sys.customer_portal_access_profiles SET invoices = true WHERE id = $1`, [
      rows[0].id,
    ])
    expect((await seen()).accessProfiles.nodes[0].version).not.toBe(made.accessProfiles.nodes[0].version)
  })
})
