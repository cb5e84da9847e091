import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { sql } from '../../src/backends/databases.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { anonymous } from '../../src/identity/viewer.ts'
import { bearer, startPortal, withCookie, type Portal } from './support/portal.ts'
import { adminToken, dynamicToken, inSeconds, yetiToken } from './support/tokens.ts'

let portal: Portal
let identity: Identity
const here = '203.0.113.5'
const refused = { kind: 'anonymous', refusal: 'Authorization token expired or incorrect.' }

beforeAll(async () => {
  portal = await startPortal()
  identity = portal.identity()
}, 60_000)
afterAll(() => portal[Symbol.asyncDispose]())
afterEach(() => vi.useRealTimers())

async function viewerOf(token: string, from = identity) {
  return (await from.authenticate(bearer(token))).viewer
}

async function endedSessions(): Promise<readonly { key: string; expires_at: Date | null }[]> {
  return portal.databases.query('primary', sql`SELECT key, expires_at FROM portal.revoked_sessions ORDER BY created_at`)
}

describe('Signing out', () => {
  test('MUST clear both cookies, as Yeti does', async () => {
    const cleared = ['_yeti_customer_v1_session', '_yeti_admin_session'].map(
      (name) => `${name}=logout; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax`,
    )
    const { viewer } = await identity.signIn('anna', 'anna-secret', here)
    expect(await identity.signOut(viewer)).toEqual(cleared)
    expect(await identity.signOut(anonymous)).toEqual(cleared)
  })

  test('MUST end the session on every gateway process, and no other session of the same login', async () => {
    const mine = await identity.signIn('anna', 'anna-secret', here)
    const other = await identity.signIn('anna', 'anna-secret', here)
    await identity.signOut(mine.viewer)
    expect(await viewerOf(mine.token)).toMatchObject(refused)
    expect(await viewerOf(mine.token, portal.identity())).toMatchObject(refused)
    expect(await viewerOf(other.token)).toMatchObject({ login: 'anna' })
  })

  test.each<[string, () => string]>([
    ['that Yeti gave to a login', () => yetiToken(10)],
    ['that Yeti gave without a login', () => dynamicToken({ customer_id: 1 })],
    ['of an administrator', () => adminToken(20)],
  ])('MUST end a token %s', async (_, make) => {
    const token = make()
    const viewer = await viewerOf(token)
    expect(viewer.kind).not.toBe('anonymous')
    await identity.signOut(viewer)
    expect(await viewerOf(token)).toMatchObject(refused)
  })

  test('MUST end the token before and the token after a renewal', async () => {
    for (const before of [
      yetiToken(10, { exp: inSeconds(31) }),
      yetiToken(10, { exp: inSeconds(32), sid: 'session-0123456789' }),
    ]) {
      const { viewer, setCookies } = await identity.authenticate(withCookie(before))
      const [, after = ''] = /=([^;]*)/.exec(setCookies[0] ?? '') ?? []
      expect(await viewerOf(after)).toMatchObject({ login: 'anna' })
      await identity.signOut(viewer)
      expect(await viewerOf(before)).toMatchObject(refused)
      expect(await viewerOf(after)).toMatchObject(refused)
      expect(await identity.authenticate(withCookie(after))).toMatchObject({ viewer: refused, setCookies: [] })
    }
  })

  test('MAY be done twice', async () => {
    const { viewer } = await identity.signIn('anna', 'anna-secret', here)
    await identity.signOut(viewer)
    await expect(identity.signOut(viewer)).resolves.toHaveLength(2)
  })
})

describe('An ended session', () => {
  test('MUST be remembered for longer than any of its tokens is good, and forgotten later', async () => {
    await portal.databases.query('primary', sql`DELETE FROM portal.revoked_sessions`)
    const { viewer } = await identity.signIn('anna', 'anna-secret', here)
    await identity.signOut(viewer)
    const [ended] = await endedSessions()
    expect(ended?.key).toBe(viewer.session.key)
    expect(ended?.expires_at?.getTime()).toBeGreaterThanOrEqual(Date.now() + 600_000)
    expect(ended?.expires_at?.getTime()).toBeLessThan(Date.now() + 3_600_000)

    await portal.databases.query(
      'primary',
      sql`UPDATE portal.revoked_sessions SET expires_at = now() - interval '1 second'`,
    )
    const next = await identity.signIn('anna', 'anna-secret', here)
    await identity.signOut(next.viewer)
    expect((await endedSessions()).map(({ key }) => key)).toEqual([next.viewer.session.key])
  })

  test('MUST be remembered until its token expires, though lifetimes are shorter by now', async () => {
    const token = yetiToken(10, { exp: inSeconds(90_000) })
    const viewer = await viewerOf(token)
    await identity.signOut(viewer)
    expect((await endedSessions()).at(-1)?.expires_at?.getTime()).toBeGreaterThanOrEqual(Date.now() + 89_000_000)
  })

  test.each<[string, (exp: number) => string]>([
    ['a customer', (exp) => yetiToken(10, { exp })],
    ['an administrator', (exp) => adminToken(20, { exp })],
  ])('MUST be remembered until a token expires that was renewed just now: %s', async (_, make) => {
    const settings = { CUSTOMER_TOKEN_LIFETIME: '7200', ADMIN_TOKEN_LIFETIME: '7200' }
    const viewer = await viewerOf(make(inSeconds(30)))
    const key = viewer.kind === 'anonymous' ? '' : viewer.session.key
    await portal.identity(settings).signOut(viewer)
    const ended = (await endedSessions()).find((each) => each.key === key)
    expect(ended?.expires_at?.getTime()).toBeGreaterThanOrEqual(Date.now() + 7_199_000)
  })

  test('MUST be remembered by the lifetime of its own audience', async () => {
    const viewer = await viewerOf(adminToken(20, { exp: inSeconds(31) }))
    await portal.identity({ CUSTOMER_TOKEN_LIFETIME: 'none', ADMIN_TOKEN_LIFETIME: '600' }).signOut(viewer)
    expect((await endedSessions()).at(-1)?.expires_at).not.toBeNull()
  })

  test('MUST be remembered for ever where tokens never expire', async () => {
    const eternal = portal.identity({ CUSTOMER_TOKEN_LIFETIME: 'none' })
    const { token, viewer } = await eternal.signIn('anna', 'anna-secret', here)
    await eternal.signOut(viewer)
    expect((await endedSessions()).at(-1)).toEqual({ key: viewer.session.key, expires_at: null })
    expect(await viewerOf(token, eternal)).toMatchObject(refused)
  })
})
