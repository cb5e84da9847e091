import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { openDatabases, sql } from '../../src/backends/databases.ts'
import { createIdentity, loadRolePolicy, type Credentials, type Identity } from '../../src/identity/identity.ts'
import { permissions } from '../../src/permissions/permissions.ts'
import { bearer, configOf, memoryLog, secrets, startPortal, withCookie, type Portal } from './support/portal.ts'
import {
  adminSecret,
  adminToken,
  checkedClaims,
  customerSecret,
  dynamicToken,
  inSeconds,
  makeToken,
  yetiToken,
} from './support/tokens.ts'

let portal: Portal
let identity: Identity
const nobody = { authorization: null, cookie: null, address: '203.0.113.5' }
const refused = { kind: 'anonymous', refusal: 'Authorization token expired or incorrect.' }

beforeAll(async () => {
  portal = await startPortal()
  identity = portal.identity()
}, 60_000)
afterAll(() => portal[Symbol.asyncDispose]())
afterEach(() => vi.useRealTimers())

async function viewerOf(credentials: Credentials) {
  return (await identity.authenticate(credentials)).viewer
}

describe('A request without a token', () => {
  test.each<[string, Credentials]>([
    ['no header at all', nobody],
    ['an empty Authorization header', { ...nobody, authorization: '' }],
    ['a blank Authorization header', { ...nobody, authorization: ' \t ' }],
    ['other cookies', { ...nobody, cookie: 'theme=dark' }],
    ['an empty cookie', withCookie('')],
  ])('MUST be anonymous and asks the database nothing: %s', async (_, credentials) => {
    const statements = vi.spyOn(portal.databases, 'query')
    expect(await identity.authenticate(credentials)).toEqual({
      viewer: expect.objectContaining({ kind: 'anonymous', refusal: null }),
      by: null,
      setCookies: [],
    })
    expect(statements).not.toHaveBeenCalled()
    statements.mockRestore()
  })
})

describe('A customer’s token', () => {
  test('MUST give the login, its customer, tenant and profile, in one statement', async () => {
    const statements = vi.spyOn(portal.databases, 'query')
    const { viewer, by, setCookies } = await identity.authenticate(bearer(yetiToken(10)))
    expect(statements).toHaveBeenCalledOnce()
    statements.mockRestore()
    expect({ by, setCookies }).toEqual({ by: 'header', setCookies: [] })
    expect(viewer).toMatchObject({
      kind: 'customer',
      loginId: 10,
      login: 'anna',
      customer: { id: 1, name: 'Acme' },
      tenant: { customerId: 1, accountIds: [5, 6], numberlistIds: [7] },
      accessProfile: { id: 1, name: 'Default', flags: { outgoingCdrs: true, allowListenRecording: false } },
      scopes: { authenticated: true, admin: false, outgoingCdrs: true, allowListenRecording: false },
    })
  })

  test('MUST give exactly the flags of its own profile', async () => {
    const viewer = await viewerOf(bearer(yetiToken(11), '10.1.2.3'))
    const [row] = await portal.databases.query(
      'primary',
      sql`SELECT * FROM sys.customer_portal_access_profiles WHERE id = 2`,
    )
    const flags = Object.fromEntries(Object.entries(permissions).map(([key, { column }]) => [key, row?.[column]]))
    expect(viewer).toMatchObject({
      accessProfile: { id: 2, name: 'Narrow', flags: { ...flags, outgoingCdrs: false, services: false } },
    })
  })

  test.each([
    ['after Bearer', (token: string) => `Bearer ${token}`],
    ['alone', (token: string) => token],
    ['as the last of many words', (token: string) => `  Bearer  x \t ${token}  `],
  ])('MAY stand in the header %s', async (_, written) => {
    expect(await viewerOf({ ...nobody, authorization: written(yetiToken(10)) })).toMatchObject({ login: 'anna' })
  })

  test('MUST NOT be looked for in the cookie when there is a header', async () => {
    const both = { ...withCookie(yetiToken(10)), authorization: 'Bearer junk' }
    expect(await identity.authenticate(both)).toMatchObject({ viewer: refused, by: 'header' })
    expect(await viewerOf({ ...both, authorization: '' })).toMatchObject({ login: 'anna' })
  })

  test('MUST be refused with the same words whatever is wrong with it', async () => {
    for (const token of [
      'junk',
      '\0',
      makeToken({ sub: 10 }),
      yetiToken(10, { exp: inSeconds(-1) }),
      yetiToken(404),
      yetiToken(12),
      yetiToken('10'),
    ]) {
      expect(await identity.authenticate(bearer(token))).toMatchObject({
        viewer: refused,
        by: 'header',
        setCookies: [],
      })
      expect(await identity.authenticate(withCookie(token))).toMatchObject({
        viewer: refused,
        by: 'cookie',
        setCookies: [],
      })
    }
  })

  test('MUST change with its profile at the next request', async () => {
    await portal.owner.query(
      'primary',
      sql`UPDATE sys.customer_portal_access_profiles SET invoices = false WHERE id = 1`,
    )
    expect(await viewerOf(bearer(yetiToken(10)))).toMatchObject({ scopes: { invoices: false } })
    await portal.owner.query(
      'primary',
      sql`UPDATE sys.customer_portal_access_profiles SET invoices = true WHERE id = 1`,
    )
    expect(await viewerOf(bearer(yetiToken(10)))).toMatchObject({ scopes: { invoices: true } })
  })

  test('MUST be out at the next request when its login is removed', async () => {
    await portal.owner.query(
      'primary',
      sql`INSERT INTO sys.api_access (id, customer_id, login, password_digest) VALUES (19, 1, 'gone', '')`,
    )
    const token = yetiToken(19)
    expect(await viewerOf(bearer(token))).toMatchObject({ login: 'gone' })
    await portal.owner.query('primary', sql`DELETE FROM sys.api_access WHERE id = 19`)
    expect(await viewerOf(bearer(token))).toMatchObject(refused)
  })
})

describe('The addresses of a login', () => {
  test.each([
    '10.0.0.0',
    '10.255.255.255',
    '::ffff:10.0.0.1',
    '::FFFF:0a00:0001',
    '2001:db8::1',
    '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:db8::1%eth0',
  ])('MUST let %s in on every request', async (address) => {
    expect(await viewerOf(bearer(yetiToken(11), address))).toMatchObject({ login: 'ben' })
  })

  test.each([
    '9.255.255.255',
    '11.0.0.0',
    '203.0.113.5',
    '2001:db7:ffff::',
    '2001:db9::',
    '::10.0.0.1',
    '::1',
    '010.0.0.1',
    '',
    'unknown',
    '10.0.0.1, 1.1.1.1',
    '10.0.0.1\0',
    "10.0.0.1' OR '1'='1",
  ])('MUST keep %j out on every request, however good the token', async (address) => {
    expect(await viewerOf(bearer(yetiToken(11), address))).toMatchObject(refused)
    expect(await viewerOf(withCookie(yetiToken(11), undefined, address))).toMatchObject(refused)
  })

  test('MUST keep out who cannot be told, also where any address will do', async () => {
    expect(await viewerOf(bearer(yetiToken(10), 'unknown'))).toMatchObject(refused)
    expect(await viewerOf(bearer(yetiToken(10), '::ffff:203.0.113.5'))).toMatchObject({ login: 'anna' })
  })

  test('MUST keep everybody out where there are none', async () => {
    expect(await viewerOf(bearer(yetiToken(12), '10.0.0.1'))).toMatchObject(refused)
  })
})

describe('An administrator’s token', () => {
  test('MUST give the administrator, who has no flag of the portal', async () => {
    const statements = vi.spyOn(portal.databases, 'query')
    const viewer = await viewerOf(bearer(adminToken(21), '192.0.2.9'))
    expect(statements).toHaveBeenCalledOnce()
    statements.mockRestore()
    expect(viewer).toMatchObject({
      kind: 'admin',
      adminId: 21,
      username: 'office',
      roles: ['user', 'auditor'],
      scopes: { authenticated: true, admin: true, outgoingCdrs: false },
    })
  })

  test.each([
    ['no list of addresses', 20],
    ['an empty list of addresses', 22],
  ])('MUST be good from anywhere with %s', async (_, id) => {
    expect(await viewerOf(bearer(adminToken(id)))).toMatchObject({ kind: 'admin', adminId: id })
    expect(await viewerOf(bearer(adminToken(id), '2001:db8::1'))).toMatchObject({ kind: 'admin', adminId: id })
    expect(await viewerOf(bearer(adminToken(id), 'unknown'))).toMatchObject(refused)
  })

  test.each([
    ['from another address', 21],
    ['when disabled', 23],
    ['when never enabled', 24],
    ['when there is no such administrator', 404],
    ['with the id of a login', 10],
  ])('MUST be refused %s', async (_, id) => {
    expect(await viewerOf(bearer(adminToken(id)))).toMatchObject(refused)
  })

  test('MUST NOT make a customer of anybody, nor a customer’s token an administrator', async () => {
    const claims = { sub: 20, exp: inSeconds(600) }
    expect(
      await viewerOf(bearer(makeToken({ ...claims, aud: ['customer-v1'] }, { secret: adminSecret }))),
    ).toMatchObject(refused)
    expect(await viewerOf(bearer(makeToken({ ...claims, aud: ['admin'] }, { secret: customerSecret })))).toMatchObject(
      refused,
    )
  })

  test('MUST stand in its own cookie, and a customer’s in the customer’s', async () => {
    expect(await viewerOf(withCookie(adminToken(20), '_yeti_admin_session'))).toMatchObject({ kind: 'admin' })
    expect(await viewerOf(withCookie(adminToken(20), '_yeti_customer_v1_session'))).toMatchObject(refused)
    expect(await viewerOf(withCookie(yetiToken(10), '_yeti_admin_session'))).toMatchObject(refused)
  })
})

describe('A dynamic token', () => {
  const cfg = { customer_id: 2, customer_portal_access_profile_id: 2 }

  test('MUST give what it grants, in one statement', async () => {
    const statements = vi.spyOn(portal.databases, 'query')
    const viewer = await viewerOf(
      bearer(dynamicToken({ ...cfg, account_ids: [8], allow_outgoing_numberlists_ids: [9] })),
    )
    expect(statements).toHaveBeenCalledOnce()
    statements.mockRestore()
    expect(viewer).toMatchObject({
      kind: 'customer',
      loginId: null,
      login: 'dynamic',
      customer: { id: 2, name: 'Bolt' },
      tenant: { customerId: 2, accountIds: [8], numberlistIds: [9] },
      accessProfile: { id: 2, name: 'Narrow' },
      scopes: { authenticated: true, outgoingCdrs: false, payments: true },
    })
  })

  test.each<[string, object]>([
    ['another customer', { ...cfg, customer_id: 404 }],
    ['another profile', { ...cfg, customer_portal_access_profile_id: 404 }],
    ['an unknown key', { ...cfg, role: 'admin' }],
    ['no address', { ...cfg, allowed_ips: [] }],
    ['another address', { ...cfg, allowed_ips: ['10.0.0.0/8', '2001:db8::/32'] }],
    ['an address that is none', { ...cfg, allowed_ips: ['203.0.113.5', "'}; --"] }],
  ])('MUST be refused with %s', async (_, grant) => {
    expect(await viewerOf(bearer(dynamicToken(grant)))).toMatchObject(refused)
  })

  test('MUST be good from the addresses that it names, on every request', async () => {
    const token = dynamicToken({ ...cfg, allowed_ips: ['10.0.0.0/8', '203.0.113.5'] })
    expect(await viewerOf(bearer(token))).toMatchObject({ login: 'dynamic' })
    expect(await viewerOf(bearer(token, '203.0.113.6'))).toMatchObject(refused)
  })

  test('MUST keep its grant when its cookie is renewed', async () => {
    const { setCookies } = await identity.authenticate(
      withCookie(dynamicToken({ ...cfg, allow_listen_recording: true }, { exp: inSeconds(30) })),
    )
    const [, token = ''] = /=([^;]*)/.exec(setCookies[0] ?? '') ?? []
    expect(checkedClaims(token, customerSecret)).toMatchObject({ sub: 'D', cfg })
    expect(await viewerOf(bearer(token))).toMatchObject({ login: 'dynamic', accessProfile: { id: 2 } })
  })
})

describe('A session in a cookie', () => {
  test('MUST NOT be renewed before a tenth of its lifetime', async () => {
    const { setCookies, by } = await identity.authenticate(withCookie(yetiToken(10, { exp: inSeconds(550) })))
    expect({ setCookies, by }).toEqual({ setCookies: [], by: 'cookie' })
  })

  test('MUST slide: a full lifetime again, the same session, for Yeti as well', async () => {
    const presented = yetiToken(10, { exp: inSeconds(30), sid: 'session-0123456789' })
    const { setCookies, viewer } = await identity.authenticate(withCookie(presented))
    expect(setCookies).toHaveLength(1)
    const [, token = ''] =
      /^_yeti_customer_v1_session=([^;]+); Path=\/; Expires=[^;]+ GMT; HttpOnly; SameSite=Lax$/.exec(
        setCookies[0] ?? '',
      ) ?? []
    const claims = checkedClaims(token, customerSecret)
    expect(claims).toMatchObject({ aud: ['customer-v1'], sub: 10, sid: 'session-0123456789' })
    expect(Number(claims['exp'])).toBeGreaterThanOrEqual(inSeconds(598))
    expect(viewer).toMatchObject({
      session: { key: 'session-0123456789', expiresAt: new Date(Number(claims['exp']) * 1000) },
    })
  })

  test('MUST keep the session of a token that Yeti gave, which has no name for it', async () => {
    const presented = yetiToken(10, { exp: inSeconds(30) })
    const { setCookies, viewer } = await identity.authenticate(withCookie(presented))
    const [, token = ''] = /=([^;]*)/.exec(setCookies[0] ?? '') ?? []
    const before = await viewerOf(bearer(presented))
    expect(viewer).toMatchObject({ session: { key: before.kind === 'customer' && before.session.key } })
    expect(await viewerOf(bearer(token))).toMatchObject({
      session: { key: before.kind === 'customer' && before.session.key },
    })
  })

  test('MUST be renewed in the administrator’s cookie for one of them', async () => {
    const { setCookies } = await identity.authenticate(
      withCookie(adminToken(20, { exp: inSeconds(30) }), '_yeti_admin_session'),
    )
    const [, token = ''] = /^_yeti_admin_session=([^;]+);/.exec(setCookies[0] ?? '') ?? []
    expect(checkedClaims(token, adminSecret)).toMatchObject({ aud: ['admin'], sub: 20 })
  })

  test('MUST be Secure where the gateway is reached by https', async () => {
    const { setCookies } = await portal
      .identity({ PUBLIC_URL: 'https://portal.example' })
      .authenticate(withCookie(yetiToken(10, { exp: inSeconds(30) })))
    expect(setCookies[0]).toMatch(/; Secure$/)
  })

  test('MUST NOT come of a token in the header', async () => {
    expect((await identity.authenticate(bearer(yetiToken(10, { exp: inSeconds(30) })))).setCookies).toEqual([])
  })
})

describe('While the database does not answer', () => {
  const { log } = memoryLog()
  const nowhere = 'postgresql://nobody:nothing@127.0.0.1:1/none'

  test('nobody MUST be told that they are anonymous, and who has no token is', async () => {
    await using databases = openDatabases({
      primaryUrl: nowhere,
      cdrUrl: nowhere,
      poolSize: 1,
      statementTimeout: 1000,
      log,
    })
    const down = createIdentity({ config: configOf(), secrets, databases, rolePolicy: await loadRolePolicy(null), log })
    await expect(down.authenticate(bearer(yetiToken(10)))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(down.authenticate(withCookie(adminToken(20), '_yeti_admin_session'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    await expect(down.signIn('anna', 'anna-secret', '203.0.113.5')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect((await down.authenticate(nobody)).viewer).toMatchObject({ kind: 'anonymous', refusal: null })
    expect((await down.authenticate(bearer('junk'))).viewer).toMatchObject(refused)
  })
})

describe('Those who ask at the same time', () => {
  test('MUST be read together, each as who they are', async () => {
    const statements = vi.spyOn(portal.databases, 'query')
    const tokens = [yetiToken(10), adminToken(1), dynamicToken({ customer_id: 1 }), yetiToken(987_654), yetiToken(10)]
    const alone = []
    for (const token of tokens) alone.push((await identity.authenticate(bearer(token))).viewer)
    statements.mockClear()
    const together = await Promise.all(tokens.map((token) => viewerOf(bearer(token))))
    expect(together).toEqual(alone)
    expect(statements).toHaveBeenCalledOnce()
    statements.mockRestore()
  })

  test('MUST NOT be told what was read before they asked', async () => {
    const query = portal.databases.query.bind(portal.databases)
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const statements = vi.spyOn(portal.databases, 'query').mockImplementationOnce(async (...asked) => {
      const rows = await query(...asked)
      await held
      return rows as never
    })
    const early = viewerOf(bearer(yetiToken(10)))
    await vi.waitFor(() => expect(statements).toHaveBeenCalledOnce())
    await portal.owner.primary.query("UPDATE sys.api_access SET login = 'renamed' WHERE id = 10")
    const late = viewerOf(bearer(yetiToken(10)))
    release()
    expect(await early).not.toMatchObject({ login: 'renamed' })
    expect(await late).toMatchObject({ login: 'renamed' })
    expect(statements).toHaveBeenCalledTimes(2)
    statements.mockRestore()
  })

  test('MUST NOT wait for a statement that hangs', async () => {
    const statements = vi.spyOn(portal.databases, 'query').mockImplementationOnce(() => new Promise(() => undefined))
    void viewerOf(bearer(yetiToken(10)))
    await vi.waitFor(() => expect(statements).toHaveBeenCalledOnce())
    expect(await viewerOf(bearer(yetiToken(10)))).toMatchObject({ kind: 'customer' })
    statements.mockRestore()
  })

  test('MUST all be told when they cannot be read, and the next not suffer from it', async () => {
    const statements = vi.spyOn(portal.databases, 'query').mockRejectedValue(new Error('lost'))
    const tokens = [yetiToken(10), yetiToken(10)]
    const results = await Promise.allSettled(tokens.map((token) => viewerOf(bearer(token))))
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    statements.mockRestore()
    expect(await viewerOf(bearer(yetiToken(10)))).toMatchObject({ kind: 'customer' })
  })
})
