import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startGateway, type Gateway } from '../support/gateway.ts'
import {
  expectNothingLeft,
  firstAccountOf,
  forgetActiveCalls,
  sessionOf,
  setActiveCalls,
  subscriptionTo,
  type TestAccount,
} from './support/calls.ts'
import { openSse, transports } from './support/streams.ts'

let gateway: Gateway
let account: TestAccount
let token: string
let set: Awaited<ReturnType<Gateway['login']>>['set']
beforeAll(async () => {
  gateway = await startGateway({ SUBSCRIPTION_INTERVAL: '0.2' })
  account = await firstAccountOf(gateway, 'alice')
  ;({ token, set } = await gateway.login('subscriber'))
})
afterAll(() => gateway[Symbol.asyncDispose]())
beforeEach(async () => {
  await set({ outgoingActiveCalls: true, account: true })
  await forgetActiveCalls(gateway)
})
afterEach(() => expectNothingLeft(gateway))

describe.each(transports)('a subscription over %s', (_name, open) => {
  it('MUST tell the count at once, and again whenever it has changed', async () => {
    await using stream = await open(gateway.url, subscriptionTo(account), { token })
    expect((await stream.event(0)).data).toEqual({ outgoingActiveCalls: { time: null, count: 0 } })
    await setActiveCalls(gateway, account, 7)
    const { data } = await stream.event(1)
    expect(data.outgoingActiveCalls.count).toBe(7)
    expect(Date.now() - Date.parse(data.outgoingActiveCalls.time)).toBeLessThan(10_000)
    await setActiveCalls(gateway, account, 7)
    expect((await stream.event(2)).data.outgoingActiveCalls.time).not.toBe(data.outgoingActiveCalls.time)
    await delay(500)
    expect(stream.events).toHaveLength(3)
  })

  it('MUST take a count that is older than two minutes for none', async () => {
    await setActiveCalls(gateway, account, 5)
    await gateway.cdr.query("UPDATE stats.active_call_accounts SET created_at = created_at - interval '121 seconds'")
    await using stream = await open(gateway.url, subscriptionTo(account), { token })
    expect((await stream.event(0)).data).toEqual({ outgoingActiveCalls: { time: null, count: 0 } })
  })

  it('MUST take variables, aliases and fragments', async () => {
    const query = `subscription ($id: ID!, $no: Boolean!) {
      calls: outgoingActiveCalls(accountId: $id) { ...F time @skip(if: $no) }
    }
    fragment F on OutgoingActiveCalls { account { id name } }`
    await using stream = await open(gateway.url, query, { token, variables: { id: account.id, no: true } })
    const { data } = await stream.event(0)
    expect(data).toEqual({ calls: { account: { id: account.id, name: expect.any(String) } } })
  })

  it('MUST end before its source is opened where the root is denied', async () => {
    await set({ outgoingActiveCalls: false })
    const statements: string[] = []
    gateway.app.services.databases.onStatement = (_database, text) => void statements.push(text)
    await using stream = await open(gateway.url, subscriptionTo(account), { token })
    expect(await stream.ended()).toBe('complete')
    gateway.app.services.databases.onStatement = null
    expect(stream.events).toHaveLength(1)
    expect(stream.events[0]?.data).toEqual({ outgoingActiveCalls: null })
    expect(stream.events[0]?.errors).toMatchObject([
      {
        path: ['outgoingActiveCalls'],
        extensions: {
          code: 'FORBIDDEN',
          permission: 'OUTGOING_ACTIVE_CALLS',
          coordinate: 'Subscription.outgoingActiveCalls',
        },
      },
    ])
    expect(statements.filter((text) => /active_call_accounts|billing\.accounts/.test(text))).toEqual([])
  })

  it('MUST blank a denied field below the root, with one error, and never select it', async () => {
    await set({ account: false })
    const statements: string[] = []
    gateway.app.services.databases.onStatement = (_database, text) => void statements.push(text)
    await using stream = await open(gateway.url, subscriptionTo(account, 'count account { id balance }'), { token })
    const { data, errors } = await stream.event(0)
    gateway.app.services.databases.onStatement = null
    expect(data).toEqual({ outgoingActiveCalls: { count: 0, account: { id: account.id, balance: null } } })
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', coordinate: 'Account.balance' } }])
    expect(statements.filter((text) => text.includes('balance'))).toEqual([])
  })

  it('MUST answer `x-denied: reject` with errors only, and nothing more', async () => {
    await set({ account: false })
    await using stream = await open(gateway.url, subscriptionTo(account, 'count account { balance }'), {
      token,
      headers: { 'x-denied': 'reject' },
    })
    await stream.ended()
    expect(stream.events).toHaveLength(1)
    expect(stream.events[0]?.data).toBeUndefined()
    expect(stream.events[0]?.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })

  it('MUST end a subscription with `x-denied: reject` as soon as a part of it is lost', async () => {
    await using stream = await open(gateway.url, subscriptionTo(account, 'count account { balance }'), {
      token,
      headers: { 'x-denied': 'reject' },
    })
    await stream.event(0)
    await set({ account: false })
    await stream.ended()
    expect(stream.events.at(-1)).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] })
    expect(stream.events.at(-1)?.data).toBeUndefined()
  })

  it('MUST say the same of an unknown and of a foreign account', async () => {
    const foreign = await firstAccountOf(gateway, 'erin')
    const unknown = { internal: 0, id: Buffer.from(`Account:${crypto.randomUUID()}`).toString('base64') }
    const answers = await Promise.all(
      [foreign, unknown].map(async (each) => {
        await using stream = await open(gateway.url, subscriptionTo(each), { token })
        await stream.ended()
        return stream.events.map(({ data, errors }) => ({ data, errors }))
      }),
    )
    expect(answers[0]).toMatchObject([{ errors: [{ extensions: { code: 'BAD_USER_INPUT', argument: 'accountId' } }] }])
    expect(answers[1]).toEqual(answers[0])
  })

  it('MUST tell nothing more of an account that has gone to somebody else', async () => {
    const own = (login: string) =>
      gateway.primary.query(
        'UPDATE billing.accounts SET contractor_id = (SELECT customer_id FROM sys.api_access WHERE login = $1) WHERE id = $2',
        [login, account.internal],
      )
    await using stream = await open(gateway.url, subscriptionTo(account), { token })
    expect((await stream.event(0)).data.outgoingActiveCalls.count).toBe(0)
    await own('erin')
    await setActiveCalls(gateway, account, 8)
    const { data, errors } = await stream.event(1)
    await own('alice')
    expect(data).toEqual({ outgoingActiveCalls: null })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'accountId' } }])
  })

  it('MUST be refused to who has not signed in, whatever the account', async () => {
    await using stream = await open(gateway.url, subscriptionTo(account))
    expect(await stream.ended()).toBe('complete')
    expect(stream.events).toMatchObject([{ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }])
  })

  it('MUST be one field, and one that is left in', async () => {
    const skipped = `subscription { outgoingActiveCalls(accountId: "${account.id}") @skip(if: true) { count } }`
    const two = `subscription { a: outgoingActiveCalls(accountId: "${account.id}") { count } b: outgoingActiveCalls(accountId: "${account.id}") { count } }`
    for (const [query, code] of [
      [skipped, 'BAD_USER_INPUT'],
      [two, 'GRAPHQL_VALIDATION_FAILED'],
    ] as const) {
      await using stream = await open(gateway.url, query, { token })
      await stream.ended()
      expect([code, stream.events.at(-1)?.errors?.[0]?.message]).toEqual([
        code,
        expect.not.stringContaining('Unexpected'),
      ])
    }
  })

  it('MUST leave nothing behind, however its client goes', async () => {
    for (let round = 0; round < 20; round++) {
      const stream = await open(gateway.url, subscriptionTo(account), { token })
      if (round % 2) await stream.event(0)
      stream.close()
    }
    await expectNothingLeft(gateway)
  })

  it('MUST leave nothing behind when its client goes before it has begun', async () => {
    for (let round = 0; round < 20; round++) {
      const controller = new AbortController()
      const answer = fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        signal: controller.signal,
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: subscriptionTo(account) }),
      })
      await delay(round)
      controller.abort()
      await answer.catch(() => undefined)
    }
    await delay(200)
    await expectNothingLeft(gateway)
  })

  it('MUST read the count once per tick, however many subscribers there are', async () => {
    const reads = async (subscribers: number): Promise<number> => {
      const streams = await Promise.all(
        Array.from({ length: subscribers }, () => open(gateway.url, subscriptionTo(account), { token })),
      )
      await Promise.all(streams.map((stream) => stream.event(0)))
      let count = 0
      gateway.app.services.databases.onStatement = (_database, text) => {
        if (text.includes('active_call_accounts')) count += 1
      }
      await delay(1_000)
      gateway.app.services.databases.onStatement = null
      await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()))
      return count
    }
    expect(await reads(1)).toBeLessThanOrEqual(6)
    expect(await reads(30)).toBeLessThanOrEqual(6)
  })
})

describe('a subscription', () => {
  it('MUST not run for a client that does not take a stream', async () => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: subscriptionTo(account) }),
    })
    expect(response.status).toBe(406)
    await expectNothingLeft(gateway)
  })

  it('MUST run by GET too, as browsers ask for event streams', async () => {
    const controller = new AbortController()
    const url = `${gateway.url}/graphql?query=${encodeURIComponent(subscriptionTo(account))}`
    const response = await fetch(url, {
      signal: controller.signal,
      headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` },
    })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    controller.abort()
  })

  it('MUST not go on for longer than a hundred times in one session', async () => {
    const one = await sessionOf(gateway, 'subscriber', 'many')
    const streams = await Promise.all(
      Array.from({ length: 100 }, () => openSse(gateway.url, subscriptionTo(account), { token: one })),
    )
    const more = await openSse(gateway.url, subscriptionTo(account), { token: one })
    expect((await more.event(0)).errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }])
    await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()))
  })
})

describe('the query of the same name', () => {
  it('MUST give one reading, under the same rule', async () => {
    await setActiveCalls(gateway, account, 3)
    const query = `{ outgoingActiveCalls(accountId: "${account.id}") { time count account { id } } }`
    const { data } = await gateway.ask(query, { token })
    expect(data.outgoingActiveCalls).toMatchObject({ count: 3, account: { id: account.id } })
    await set({ outgoingActiveCalls: false })
    const denied = await gateway.ask(query, { token })
    expect(denied.data).toEqual({ outgoingActiveCalls: null })
    expect(denied.errors).toMatchObject([{ extensions: { permission: 'OUTGOING_ACTIVE_CALLS' } }])
  })
})
