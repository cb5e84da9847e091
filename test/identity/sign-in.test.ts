import bcrypt from 'bcrypt'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { sql } from '../../src/backends/databases.ts'
import { UnauthenticatedError } from '../../src/errors.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { bearer, secrets, startPortal, withCookie, type Portal } from './support/portal.ts'
import { adminSecret, checkedClaims, customerSecret } from './support/tokens.ts'

let portal: Portal
let identity: Identity
// The digests of the people here are cheap; what is compared for show at the usual cost never matches.
const compareInEarnest = bcrypt.compare
const compare = vi
  .spyOn(bcrypt, 'compare')
  .mockImplementation((password, digest) =>
    bcrypt.getRounds(digest) > 4 ? Promise.resolve(false) : compareInEarnest(password, digest),
  )
const here = '203.0.113.5'

beforeAll(async () => {
  portal = await startPortal()
  identity = portal.identity()
}, 60_000)
afterAll(() => portal[Symbol.asyncDispose]())
beforeEach(() => portal.databases.query('primary', sql`DELETE FROM portal.rate_limits`))
afterEach(() => compare.mockClear())

describe('A customer who signs in', () => {
  test('MUST get a token that Yeti accepts, until when, and who they are', async () => {
    const { token, expiresAt, viewer } = await identity.signIn('anna', 'anna-secret', here)
    const claims = checkedClaims(token, customerSecret)
    expect(claims).toMatchObject({ aud: ['customer-v1'], sub: 10, sid: expect.stringMatching(/^[\w-]{22}$/) })
    expect(expiresAt).toEqual(new Date(Number(claims['exp']) * 1000))
    expect(viewer).toMatchObject({ kind: 'customer', login: 'anna', session: { key: claims['sid'], expiresAt } })
    expect((await identity.authenticate(bearer(token))).viewer).toEqual(viewer)
  })

  test('MUST get their cookie, and lose that of an administrator', async () => {
    const { token, expiresAt, setCookies } = await identity.signIn('anna', 'anna-secret', here)
    expect(setCookies).toEqual([
      `_yeti_customer_v1_session=${token}; Path=/; Expires=${expiresAt?.toUTCString()}; HttpOnly; SameSite=Lax`,
      '_yeti_admin_session=logout; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax',
    ])
    expect((await identity.authenticate(withCookie(token))).viewer).toMatchObject({ login: 'anna' })
  })

  test('MUST get another session each time', async () => {
    const [one, two] = await Promise.all([
      identity.signIn('anna', 'anna-secret', here),
      identity.signIn('anna', 'anna-secret', here),
    ])
    expect(one.viewer.session.key).not.toBe(two.viewer.session.key)
  })

  test('MUST get a token without end where that is set', async () => {
    const eternal = portal.identity({ CUSTOMER_TOKEN_LIFETIME: 'none' })
    const { token, expiresAt, setCookies } = await eternal.signIn('anna', 'anna-secret', here)
    expect(expiresAt).toBeNull()
    expect(setCookies[0]).not.toContain('Expires')
    expect((await eternal.authenticate(bearer(token))).viewer).toMatchObject({ login: 'anna' })
    expect((await identity.authenticate(bearer(token))).viewer).toMatchObject({ kind: 'anonymous' })
  })

  test('MAY do so from an allowed address', async () => {
    expect((await identity.signIn('ben', 'ben-secret', '::ffff:10.1.1.1')).viewer).toMatchObject({ login: 'ben' })
  })

  test('MAY have a contractor that is disabled, as in Yeti', async () => {
    await portal.owner.query('primary', sql`UPDATE public.contractors SET enabled = false WHERE id = 1`)
    expect((await identity.signIn('anna', 'anna-secret', here)).viewer).toMatchObject({ login: 'anna' })
  })
})

describe('An administrator who signs in', () => {
  test('MUST get a token that Yeti accepts, and the administrators’ cookie', async () => {
    const { token, viewer, setCookies } = await identity.adminSignIn('root', 'root-secret', here)
    expect(checkedClaims(token, adminSecret)).toMatchObject({ aud: ['admin'], sub: 20 })
    expect(viewer).toMatchObject({ kind: 'admin', username: 'root', roles: ['root'] })
    expect(setCookies.map((cookie) => cookie.split(/=|;/, 2).join('='))).toEqual([
      `_yeti_admin_session=${token}`,
      '_yeti_customer_v1_session=logout',
    ])
    expect((await identity.authenticate(bearer(token))).viewer).toEqual(viewer)
  })

  test('MAY do so from an allowed address', async () => {
    expect((await identity.adminSignIn('office', 'office-secret', '192.0.2.1')).viewer).toMatchObject({
      username: 'office',
    })
  })
})

describe('A sign-in MUST be refused in the same words after one comparison', () => {
  const tries: [string, () => Promise<unknown>][] = [
    ['an unknown login', () => identity.signIn('nobody', 'anna-secret', here)],
    ['a wrong password', () => identity.signIn('anna', 'wrong', here)],
    ['an address that is not allowed', () => identity.signIn('ben', 'ben-secret', here)],
    ['an address that cannot be told', () => identity.signIn('anna', 'anna-secret', 'unknown')],
    ['no allowed address at all', () => identity.signIn('cleo', 'cleo-secret', here)],
    ['the login in capitals', () => identity.signIn('ANNA', 'anna-secret', here)],
    ['the login with a space', () => identity.signIn('anna ', 'anna-secret', here)],
    ['a pattern for a login', () => identity.signIn('ann_', 'anna-secret', here)],
    ['an empty login', () => identity.signIn('', 'anna-secret', here)],
    ['an empty password', () => identity.signIn('anna', '', here)],
    ['a login with NUL', () => identity.signIn('anna\0', 'anna-secret', here)],
    ['a password with NUL', () => identity.signIn('anna', 'anna-secret\0', here)],
    ['a password longer than bcrypt reads', () => identity.signIn('anna', 'anna-secret'.repeat(7), here)],
    ['a login of a megabyte', () => identity.signIn('a'.repeat(1_000_000), 'x', here)],
    ['SQL', () => identity.signIn("' OR 1=1 --", 'x', here)],
    ['half a letter', () => identity.signIn('\ud800', '\udfff', here)],
    ['an administrator at the customers’ door', () => identity.signIn('root', 'root-secret', here)],
    ['a customer at the administrators’ door', () => identity.adminSignIn('anna', 'anna-secret', here)],
    ['an unknown administrator', () => identity.adminSignIn('nobody', 'x', here)],
    ['an administrator’s wrong password', () => identity.adminSignIn('root', 'wrong', here)],
    ['an administrator from elsewhere', () => identity.adminSignIn('office', 'office-secret', here)],
    ['an administrator from an address that cannot be told', () => identity.adminSignIn('root', 'root-secret', '')],
    ['a disabled administrator', () => identity.adminSignIn('disabled', 'disabled-secret', here)],
    ['an administrator who was never enabled', () => identity.adminSignIn('undecided', 'undecided-secret', here)],
    ['an administrator without a password', () => identity.adminSignIn('single', '', here)],
    ['a password for an administrator who has none', () => identity.adminSignIn('single', 'x', here)],
  ]

  test.each(tries)('%s', async (_, attempt) => {
    await expect(attempt()).rejects.toEqual(new UnauthenticatedError('Incorrect login or password.'))
    expect(compare).toHaveBeenCalledOnce()
  })

  test('at Yeti’s usual cost for a login that does not exist', async () => {
    await expect(identity.signIn('nobody', 'x', here)).rejects.toThrow()
    expect(compare.mock.lastCall?.[1]).toMatch(/^\$2b\$12\$/)
    await expect(identity.adminSignIn('nobody', 'x', here)).rejects.toThrow()
    expect(compare.mock.lastCall?.[1]).toMatch(/^\$2b\$10\$/)
  })
})

describe('A changed password', () => {
  test('MUST end the sessions that were begun with the old one, and no other', async () => {
    const [{ token: old }, { token: other }] = [
      await identity.signIn('anna', 'anna-secret', here),
      await identity.signIn('ben', 'ben-secret', '10.0.0.1'),
    ]
    await portal.owner.query(
      'primary',
      sql`UPDATE sys.api_access SET password_digest = ${bcrypt.hashSync('new', 4)} WHERE id = 10`,
    )
    expect((await identity.authenticate(bearer(old))).viewer).toMatchObject({ kind: 'anonymous' })
    expect((await identity.authenticate(bearer(other, '10.0.0.1'))).viewer).toMatchObject({ login: 'ben' })
    const { token: fresh } = await identity.signIn('anna', 'new', here)
    expect((await identity.authenticate(bearer(fresh))).viewer).toMatchObject({ login: 'anna' })
  })

  test('MUST end those of an administrator', async () => {
    const { token } = await identity.adminSignIn('anywhere', 'anywhere-secret', here)
    expect((await identity.authenticate(bearer(token))).viewer).toMatchObject({ username: 'anywhere' })
    await portal.owner.query('primary', sql`UPDATE gui.admin_users SET encrypted_password = 'x' WHERE id = 22`)
    expect((await identity.authenticate(bearer(token))).viewer).toMatchObject({ kind: 'anonymous' })
  })
})

test('Neither the log nor an error MUST tell a password, a token, a digest or a secret', async () => {
  const { token } = await identity.signIn('ben', 'ben-secret', '10.0.0.1')
  const error: unknown = await identity.signIn('ben', 'mistyped-canary', '10.0.0.1').catch((reason: unknown) => reason)
  const digests = await portal.databases.query<{ password_digest: string }>(
    'primary',
    sql`SELECT password_digest FROM sys.api_access`,
  )
  const told = portal.logged.join('\n') + JSON.stringify(error) + String(error)
  expect(told).toContain('A sign-in was refused')
  for (const secret of [
    '-secret',
    'canary',
    token,
    secrets.customer,
    secrets.admin,
    ...digests.map((row) => row.password_digest),
  ]) {
    expect(told).not.toContain(secret)
  }
})
