import { setTimeout as delay } from 'node:timers/promises'
import { parse } from 'graphql'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createDecide } from '../../src/enforcement/decision.ts'
import { needsOf } from '../../src/enforcement/running-subscription.ts'
import { rule, type Ruling, type SubscriptionArgs } from '../../src/enforcement/ruling.ts'
import type { CustomerViewer, Viewer } from '../../src/identity/viewer.ts'
import type { AccessProfile } from '../../src/permissions/access-profile.ts'
import { permissionKeys, type Permission } from '../../src/permissions/permissions.ts'
import { customerScopes } from '../../src/permissions/scopes.ts'
import { schema } from '../../src/schema/index.ts'
import { makeToken } from '../identity/support/tokens.ts'
import { firstAccountOf, sessionOf, subscriptionTo, type TestAccount } from '../subscriptions/support/calls.ts'
import { openSse, openSocketStream, transports } from '../subscriptions/support/streams.ts'
import { allBut, customerSecret, startGateway, type Gateway } from '../support/gateway.ts'
import { registered, registeredUntil, registryStatements } from './support/registry.ts'

let gateway: Gateway
let account: TestAccount
let login: Awaited<ReturnType<Gateway['login']>>
beforeAll(async () => {
  gateway = await startGateway({ SUBSCRIPTION_INTERVAL: '0.2' })
  account = await firstAccountOf(gateway, 'alice')
  login = await gateway.login('watched')
})
afterAll(() => gateway[Symbol.asyncDispose]())
afterEach(async () => {
  await login.set({ outgoingActiveCalls: true, account: true })
  await registeredUntil(gateway, 0)
})

const root = ['outgoing_active_calls']

interface Use {
  /** Of the operation. */
  readonly name: string
  readonly selection: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  readonly ends: readonly string[]
  readonly loses: readonly string[]
}

const reject = { 'x-denied': 'reject' }
const uses: readonly Use[] = [
  { name: 'OneFlag', selection: 'count', ends: root, loses: [] },
  { name: 'TwoFlags', selection: 'count account { name balance }', ends: root, loses: ['account'] },
  { name: 'NoFlag', selection: 'count account { id }', ends: root, loses: [] },
  { name: 'InFragment', selection: '...F', ends: root, loses: ['account'] },
  { name: 'LeftOut', selection: 'count account @include(if: $with) { name }', variables: { with: false }, ends: root, loses: [] },
  { name: 'LeftIn', selection: 'count account @include(if: $with) { name }', variables: { with: true }, ends: root, loses: ['account'] },
  { name: 'AllOrNothing', selection: 'count account { name }', headers: reject, ends: ['account', ...root], loses: [] },
  { name: 'AllOfOne', selection: 'count', headers: reject, ends: root, loses: [] },
] // prettier-ignore

function fragment(selection: string): string {
  return selection === '...F' ? 'fragment F on OutgoingActiveCalls { account { name } }' : ''
}

describe.each(transports)('A subscription over %s', (_name, open) => {
  it('MUST be told of with its login, its profile, its name and its field, and no more once it has ended', async () => {
    const named = subscriptionTo(account).replace('subscription', 'subscription Monitor')
    {
      await using stream = await open(gateway.url, named, { token: login.token })
      await stream.event(0)
      const { rows } = await gateway.primary.query("SELECT id FROM sys.api_access WHERE login = 'watched'")
      expect(await registeredUntil(gateway, 1)).toEqual([
        {
          process: expect.stringMatching(new RegExp(`^\\S+ ${process.pid}$`)),
          login_id: rows[0].id,
          login_name: 'watched',
          profile: 'profile of watched',
          operation_name: 'Monitor',
          root_field: 'outgoingActiveCalls',
          ends_without: root,
          loses_without: [],
        },
      ])
    }
    expect(await registeredUntil(gateway, 0)).toEqual([])
  })

  it('MUST be told of with the flags that it uses, and no others', async () => {
    const streams = await Promise.all(
      uses.map(async ({ name, selection, variables, headers }) => {
        const query = `subscription ${name} ${variables ? '($with: Boolean!)' : ''} { key: outgoingActiveCalls(accountId: "${account.id}") { ${selection} } } ${fragment(selection)}`
        const stream = await open(gateway.url, query, { token: login.token, ...(variables && { variables }), ...(headers && { headers }) })
        expect((await stream.event(0)).errors).toBeUndefined()
        return stream
      }),
    )
    const rows = await registeredUntil(gateway, uses.length)
    const told = rows.map((row) => [row.operation_name, row.root_field, row.ends_without.toSorted(), row.loses_without.toSorted()])
    const expected = uses.map(({ name, ends, loses }) => [name, 'outgoingActiveCalls', ends, loses])
    expect(told.toSorted()).toEqual(expected.toSorted())
    await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()))
  }) // prettier-ignore

  it('MUST not be told of where it was denied', async () => {
    await login.set({ outgoingActiveCalls: false })
    await using stream = await open(gateway.url, subscriptionTo(account), { token: login.token })
    expect((await stream.event(0)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    await delay(1_500)
    expect(await registered(gateway)).toEqual([])
  })
})

describe('The registry', () => {
  it('MUST follow what its login gains and loses', async () => {
    await login.set({ account: false })
    await using stream = await openSse(gateway.url, subscriptionTo(account, 'count account { name }'), login)
    await stream.event(0)
    expect(await registeredUntil(gateway, 1)).toMatchObject([{ ends_without: root, loses_without: [] }])
    await login.set({ account: true })
    await expect.poll(() => registered(gateway), { timeout: 5_000 }).toMatchObject([{ loses_without: ['account'] }])
    await login.set({ account: false })
    await expect.poll(() => registered(gateway), { timeout: 5_000 }).toMatchObject([{ loses_without: [] }])
  })

  it('MUST follow a login that is given another profile, and not count it for the one that it had', async () => {
    const other = await gateway.login('moving')
    await using stream = await openSocketStream(gateway.url, subscriptionTo(account), other)
    await stream.event(0)
    expect(await registeredUntil(gateway, 1)).toMatchObject([{ profile: 'profile of moving' }])
    await gateway.primary.query(
      `UPDATE sys.api_access SET customer_portal_access_profile_id =
         (SELECT customer_portal_access_profile_id FROM sys.api_access WHERE login = 'watched') WHERE login = 'moving'`,
    )
    await expect
      .poll(() => registered(gateway), { timeout: 5_000 })
      .toMatchObject([{ login_name: 'moving', profile: 'profile of watched' }])
  })

  it('MUST have no login for a token that no login row stands behind', async () => {
    const { rows } = await gateway.primary.query(
      `SELECT customer_id, customer_portal_access_profile_id FROM sys.api_access WHERE login = 'watched'`,
    )
    const token = tokenWithoutLogin(rows[0])
    await using stream = await openSse(gateway.url, subscriptionTo(account), { token })
    await stream.event(0)
    expect(await registeredUntil(gateway, 1)).toMatchObject([{ login_id: null, profile: 'profile of watched' }])
  })

  it("MUST keep no more of a client's own text than a name has", async () => {
    const name = 'a'.repeat(1_500)
    await using stream = await openSse(gateway.url, subscriptionTo(account).replace('n', `n ${name}`), login)
    await stream.event(0)
    const [row] = await registeredUntil(gateway, 1)
    expect(row?.operation_name).toBe('a'.repeat(100))
  })

  it('MUST be written for many by few statements, and by none for what has come and gone', async () => {
    using statements = registryStatements(gateway)
    const began = Date.now()
    const streams = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const token = await sessionOf(gateway, 'watched', `many-${n}`)
        const stream = await openSse(gateway.url, subscriptionTo(account), { token })
        await stream.event(0)
        return stream
      }),
    )
    await registeredUntil(gateway, 200)
    expect(statements.texts.length).toBeLessThanOrEqual(2 + (Date.now() - began) / 1_000)
    await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()))
    await registeredUntil(gateway, 0)
    await delay(2_500)
    const quiet = statements.texts.length
    const brief = await openSse(gateway.url, subscriptionTo(account), login)
    await brief.event(0)
    await brief[Symbol.asyncDispose]()
    await delay(3_000)
    expect(statements.texts.length - quiet).toBeLessThanOrEqual(2)
    expect((await gateway.primary.query('SELECT FROM portal.gateway_processes')).rowCount).toBe(0)
    const after = statements.texts.length
    await delay(2_500)
    expect(statements.texts.length).toBe(after)
  })

  it('MUST neither delay nor fail a subscription that it cannot be told of, and catch up', async () => {
    const client = await gateway.primary.connect()
    try {
      await client.query('BEGIN; LOCK TABLE portal.running_subscriptions IN ACCESS EXCLUSIVE MODE')
      await using stream = await openSse(gateway.url, subscriptionTo(account), login)
      expect((await stream.event(0)).errors).toBeUndefined()
      await delay(1_500)
      await using second = await openSocketStream(gateway.url, subscriptionTo(account), login)
      expect((await second.event(0)).errors).toBeUndefined()
      await client.query('COMMIT; ALTER TABLE portal.running_subscriptions RENAME TO elsewhere')
      await using third = await openSse(gateway.url, subscriptionTo(account), login)
      expect((await third.event(0)).errors).toBeUndefined()
      await delay(1_500)
      expect([stream.end, second.end, third.end]).toEqual([null, null, null])
      await client.query('ALTER TABLE portal.elsewhere RENAME TO running_subscriptions')
      expect(await registeredUntil(gateway, 3)).toHaveLength(3)
      // Under whatever names the process was known meanwhile.
      await expect
        .poll(async () => (await client.query('SELECT FROM portal.gateway_processes')).rowCount, { timeout: 5_000 })
        .toBe(1)
    } finally {
      client.release()
    }
  })

  it('MUST be complete again after its tables were emptied, as a crash of the server leaves them', async () => {
    await using one = await openSse(gateway.url, subscriptionTo(account), login)
    await using other = await openSocketStream(gateway.url, subscriptionTo(account, 'account { name }'), login)
    await Promise.all([one.event(0), other.event(0)])
    const before = await registeredUntil(gateway, 2)
    await gateway.primary.query('TRUNCATE portal.gateway_processes CASCADE')
    expect(await registeredUntil(gateway, 2)).toEqual(before)
  })

  it('MUST have nothing of a process that has stopped, and all of the others', async () => {
    const second = await gateway.another()
    await using stream = await openSse(gateway.url, subscriptionTo(account), login)
    const elsewhere = await openSse(second.url, subscriptionTo(account), login)
    await Promise.all([stream.event(0), elsewhere.event(0)])
    await registeredUntil(gateway, 2)
    await second[Symbol.asyncDispose]()
    // At once: it says so before it goes.
    expect(await registered(gateway)).toHaveLength(1)
    expect(await elsewhere.ended()).not.toBe(null)
    expect(stream.end).toBe(null)
  })

  it('MUST remove what a process has left that has been silent for a minute', async () => {
    await gateway.primary.query(
      `WITH left_over AS (INSERT INTO portal.gateway_processes (id, name, seen_at)
         VALUES (gen_random_uuid(), 'long gone', now() - interval '61 seconds'), (gen_random_uuid(), 'silent', now() - interval '30 seconds')
         RETURNING id)
       INSERT INTO portal.running_subscriptions (process_id, id, login_name, access_profile_id, root_field, started_at, ends_without, loses_without)
       SELECT id, 1, 'gone', (SELECT min(id) FROM sys.customer_portal_access_profiles), 'outgoingActiveCalls', now(), '{}', '{}' FROM left_over`,
    )
    await using stream = await openSse(gateway.url, subscriptionTo(account), login)
    await stream.event(0)
    await expect
      .poll(async () => (await registered(gateway)).map(({ process }) => process), { timeout: 5_000 })
      .toEqual(['silent', expect.stringContaining(String(process.pid))])
    await gateway.primary.query(`DELETE FROM portal.gateway_processes WHERE name = 'silent'`)
  })
})

function tokenWithoutLogin(row: { customer_id: number; customer_portal_access_profile_id: number }): string {
  return makeToken({ sub: 'D', aud: ['customer-v1'], cfg: row, exp: Math.floor(Date.now() / 1000) + 600 }, { secret: customerSecret })
} // prettier-ignore

describe('What is told of an operation', () => {
  const documents = [
    'subscription { outgoingActiveCalls(accountId: "x") { count account { name balance } calls { srcPrefixIn } } }',
    '{ transactions { nodes { amount serviceId service { name account { name } } account { id name } } } }',
    '{ services { nodes { name transactions(first: 2, where: { serviceId: { eq: "x" } }) { nodes { amount } } } } payments { totalCount } }',
    '{ outgoingCdrs(first: 3) { nodes { id account { name } recording { url } } } incomingCdrs { nodes { id recording { url } } } }',
    '{ outgoingStatistics(accountId: "x", fromTime: "2026-01-01T00:00:00Z") { totals { asr totalCalls totalPrice } series { asr acd failedCalls } } }',
    '{ accounts { nodes { name } } invoices { nodes { account { name } } } a: viewer { accessProfile { name } } }',
    '{ outgoingRateplans { nodes { name rates { nodes { prefix } } } } node(id: "x") { id } }',
  ]
  const decide = createDecide()

  it('MUST be what the very same decision says under the profile that has lost something', () => {
    let [ended, lost, kept] = [0, 0, 0]
    for (let round = 0; round < 700; round++) {
      const document = parse(documents[round % documents.length] ?? '')
      const before = randomProfile()
      const after = { ...before }
      const taken = permissionKeys.filter((key) => before[key] && Math.random() < 0.1)
      for (const key of taken) after[key] = false
      const wholeOrNothing = round % 3 === 0
      const judge = (viewer: Viewer): Ruling =>
        rule(decide, { schema, document } as SubscriptionArgs, viewer, wholeOrNothing)
      const ruling = judge(viewerWith(before))
      if (ruling.refusal) continue
      const { endsWithout, losesWithout } = needsOf(judge, ruling)
      const then = judge(viewerWith(after))
      const has = (needs: readonly Permission[]): boolean => needs.some((key) => taken.includes(key))
      const ends = then.refusal !== null
      const nulls = (of: Ruling): string[] => of.decision.places.map(({ path }) => path.join('.'))
      const loses = nulls(then).some((path) => !nulls(ruling).includes(path))
      expect([has(endsWithout), ends || has(losesWithout)]).toEqual([ends, ends || loses])
      if (ends) ended += 1
      else if (loses) lost += 1
      else kept += 1
    }
    expect([ended > 20, lost > 10, kept > 20]).toEqual([true, true, true])
  })

  it('MUST never name a flag that its viewer does not have', () => {
    for (const text of documents) {
      const judge = (viewer: Viewer): Ruling =>
        rule(decide, { schema, document: parse(text) } as SubscriptionArgs, viewer, false)
      const { endsWithout, losesWithout } = needsOf(judge, judge(viewerWith(allBut('account', 'outgoingCdrs'))))
      for (const key of ['account', 'outgoingCdrs'] as const)
        expect([...endsWithout, ...losesWithout]).not.toContain(key)
    }
  })
})

function randomProfile(): Record<Permission, boolean> {
  const share = Math.random() < 0.5 ? 1 : 0.9
  return Object.fromEntries(permissionKeys.map((key) => [key, Math.random() < share])) as Record<Permission, boolean>
}

function viewerWith(profile: AccessProfile): Viewer {
  return { kind: 'customer', scopes: customerScopes(profile) } as CustomerViewer
}
