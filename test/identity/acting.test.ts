import { hkdfSync } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { sql, type Sql } from '../../src/backends/databases.ts'
import { endSessionsOf, type FileReference, type Identity } from '../../src/identity/identity.ts'
import type { AdminViewer, CustomerViewer } from '../../src/identity/viewer.ts'
import { bearer, startPortal, withCookie, type Portal } from './support/portal.ts'
import {
  adminSecret,
  adminToken,
  checkedClaims,
  customerSecret,
  inSeconds,
  makeToken,
  yetiToken,
} from './support/tokens.ts'

let portal: Portal
let identity: Identity
const here = '203.0.113.5'
const office = '192.0.2.7'
const refused = { kind: 'anonymous', refusal: 'Authorization token expired or incorrect.' }
const recording: FileReference = { kind: 'outgoing-recording', id: '1' }
const actingKey = Buffer.from(hkdfSync('sha256', adminSecret, '', 'yeti-portal-gateway/acting', 32))
const fileKey = Buffer.from(hkdfSync('sha256', customerSecret, '', 'yeti-portal-gateway/file', 32))

beforeAll(async () => {
  portal = await startPortal()
  identity = portal.identity()
  await run(sql`UPDATE gui.admin_users SET roles = '{root}' WHERE username = 'office'`)
}, 60_000)
afterAll(() => portal[Symbol.asyncDispose]())
afterEach(() => vi.useRealTimers())

async function run(statement: Sql): Promise<void> {
  await portal.owner.query('primary', statement)
}

async function signedIn(username = 'root', address = here): Promise<AdminViewer> {
  const { viewer } = await identity.adminSignIn(username, `${username}-secret`, address)
  if (viewer.kind !== 'admin') throw new TypeError('An administrator signs in here')
  return viewer
}

async function acting(loginId = 10, administrator?: AdminViewer): Promise<string> {
  return (await identity.actAs(administrator ?? (await signedIn()), loginId)).token
}

async function viewerOf(token: string, address = here) {
  return (await identity.authenticate(bearer(token, address))).viewer
}

async function actingViewer(token: string, address = here): Promise<CustomerViewer> {
  const viewer = await viewerOf(token, address)
  if (viewer.kind !== 'customer' || viewer.actor === null) throw new Error('The token was refused')
  return viewer
}

describe('A token of acting as a login', () => {
  test('MUST give the login as it stands, and who looks, in one statement', async () => {
    const token = await acting()
    const statements = vi.spyOn(portal.databases, 'query')
    const { viewer, by, setCookies } = await identity.authenticate(bearer(token))
    expect(statements).toHaveBeenCalledOnce()
    statements.mockRestore()
    expect({ by, setCookies }).toEqual({ by: 'header', setCookies: [] })
    const own = await viewerOf(yetiToken(10))
    if (own.kind !== 'customer') throw new TypeError('anna is a customer')
    const { scopes, loginId, login, customer, tenant, accessProfile, provisionGatewayId } = own
    expect(viewer).toMatchObject({ kind: 'customer', scopes, loginId, login, customer, tenant, accessProfile })
    expect(viewer).toMatchObject({ provisionGatewayId, actor: { adminId: 20, username: 'root' } })
    expect(viewer.scopes).toMatchObject({ admin: false, actAsCustomer: false })
    expect(own.actor).toBeNull()
  })

  test('MUST be signed by a key of its own, for an audience of its own, in the administrator’s session', async () => {
    const administrator = await signedIn()
    const token = await acting(10, administrator)
    for (const secret of [customerSecret, adminSecret]) expect(() => checkedClaims(token, secret)).toThrow('signature')
    const [, payload = ''] = token.split('.')
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual({
      aud: ['portal-acting'],
      sub: 10,
      act: { sub: 20, seal: expect.stringMatching(/^[\w-]{43}$/) },
      sid: administrator.session.key,
      iat: expect.any(Number),
      exp: expect.any(Number),
    })
  })

  test('MUST last as long as the setting says, and not longer than the administrator’s own', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
    const administrator = async (exp?: number) => {
      const viewer = await viewerOf(adminToken(20, { exp }), here)
      if (viewer.kind !== 'admin') throw new TypeError('root is an administrator')
      return viewer
    }
    const lasting = async (settings: Record<string, string>, viewer: AdminViewer) =>
      (await portal.identity(settings).actAs(viewer, 10)).expiresAt.getTime() - Date.now()
    const [long, short] = [await administrator(inSeconds(5_000)), await administrator(inSeconds(40))]
    expect(await lasting({}, long)).toBe(600_000)
    expect(await lasting({ ACTING_TOKEN_LIFETIME: '90' }, long)).toBe(90_000)
    expect(await lasting({}, short)).toBe(40_000)
    const eternal: AdminViewer = { ...long, session: { ...long.session, expiresAt: null } }
    expect(await lasting({ ADMIN_TOKEN_LIFETIME: 'none' }, eternal)).toBe(600_000)
  })

  test('MUST be worth nothing when it has expired, which no use puts off', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
    const token = await acting()
    vi.setSystemTime(1_800_000_599_000)
    expect(await identity.authenticate(bearer(token))).toMatchObject({ viewer: { login: 'anna' }, setCookies: [] })
    vi.setSystemTime(1_800_000_600_000)
    expect(await viewerOf(token)).toMatchObject(refused)
  })

  test.each(['_yeti_customer_v1_session', '_yeti_admin_session'])('MUST NOT be taken from the cookie %s', async (name) => {
    const token = await acting()
    expect(await identity.authenticate(withCookie(token, name))).toMatchObject({ viewer: refused, setCookies: [] })
  }) // prettier-ignore

  test('MUST NOT end the administrator’s session by a sign-out', async () => {
    const { viewer, token: own } = await identity.adminSignIn('root', 'root-secret', here)
    const token = await acting(10, viewer as AdminViewer) // who has just signed in as one
    await expect(identity.signOut(await viewerOf(token))).rejects.toMatchObject({ extensions: { readOnly: true } })
    expect(await viewerOf(own)).toMatchObject({ kind: 'admin' })
  })
})

describe('From where', () => {
  test('the administrator’s addresses MUST count, and those of the login not', async () => {
    for (const loginId of [11, 12]) expect(await viewerOf(await acting(loginId))).toMatchObject({ loginId })
    const token = await acting(10, await signedIn('office', office))
    expect(await viewerOf(token, office)).toMatchObject({ loginId: 10, actor: { username: 'office' } })
    for (const elsewhere of [here, '10.0.0.1', 'unknown', ''])
      expect(await viewerOf(token, elsewhere)).toMatchObject(refused)
  })
})

describe('Acting MUST be over', () => {
  const changes: readonly (readonly [when: string, change: () => Promise<void>, back: () => Promise<void>])[] = [
    [
      'when the administrator is disabled',
      () => run(sql`UPDATE gui.admin_users SET enabled = false WHERE id = 20`),
      () => run(sql`UPDATE gui.admin_users SET enabled = true WHERE id = 20`),
    ],
    [
      'when the administrator’s roles no longer allow it',
      () => run(sql`UPDATE gui.admin_users SET roles = '{user}' WHERE id = 20`),
      () => run(sql`UPDATE gui.admin_users SET roles = '{root}' WHERE id = 20`),
    ],
    [
      'when the administrator has another password',
      () => run(sql`UPDATE gui.admin_users SET encrypted_password = encrypted_password || ' ' WHERE id = 20`),
      () => run(sql`UPDATE gui.admin_users SET encrypted_password = rtrim(encrypted_password) WHERE id = 20`),
    ],
    [
      'when the administrator may no longer come from there',
      () => run(sql`UPDATE gui.admin_users SET allowed_ips = '{192.0.2.0/24}' WHERE id = 20`),
      () => run(sql`UPDATE gui.admin_users SET allowed_ips = NULL WHERE id = 20`),
    ],
    [
      'when the administrator is deleted',
      () => run(sql`UPDATE gui.admin_users SET id = 120 WHERE id = 20`),
      () => run(sql`UPDATE gui.admin_users SET id = 20 WHERE id = 120`),
    ],
    [
      'when the login is deleted',
      () => run(sql`UPDATE sys.api_access SET id = 110 WHERE id = 10`),
      () => run(sql`UPDATE sys.api_access SET id = 10 WHERE id = 110`),
    ],
  ]
  test.each(changes)('%s', async (_, change, back) => {
    const token = await acting()
    const link = (await identity.fileLink(await actingViewer(token), recording)).token
    await change()
    expect(await viewerOf(token)).toMatchObject(refused)
    expect(await identity.openFileLink(link, here)).toBeNull()
    await back()
    expect(await viewerOf(token)).toMatchObject({ login: 'anna' })
    expect(await identity.openFileLink(link, here)).not.toBeNull()
  })

  test('when the administrator signs out, and for nobody else', async () => {
    const administrator = await signedIn()
    const [token, other] = [await acting(10, administrator), await acting()]
    await identity.signOut(administrator)
    for (const each of [identity, portal.identity()])
      expect((await each.authenticate(bearer(token))).viewer).toMatchObject(refused)
    expect(await viewerOf(other)).toMatchObject({ login: 'anna' })
  })

  test('also where the lifetime of administrators’ tokens is the shorter one', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    const brief = portal.identity({ ADMIN_TOKEN_LIFETIME: '20', ACTING_TOKEN_LIFETIME: '3600' })
    const { viewer } = await brief.adminSignIn('root', 'root-secret', here)
    if (viewer.kind !== 'admin') throw new TypeError('root is an administrator')
    const { expiresAt } = await brief.actAs(viewer, 10)
    await brief.signOut(viewer)
    const rows = await portal.databases.query<{ expires_at: Date }>(
      'primary',
      sql`SELECT expires_at FROM portal.revoked_sessions WHERE key = ${viewer.session.key}`,
    )
    // Until then the sign-out is remembered.
    expect(rows[0]?.expires_at.getTime()).toBeGreaterThan(expiresAt.getTime())
  })

  test('NOT when the login changes its password or is signed out everywhere: the session is the administrator’s', async () => {
    const token = await acting(11)
    await run(sql`UPDATE sys.api_access SET password_digest = 'x' WHERE id = 11`)
    await portal.databases.transaction('primary', (transaction) => endSessionsOf(transaction, 11))
    expect(await viewerOf(token)).toMatchObject({ login: 'ben' })
  })
})

describe('What the login may see', () => {
  test('MUST be what its profile says at that moment', async () => {
    const token = await acting(11)
    const link = (await identity.fileLink(await actingViewer(token), recording)).token
    expect((await actingViewer(token)).scopes).toMatchObject({ outgoingCdrs: false, invoices: true })
    await run(sql`UPDATE sys.customer_portal_access_profiles SET outgoing_cdrs = true, invoices = false WHERE id = 2`)
    expect((await actingViewer(token)).scopes).toMatchObject({ outgoingCdrs: true, invoices: false })
    expect((await identity.openFileLink(link, here))?.viewer.scopes).toMatchObject({ outgoingCdrs: true })
    await run(sql`UPDATE sys.api_access SET account_ids = '{5}' WHERE id = 11`)
    expect((await actingViewer(token)).tenant).toMatchObject({ customerId: 2, accountIds: [5] })
  })
})

describe('A link to a file', () => {
  test('MUST work from the administrator’s addresses, as the administrator’s', async () => {
    const token = await acting(10, await signedIn('office', office))
    const link = await identity.fileLink(await actingViewer(token, office), recording)
    const opened = await identity.openFileLink(link.token, office)
    expect(opened).toMatchObject({ file: recording, viewer: { loginId: 10, actor: { username: 'office' } } })
    expect(await identity.openFileLink(link.token, here)).toBeNull()
  })

  test('MUST die with the administrator’s session, and not last longer than the token', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    const administrator = await signedIn()
    const { token, expiresAt } = await portal.identity({ ACTING_TOKEN_LIFETIME: '30' }).actAs(administrator, 10)
    const link = await identity.fileLink(await actingViewer(token), recording)
    expect(link.expiresAt).toEqual(expiresAt)
    expect(await identity.openFileLink(link.token, here)).not.toBeNull()
    await identity.signOut(administrator)
    expect(await identity.openFileLink(link.token, here)).toBeNull()
  })

  test.each<[string, object]>([
    ['no seal', { act: { sub: 20 } }],
    ['another password’s seal', { act: { sub: 20, seal: 'x'.repeat(43) } }],
    ['another administrator', { act: { sub: 21, seal: 'x'.repeat(43) } }],
    ['nothing in it', { act: null }],
  ])('that names an administrator with %s MUST NOT become the customer’s', async (_, wrong) => {
    const claims = { aud: 'portal-file', sub: 10, ...recording, sid: 'session-0123456789', exp: inSeconds(60) }
    const byKey = (more: object) => makeToken({ ...claims, ...more }, { secret: fileKey })
    expect(await identity.openFileLink(byKey({}), here)).not.toBeNull()
    expect(await identity.openFileLink(byKey(wrong), here)).toBeNull()
  })
})

describe('A forged token', () => {
  const act = async (): Promise<object> => {
    const [, payload = ''] = (await acting()).split('.')
    return JSON.parse(Buffer.from(payload, 'base64url').toString()).act
  }
  const claimsOf = async (more: object = {}): Promise<object> => ({
    aud: ['portal-acting'],
    sub: 10,
    act: await act(),
    sid: 'session-0123456789',
    exp: inSeconds(60),
    ...more,
  })

  test('MUST be refused for what is wrong with it: the same with nothing wrong is good', async () => {
    const good = makeToken(await claimsOf(), { secret: actingKey })
    expect(await viewerOf(good)).toMatchObject({ login: 'anna', actor: { adminId: 20 } })
  })

  test.each<[string, string | Buffer, object]>([
    ['signed by the customers’ secret', customerSecret, {}],
    ['signed by the administrators’ secret', adminSecret, {}],
    ['for customers, by the key of acting', actingKey, { aud: ['customer-v1'] }],
    ['for administrators, by the key of acting', actingKey, { aud: ['admin'] }],
    ['for two audiences', actingKey, { aud: ['portal-acting', 'customer-v1'] }],
    ['for two audiences, by the customers’ secret', customerSecret, { aud: ['portal-acting', 'customer-v1'] }],
    ['for two audiences, by the administrators’ secret', adminSecret, { aud: ['portal-acting', 'admin'] }],
    ['without an administrator', actingKey, { act: undefined }],
    ['with an administrator who is none', actingKey, { act: { sub: 404, seal: 'x'.repeat(43) } }],
    ['without the seal of the password', actingKey, { act: { sub: 20 } }],
    ['with the seal of another administrator', actingKey, { act: { sub: 22, seal: 'x'.repeat(43) } }],
    ['without a session', actingKey, { sid: undefined }],
    ['without end', actingKey, { exp: undefined }],
    ['for nobody', actingKey, { sub: undefined }],
    ['for a login that is none', actingKey, { sub: 404 }],
    ['for a login by its name', actingKey, { sub: 'anna' }],
    ['as a dynamic token', actingKey, { sub: 'D', cfg: { customer_id: 1 } }],
    ['beyond what a column holds', actingKey, { sub: 2 ** 40 }],
  ])('MUST be refused: %s', async (_, secret, wrong) => {
    expect(await viewerOf(makeToken(await claimsOf(wrong), { secret }))).toMatchObject(refused)
  })

  test('MUST be refused when its audience or login was changed and its signature kept', async () => {
    const [header, , signature] = (await acting()).split('.')
    for (const wrong of [{ aud: ['customer-v1'] }, { aud: ['admin'] }, { sub: 11 }]) {
      const forged = Buffer.from(JSON.stringify(await claimsOf(wrong))).toString('base64url')
      expect(await viewerOf(`${header}.${forged}.${signature}`)).toMatchObject(refused)
    }
  })

  test('of a customer MUST NOT look like acting for its `act`, nor that of an administrator', async () => {
    expect(await viewerOf(yetiToken(10, { act: await act() }))).toMatchObject({ login: 'anna', actor: null })
    expect(await viewerOf(adminToken(20, { act: await act() }))).toMatchObject({ kind: 'admin' })
  })

  test('MUST NOT be a link to a file, nor a link a token', async () => {
    const token = await acting()
    expect(await identity.openFileLink(token, here)).toBeNull()
    const link = await identity.fileLink(await actingViewer(token), recording)
    expect(await viewerOf(link.token)).toMatchObject(refused)
  })
})
