import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeGlobalId } from '../../src/schema/resource/global-id.ts'
import { only, startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { useRateplan } from './support/rate-rows.ts'
import { addTrickyRows } from './support/rows.ts'
import { statementsOf } from './support/statements.ts'

let gateway: Gateway
const tokens = { alice: '', erin: '', frank: '' }
type Login = keyof typeof tokens

beforeAll(async () => {
  gateway = await startGateway()
  await addTrickyRows(gateway)
  for (const login of ['alice', 'erin', 'frank'] as const) tokens[login] = await gateway.signIn(login)
})
afterAll(() => gateway[Symbol.asyncDispose]())

async function ask(login: Login, query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
  return gateway.ask(query, { token: tokens[login], variables })
}

/** The uuids that a list has with a filter, in no order. */
async function uuids(login: Login, list: 'outgoingRates' | 'outgoingRateplans', where: object): Promise<string[]> {
  const type = list === 'outgoingRates' ? 'Rate' : 'Rateplan'
  const { data, errors } = await ask(
    login,
    `query ($where: ${type}Where) { list: ${list}(first: 500, where: $where) { totalCount nodes { uuid } } }`,
    { where },
  )
  expect(errors).toBeUndefined()
  expect(data.list.totalCount).toBe(data.list.nodes.length)
  return data.list.nodes.map(({ uuid }: { uuid: string }) => uuid).sort()
}

async function fromDatabase(sql: string): Promise<string[]> {
  return (await gateway.primary.query<{ uuid: string }>(sql)).rows.map(({ uuid }) => uuid).sort()
}

async function rateplanId(id: number): Promise<string> {
  const [uuid = ''] = await fromDatabase(`SELECT uuid FROM class4.rateplans WHERE id = ${id}`)
  return encodeGlobalId('Rateplan', uuid)
}

async function accountId(id: number): Promise<string> {
  const [uuid = ''] = await fromDatabase(`SELECT uuid FROM billing.accounts WHERE id = ${id}`)
  return encodeGlobalId('Account', uuid)
}

const ratesOfPlans = (plans: string) =>
  `SELECT uuid FROM class4.destinations WHERE rate_group_id IN
    (SELECT rate_group_id FROM class4.rate_plan_groups WHERE rateplan_id IN (${plans}))`
const plansOfAccount = (account: number) =>
  `SELECT rateplan_id FROM class4.customers_auth WHERE account_id = ${account}`
const missing = encodeGlobalId('Rateplan', '00000000-0000-4000-8000-000000000000')

describe('Rates, filtered by rate plan,', () => {
  it('MUST be those of the plan; nothing of a foreign, an unknown or an unused one', async () => {
    const [legacy, premium, foreign, unused] = await Promise.all([23, 21, 24, 27].map(rateplanId))
    const of = (id: unknown) => uuids('alice', 'outgoingRates', { rateplanId: id })
    const [all, ofLegacy, ofPremium] = await Promise.all([
      of(undefined),
      fromDatabase(ratesOfPlans('23')),
      fromDatabase(ratesOfPlans('21')),
    ])
    expect(ofLegacy.length).toBeGreaterThan(10)
    expect(await of({ eq: legacy })).toEqual(ofLegacy)
    expect(await of({ in: [legacy, premium, foreign] })).toEqual([...ofLegacy, ...ofPremium].sort())
    for (const other of [foreign, unused, missing]) {
      expect(await of({ eq: other })).toEqual([])
      expect(await of({ notEq: other })).toEqual(all)
    }
    expect(await of({ notEq: legacy })).toEqual(all.filter((uuid) => !ofLegacy.includes(uuid)))
  })

  it('MUST be each there once, also where several plans have their group', async () => {
    // The freephone group is in plans of all customers.
    const freephone = await fromDatabase('SELECT uuid FROM class4.destinations WHERE rate_group_id = 37')
    expect(freephone.length).toBeGreaterThan(0)
    for (const login of ['alice', 'frank', 'erin'] as const) {
      const all = await uuids(login, 'outgoingRates', {})
      expect(new Set(all).size).toBe(all.length)
      expect(all).toEqual(expect.arrayContaining(freephone))
    }
  })
})

describe.each(['outgoingRates', 'outgoingRateplans'] as const)('%s, filtered by account,', (list) => {
  const rows = (account: number) =>
    list === 'outgoingRates'
      ? ratesOfPlans(plansOfAccount(account))
      : `SELECT uuid FROM class4.rateplans WHERE id IN (${plansOfAccount(account)})`

  it('MUST be those that calls of the account are charged by; nothing of a foreign account', async () => {
    const [main, retail, trunk, dormant] = await Promise.all([201, 202, 211, 204].map(accountId))
    for (const [id, account] of [
      [main, 201],
      [retail, 202],
    ] as const) {
      const expected = await fromDatabase(rows(account))
      expect(expected.length).toBeGreaterThan(2)
      expect(await uuids('alice', list, { accountId: { eq: id } })).toEqual(expected)
    }
    for (const other of [trunk, dormant, encodeGlobalId('Account', '00000000-0000-4000-8000-000000000000')])
      expect(await uuids('alice', list, { accountId: { eq: other } })).toEqual([])
    expect(await uuids('frank', list, { accountId: { eq: main } })).toEqual([])
    expect(await uuids('frank', list, { accountId: { eq: retail } })).toEqual(await uuids('frank', list, {}))
  })
})

describe('The rate plans of a login', () => {
  it('MUST follow whose calls they charge, enabled or not, and no login of other accounts', async () => {
    const plan = 27
    const id = await rateplanId(plan)
    const [rate] = await fromDatabase(ratesOfPlans(String(plan)))
    const rateId = encodeGlobalId('Rate', rate ?? '')
    const seen = async (login: Login): Promise<boolean[]> => {
      const { data } = await ask(login, 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: [id, rateId] })
      return data.nodes.map((node: object | null) => node !== null)
    }
    for (const login of ['alice', 'frank', 'erin'] as const) expect(await seen(login)).toEqual([false, false])
    // Another customer's customers_auth with one of alice's accounts is not hers: both rules hold at once.
    await useRateplan(gateway.primary, plan, 102, 202)
    expect(await seen('alice')).toEqual([false, false])
    expect(await seen('frank')).toEqual([false, false])
    expect(await seen('erin')).toEqual([true, true])
    await useRateplan(gateway.primary, plan, 101, 201)
    expect(await seen('alice')).toEqual([true, true])
    expect(await seen('frank')).toEqual([false, false])
    await gateway.primary.query(`DELETE FROM class4.customers_auth WHERE rateplan_id = ${plan}`)
    for (const login of ['alice', 'frank', 'erin'] as const) expect(await seen(login)).toEqual([false, false])
  })
})

describe('The network prefix of a rate', () => {
  const query = `{ outgoingRates(first: 500) { nodes {
    uuid networkPrefixId networkPrefix { id uuid prefix network { id name networkType { name } } networkId } } } }`

  it('MUST be the prefix, its network and the type of that; none where it is gone or there is none', async () => {
    const { rows } = await gateway.primary.query(
      `SELECT d.uuid, d.network_prefix_id, p.uuid AS prefix_uuid, p.prefix, n.uuid AS network_uuid, n.name, t.name AS type
       FROM class4.destinations d LEFT JOIN sys.network_prefixes p ON p.id = d.network_prefix_id
       LEFT JOIN sys.networks n ON n.id = p.network_id LEFT JOIN sys.network_types t ON t.id = n.type_id`,
    )
    const byUuid = new Map(rows.map((row) => [row.uuid, row]))
    const { data, errors } = await ask('alice', query)
    expect(errors).toBeUndefined()
    const kinds = new Set<string>()
    for (const { uuid, networkPrefixId, networkPrefix } of data.outgoingRates.nodes) {
      const row = byUuid.get(uuid)
      kinds.add(row.prefix_uuid ? (row.name ? 'whole' : 'no network') : row.network_prefix_id ? 'gone' : 'none')
      const id = row.prefix_uuid && encodeGlobalId('NetworkPrefix', row.prefix_uuid)
      const networkId = row.network_uuid && encodeGlobalId('Network', row.network_uuid)
      expect(networkPrefixId).toBe(id)
      expect(networkPrefix).toEqual(
        id && {
          id,
          uuid: row.prefix_uuid,
          prefix: row.prefix,
          network: networkId && { id: networkId, name: row.name, networkType: { name: row.type } },
          networkId,
        },
      )
    }
    expect([...kinds].sort()).toEqual(['gone', 'no network', 'none', 'whole'])
  })

  it('MUST be one statement for each step, however many rates there are', async () => {
    const tables = async (first: number): Promise<(string | undefined)[]> => {
      const statements = await statementsOf(gateway, () =>
        ask('alice', `query ($first: Int) { outgoingRates(first: $first, where: { prefix: { startsWith: "4" } }) { nodes { networkPrefix { network { networkType { name } } } } } }`, { first }),
      )
      return statements.map(({ text }) => /^SELECT .*? FROM ((?:class4|sys)\.\w+)/.exec(text)?.[1])
    } // prettier-ignore
    const each = ['class4.destinations', 'sys.network_prefixes', 'sys.networks', 'sys.network_types']
    expect(await tables(2)).toEqual(each)
    expect(await tables(500)).toEqual(each)
  })

  it('MUST be there for whom it may not be listed for: no flag is needed for it', async () => {
    const { token, set } = await gateway.login('rates-only')
    await set(only('outgoingRateplans'))
    const { data, errors } = await gateway.ask(
      '{ outgoingRates(first: 1, where: { prefix: { startsWith: "49" } }) { nodes { currency networkPrefix { network { name } } } } networkTypes { totalCount } }',
      { token },
    )
    expect(errors).toBeUndefined()
    expect(data.outgoingRates.nodes[0].networkPrefix.network.name).toMatch(/\w/)
  })
})

describe('When a rate is valid', () => {
  it('MUST have no beginning or end where it is for ever, or longer than a year of four digits can say', async () => {
    const { rows } = await gateway.primary.query('SELECT id, uuid FROM class4.destinations WHERE rate_group_id = 33 ORDER BY id LIMIT 2')
    const [always, long] = rows
    await gateway.primary.query(`UPDATE class4.destinations SET valid_from = '-infinity', valid_till = 'infinity' WHERE id = $1`, [always.id])
    await gateway.primary.query(`UPDATE class4.destinations SET valid_from = '0044-03-15 BC', valid_till = '12026-01-01' WHERE id = $1`, [long.id])
    const query = `query ($ids: [String!]) { outgoingRates(where: { uuid: { in: $ids }, validTill: { gt: "2100-01-01T00:00:00Z" } }, orderBy: [{ validTill: ASC }]) {
      nodes { uuid validFrom validTill } pageInfo { endCursor } } }`
    const { data, errors } = await ask('alice', query, { ids: [always.uuid, long.uuid] })
    expect(errors).toBeUndefined()
    expect(data.outgoingRates.nodes).toEqual([
      { uuid: long.uuid, validFrom: null, validTill: null },
      { uuid: always.uuid, validFrom: null, validTill: null },
    ])
    const after = `query ($after: String) { outgoingRates(after: $after, orderBy: [{ validTill: ASC }]) { nodes { uuid } } }`
    const { data: beyond } = await ask('alice', after, { after: data.outgoingRates.pageInfo.endCursor })
    expect(beyond.outgoingRates.nodes).toEqual([])
  }) // prettier-ignore
})

describe('Reference data', () => {
  const query = `{ countries(first: 1) { totalCount nodes { id countryId name iso2 } } networks(first: 1) { totalCount nodes { id } }
    networkTypes(first: 1) { totalCount nodes { id } } networkPrefixes(first: 1) { totalCount nodes { id } } }`

  it('MUST be the same for every customer, whatever their flags, and for administrators', async () => {
    const { data: alices, errors } = await ask('alice', query)
    expect(errors).toBeUndefined()
    const { token, set } = await gateway.login('nothing')
    await set(only())
    const { data: admin } = await gateway.ask(
      'mutation { adminSignIn(username: "admin", password: "admin-demo") { token } }',
    )
    for (const other of [tokens.erin, tokens.frank, token, admin.adminSignIn.token]) {
      const { data, errors: denied } = await gateway.ask(query, { token: other })
      expect(denied).toBeUndefined()
      expect(data).toEqual(alices)
      const id = alices.countries.nodes[0].id
      const { data: one } = await gateway.ask('query ($id: ID!) { node(id: $id) { id ... on Country { name } } }', { token: other, variables: { id } })
      expect(one).toEqual({ node: { id, name: alices.countries.nodes[0].name } })
    }
  }) // prettier-ignore

  it('MUST be for nobody who has not signed in', async () => {
    const { data, errors } = await gateway.ask(query)
    expect(data).toEqual({ countries: null, networks: null, networkTypes: null, networkPrefixes: null })
    for (const { extensions } of errors ?? []) expect(extensions.code).toBe('UNAUTHENTICATED')
  })

  it('MUST be found by what it is linked with, and by Yeti’s number of a country', async () => {
    const { rows } = await gateway.primary.query(
      `SELECT t.uuid, (SELECT count(*)::int FROM sys.networks WHERE type_id = t.id) AS networks, c.id AS country, c.name
       FROM sys.network_types t, sys.countries c WHERE t.name = 'Mobile' AND c.iso2 = 'DE'`,
    )
    const [{ uuid, networks, country, name }] = rows
    const { data, errors } = await ask(
      'alice',
      `query ($type: ID!, $country: Int!) {
        networks(where: { networkTypeId: { eq: $type } }) { totalCount }
        countries(where: { countryId: { eq: $country } }) { nodes { id countryId name } }
        none: countries(where: { countryId: { gt: 2147483646 } }) { totalCount }
      }`,
      { type: encodeGlobalId('NetworkType', uuid), country },
    )
    expect(errors).toBeUndefined()
    expect(networks).toBeGreaterThan(5)
    expect(data.networks.totalCount).toBe(networks)
    expect(data.countries.nodes).toEqual([{ id: encodeGlobalId('Country', String(country)), countryId: country, name }])
    expect(data.none.totalCount).toBe(0)
  })

  it('MUST have one id for one country, and none for what no country’s number can be', async () => {
    for (const key of ['0072', '2147483648', '999999999999999999', '0']) {
      const { data, errors } = await ask('alice', 'query ($id: ID!) { node(id: $id) { id } }', {
        id: encodeGlobalId('Country', key),
      })
      expect([key, data, errors]).toEqual([key, { node: null }, undefined])
    }
    for (const key of ['-1', '9999999999999999999', 'DE', '']) {
      const { errors } = await ask('alice', 'query ($id: ID!) { node(id: $id) { id } }', {
        id: encodeGlobalId('Country', key),
      })
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'id' } }])
    }
  })
})
