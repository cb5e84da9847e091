import { hkdfSync } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { openDatabases, sql } from '../../src/backends/databases.ts'
import { createIdentity, loadRolePolicy, type FileReference, type Identity } from '../../src/identity/identity.ts'
import type { CustomerViewer } from '../../src/identity/viewer.ts'
import { bearer, configOf, memoryLog, secrets, startPortal, type Portal } from './support/portal.ts'
import {
  adminSecret,
  checkedClaims,
  customerSecret,
  dynamicToken,
  inSeconds,
  makeToken,
  yetiToken,
} from './support/tokens.ts'

let portal: Portal
let identity: Identity
const here = '203.0.113.5'
const recording: FileReference = { kind: 'outgoing-recording', id: '123456789012345678' }
const fileKey = Buffer.from(hkdfSync('sha256', customerSecret, '', 'yeti-portal-gateway/file', 32))

beforeAll(async () => {
  portal = await startPortal()
  identity = portal.identity()
}, 60_000)
afterAll(() => portal[Symbol.asyncDispose]())
afterEach(() => vi.useRealTimers())

async function customer(token: string, address = here): Promise<CustomerViewer> {
  const { viewer } = await identity.authenticate(bearer(token, address))
  if (viewer.kind !== 'customer') throw new Error('The token was refused')
  return viewer
}

async function linkOf(token: string, file = recording, address = here): Promise<string> {
  return (await identity.fileLink(await customer(token, address), file)).token
}

describe('A link to a file', () => {
  test.each<FileReference>([
    recording,
    { kind: 'incoming-recording', id: '7' },
    { kind: 'invoice', id: 'f1c1e5e0-1111-4222-8333-444455556666' },
    { kind: 'export', id: 'f1c1e5e0-1111-4222-8333-444455556666' },
  ])('MUST give back whose it is and which file: $kind', async (file) => {
    const statements = vi.spyOn(portal.databases, 'query')
    const link = await linkOf(yetiToken(10), file)
    statements.mockClear()
    const opened = await identity.openFileLink(link, here)
    expect(statements).toHaveBeenCalledOnce()
    statements.mockRestore()
    expect(opened?.file).toEqual(file)
    expect(opened?.viewer).toMatchObject({
      kind: 'customer',
      login: 'anna',
      tenant: { customerId: 1, accountIds: [5, 6] },
    })
  })

  test('MUST be safe in a URL and say when it ends', async () => {
    const { token, expiresAt } = await identity.fileLink(await customer(yetiToken(10)), recording)
    expect(token).toMatch(/^[\w.-]+$/)
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now() + 298_000)
    expect(expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 300_000)
  })

  test('MUST NOT be asked of the database when it is made', async () => {
    const viewer = await customer(yetiToken(10))
    const statements = vi.spyOn(portal.databases, 'query')
    await identity.fileLink(viewer, recording)
    expect(statements).not.toHaveBeenCalled()
    statements.mockRestore()
  })

  test('MUST work for a dynamic token, by its grant', async () => {
    const grant = {
      customer_id: 2,
      account_ids: [8],
      allowed_ips: ['203.0.113.0/24'],
      customer_portal_access_profile_id: 2,
    }
    const link = await linkOf(dynamicToken(grant))
    expect((await identity.openFileLink(link, here))?.viewer).toMatchObject({
      loginId: null,
      tenant: { customerId: 2, accountIds: [8] },
      accessProfile: { id: 2 },
    })
    expect(await identity.openFileLink(link, '198.51.100.7')).toBeNull()
  })

  test('MUST be signed by a key of its own', async () => {
    const link = await linkOf(yetiToken(10, { sid: 'session-0123456789' }))
    expect(() => checkedClaims(link, customerSecret)).toThrow('signature')
    const [, payload = ''] = link.split('.')
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      aud: 'portal-file',
      sub: 10,
      sid: 'session-0123456789',
      ...recording,
    })
  })
})

describe('At delivery', () => {
  test('the profile MUST be the one of that moment', async () => {
    const link = await linkOf(yetiToken(10))
    const flag = async () => (await identity.openFileLink(link, here))?.viewer.scopes.allowListenRecording
    expect(await flag()).toBe(false)
    await portal.owner.query(
      'primary',
      sql`UPDATE sys.customer_portal_access_profiles SET allow_listen_recording = true WHERE id = 1`,
    )
    expect(await flag()).toBe(true)
    await portal.owner.query(
      'primary',
      sql`UPDATE sys.customer_portal_access_profiles SET allow_listen_recording = false WHERE id = 1`,
    )
    expect(await flag()).toBe(false)
  })

  test('the address MUST be allowed', async () => {
    const link = await linkOf(yetiToken(11), recording, '10.0.0.1')
    expect(await identity.openFileLink(link, '10.0.0.2')).not.toBeNull()
    expect(await identity.openFileLink(link, here)).toBeNull()
    expect(await identity.openFileLink(link, 'unknown')).toBeNull()
  })

  test('the session MUST NOT have been ended, nor that of another matter', async () => {
    const [mine, other] = [
      await identity.signIn('anna', 'anna-secret', here),
      await identity.signIn('anna', 'anna-secret', here),
    ]
    const [link, otherLink] = [await linkOf(mine.token), await linkOf(other.token)]
    await identity.signOut(mine.viewer)
    expect(await identity.openFileLink(link, here)).toBeNull()
    expect(await identity.openFileLink(otherLink, here)).not.toBeNull()
  })

  test('the password MUST be the one of the session', async () => {
    const link = await linkOf((await identity.signIn('anna', 'anna-secret', here)).token)
    expect(await identity.openFileLink(link, here)).not.toBeNull()
    await portal.owner.query('primary', sql`UPDATE sys.api_access SET password_digest = 'x' WHERE id = 10`)
    expect(await identity.openFileLink(link, here)).toBeNull()
  })

  test('the login MUST exist', async () => {
    await portal.owner.query(
      'primary',
      sql`INSERT INTO sys.api_access (id, customer_id, login, password_digest) VALUES (19, 1, 'gone', '')`,
    )
    const link = await linkOf(yetiToken(19))
    expect(await identity.openFileLink(link, here)).not.toBeNull()
    await portal.owner.query('primary', sql`DELETE FROM sys.api_access WHERE id = 19`)
    expect(await identity.openFileLink(link, here)).toBeNull()
  })

  test('the link MUST NOT have expired, which it does with its session at the latest', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
    const [long, short] = [await linkOf(yetiToken(10)), await linkOf(yetiToken(10, { exp: inSeconds(20) }))]
    vi.setSystemTime(1_800_000_019_000)
    expect(await identity.openFileLink(short, here)).not.toBeNull()
    vi.setSystemTime(1_800_000_020_000)
    expect(await identity.openFileLink(short, here)).toBeNull()
    vi.setSystemTime(1_800_000_299_000)
    expect(await identity.openFileLink(long, here)).not.toBeNull()
    vi.setSystemTime(1_800_000_300_000)
    expect(await identity.openFileLink(long, here)).toBeNull()
  })

  test('a database that does not answer MUST NOT look like a link that is worth nothing', async () => {
    const { log } = memoryLog()
    const nowhere = 'postgresql://nobody:nothing@127.0.0.1:1/none'
    await using databases = openDatabases({
      primaryUrl: nowhere,
      cdrUrl: nowhere,
      poolSize: 1,
      statementTimeout: 1000,
      log,
    })
    const down = createIdentity({ config: configOf(), secrets, databases, rolePolicy: await loadRolePolicy(null), log })
    await expect(down.openFileLink(await linkOf(yetiToken(10)), here)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await down.openFileLink('junk', here)).toBeNull()
  })
})

describe('A link MUST be worth nothing', () => {
  const claims = { aud: 'portal-file', sub: 10, ...recording, sid: 'session-0123456789' }

  test('when anything but its own key signed it, as a sign of what the next tests show', async () => {
    expect(await identity.openFileLink(byFileKey({ ...claims, exp: inSeconds(60) }), here)).not.toBeNull()
  })

  test.each<[string, () => string]>([
    ['signed by the customers’ secret', () => makeToken({ ...claims, exp: inSeconds(60) })],
    [
      'signed by the administrators’ secret',
      () => makeToken({ ...claims, exp: inSeconds(60) }, { secret: adminSecret }),
    ],
    ['that is a session’s token', () => yetiToken(10)],
    ['without end', () => byFileKey(claims)],
    ['for another audience', () => byFileKey({ ...claims, exp: inSeconds(60), aud: ['customer-v1'] })],
    ['without a file', () => byFileKey({ ...claims, exp: inSeconds(60), id: undefined })],
    ['with a file of no known kind', () => byFileKey({ ...claims, exp: inSeconds(60), kind: 'secret' })],
    ['without a session', () => byFileKey({ ...claims, exp: inSeconds(60), sid: undefined })],
    ['for nobody', () => byFileKey({ ...claims, exp: inSeconds(60), sub: undefined })],
    ['empty', () => ''],
    ['of NUL bytes', () => '\0.\0.\0'],
    ['of a megabyte', () => 'x'.repeat(1_000_000)],
  ])('%s', async (_, make) => {
    expect(await identity.openFileLink(make(), here)).toBeNull()
  })

  test('with one letter of the file’s id changed', async () => {
    const [header, , signature] = (await linkOf(yetiToken(10))).split('.')
    const forged = Buffer.from(JSON.stringify({ ...claims, id: '2', exp: inSeconds(60) })).toString('base64url')
    expect(await identity.openFileLink(`${header}.${forged}.${signature}`, here)).toBeNull()
  })

  test('as the token of a session', async () => {
    const link = await linkOf(yetiToken(10))
    expect((await identity.authenticate(bearer(link))).viewer).toMatchObject({ kind: 'anonymous' })
  })
})

function byFileKey(claims: object): string {
  return makeToken(claims, { secret: fileKey })
}
