import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execute, getIntrospectionQuery, parse, type GraphQLFieldMap } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { schema } from '../../src/schema/index.ts'
import { emptyCaches, type Context } from '../../src/schema/context.ts'
import { encodeGlobalId } from '../../src/schema/resource/global-id.ts'
import { literal, type Sample } from '../permissions/support/arguments.ts'
import { lasting, operationsOf } from '../permissions/support/asking.ts'
import { documentOf } from '../permissions/support/document.ts'
import { startPortal } from '../permissions/support/portal.ts'
import { takeSample } from '../permissions/support/sample.ts'
import { rootSelections } from '../permissions/support/selections.ts'
import { firstAccountOf, subscriptionTo } from '../subscriptions/support/calls.ts'
import { acknowledged, closeCode, connect, openSse, subscribeOn, transports } from '../subscriptions/support/streams.ts'
import { allBut, type Answer, type Gateway } from '../support/gateway.ts'

const roles = `
acts and reads:
  System/CustomerToken: { change: true }
  System/ApiAccess: { read: true }
acts:
  System/CustomerToken: { change: true }
reads:
  System/CustomerToken: { read: true }
  Default: { read: true, change: true }
`

let gateway: Gateway
let directory: string
let root: string
let login: Awaited<ReturnType<Gateway['login']>>
let id: string
let acting: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roles-'))
  const file = join(directory, 'policy_roles.yml')
  await writeFile(file, roles)
  gateway = await startPortal({ ADMIN_POLICY_FILE: file, SUBSCRIPTION_INTERVAL: '0.2' })
  root = await gateway.admin()
  login = await gateway.login('seen')
  id = await idOf('seen')
  acting = await actAs(root)
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

async function idOf(name: string): Promise<string> {
  const { rows } = await gateway.primary.query('SELECT id FROM sys.api_access WHERE login = $1', [name])
  return encodeGlobalId('PortalLogin', String(rows[0]?.id))
}

const mutation = 'mutation ($id: ID!) { actAsPortalLogin(id: $id) { token expiresAt login { login loginId } } }'

function ask(token: string, variables: object = { id }): Promise<Answer> {
  return gateway.ask(mutation, { token, variables: { ...variables } })
}

async function actAs(token: string, loginId = id): Promise<string> {
  const { data, errors } = await ask(token, { id: loginId })
  expect(errors).toBeUndefined()
  return data.actAsPortalLogin.token
}

const readOnly = [
  {
    message: 'This session is read-only: no mutation can be run in it.',
    extensions: { code: 'FORBIDDEN', readOnly: true },
  },
]

/** What everything is that a mutation could write. */
async function everything(): Promise<unknown> {
  const tables = [
    ['primary', 'sys.api_access'],
    ['primary', 'sys.customer_portal_access_profiles'],
    ['primary', 'sys.cdr_exports'],
    ['primary', 'class4.numberlist_items'],
    ['primary', 'billing.payments'],
    ['primary', 'portal.audit_log'],
    ['primary', 'portal.revoked_sessions'],
    ['primary', 'portal.rate_limits'],
  ] as const
  return Promise.all(
    tables.map(async ([database, table]) => {
      const hash = `SELECT count(*), md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM ${table} t`
      return [table, (await gateway[database].query(hash)).rows]
    }),
  )
}

describe('actAsPortalLogin', () => {
  test('MUST answer a token, until when it is good, and whose portal it shows', async () => {
    const { data, errors } = await ask(root)
    expect(errors).toBeUndefined()
    const { token, expiresAt, login: seen } = data.actAsPortalLogin
    expect(seen).toEqual({ login: 'seen', loginId: expect.any(Number) })
    const left = Date.parse(expiresAt) - Date.now()
    expect(left).toBeGreaterThan(500_000)
    expect(left).toBeLessThanOrEqual(600_000)
    const { data: who } = await gateway.ask('{ viewer { kind login actingAdministrator capabilities } }', { token })
    expect(who.viewer).toEqual({ kind: 'CUSTOMER', login: 'seen', actingAdministrator: 'admin', capabilities: [] })
  })

  test('MUST set no cookie, and be sent as none', async () => {
    expect((await ask(root)).headers.getSetCookie()).toEqual([])
    for (const name of ['_yeti_customer_v1_session', '_yeti_admin_session']) {
      const { data, errors } = await gateway.ask('{ viewer { login } }', { headers: { cookie: `${name}=${acting}` } })
      expect(data).toEqual({ viewer: null })
      expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    }
  })

  test('MUST be in the audit log, with who, as whom and from where', async () => {
    const before = await gateway.primary.query('SELECT coalesce(max(id), 0) AS id FROM portal.audit_log')
    await actAs(root)
    const { rows } = await gateway.primary.query(
      `SELECT actor_kind, actor_name, host(address) AS address, action, subject_kind, subject_name, before, after, changed
       FROM portal.audit_log WHERE id > $1`,
      [before.rows[0].id],
    )
    expect(rows).toEqual([
      {
        actor_kind: 'admin',
        actor_name: 'admin',
        address: '127.0.0.1',
        action: 'act_as',
        subject_kind: 'portal_login',
        subject_name: 'seen',
        before: null,
        after: null,
        changed: [],
      },
    ])
  })

  test('MUST be refused for a login that is none, and for what is no login', async () => {
    const entries = () => gateway.primary.query('SELECT count(*) FROM portal.audit_log')
    const before = (await entries()).rows
    for (const [wrong, code] of [
      [encodeGlobalId('PortalLogin', '999999'), 'NOT_FOUND'],
      [encodeGlobalId('PortalLogin', '999999999999999999'), 'NOT_FOUND'],
      [encodeGlobalId('Account', '1'), 'BAD_USER_INPUT'],
      [encodeGlobalId('PortalLogin', '1 OR 1=1'), 'BAD_USER_INPUT'],
      ['', 'BAD_USER_INPUT'],
    ]) {
      const { data, errors } = await ask(root, { id: wrong })
      expect(data).toEqual({ actAsPortalLogin: null })
      expect(errors).toMatchObject([{ extensions: { code, argument: 'id' } }])
    }
    expect((await entries()).rows).toEqual(before)
  })

  test.each<[string, () => Promise<string>, string]>([
    ['a customer', async () => login.token, 'ADMIN'],
    ['an administrator whose roles do not allow it', () => gateway.admin('reader', ['reads']), 'ADMIN_ACT_AS_CUSTOMER'],
    ['an administrator without a known role', () => gateway.admin('nobody', ['none']), 'ADMIN_ACT_AS_CUSTOMER'],
  ])('MUST be refused to %s', async (_, tokenOf, permission) => {
    const { data, errors } = await ask(await tokenOf())
    expect(data).toEqual({ actAsPortalLogin: null })
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', permission } }])
  })

  test('MUST be refused to somebody who has not signed in', async () => {
    expect((await ask('')).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  })

  test('MUST show the login itself only to those who may read logins', async () => {
    const both = await ask(await gateway.admin('both', ['acts and reads']))
    expect(both.data.actAsPortalLogin).toMatchObject({ login: { login: 'seen' } })
    const { data, errors } = await ask(await gateway.admin('actor', ['acts']))
    expect(data.actAsPortalLogin).toMatchObject({ token: expect.any(String), login: null })
    expect(errors).toMatchObject([
      { extensions: { permission: 'ADMIN_READ_PORTAL_LOGINS', coordinate: 'ActingSession.login' } },
    ])
  })

  test('MUST end with the role that allowed it', async () => {
    const token = await actAs(await gateway.admin('for now', ['acts and reads']))
    const seen = async () => (await gateway.ask('{ viewer { login } }', { token })).data.viewer
    expect(await seen()).toEqual({ login: 'seen' })
    await gateway.primary.query("UPDATE gui.admin_users SET roles = '{reads}' WHERE username = 'for now'")
    expect(await seen()).toBeNull()
  })

  test('MUST not be told of to customers, nor to who acts as one', async () => {
    for (const token of [login.token, acting]) {
      const { data } = await gateway.ask(getIntrospectionQuery(), { token })
      const text = JSON.stringify(data)
      expect(text).toContain('signOut')
      for (const name of ['actAsPortalLogin', 'ActingSession', 'actingAdministrator']) expect(text).not.toContain(name)
    }
    const { data } = await gateway.ask(getIntrospectionQuery(), { token: root })
    for (const name of ['actAsPortalLogin', 'ActingSession', 'actingAdministrator'])
      expect(JSON.stringify(data)).toContain(name)
  })
})

describe('Whoever acts as a login', () => {
  test('MUST see what it sees: the same answers, denials and schema', async () => {
    await login.set({ invoices: false, outgoingStatisticsTotalPrice: false, incomingCdrs: false })
    const sample = await takeSample(gateway, login.token)
    for (const operation of operationsOf(rootSelections(sample))) {
      const query = documentOf(operation)
      const [own, seen] = [
        await gateway.ask(query, { token: login.token }),
        await gateway.ask(query, { token: acting }),
      ]
      expect(lasting(seen.data)).toEqual(lasting(own.data))
      expect(seen.errors).toEqual(own.errors)
    }
    const schemas = [login.token, acting].map((token) => gateway.ask(getIntrospectionQuery(), { token }))
    const [own, seen] = await Promise.all(schemas)
    expect(seen?.data).toEqual(own?.data)
    await login.set(allBut())
  })

  test('MUST see another profile on the next request', async () => {
    const field = async () => (await gateway.ask('{ invoices { totalCount } }', { token: acting })).data.invoices
    expect(await field()).toMatchObject({ totalCount: expect.any(Number) })
    await login.set({ invoices: false })
    expect(await field()).toBeNull()
    await login.set({ invoices: true })
  })

  test('MUST get the files that it gets, for as long as the administrator is signed in', async () => {
    const administrator = await gateway.admin()
    const token = await actAs(administrator)
    const { data } = await gateway.ask('{ invoices(first: 100) { nodes { pdf { url } } } }', { token })
    const [url = ''] = data.invoices.nodes.flatMap(({ pdf }: { pdf: { url: string } | null }) => pdf?.url ?? [])
    const status = async () => (await fetch(url)).status
    expect(await status()).toBe(200)
    await login.set({ invoices: false })
    expect(await status()).toBe(404)
    await login.set({ invoices: true })
    expect(await status()).toBe(200)
    await gateway.ask('mutation { signOut }', { token: administrator })
    expect(await status()).toBe(404)
  })

  test('MUST not be able to act as another: this needs an administrator', async () => {
    const { data, errors } = await ask(acting, { id: await idOf('alice') })
    expect(data).toBeUndefined()
    expect(errors).toMatchObject(readOnly)
  })

  test('MUST be nobody when the administrator has signed out', async () => {
    const administrator = await gateway.admin()
    const token = await actAs(administrator)
    await using other = await gateway.another()
    await gateway.ask('mutation { signOut }', { token: administrator })
    for (const each of [gateway, other]) {
      const { data, errors } = await each.ask('{ viewer { login } }', { token })
      expect(data).toEqual({ viewer: null })
      expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    }
  })
})

const plain: Sample = { accountId: 'x', fromTime: '2026-01-01T00:00:00Z', toTime: '2026-01-02T00:00:00Z', ids: {}, given: {} } // prettier-ignore
const fields: GraphQLFieldMap<unknown, unknown> = schema.getMutationType()?.getFields() ?? {}
const mutations = Object.values(fields).map(({ name, args }) => {
  const given = args.map((each) => `${each.name}: ${literal(each.name, each.type, plain)}`)
  return { name, call: `${name}${given.length > 0 ? `(${given.join(', ')})` : ''}` }
})
const leaves = new Set(['signOut', ...Object.values(fields).flatMap(({ name, type }) => (/^(ID|Boolean)!?$/.test(String(type)) ? [name] : []))]) // prettier-ignore
const selected = ({ name, call }: (typeof mutations)[number]) => `${call} ${leaves.has(name) ? '' : '{ __typename }'}`

describe('A mutation of whoever acts as a login', () => {
  test.each(mutations)('MUST be refused before anything of it is looked at: $name', async (each) => {
    const before = await everything()
    const statements: string[] = []
    gateway.app.services.databases.onStatement = (_, text) => void statements.push(text)
    const { data, errors, headers } = await gateway.ask(`mutation { ${selected(each)} }`, { token: acting })
    gateway.app.services.databases.onStatement = null
    expect(data).toBeUndefined()
    expect(errors).toMatchObject(readOnly)
    expect(errors).toHaveLength(1)
    expect(headers.getSetCookie()).toEqual([])
    // The one that says who asks; what was denied to whom before is written down in the background.
    expect(statements.filter((text) => !text.includes('portal.denials'))).toHaveLength(1)
    expect(await everything()).toEqual(before)
  })

  const hidden: readonly (readonly [string, string, string?])[] = [
    ['under an alias', 'mutation { viewer: signOut }'],
    ['beside another', 'mutation { a: signOut b: __typename c: signOut }'],
    ['of nothing but its name', 'mutation { __typename }'],
    ['in a fragment', 'mutation { ...F } fragment F on Mutation { ...G } fragment G on Mutation { signOut }'],
    ['in an inline fragment', 'mutation { ... { ... on Mutation { signOut } } }'],
    ['that is skipped by half', 'mutation { a: signOut @skip(if: true) signOut @include(if: true) }'],
    ['as the second operation', 'query A { __typename } mutation B { signOut }', 'B'],
    ['as the first operation', 'mutation B { signOut } query A { __typename }', 'B'],
    ['called like a query', 'mutation query { signOut }', 'query'],
  ]
  test.each(hidden)('MUST be refused %s', async (_, query, operationName) => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${acting}` },
      body: JSON.stringify({ query, ...(operationName !== undefined && { operationName }) }),
    })
    const body = await response.json()
    expect(body.errors).toMatchObject(readOnly)
    expect(body.data ?? null).toBeNull()
    expect((await gateway.ask('{ viewer { login } }', { token: acting })).data.viewer).toEqual({ login: 'seen' })
  })

  test('MUST not run where several operations are sent and none, an empty or another one is named', async () => {
    const before = await everything()
    const query = 'query A { __typename } mutation B { signOut }'
    for (const operationName of [undefined, null, '', 'C', 'b']) {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${acting}` },
        body: JSON.stringify({ query, operationName }),
      })
      const { data, errors } = await response.json()
      expect(data ?? null).toBeNull()
      expect(errors).toHaveLength(1)
    }
    expect(await everything()).toEqual(before)
  })

  test('MUST let the query beside it run, when that is the one that is named', async () => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${acting}` },
      body: JSON.stringify({ query: 'query A { viewer { login } } mutation B { signOut }', operationName: 'A' }),
    })
    expect(await response.json()).toEqual({ data: { viewer: { login: 'seen' } } })
  })

  test('MUST be refused over GET, server-sent events and WebSocket', async () => {
    const before = await everything()
    const query = 'mutation { signOut }'
    const got = await fetch(`${gateway.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { authorization: `Bearer ${acting}`, accept: 'application/json' },
    })
    expect(await got.json()).toMatchObject({ errors: [{}] })
    await using sse = await openSse(gateway.url, query, { token: acting })
    expect((await sse.event(0)).errors).toMatchObject(readOnly)
    for (const [headers, params] of [
      [{ authorization: `Bearer ${acting}` }, undefined],
      [undefined, { authorization: `Bearer ${acting}` }],
    ]) {
      const socket = await connect(gateway.url, headers)
      await acknowledged(socket, params)
      await using stream = subscribeOn(socket, '1', query)
      expect((await stream.event(0)).errors).toMatchObject(readOnly)
      await using queried = subscribeOn(socket, '2', '{ viewer { login } }')
      expect((await queried.event(0)).data).toEqual({ viewer: { login: 'seen' } })
      expect(queried.end).not.toBe('cut')
    }
    expect(await everything()).toEqual(before)
  })

  test('MUST be refused at its resolver too, should nothing have stopped it before', async () => {
    const address = '127.0.0.1'
    const { services } = gateway.app
    const { viewer } = await services.identity.authenticate({ authorization: acting, cookie: null, address })
    const before = await everything()
    for (const each of mutations) {
      // With every scope there is, so that it is not the rules that refuse.
      const scopes = Object.fromEntries(Object.keys(viewer.scopes).map((scope) => [scope, true]))
      const all = { ...viewer, scopes: Object.assign(Object.create(null), scopes) }
      const contextValue: Context = { ...services, viewer: all, address, origin: gateway.url, setCookies: [], ...emptyCaches() } // prettier-ignore
      const { data, errors } = await execute({
        schema,
        document: parse(`mutation { ${selected(each)} }`),
        contextValue,
      })
      expect(Object.values(data ?? {})).toEqual([null])
      expect(errors).toMatchObject(readOnly)
    }
    expect(await everything()).toEqual(before)
  })

  test('MUST be a customer’s to run, and the administrator’s, as before', async () => {
    const own = await gateway.login('leaving')
    expect((await gateway.ask('mutation { signOut }', { token: own.token })).data).toEqual({ signOut: true })
    const administrator = await gateway.admin()
    expect((await gateway.ask('mutation { signOut }', { token: administrator })).data).toEqual({ signOut: true })
  })
})

describe.each(transports)('A subscription over %s of whoever acts as a login', (name, open) => {
  const ends: readonly (readonly [string, (username: string, token: string) => Promise<unknown>])[] = [
    ['signs out', (_, token) => gateway.ask('mutation { signOut }', { token })],
    [
      'is disabled',
      (username) => gateway.primary.query('UPDATE gui.admin_users SET enabled = false WHERE username = $1', [username]),
    ],
    [
      'may no longer act as a customer',
      (username) =>
        gateway.primary.query("UPDATE gui.admin_users SET roles = '{reads}' WHERE username = $1", [username]),
    ],
    [
      'has another password',
      (username) =>
        gateway.primary.query("UPDATE gui.admin_users SET encrypted_password = '' WHERE username = $1", [username]),
    ],
  ]
  test.each(ends)('MUST run, and end when the administrator %s', async (how, end) => {
    const username = `${name} ${how}`
    const administrator = await gateway.admin(username, ['acts and reads'])
    const account = await firstAccountOf(gateway, 'seen')
    await using stream = await open(gateway.url, subscriptionTo(account), { token: await actAs(administrator) })
    await using own = await open(gateway.url, subscriptionTo(account), { token: login.token })
    expect((await stream.event(0)).errors).toBeUndefined()
    await own.event(0)
    await end(username, administrator)
    expect(await stream.ended()).toBe('complete')
    expect(stream.events.at(-1)?.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    expect(own.end).toBeNull()
  })
})

test('A socket MUST not be opened with a token of acting that is not good any more', async () => {
  const administrator = await gateway.admin()
  const token = await actAs(administrator)
  await gateway.ask('mutation { signOut }', { token: administrator })
  const socket = await connect(gateway.url)
  const code = closeCode(socket)
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
  expect(await code).toBe(4403)
})
