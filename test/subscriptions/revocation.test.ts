import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { notifyAccessChanged } from '../../src/identity/identity.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'
import {
  accountsOf,
  expectNothingLeft,
  forgetActiveCalls,
  sessionOf,
  setActiveCalls,
  subscriptionTo,
  type TestAccount,
} from './support/calls.ts'
import { openSse, openSocketStream, transports, type Stream } from './support/streams.ts'

/** What is promised is a second; a test machine may be busy. */
const bound = 2_000

let gateway: Gateway
let other: Gateway
let account: TestAccount
let second: TestAccount
let login: Awaited<ReturnType<Gateway['login']>>
let bystander: Awaited<ReturnType<Gateway['login']>>
beforeAll(async () => {
  gateway = await startGateway({ SUBSCRIPTION_INTERVAL: '0.2' })
  other = await gateway.another()
  const accounts = await accountsOf(gateway, 'alice')
  if (!accounts[0] || !accounts[1]) throw new Error('The demo has too few accounts')
  ;[account, second] = [accounts[0], accounts[1]]
  login = await gateway.login('affected')
  bystander = await gateway.login('bystander')
})
afterAll(async () => {
  await other[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await login.set({ outgoingActiveCalls: true, account: true })
  await forgetActiveCalls(gateway)
})
afterEach(() => expectNothingLeft(gateway, other))

async function change(sql: string, values: readonly unknown[] = []): Promise<void> {
  await gateway.primary.query(sql, [...values])
}

/** Milliseconds from just before a change until it arrives; prints the slowest of several rounds. */
async function slowest(name: string, rounds: number, once: () => Promise<number>): Promise<void> {
  let worst = 0
  for (let round = 0; round < rounds; round++) worst = Math.max(worst, await once())
  process.stdout.write(`${name}: slowest of ${rounds}: ${Math.round(worst)} ms\n`)
  expect(worst).toBeLessThan(bound)
}

/** A last answer with one error of this code and no data, then the end. */
async function endsWith(stream: Stream, code: string, since: number): Promise<number> {
  expect(await stream.ended()).toBe('complete')
  const last = stream.events.at(-1)
  expect(last?.errors).toMatchObject([{ extensions: { code } }])
  expect(last?.errors).toHaveLength(1)
  expect(Object.values(last?.data ?? {}).every((value) => value === null)).toBe(true)
  return (last?.at ?? 0) - since
}

describe.each(transports)('over %s', (name, open) => {
  it('a lost root flag MUST end the subscription, though Yeti itself took it away', () =>
    slowest(`${name}, root flag`, 3, async () => {
      await login.set({ outgoingActiveCalls: true })
      await using stream = await open(gateway.url, subscriptionTo(account), { token: login.token })
      await stream.event(0)
      await delay(Math.random() * 400)
      const since = performance.now()
      await login.set({ outgoingActiveCalls: false })
      return await endsWith(stream, 'FORBIDDEN', since)
    }))

  it('a lost field MUST become null in an event at once, and come back with the next', () =>
    slowest(`${name}, field`, 3, async () => {
      await login.set({ account: true })
      await using stream = await open(gateway.url, subscriptionTo(account, 'count account { name }'), {
        token: login.token,
      })
      expect((await stream.event(0)).data.outgoingActiveCalls.account.name).toEqual(expect.any(String))
      const since = performance.now()
      await login.set({ account: false })
      const { data, errors, at } = await stream.event(1)
      expect(data.outgoingActiveCalls.account).toEqual({ name: null })
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', permission: 'ACCOUNT' } }])
      await login.set({ account: true })
      await setActiveCalls(gateway, account, Math.floor(Math.random() * 1e6))
      expect((await stream.event(2)).data.outgoingActiveCalls.account.name).toEqual(expect.any(String))
      return at - since
    }))

  it('a sign-out on another gateway MUST end it, and only that session', () =>
    slowest(`${name}, sign-out`, 3, async () => {
      const [token, remaining] = await Promise.all([
        sessionOf(gateway, 'affected', `leaving${Math.random()}`.replace('.', '_')),
        sessionOf(gateway, 'affected', 'remaining'),
      ])
      await using kept = await open(gateway.url, subscriptionTo(account), { token: remaining })
      await using stream = await open(gateway.url, subscriptionTo(account), { token })
      await Promise.all([kept.event(0), stream.event(0)])
      const since = performance.now()
      await other.ask('mutation { signOut }', { token })
      const took = await endsWith(stream, 'UNAUTHENTICATED', since)
      expect(kept.end).toBe(null)
      expect(kept.events).toHaveLength(1)
      return took
    }))

  it('the end of its token MUST end it', async () => {
    const token = await sessionOf(gateway, 'affected', 'short', 2)
    await using stream = await open(gateway.url, subscriptionTo(account), { token })
    const { at } = await stream.event(0)
    expect(await endsWith(stream, 'UNAUTHENTICATED', at)).toBeLessThan(2_000 + bound)
  })
})

describe('a subscription', () => {
  const changes: readonly (readonly [name: string, sql: string, back: string | null, code: string])[] = [
    [
      'another password',
      "SET password_digest = password_digest || ' '",
      'SET password_digest = rtrim(password_digest)',
      'UNAUTHENTICATED',
    ],
    [
      'another place to come from',
      "SET allowed_ips = '{10.0.0.0/8}'",
      "SET allowed_ips = '{0.0.0.0/0,::/0}'",
      'UNAUTHENTICATED',
    ],
    ['another account only', 'SET account_ids = ARRAY[$2::int]', "SET account_ids = '{}'", 'BAD_USER_INPUT'],
    [
      'another customer',
      "SET customer_id = (SELECT customer_id FROM sys.api_access WHERE login = 'erin')",
      "SET customer_id = (SELECT customer_id FROM sys.api_access WHERE login = 'alice')",
      'BAD_USER_INPUT',
    ],
    [
      'another profile',
      "SET customer_portal_access_profile_id = (SELECT customer_portal_access_profile_id FROM sys.api_access WHERE login = 'dave')",
      null,
      'FORBIDDEN',
    ],
  ]
  it.each(changes)('MUST end when its login has %s', async (name, sql, back, code) => {
    const { token } = await gateway.login(name)
    await using kept = await openSse(gateway.url, subscriptionTo(account), { token: bystander.token })
    await using stream = await openSse(gateway.url, subscriptionTo(account), { token })
    await Promise.all([kept.event(0), stream.event(0)])
    const since = performance.now()
    await change(`UPDATE sys.api_access ${sql} WHERE login = $1`, sql.includes('$2') ? [name, second.internal] : [name])
    expect(await endsWith(stream, code, since)).toBeLessThan(bound)
    if (back !== null) {
      await change(`UPDATE sys.api_access ${back} WHERE login = $1`, [name])
      await using again = await openSse(gateway.url, subscriptionTo(account), { token })
      expect((await again.event(0)).errors).toBeUndefined()
    }
    expect(kept.events).toHaveLength(1)
    expect(kept.end).toBe(null)
  })

  it('MUST end when its login is deleted', async () => {
    const { token } = await gateway.login('short lived')
    await using stream = await openSse(gateway.url, subscriptionTo(account), { token })
    await stream.event(0)
    const since = performance.now()
    await change("DELETE FROM sys.api_access WHERE login = 'short lived'")
    expect(await endsWith(stream, 'UNAUTHENTICATED', since)).toBeLessThan(bound)
  })

  it('MUST go on when its accounts are narrowed to one that is its own', async () => {
    await using stream = await openSse(gateway.url, subscriptionTo(account), { token: login.token })
    await stream.event(0)
    await change("UPDATE sys.api_access SET account_ids = ARRAY[$1::int] WHERE login = 'affected'", [account.internal])
    await delay(700)
    await setActiveCalls(gateway, account, 4)
    await stream.event(1)
    while (stream.events.at(-1)?.data.outgoingActiveCalls.count !== 4) await stream.event(stream.events.length)
    await change("UPDATE sys.api_access SET account_ids = '{}' WHERE login = 'affected'")
  })

  it('MUST be noticed as changed by an announcement sooner than by looking', async () => {
    let fastest = Infinity
    for (let round = 0; round < 4; round++) {
      await login.set({ outgoingActiveCalls: true })
      await using stream = await openSse(gateway.url, subscriptionTo(account), { token: login.token })
      await stream.event(0)
      const since = performance.now()
      await login.set({ outgoingActiveCalls: false })
      await notifyAccessChanged(other.app.services.databases, 'everybody')
      fastest = Math.min(fastest, await endsWith(stream, 'FORBIDDEN', since))
    }
    process.stdout.write(`announced: fastest ${Math.round(fastest)} ms\n`)
    expect(fastest).toBeLessThan(400)
  })

  it('MUST not be disturbed by what changes for others, nor by what it does not use', async () => {
    await using stream = await openSocketStream(gateway.url, subscriptionTo(account), { token: bystander.token })
    await stream.event(0)
    await bystander.set({ invoices: false, outgoingCdrs: false })
    await login.set({ outgoingActiveCalls: false })
    await notifyAccessChanged(gateway.app.services.databases, 'everybody')
    await delay(1_200)
    expect(stream.events).toHaveLength(1)
    expect(stream.end).toBe(null)
  })
})

describe('without its channel of changes', () => {
  const sessions = "datname = current_database() AND application_name = 'yeti-portal-gateway'"
  const channels = `${sessions} AND query LIKE '%l.fingerprint%'`

  it('a gateway MUST look again on a new connection, and disturb nobody', async () => {
    await using stream = await openSse(gateway.url, subscriptionTo(account), { token: login.token })
    await stream.event(0)
    for (let round = 0; round < 3; round++) {
      const { rows } = await gateway.primary.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${sessions}`,
      )
      expect(rows.length).toBeGreaterThan(0)
      await delay(300)
    }
    expect(stream.end).toBe(null)
    const since = performance.now()
    await login.set({ outgoingActiveCalls: false })
    expect(await endsWith(stream, 'FORBIDDEN', since)).toBeLessThan(bound)
  })

  it('a gateway MUST end every subscription, tell no count any more, and recover', async () => {
    gateway.primary.on('error', () => undefined)
    const streams = await Promise.all(
      transports.map(([, open]) => open(gateway.url, subscriptionTo(account), { token: login.token })),
    )
    await Promise.all(streams.map((stream) => stream.event(0)))
    const { rows } = await gateway.primary.query<{ name: string }>('SELECT current_database() AS name')
    const admin = new pg.Client({ connectionString: inject('serverUrl') })
    await admin.connect()
    const allow = (yes: boolean) => admin.query(`ALTER DATABASE "${rows[0]?.name}" WITH ALLOW_CONNECTIONS ${yes}`)
    try {
      await allow(false)
      const since = performance.now()
      await gateway.primary.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${channels}`)
      await setActiveCalls(gateway, account, 99)
      for (const stream of streams) {
        const took = await endsWith(stream, 'UNAVAILABLE', since)
        process.stdout.write(`lost: ended after ${Math.round(took)} ms\n`)
        expect(took).toBeLessThan(1_000 + bound)
        expect(stream.events).toHaveLength(2)
      }
      const refused = await openSse(gateway.url, subscriptionTo(account), { token: login.token })
      expect((await refused.event(0)).errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }])
    } finally {
      await allow(true)
      await admin.end()
    }
    await expect
      .poll(
        async () => {
          await using stream = await openSse(gateway.url, subscriptionTo(account), { token: login.token })
          return (await stream.event(0)).data?.outgoingActiveCalls?.count
        },
        { timeout: 10_000, interval: 300 },
      )
      .toBe(99)
  })
})
