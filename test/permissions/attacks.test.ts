import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allBut, only, startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { denialsOf, expectRealPaths, statementsDuring } from './support/asking.ts'

// What somebody tries who writes operations by hand to get around the decision, or to confuse it.

let gateway: Gateway
let login: Awaited<ReturnType<Gateway['login']>>
let id: Readonly<Record<'account' | 'call' | 'invoice', string>>

beforeAll(async () => {
  gateway = await startGateway()
  login = await gateway.login('attacker')
  const { data } = await ask(
    '{ accounts(first: 1) { nodes { id } } outgoingCdrs(first: 1) { nodes { id } } invoices(first: 1) { nodes { id } } }',
  )
  const [account, call, invoice] = [data.accounts, data.outgoingCdrs, data.invoices].map(({ nodes }) => nodes[0].id)
  id = { account, call, invoice }
})
afterAll(() => gateway[Symbol.asyncDispose]())

function ask(query: string, variables: object = {}, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return gateway.ask(query, { token: login.token, variables: { ...variables }, headers })
}

function coordinates(answer: Answer): string[] {
  expectRealPaths(answer)
  return denialsOf(answer).map(({ coordinate }) => coordinate)
}

describe('A condition on a denied field', () => {
  const rec = ['OutgoingCdr.rec']
  const list = (fields: string) => `outgoingCdrs(first: 1) { nodes { id ${fields} } }`
  beforeAll(() => login.set(allBut('allowListenRecording')))

  test.each<[string, object, readonly string[] | null]>([
    [`query ($v: Boolean!) { ${list('rec @skip(if: $v)')} }`, { v: true }, null],
    [`query ($v: Boolean!) { ${list('rec @skip(if: $v)')} }`, { v: false }, rec],
    [`query ($v: Boolean!) { ${list('rec @include(if: $v)')} }`, { v: true }, rec],
    [`query ($v: Boolean!) { ${list('rec @include(if: $v)')} }`, { v: false }, null],
    [`query ($v: Boolean = true) { ${list('rec @skip(if: $v)')} }`, {}, null],
    [`query ($v: Boolean = false) { ${list('rec @skip(if: $v)')} }`, {}, rec],
    [`query ($v: Boolean = true) { ${list('rec @skip(if: $v)')} }`, { v: false }, rec],
    [`query ($v: Boolean!) { ${list('rec @include(if: true) @skip(if: $v)')} }`, { v: true }, null],
    [`query ($v: Boolean!) { ${list('... @include(if: $v) { rec }')} }`, { v: false }, null],
    [`query ($v: Boolean!) { ${list('...F @include(if: $v) ...F @skip(if: $v)')} } fragment F on OutgoingCdr { rec }`, { v: false }, rec],
    [`query ($v: Boolean!) { ${list('...F @skip(if: $v)')} } fragment F on OutgoingCdr { rec @include(if: $v) }`, { v: false }, null],
    [`query ($v: Boolean!) { ${list('rec @include(if: $v) rec @skip(if: $v)')} }`, { v: true }, rec],
    [`query ($v: Boolean!) { a: outgoingCdrs(first: 1) @skip(if: $v) { nodes { rec } } ${list('rec')} }`, { v: true }, rec],
  ])('MUST count for the very operation: %s with %j', async (query, variables, denied) => {
    const answer = await ask(query, variables)
    const [row] = answer.data.outgoingCdrs.nodes
    expect(row).toEqual({ id: expect.any(String), ...(denied && { rec: null }) })
    expect(denied ? coordinates(answer) : answer.errors).toEqual(denied ?? undefined)
  }) // prettier-ignore
})

describe('A place that is written more than once', () => {
  beforeAll(() => login.set(allBut('allowListenRecording', 'invoices')))

  test.each([
    ['{ invoices { totalCount } invoices { totalCount } }', ['Query.invoices']],
    ['{ ...F ...F invoices { totalCount } } fragment F on Query { invoices { totalCount } }', ['Query.invoices']],
    ['{ outgoingCdrs(first: 1) { nodes { rec } nodes { rec ...F } } } fragment F on OutgoingCdr { rec }', ['OutgoingCdr.rec']],
    ['{ a: invoices { totalCount } b: invoices { totalCount } }', ['Query.invoices', 'Query.invoices']],
  ])('MUST have one error: %s', async (query, expected) => {
    expect(coordinates(await ask(query))).toEqual(expected)
  }) // prettier-ignore
})

describe('A key that several types share', () => {
  const both = (fields: string) => `{ nodes(ids: ["${id.account}", "${id.invoice}"]) { ${fields} } }`
  beforeAll(() => login.set(allBut('account')))

  test('MUST be null in the rows of the denied type alone', async () => {
    const answer = await ask(both('... on Account { key: uuid } ... on Invoice { key: uuid }'))
    expect(answer.data.nodes).toEqual([{ key: null }, { key: expect.any(String) }])
    expect(coordinates(answer)).toEqual(['Account.uuid'])
  })

  test('MUST NOT give away nor take away a type’s name', async () => {
    const answer = await ask(both('... on Account { key: name } ... on Invoice { key: __typename }'))
    expect(answer.data.nodes).toEqual([{ key: null }, { key: 'Invoice' }])
    const alias = await ask(both('name: __typename ... on Invoice { reference: __typename }'))
    expect(alias.data.nodes).toEqual([{ name: 'Account' }, { name: 'Invoice', reference: 'Invoice' }])
    expect(alias.errors).toBeUndefined()
  })
})

describe('A fragment on an interface', () => {
  beforeAll(() => login.set(allBut('account')))

  test.each([
    '... on Node { ... on Account { balance } }',
    '... on Node { ... on Account { ... on Node { ... on Account { balance } } } }',
    '... { ... on Account { balance } }',
    '... on Invoice { reference } ... on Account { balance } ... on Node { id }',
  ])('MUST NOT hide what is denied: %s', async (fields) => {
    for (const query of [`{ found: node(id: "${id.account}") { ${fields} } }`, `{ found: nodes(ids: "${id.account}") { ${fields} } }`]) {
      const answer = await ask(query)
      expect([answer.data.found].flat()).toEqual([expect.objectContaining({ balance: null })])
      expect(coordinates(answer)).toEqual(['Account.balance'])
    }
  }) // prettier-ignore

  test('MUST say the same of one fragment at two places only where it is reached', async () => {
    const fragment = 'fragment F on Node { id ... on Account { name } ... on Invoice { reference } }'
    const answer = await ask(
      `{ a: node(id: "${id.account}") { ...F } b: node(id: "${id.invoice}") { ...F } } ${fragment}`,
    )
    expect(answer.data).toEqual({
      a: { id: id.account, name: null },
      b: { id: id.invoice, reference: expect.any(String) },
    })
    expect(coordinates(answer)).toEqual(['Account.name'])
  })
})

describe('Ids of several kinds together', () => {
  beforeAll(() => login.set(allBut('invoices')))

  test('MUST each have its own answer: allowed, denied, missing', async () => {
    const none = Buffer.from('Account:00000000-0000-4000-8000-000000000000').toString('base64')
    const ids = [id.account, id.invoice, none, id.call, id.invoice]
    const answer = await ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Invoice { reference } } }', { ids })
    expect(answer.data.nodes).toEqual([{ id: id.account }, null, null, { id: id.call }, null])
    expect(denialsOf(answer)).toEqual([{ permission: 'INVOICES', coordinate: 'Query.nodes', path: ['nodes'] }])
  })

  test('MUST be as many as are allowed', async () => {
    const many = (count: number) => ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: Array(count).fill(id.call) })
    expect((await many(100)).data.nodes).toHaveLength(100)
    for (const count of [101, 20_000]) {
      expect((await many(count)).errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'ids' } }])
    }
  }) // prettier-ignore
})

describe('One of several operations', () => {
  const query = `query Allowed { ...A } query Denied { ...B }
    fragment A on Query { accounts(first: 1) { totalCount } } fragment B on Query { invoices(first: 1) { totalCount } }`
  beforeAll(() => login.set(allBut('invoices')))

  async function run(
    operationName?: unknown,
    headers = {},
  ): Promise<{ data?: unknown; errors?: { extensions: object }[] }> {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: login.token, ...headers },
      body: JSON.stringify({ query, operationName }),
    })
    return response.json()
  }

  test('MUST be decided by itself, in whatever order they are asked for', async () => {
    for (const name of ['Allowed', 'Denied', 'Allowed', 'Denied', 'Denied', 'Allowed']) {
      const { data, errors } = await run(name)
      if (name === 'Allowed') expect({ data, errors }).toEqual({ data: { accounts: { totalCount: expect.any(Number) } } })
      else expect({ data, errors }).toMatchObject({ data: { invoices: null }, errors: [{ extensions: { code: 'FORBIDDEN' } }] })
    }
  }) // prettier-ignore

  test('MUST be decided by itself for a client that wants all or nothing', async () => {
    const reject = { 'x-denied': 'reject' }
    expect(await run('Denied', reject)).toEqual({ errors: [expect.anything()] })
    expect(await run('Allowed', reject)).toEqual({ data: { accounts: { totalCount: expect.any(Number) } } })
  })

  test.each([undefined, null, '', 'Neither', 5, '__proto__'])('MUST be named: not %j', async (name) => {
    const { data, errors } = await run(name)
    expect(data).toBeUndefined()
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })
})

describe('The same text', () => {
  const query = `query ($id: ID!, $where: OutgoingStatisticsWhere, $with: Boolean!) {
    node(id: $id) { id ... on Invoice { reference } ... on Account { name } }
    outgoingStatistics(accountId: $account, fromTime: "2026-01-01T00:00:00Z", sampling: MONTH, where: $where) {
      totals { totalCalls totalPrice @include(if: $with) }
    }
  }`.replace('$account', '"unknown"')

  test('MUST be decided anew for other variables and other profiles', async () => {
    const other = await gateway.login('bystander')
    const cases = [
      { off: ['invoices'], id: 'invoice', where: null, with: false, denied: ['Query.node'] },
      { off: ['invoices'], id: 'account', where: null, with: false, denied: [] },
      { off: ['account'], id: 'account', where: null, with: true, denied: ['Account.name'] },
      { off: ['outgoingStatisticsTotalPriceValue'], id: 'call', where: null, with: false, denied: [] },
      { off: ['outgoingStatisticsTotalPriceValue'], id: 'call', where: null, with: true, denied: ['OutgoingStatisticsTotals.totalPrice'] },
      { off: ['outgoingStatisticsTotalPriceValue'], id: 'call', where: { customerPrice: { gt: '1' } }, with: false, denied: ['OutgoingStatisticsWhere.customerPrice'] },
      { off: ['outgoingStatisticsTotalPriceValue'], id: 'call', where: { srcCountryId: 1 }, with: false, denied: [] },
      { off: ['outgoingStatistics'], id: 'call', where: { customerPrice: { gt: '1' } }, with: true, denied: ['Query.outgoingStatistics'] },
    ] as const // prettier-ignore
    for (const each of [...cases, ...cases.toReversed(), ...cases]) {
      await login.set(allBut(...each.off))
      const variables = { id: id[each.id], where: each.where, with: each.with }
      const { errors = [] } = await ask(query, variables)
      const denied = errors.filter(({ extensions }) => extensions.code === 'FORBIDDEN')
      expect(denied.map(({ extensions }) => extensions['coordinate'])).toEqual(each.denied)
      const { errors: none = [] } = await gateway.ask(query, { token: other.token, variables })
      expect(none.filter(({ extensions }) => extensions.code === 'FORBIDDEN')).toEqual([])
    }
  })
})

describe('Introspection in the same operation', () => {
  beforeAll(() => login.set(allBut('invoices')))

  test('MUST NOT disturb what is denied, nor show it', async () => {
    const answer = await ask(
      `query ($where: InvoiceWhere) {
        __schema { queryType { fields { name } } } __type(name: "Invoice") { name }
        invoices(where: $where) { totalCount } accounts(first: 1) { nodes { id } }
        nodes(ids: ["${id.invoice}", "${id.account}"]) { id ... on Invoice { reference } ... on Account { name } }
      }`,
      { where: { reference: { eq: 'x' } } },
    )
    const { __schema: schema, ...rest } = answer.data
    const fields = schema.queryType.fields.map(({ name }: { name: string }) => name)
    expect(fields).toContain('accounts')
    expect(fields).not.toContain('invoices')
    expect(rest).toEqual({
      __type: null,
      invoices: null,
      accounts: { nodes: [{ id: id.account }] },
      nodes: [null, { id: id.account, name: expect.any(String) }],
    })
    expect(coordinates(answer)).toEqual(['Query.invoices', 'Query.nodes'])
  })

  test.each(['{ invoice { totalCount } }', '{ invoicess { totalCount } }', '{ accounts { nodes { invoicesCount } } }'])(
    'MUST NOT be replaced by hints at what is hidden: %s',
    async (query) => {
      const { errors } = await ask(query)
      expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
      expect(JSON.stringify(errors)).not.toMatch(/Did you mean|invoices"/)
    },
  )
})

describe('A whole-or-nothing client', () => {
  const period = 'fromTime: "2026-01-01T00:00:00Z", sampling: MONTH'
  const statistics = `outgoingStatistics(accountId: "x", ${period}, where: { customerPrice: { gt: "1" } }) { totals { totalCalls } }`
  beforeAll(() => login.set(allBut('invoices', 'outgoingStatisticsTotalPrice')))

  test('MUST get nothing where only one place is denied, whatever else is asked for', async () => {
    for (const query of [
      '{ accounts { totalCount } invoices { totalCount } }',
      '{ __schema { queryType { name } } ...F } fragment F on Query { invoices { totalCount } }',
      `{ accounts { totalCount } nodes(ids: ["${id.invoice}", "${id.account}"]) { id } }`,
      `{ accounts { totalCount } ${statistics} }`,
    ]) {
      const reject = { 'x-denied': 'reject' }
      const { result, statements } = await statementsDuring(gateway, () => ask(query, {}, reject))
      expect(result.data).toBeUndefined()
      expect(denialsOf(result)).toHaveLength(1)
      expect(statements).toEqual([expect.stringContaining('sys.api_access')])
    }
  })
})

describe('More denied places than anybody needs to know', () => {
  test('MUST be a hundred errors at most, and one that says how many more', async () => {
    await login.set(only('outgoingCdrs'))
    const fields = 'balance currency name uuid minBalance maxBalance'
    const list = (n: number) => `list${n}: outgoingCdrs(first: 1) { nodes { account { ${fields} } } }`
    const { status, data, errors = [] } = await ask(`{ ${Array.from({ length: 20 }, (_, n) => list(n)).join(' ')} }`)
    expect(status).toBe(200)
    expect(errors).toHaveLength(101)
    expect(errors.at(-1)?.message).toBe('20 more places are denied.')
    expect(JSON.stringify(data)).not.toMatch(/"(?:balance|name)":"/)
  })
})
