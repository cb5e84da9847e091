import { createHmac, hkdfSync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/backends/databases.ts'
import {
  endSessionsOf,
  notifyAccessChanged,
  type FileReference,
  type Identity,
  type SignedIn,
} from '../../src/identity/identity.ts'
import type { CustomerViewer } from '../../src/identity/viewer.ts'
import { bearer, startPortal, withCookie, type Portal } from './support/portal.ts'
import { adminToken, customerSecret, dynamicToken, inSeconds, makeToken, yetiToken } from './support/tokens.ts'

let portal: Portal
let identity: Identity
const here = '203.0.113.5'
const refused = { kind: 'anonymous', refusal: 'Authorization token expired or incorrect.' }
const recording: FileReference = { kind: 'outgoing-recording', id: '1' }

beforeAll(async () => {
  portal = await startPortal()
  identity = portal.identity()
}, 60_000)
beforeEach(() => portal.databases.query('primary', sql`DELETE FROM portal.ended_logins`))
afterAll(() => portal[Symbol.asyncDispose]())

async function signOutEverywhere(loginId = 10): Promise<void> {
  await portal.databases.transaction('primary', (transaction) => endSessionsOf(transaction, loginId))
}

function signIn(login = 'anna'): Promise<SignedIn> {
  return identity.signIn(login, `${login}-secret`, here)
}

async function viewerOf(token: string, from = identity) {
  return (await from.authenticate(bearer(token))).viewer
}

function customer({ viewer }: SignedIn): CustomerViewer {
  if (viewer.kind !== 'customer') throw new TypeError('A customer signs in here')
  return viewer
}

/** The seal of a login that has never been signed out everywhere, by hand: tokens of before this was thought of. */
async function plainSeal(loginId: number): Promise<string> {
  const [row] = await portal.databases.query<{ password_digest: string }>(
    'primary',
    sql`SELECT password_digest FROM sys.api_access WHERE id = ${loginId}`,
  )
  const key = Buffer.from(hkdfSync('sha256', customerSecret, '', 'yeti-portal-gateway/seal', 32))
  return createHmac('sha256', key).update(`${loginId}:${row?.password_digest}`).digest('base64url')
}

describe('Signing a login out everywhere', () => {
  test('MUST end all its sessions at once, on every gateway process', async () => {
    const sessions = [await signIn(), await signIn()]
    const others = portal.identity()
    await signOutEverywhere()
    for (const { token } of sessions) {
      expect(await viewerOf(token)).toMatchObject(refused)
      expect(await viewerOf(token, others)).toMatchObject(refused)
      expect(await identity.authenticate(withCookie(token))).toMatchObject({ viewer: refused, setCookies: [] })
    }
  })

  test('MUST let it sign in again, and end that session the next time', async () => {
    for (let time = 0; time < 3; time++) {
      const { token } = await signIn()
      expect(await viewerOf(token)).toMatchObject({ login: 'anna' })
      await signOutEverywhere()
      expect(await viewerOf(token)).toMatchObject(refused)
    }
  })

  test('MUST end only that login', async () => {
    const admin = await identity.adminSignIn('root', 'root-secret', here)
    const ben = yetiToken(11)
    await signOutEverywhere()
    expect((await identity.authenticate(bearer(ben, '10.0.0.1'))).viewer).toMatchObject({ login: 'ben' })
    expect(await viewerOf(admin.token)).toMatchObject({ kind: 'admin' })
    expect(await viewerOf(adminToken(20))).toMatchObject({ kind: 'admin' })
  })

  test('MUST NOT concern a dynamic token, which has no login', async () => {
    const token = dynamicToken({ customer_id: 1 })
    await signOutEverywhere()
    expect(await viewerOf(token)).toMatchObject({ loginId: null })
  })

  test('MUST end links to files, also those made with a token of Yeti', async () => {
    const { viewer } = await identity.authenticate(bearer(yetiToken(10)))
    if (viewer.kind !== 'customer') throw new TypeError('anna is a customer')
    const links = [
      await identity.fileLink(customer(await signIn()), recording),
      await identity.fileLink(viewer, recording),
    ]
    for (const { token } of links) expect(await identity.openFileLink(token, here)).not.toBeNull()
    await signOutEverywhere()
    for (const { token } of links) expect(await identity.openFileLink(token, here)).toBeNull()
  })

  test('MUST be rolled back with its transaction', async () => {
    const { token } = await signIn()
    const failing = portal.databases.transaction('primary', async (transaction) => {
      await endSessionsOf(transaction, 10)
      throw new Error('and nothing of it stays')
    })
    await expect(failing).rejects.toThrow('nothing of it stays')
    expect(await viewerOf(token)).toMatchObject({ login: 'anna' })
  })

  test('MUST end a session that is watched, when it is announced', async () => {
    const { viewer } = await signIn()
    const seen: string[] = []
    await using watcher = portal.identity().access
    const watch = await watcher.watch(viewer, here, { changed: ({ kind }) => seen.push(kind), ended: () => undefined })
    await signOutEverywhere()
    await notifyAccessChanged(portal.databases, { loginId: 10 })
    await expect.poll(() => seen.at(-1)).toBe('anonymous')
    watch.stop()
  })

  test('MUST end what was issued while it happened: no token is from after it by its time alone', async () => {
    const { token } = await signIn()
    await signOutEverywhere()
    // Dated in the future; what counts is what the token was sealed with.
    const [, payload = ''] = token.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const dated = makeToken({ ...claims, iat: inSeconds(3_000), exp: inSeconds(3_600) })
    expect(await viewerOf(dated)).toMatchObject(refused)
  })

  test('MUST count each time, when it is done by several at once', async () => {
    await Promise.all([signOutEverywhere(), signOutEverywhere(), signOutEverywhere()])
    const rows = await portal.databases.query('primary', sql`SELECT generation FROM portal.ended_logins`)
    expect(rows).toEqual([{ generation: 3 }])
  })
})

describe('A token from before logins could be signed out everywhere', () => {
  test('MUST stay good until its login is', async () => {
    const token = yetiToken(10, { seal: await plainSeal(10), sid: 'session-0123456789' })
    expect(await viewerOf(token)).toMatchObject({ login: 'anna' })
    await signOutEverywhere()
    expect(await viewerOf(token)).toMatchObject(refused)
  })
})

describe('A token of Yeti, which says only when it expires,', () => {
  /** As Yeti would have issued it this many seconds from now; tokens last 600 seconds. */
  const issued = (seconds: number): string => yetiToken(10, { exp: inSeconds(600 + seconds) })

  test.each<[string, () => string]>([
    ['a while before', () => issued(-300)],
    ['just before', () => issued(-1)],
    ['in the same moment, by a clock that is a little ahead', () => issued(50)],
  ])('MUST be refused when it was issued %s', async (_, make) => {
    const token = make()
    expect(await viewerOf(token)).toMatchObject({ login: 'anna' })
    await signOutEverywhere()
    expect(await viewerOf(token)).toMatchObject(refused)
    expect(await identity.authenticate(withCookie(token))).toMatchObject({ viewer: refused, setCookies: [] })
  })

  test('MUST be accepted when it was surely issued later', async () => {
    await signOutEverywhere()
    expect(await viewerOf(issued(90))).toMatchObject({ login: 'anna' })
  })

  test('MUST be refused when nothing tells when it was issued', async () => {
    const eternal = portal.identity({ CUSTOMER_TOKEN_LIFETIME: 'none' })
    const tokens = [yetiToken(10, { exp: undefined }), yetiToken(10, { exp: inSeconds(9_000_000) })]
    for (const token of tokens) expect(await viewerOf(token, eternal)).toMatchObject({ login: 'anna' })
    await signOutEverywhere()
    for (const token of tokens) expect(await viewerOf(token, eternal)).toMatchObject(refused)
    const again = await eternal.signIn('anna', 'anna-secret', here)
    expect(await viewerOf(again.token, eternal)).toMatchObject({ login: 'anna' })
  })
})
