import { generateKeyPairSync } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createTokens } from '../../src/identity/tokens.ts'
import { configOf, secrets } from './support/portal.ts'
import {
  adminSecret,
  adminToken,
  checkedClaims,
  customerSecret,
  dynamicToken,
  encoded,
  inSeconds,
  makeToken,
  yetiToken,
} from './support/tokens.ts'

const tokens = createTokens(configOf().tokens, secrets)
const eternal = createTokens(configOf({ CUSTOMER_TOKEN_LIFETIME: 'none' }).tokens, secrets)
const good = { aud: ['customer-v1'], sub: 10, exp: inSeconds(600) }

afterEach(() => vi.useRealTimers())

describe('A token of Yeti', () => {
  test('MUST be accepted for a login, as a session of its own', async () => {
    const token = makeToken(good)
    expect(await tokens.read(token)).toEqual({
      audience: 'customer',
      subject: { sub: 10 },
      session: { key: expect.stringMatching(/^[0-9a-f]{64}$/), expiresAt: new Date(good.exp * 1000) },
    })
    expect(await tokens.read(token)).toEqual(await tokens.read(token))
  })

  test('MUST be accepted for an administrator, by the administrators’ secret', async () => {
    expect(await tokens.read(adminToken(20))).toMatchObject({ audience: 'admin', subject: { sub: 20 } })
  })

  test('MAY name its audience as a text', async () => {
    expect(await tokens.read(makeToken({ ...good, aud: 'customer-v1' }))).toMatchObject({ audience: 'customer' })
  })

  test('MUST NOT be good any longer than it says, however often it was seen before', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
    const token = makeToken({ ...good, exp: 1_800_000_060 })
    expect(await tokens.read(token)).toMatchObject({ subject: { sub: 10 } })
    vi.setSystemTime(1_800_000_059_999)
    expect(await tokens.read(token)).toMatchObject({ subject: { sub: 10 } })
    vi.setSystemTime(1_800_000_060_000)
    expect(await tokens.read(token)).toBeNull()
  })

  test('MUST NOT be taken for another that differs from it in its signature alone', async () => {
    const token = makeToken(good)
    expect(await tokens.read(token)).not.toBeNull()
    const last = token.endsWith('A') ? 'Q' : 'A'
    expect(await tokens.read(token.slice(0, -2) + last + last)).toBeNull()
  })

  test('MAY lack exp where tokens never expire', async () => {
    expect(await eternal.read(makeToken({ ...good, exp: undefined }))).toMatchObject({ session: { expiresAt: null } })
    expect(await tokens.read(makeToken({ ...good, exp: undefined }))).toBeNull()
  })

  test('MAY carry keys of its own, which are not looked at', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch')
    const header = {
      alg: 'HS256',
      kid: '../../dev/null',
      jku: 'https://evil.example/jwks',
      x5u: 'https://evil.example/x5u',
      jwk: { kty: 'oct', k: 'AA' },
    }
    expect(await tokens.read(makeToken(good, { header }))).toMatchObject({ subject: { sub: 10 } })
    expect(fetched).not.toHaveBeenCalled()
  })
})

describe('A token of ours', () => {
  test('MUST be one that Yeti accepts: HS256, audience in a list, a number as subject, exp', async () => {
    const { token, expiresAt } = await tokens.issue(
      'customer',
      { sub: 10, seal: 'of-the-password' },
      'session-0123456789',
    )
    expect(token.split('.')[0]).toBe(encoded({ alg: 'HS256' }))
    const claims = checkedClaims(token, customerSecret)
    expect(claims).toEqual({
      aud: ['customer-v1'],
      sub: 10,
      seal: 'of-the-password',
      exp: expect.closeTo(inSeconds(600), -1),
      iat: expect.closeTo(inSeconds(0), -1),
      sid: 'session-0123456789',
    })
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(600)
    expect(expiresAt).toEqual(new Date(Number(claims['exp']) * 1000))
  })

  test('MUST be signed with the administrators’ secret for one of them', async () => {
    const { token } = await tokens.issue('admin', { sub: 20 }, 'session-0123456789')
    expect(checkedClaims(token, adminSecret)).toMatchObject({ aud: ['admin'], sub: 20 })
  })

  test('MUST live as long as is set for its audience', async () => {
    const other = createTokens(
      configOf({ CUSTOMER_TOKEN_LIFETIME: '60', ADMIN_TOKEN_LIFETIME: '3600' }).tokens,
      secrets,
    )
    const customer = await other.issue('customer', { sub: 10 }, 'session-0123456789')
    const admin = await other.issue('admin', { sub: 20 }, 'session-0123456789')
    expect(checkedClaims(customer.token, customerSecret)['exp']).toBeCloseTo(inSeconds(60), -1)
    expect(checkedClaims(admin.token, adminSecret)['exp']).toBeCloseTo(inSeconds(3600), -1)
  })

  test('MUST NOT have exp where tokens never expire', async () => {
    const { token, expiresAt } = await eternal.issue('customer', { sub: 10 }, 'session-0123456789')
    expect(checkedClaims(token, customerSecret)).not.toHaveProperty('exp')
    expect(expiresAt).toBeNull()
  })

  test('MUST come back as it was given', async () => {
    const subject = { sub: 10, seal: 'of-the-password' }
    const { token, expiresAt } = await tokens.issue('customer', subject, 'session-0123456789')
    expect(await tokens.read(token)).toEqual({
      audience: 'customer',
      subject,
      session: { key: 'session-0123456789', expiresAt },
    })
  })
})

describe('A token MUST be refused', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const [header = '', payload = '', signature = ''] = makeToken(good).split('.')
  const unsigned = (alg: string): string => `${encoded({ alg })}.${payload}.`

  test.each<[string, string]>([
    ['that is empty', ''],
    ['with two dots only', '..'],
    ['without signature', `${header}.${payload}.`],
    ['without signature and its dot', `${header}.${payload}`],
    ['with a fourth part', `${header}.${payload}.${signature}.x`],
    ['with another signature', makeToken(good, { secret: 'x'.repeat(40) })],
    ['with an empty key', makeToken(good, { secret: '' })],
    ['with one character changed', `${header}.${encoded({ ...good, sub: 11 })}.${signature}`],
    ['with a signature padded', `${header}.${payload}.${signature}==`],
    ['with alg none', unsigned('none')],
    ['with alg NonE', unsigned('NonE')],
    ['with alg none and a good signature', makeToken(good, { header: { alg: 'none' } })],
    ['with alg hs256', makeToken(good, { header: { alg: 'hs256' } })],
    ['with alg HS384', makeToken(good, { header: { alg: 'HS384' }, hash: 'sha384' })],
    ['with alg HS512', makeToken(good, { header: { alg: 'HS512' }, hash: 'sha512' })],
    ['with alg RS256', makeToken(good, { header: { alg: 'RS256' } })],
    ['with an RSA public key as secret', makeToken(good, { secret: pem })],
    ['without alg', makeToken(good, { header: {} })],
    ['with an extension it calls critical', makeToken(good, { header: { alg: 'HS256', crit: ['x'], x: 1 } })],
    ['with an unencoded payload', makeToken(good, { header: { alg: 'HS256', crit: ['b64'], b64: false } })],
    ['without audience', makeToken({ ...good, aud: undefined })],
    ['for another audience', makeToken({ ...good, aud: ['customer-v2'] })],
    ['for another audience as text', makeToken({ ...good, aud: 'customer' })],
    ['for an audience that is no text', makeToken({ ...good, aud: [['customer-v1']] })],
    ['for both audiences', makeToken({ ...good, aud: ['customer-v1', 'admin'] })],
    ['for administrators by the customers’ secret', makeToken({ ...good, aud: ['admin'] })],
    ['for customers by the administrators’ secret', makeToken(good, { secret: adminSecret })],
    ['for files', makeToken({ ...good, aud: 'portal-file' })],
    ['that expired', makeToken({ ...good, exp: inSeconds(-61) })],
    ['that expires now', makeToken({ ...good, exp: inSeconds(0) })],
    ['whose exp is a text', makeToken({ ...good, exp: String(inSeconds(600)) })],
    ['whose exp no Date can say', makeToken({ ...good, exp: 1e300 })],
    ['whose exp is null', makeToken({ ...good, exp: null })],
    ['that is not yet good', makeToken({ ...good, nbf: inSeconds(600) })],
    ...[undefined, null, '10', '1 or 1=1', {}, [10], true, 10.5, 2 ** 31, 1e300, 'd', 'D\0'].map(
      (sub): [string, string] => [`whose subject is ${JSON.stringify(sub)}`, makeToken({ ...good, sub })],
    ),
    ['of an administrator without a number', adminToken('D', { cfg: { customer_id: 1 } })],
    ...['', 'short', "'; DROP TABLE x; --", 'x'.repeat(65), 'nul\0nul\0nul\0nul\0nul\0', 7].map(
      (sid): [string, string] => [`whose session is ${JSON.stringify(sid)}`, makeToken({ ...good, sid })],
    ),
    ['whose claims are a list', makeToken([good])],
    ['whose claims are null', makeToken(null)],
    ['whose claims are no JSON', `${header}.${Buffer.from('{').toString('base64url')}.${signature}`],
    ['of NUL bytes', '\0.\0.\0'],
    ['of binary junk', Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7) % 256)).toString('latin1')],
    ['of a megabyte of junk', 'x'.repeat(1_000_000)],
    ['of a megabyte of dots', '.'.repeat(1_000_000)],
    ['of a megabyte of nesting', `${header}.${Buffer.from('['.repeat(750_000)).toString('base64url')}.${signature}`],
  ])('%s', async (_, token) => {
    expect(await tokens.read(token)).toBeNull()
  })

  test('that expired, also where tokens never expire', async () => {
    expect(await eternal.read(makeToken({ ...good, exp: inSeconds(-61) }))).toBeNull()
    expect(await eternal.read(makeToken({ ...good, exp: inSeconds(60) }))).not.toBeNull()
  })
})

describe('The grant of a dynamic token', () => {
  test('MUST have Yeti’s defaults', async () => {
    expect(await tokens.read(dynamicToken({ customer_id: 1 }))).toMatchObject({
      subject: {
        sub: 'D',
        cfg: {
          customer_id: 1,
          account_ids: [],
          allow_outgoing_numberlists_ids: [],
          allowed_ips: ['0.0.0.0/0', '::/0'],
          customer_portal_access_profile_id: 1,
          provision_gateway_id: null,
        },
      },
    })
  })

  test('MAY have the legacy key, which says nothing any more', async () => {
    const read = await tokens.read(dynamicToken({ customer_id: 1, allow_listen_recording: true }))
    expect(read?.subject).toMatchObject({ sub: 'D' })
    expect(read?.subject).not.toHaveProperty('cfg.allow_listen_recording')
  })

  test('MUST survive renewal', async () => {
    const cfg = {
      customer_id: 1,
      account_ids: [5],
      allow_outgoing_numberlists_ids: [7],
      allowed_ips: ['10.0.0.0/8'],
      customer_portal_access_profile_id: 2,
      provision_gateway_id: 3,
    }
    const { token } = await tokens.issue('customer', { sub: 'D', cfg }, 'session-0123456789')
    expect(checkedClaims(token, customerSecret)).toMatchObject({ sub: 'D', cfg })
    expect(await tokens.read(token)).toMatchObject({ subject: { sub: 'D', cfg } })
  })

  test.each<[string, unknown]>([
    ['missing', undefined],
    ['null', null],
    ['a list', [1]],
    ['without customer', {}],
    ['with a text as customer', { customer_id: '1' }],
    ['with a customer that is no integer of the database', { customer_id: 2 ** 31 }],
    ['with an unknown key', { customer_id: 1, admin: true }],
    ['with one account instead of a list', { customer_id: 1, account_ids: 5 }],
    ['with an account that is no number', { customer_id: 1, account_ids: ['5'] }],
    ['with an account that is null', { customer_id: 1, account_ids: [null] }],
    ['with null for every account', { customer_id: 1, account_ids: null }],
    ['with a profile that is no smallint', { customer_id: 1, customer_portal_access_profile_id: 40_000 }],
    ['with an address that is none', { customer_id: 1, allowed_ips: ['10.0.0.1', 'localhost'] }],
    ['with a network that is none', { customer_id: 1, allowed_ips: ['10.0.0.0/40'] }],
    ['with a gateway that is no number', { customer_id: 1, provision_gateway_id: 'x' }],
  ])('MUST be refused: %s', async (_, cfg) => {
    expect(await tokens.read(dynamicToken(cfg))).toBeNull()
  })
})

describe('A cookie’s token', () => {
  test.each<[string, number, boolean]>([
    ['is not due when it is new', 0, false],
    ['is not due before a tenth of its lifetime', 59, false],
    ['is due after a tenth of its lifetime', 60, true],
    ['is due at its end', 599, true],
  ])('%s', async (_, age, expected) => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
    const { token } = await tokens.issue('customer', { sub: 10 }, 'session-0123456789')
    vi.setSystemTime(1_800_000_000_000 + age * 1000)
    const read = await tokens.read(token)
    expect(read && tokens.isDue(read)).toBe(expected)
  })

  test('is never due where tokens never expire', async () => {
    const read = await eternal.read(yetiToken(10, { exp: inSeconds(5) }))
    expect(read && eternal.isDue(read)).toBe(false)
  })
})
