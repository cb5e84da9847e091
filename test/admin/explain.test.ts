import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { statementsDuring } from '../permissions/support/asking.ts'
import { allBut, only, type AnswerError, type Gateway } from '../support/gateway.ts'
import { startAdministration, type Administration } from './support/administration.ts'
import { askForExplanation, explanationOf, idsOf, outlined, type Explained, type Explanation } from './support/explanations.ts' // prettier-ignore

let world: Administration
let gateway: Gateway
/** A login whose profile the tests set, and its ids. */
let login: Awaited<ReturnType<Gateway['login']>>
let ids: Awaited<ReturnType<typeof idsOf>>

beforeAll(async () => {
  world = await startAdministration()
  gateway = world.gateway
  login = await gateway.login('explained')
  ids = await idsOf(gateway, 'explained')
})
afterAll(() => world[Symbol.asyncDispose]())

function explained(query: string, variables?: unknown, more: Partial<Explained> = {}): Promise<Explanation> {
  return explanationOf(gateway, world.root, { profileId: ids.profileId, query, variables, ...more })
}

/** What the login is really answered. */
async function asked(request: object) {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${login.token}` },
    body: JSON.stringify(request),
  })
  return response.json()
}

function told(errors: readonly AnswerError[] = []) {
  return errors.map(({ message, path = null, extensions }) => ({ message, path, extensions }))
}

const id = (type: string, key: string): string => Buffer.from(`${type}:${key}`).toString('base64')

describe('An explanation', () => {
  it('MUST say of every field and argument whether it is allowed, and by which permission it is denied', async () => {
    await login.set(allBut('allowListenRecording', 'invoices'))
    const { accepted, complete, errors, places } = await explained(
      `query ($where: OutgoingCdrWhere, $all: Boolean!) {
        calls: outgoingCdrs(first: 2, where: $where) { nodes { ...Call } }
        invoices(first: 1) { nodes { reference } }
      }
      fragment Call on OutgoingCdr { duration listen: recording { url } lega: recording @include(if: $all) { url } }`,
      { where: { timeStart: { gte: '2026-01-01T00:00:00Z' } }, all: false },
    )
    expect({ accepted, complete }).toEqual({ accepted: true, complete: true })
    const short = places.map(({ kind, path, input, coordinate, outcome, permission }) =>
      [outcome, kind, path.join('.'), coordinate, input, permission].filter((part) => part !== null).join(' '),
    )
    expect(short).toEqual([
      'ALLOWED FIELD calls Query.outgoingCdrs',
      'ALLOWED ARGUMENT calls Query.outgoingCdrs(first:) first',
      'ALLOWED ARGUMENT calls Query.outgoingCdrs(where:) where',
      'ALLOWED INPUT_FIELD calls OutgoingCdrWhere.timeStart where.timeStart',
      'ALLOWED INPUT_FIELD calls DateTimeFilter.gte where.timeStart.gte',
      'ALLOWED FIELD calls.nodes OutgoingCdrConnection.nodes',
      'ALLOWED FIELD calls.nodes.duration OutgoingCdr.duration',
      'DENIED FIELD calls.nodes.listen OutgoingCdr.recording ALLOW_LISTEN_RECORDING',
      'NOT_REACHED FIELD calls.nodes.listen.url OutgoingCdrRecording.url ALLOW_LISTEN_RECORDING',
      'DENIED FIELD invoices Query.invoices INVOICES',
      'NOT_REACHED ARGUMENT invoices Query.invoices(first:) first INVOICES',
      'NOT_REACHED FIELD invoices.nodes InvoiceConnection.nodes INVOICES',
      'NOT_REACHED FIELD invoices.nodes.reference Invoice.reference INVOICES',
    ])
    expect(errors).toMatchObject([
      { code: 'FORBIDDEN', permission: 'ALLOW_LISTEN_RECORDING', coordinate: 'OutgoingCdr.recording', path: ['calls', 'nodes'] },
      { code: 'FORBIDDEN', permission: 'INVOICES', coordinate: 'Query.invoices', path: ['invoices'] },
    ])
  }) // prettier-ignore

  it('MUST name everything that a rule needs, and what of that is missing', async () => {
    await login.set(only('outgoingStatistics', 'outgoingStatisticsAsr'))
    const accountId = id('Account', '00000000-0000-4000-8000-000000000000')
    const { places, errors } = await explained(
      `query ($id: ID!) { outgoingStatistics(accountId: $id, sampling: DAY, fromTime: "2026-01-01T00:00:00Z", where: { customerPrice: { gt: "1" } }) {
        series { asr acd } totals { asr } } }`,
      { id: accountId },
    )
    const of = (coordinate: string) => places.find((place) => place.coordinate === coordinate)
    expect(of('OutgoingStatisticsWhere.customerPrice')).toMatchObject({
      outcome: 'DENIED',
      input: 'where.customerPrice',
      needs: ['OUTGOING_STATISTICS', 'OUTGOING_STATISTICS_TOTAL_PRICE', 'OUTGOING_STATISTICS_TOTAL_PRICE_VALUE'],
      missing: ['OUTGOING_STATISTICS_TOTAL_PRICE', 'OUTGOING_STATISTICS_TOTAL_PRICE_VALUE'],
      permission: 'OUTGOING_STATISTICS_TOTAL_PRICE',
    })
    // A denied argument makes its field null, whole, and the field says why.
    const because = { deniedBy: 'OutgoingStatisticsWhere.customerPrice', permission: 'OUTGOING_STATISTICS_TOTAL_PRICE' }
    expect(of('Query.outgoingStatistics')).toMatchObject({ outcome: 'DENIED', missing: [], ...because })
    expect(of('Query.outgoingStatistics(accountId:)')).toMatchObject({ outcome: 'NOT_REACHED', missing: [], ...because })
    expect(of('OutgoingStatisticsPoint.asr')).toMatchObject({ outcome: 'NOT_REACHED', missing: [], ...because })
    expect(of('OutgoingStatisticsPoint.acd')).toMatchObject({ outcome: 'NOT_REACHED', missing: ['OUTGOING_STATISTICS_ACD'] })
    expect(errors).toMatchObject([{ coordinate: because.deniedBy, permission: because.permission }])
  }) // prettier-ignore

  it('MUST know by their ids which types are asked for', async () => {
    await login.set(allBut('invoices'))
    const variables = { ids: [id('OutgoingCdr', '1'), id('Invoice', '00000000-0000-4000-8000-000000000000')] }
    const both = await explained(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on OutgoingCdr { duration } ... on Invoice { amountSpent } ... on Payment { amount } } }`,
      variables,
    )
    expect(outlined(both)).toEqual([
      'ALLOWED nodes',
      'ALLOWED Query.nodes(ids:)',
      'ALLOWED OutgoingCdr',
      'DENIED Invoice',
      'ALLOWED nodes.id',
      'ALLOWED nodes.duration',
      'NOT_REACHED nodes.amountSpent',
      'NOT_REACHED nodes.amount',
    ])
    expect(both.places.slice(-2)).toMatchObject([{ deniedBy: 'Query.nodes', permission: 'INVOICES' }, { deniedBy: null }])
    const one = await explained('query ($id: ID!) { node(id: $id) { id } }', { id: variables.ids[1] })
    expect(outlined(one)).toEqual(['DENIED node', 'NOT_REACHED Query.node(id:)', 'DENIED Invoice', 'NOT_REACHED node.id'])
    expect(one.errors).toMatchObject([{ coordinate: 'Query.node', permission: 'INVOICES', path: ['node'] }])
  }) // prettier-ignore

  it('MUST say where in a list of inputs something stands', async () => {
    const { places } = await explained('{ outgoingCdrs(orderBy: [{ timeStart: DESC }, { duration: ASC }]) { totalCount } }')
    expect(places.map(({ input }) => input).filter((input) => input !== null)).toEqual(['orderBy', 'orderBy[0].timeStart', 'orderBy[1].duration'])
  }) // prettier-ignore

  it('MUST be the same for a profile and for a login that has it', async () => {
    await login.set(only('payments'))
    const request = { query: '{ payments { totalCount } invoices { totalCount } }' }
    const ofProfile = await explanationOf(gateway, world.root, { ...request, profileId: ids.profileId })
    const ofLogin = await explanationOf(gateway, world.root, { ...request, loginId: ids.loginId })
    expect(ofLogin).toEqual(ofProfile)
    expect(ofLogin.errors).toMatchObject([{ permission: 'INVOICES' }])
  })

  it('MUST be of the profile as it is now, at every request', async () => {
    for (const on of [true, false, true]) {
      await login.set({ invoices: on })
      const { errors } = await explained('{ invoices { totalCount } }')
      expect(errors).toHaveLength(on ? 0 : 1)
    }
  })

  it('MUST be of the operation that is named', async () => {
    await login.set(only('payments'))
    const query = 'query One { payments { totalCount } } query Other { invoices { totalCount } }'
    expect(outlined(await explained(query, {}, { operationName: 'One' }))[0]).toBe('ALLOWED payments')
    expect(outlined(await explained(query, {}, { operationName: 'Other' }))[0]).toBe('DENIED invoices')
  })

  it('MUST show what is for administrators as denied, whatever the profile has, and itself too', async () => {
    await login.set(allBut())
    const explanation = await explained(`query ($p: ID!) { accessProfiles { totalCount }
      explainAccess(profileId: $p, query: "{ viewer { login } }") { accepted } }`, { p: ids.profileId })
    expect(outlined(explanation).filter((place) => place.startsWith('DENIED'))).toEqual(['DENIED accessProfiles', 'DENIED explainAccess'])
    expect(explanation.places[0]).toMatchObject({ needs: ['ADMIN_READ_ACCESS_PROFILES'], missing: ['ADMIN_READ_ACCESS_PROFILES'], permission: 'ADMIN' })
    expect(told(explanation.errors)).toEqual(told((await asked({ query: '{ accessProfiles { totalCount } explainAccess(query: "") { accepted } }' })).errors))
  }) // prettier-ignore

  it('MUST have nothing to say of what has no rule', async () => {
    const { accepted, places, errors } = await explained('{ __typename __schema { types { name } } __type(name: "Query") { name } }')
    expect({ accepted, places, errors }).toEqual({ accepted: true, places: [], errors: [] })
  }) // prettier-ignore

  it('MUST stop at 2,000 places and say so', async () => {
    await login.set(allBut())
    const { data } = await gateway.ask('{ __type(name: "OutgoingCdr") { fields { name type { kind } args { name } } } }', { token: login.token })
    const leaves = data.__type.fields.filter(({ type, args }: { type: { kind: string }; args: unknown[] }) => type.kind === 'SCALAR' && args.length === 0)
    await login.set(allBut('outgoingCdrs'))
    const fields = leaves.map(({ name }: { name: string }) => name)
    const lists = Array.from({ length: 30 }, (_, n) => `list${n}: outgoingCdrs(first: 1) { nodes { ...Call } edges { node { ...Call } } }`)
    const query = `{ ${lists.join(' ')} } fragment Call on OutgoingCdr { ${fields.join(' ')} }`
    const large = await explained(query)
    expect(large).toMatchObject({ accepted: true, complete: false, errors: { length: 30 } })
    expect(large.places).toHaveLength(2_000)
  }) // prettier-ignore
})

describe('A request that is not accepted', () => {
  const deep = `{ services { nodes { ${'transactions { nodes { service { '.repeat(3)} id ${'} } } '.repeat(3)} } } }`
  const costly = `{ services(first: 500) { nodes { transactions(first: 500) { nodes { uuid } } } } }`
  // Each fragment asks for the next one twice, two fields deeper.
  const bomb = `{ services { nodes { ...F0 } } } ${[0, 1, 2, 3].map((n) => `fragment F${n} on Service { ${[1, 2, 3].map((m) => `a${m}: transactions(first: 1) { nodes { service { ...F${n + 1} } } }`).join(' ')} }`).join(' ')} fragment F4 on Service { id }` // prettier-ignore

  test.each<[string, object, string]>([
    ['is empty', { query: '' }, 'GRAPHQL_PARSE_FAILED'],
    ['does not parse', { query: '{ invoices { ' }, 'GRAPHQL_PARSE_FAILED'],
    ['has more words than are read', { query: `{ ${'accounts { totalCount } '.repeat(600)} }` }, 'GRAPHQL_PARSE_FAILED'],
    ['is 200 kB of text', { query: `{ accounts(where: { name: { eq: "${'x'.repeat(200_000)}" } }) { nope } }` }, 'GRAPHQL_VALIDATION_FAILED'],
    ['is 200 kB of depth', { query: '{ accounts '.repeat(18_000) }, 'GRAPHQL_PARSE_FAILED'],
    ['asks for what there is not', { query: '{ invoicez { totalCount } }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['has fragments in a circle', { query: '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['names no operation of its own', { query: 'query A { __typename }', operationName: 'B' }, 'BAD_USER_INPUT'],
    ['does not say which operation', { query: 'query A { __typename } query B { __typename }' }, 'BAD_USER_INPUT'],
    ['has no operation', { query: 'fragment A on Query { __typename }' }, 'BAD_USER_INPUT'],
    ['has a wrong value', { query: '{ accounts(first: "x") { totalCount } }' }, 'BAD_USER_INPUT'],
    ['has a wrong variable', { query: 'query ($n: Int) { accounts(first: $n) { totalCount } }', variables: { n: 'x' } }, 'BAD_USER_INPUT'],
    ['lacks a variable', { query: 'query ($n: Int!) { accounts(first: $n) { totalCount } }' }, 'BAD_USER_INPUT'],
    ['has variables that are none', { query: '{ accounts { totalCount } }', variables: 7 }, 'BAD_USER_INPUT'],
    ['has a wrong variable of a subscription', { query: 'subscription ($id: ID!) { outgoingActiveCalls(accountId: $id) { count } }', variables: {} }, 'BAD_USER_INPUT'],
    ['subscribes to nothing', { query: 'subscription { outgoingActiveCalls(accountId: "x") @skip(if: true) { count } }' }, 'BAD_USER_INPUT'],
    ['is too deep', { query: deep }, 'QUERY_TOO_COMPLEX'],
    ['costs too much', { query: costly }, 'QUERY_TOO_COMPLEX'],
    ['multiplies by fragments', { query: bomb }, 'QUERY_TOO_COMPLEX'],
    ['has too many aliases', { query: `{ accounts { nodes { ${Array.from({ length: 60 }, (_, n) => `a${n}: id`).join(' ')} } } }` }, 'QUERY_TOO_COMPLEX'],
  ])('because it %s MUST be explained by the errors that it would get', async (_, request, code) => {
    await login.set(allBut('invoices'))
    const { profileId } = ids
    const explanation = await explanationOf(gateway, world.root, { ...(request as { query: string }), profileId })
    const real = await asked(request)
    expect(explanation).toMatchObject({ accepted: false, places: [], complete: true })
    expect(told(explanation.errors)).toEqual(told(real.errors))
    expect(explanation.errors[0]?.code).toBe(code)
  }) // prettier-ignore

  it('MUST suggest what the profile has, and nothing else', async () => {
    const request = { query: '{ outgoingCdr { id } }' }
    await login.set(only('outgoingCdrs'))
    const { errors } = await explained(request.query)
    expect(errors.map(({ message }) => message)).toEqual(['Cannot query field "outgoingCdr" on type "Query". Did you mean "outgoingCdrs"?'])
    await login.set(only())
    expect((await explained(request.query)).errors.map(({ message }) => message)).toEqual(['Cannot query field "outgoingCdr" on type "Query".'])
  }) // prettier-ignore

  it('MUST be told of variables that are nested without end', async () => {
    const variables = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const body = `{"query":"query ($p: ID, $v: JSON) { explainAccess(profileId: $p, query: \\"{ __typename }\\", variables: $v) { accepted } }","variables":{"p":"${ids.profileId}","v":{"deep":${variables}}}}`
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${world.root}` }
    const answer = await (await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body })).json()
    expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'variables' } }])
  })
})

describe('What is explained', () => {
  it('MUST NOT run: nothing but the administrator and the profile is read', async () => {
    await login.set(allBut())
    const query = '{ outgoingCdrs { totalCount nodes { customerPrice } } invoices { nodes { amountSpent } } accounts { nodes { balance } } }'
    const { statements } = await statementsDuring(gateway, () => explained(query))
    expect(statements).toHaveLength(2)
    expect(statements[0]).toContain('gui.admin_users')
    expect(statements[1]).toContain('sys.customer_portal_access_profiles')
    const { statements: ofLogin } = await statementsDuring(gateway, () => explained(query, {}, { loginId: ids.loginId, profileId: undefined as never }))
    expect(ofLogin).toHaveLength(2)
  }) // prettier-ignore

  it('MUST NOT change anything, and MUST NOT open a subscription', async () => {
    await login.set(allBut())
    const rows = () => gateway.primary.query('SELECT (SELECT count(*) FROM class4.numberlist_items) AS items, (SELECT count(*) FROM sys.cdr_exports) AS exports, (SELECT count(*) FROM billing.payments) AS payments') // prettier-ignore
    const before = (await rows()).rows
    const { result, statements } = await statementsDuring(gateway, async () => [
      await explained('mutation ($input: CreateOutgoingNumberlistItemInput!) { createOutgoingNumberlistItem(input: $input) { id } signOut }', { input: { outgoingNumberlistId: id('OutgoingNumberlist', '1'), key: '380' } }), // prettier-ignore
      await explained('mutation { signIn(login: "explained", password: "alice-demo") { token } }'),
      await explained('subscription ($id: ID!) { outgoingActiveCalls(accountId: $id) { count } }', { id: id('Account', '00000000-0000-4000-8000-000000000000') }), // prettier-ignore
    ])
    expect(result.map(({ accepted, errors }) => ({ accepted, errors }))).toEqual(result.map(() => ({ accepted: true, errors: [] }))) // prettier-ignore
    expect(result.map((explanation) => outlined(explanation)[0])).toEqual([
      'ALLOWED createOutgoingNumberlistItem',
      'ALLOWED signIn',
      'ALLOWED outgoingActiveCalls',
    ])
    expect(statements).toHaveLength(6)
    expect((await rows()).rows).toEqual(before)
    expect((await asked({ query: '{ viewer { login } }' })).data).toEqual({ viewer: { login: 'explained' } })
  })
})

describe('Who asks for an explanation', () => {
  const query = '{ invoices { totalCount } }'

  it('MUST say of exactly one profile or login', async () => {
    for (const [given, argument] of [
      [{}, 'profileId'],
      [ids, 'loginId'],
    ] as const) {
      const { data, errors } = await askForExplanation(gateway, world.root, { ...given, query })
      expect(data).toEqual({ explainAccess: null })
      expect(errors).toMatchObject([{ path: ['explainAccess'], extensions: { code: 'BAD_USER_INPUT', argument } }])
    }
  })

  test.each([
    ['profileId', id('CustomerPortalAccessProfile', '30000'), 'NOT_FOUND'],
    ['profileId', id('CustomerPortalAccessProfile', '999999999999999999'), 'NOT_FOUND'],
    ['profileId', id('PortalLogin', '1'), 'BAD_USER_INPUT'],
    ['profileId', '1', 'BAD_USER_INPUT'],
    ['profileId', '', 'BAD_USER_INPUT'],
    ['loginId', id('PortalLogin', '30000'), 'NOT_FOUND'],
    ['loginId', id('CustomerPortalAccessProfile', '1'), 'BAD_USER_INPUT'],
    ['loginId', "' OR true --", 'BAD_USER_INPUT'],
  ])('MUST be refused with %s %j', async (argument, value, code) => {
    const { data, errors } = await askForExplanation(gateway, world.root, { [argument]: value, query })
    expect(data).toEqual({ explainAccess: null })
    expect(errors).toMatchObject([{ extensions: { code, argument } }])
  })

  it('MUST be an administrator who may read profiles, and for a login read logins', async () => {
    const about = { profileId: ids.profileId, query }
    const permissionOf = async (token: string, asking: Explained) =>
      (await askForExplanation(gateway, token, asking)).errors?.map(({ extensions }) => extensions['permission'] ?? extensions.code)
    expect(await permissionOf(world.customer, about)).toEqual(['ADMIN'])
    expect(await permissionOf('nobody', about)).toEqual(['UNAUTHENTICATED'])
    const loginReader = await world.tokenWith(['READ_PORTAL_LOGINS'])
    expect(await permissionOf(loginReader, about)).toEqual(['ADMIN_READ_ACCESS_PROFILES'])
    const profileReader = await world.tokenWith(['READ_ACCESS_PROFILES'])
    expect(await permissionOf(profileReader, about)).toBeUndefined()
    expect(await permissionOf(profileReader, { loginId: ids.loginId, query })).toEqual(['ADMIN_READ_PORTAL_LOGINS'])
    const both = await world.tokenWith(['READ_ACCESS_PROFILES', 'READ_PORTAL_LOGINS'])
    expect(await permissionOf(both, { loginId: ids.loginId, query })).toBeUndefined()
  }) // prettier-ignore

  it('MUST NOT get many at once', async () => {
    const many = (count: number) =>
      gateway.ask(`query ($p: ID!) { ${Array.from({ length: count }, (_, n) => `e${n}: explainAccess(profileId: $p, query: "{ __typename }") { accepted }`).join(' ')} }`, { token: world.root, variables: { p: ids.profileId } }) // prettier-ignore
    expect((await many(9)).errors).toBeUndefined()
    const { data, errors } = await many(10)
    expect(data).toBeUndefined()
    expect(errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX', limit: 'cost' } }])
  })
})
