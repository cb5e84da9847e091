import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startGateway, type Gateway } from '../support/gateway.ts'
import {
  accountsOf,
  expectNothingLeft,
  firstAccountOf,
  forgetActiveCalls,
  sessionOf,
  setActiveCalls,
  subscriptionTo,
  type TestAccount,
} from './support/calls.ts'
import {
  aurora,
  borealis,
  forgetSingleCalls,
  polled,
  questionsUntil,
  writeSnapshot,
  type Question,
} from './support/single-calls.ts'
import { openSocketStream, openSse, transports, type Stream } from './support/streams.ts'

let gateway: Gateway
let account: TestAccount
let token: string
let set: Awaited<ReturnType<Gateway['login']>>['set']

beforeAll(async () => {
  gateway = await startGateway({ SUBSCRIPTION_INTERVAL: '0.2' })
  account = await firstAccountOf(gateway, 'alice')
  ;({ token, set } = await gateway.login('watcher'))
})
afterAll(() => gateway[Symbol.asyncDispose]())
beforeEach(async () => {
  await set({ outgoingActiveCalls: true, account: true })
  await forgetActiveCalls(gateway)
  await forgetSingleCalls(gateway)
})
afterEach(() => expectNothingLeft(gateway))

/** A call of an account, from this number. */
function call(from: string, of = account, rest: Readonly<Record<string, unknown>> = {}) {
  return { customer_acc_id: of.internal, src_prefix_in: from, start_time: '2026-01-01T00:00:00Z', ...rest }
}

/** Calling numbers as an event tells them. */
function numbersIn({ data }: { readonly data: any }, key = 'calls'): string[] { // eslint-disable-line @typescript-eslint/no-explicit-any -- an answer of any shape
  return data.outgoingActiveCalls[key].map(({ srcPrefixIn }: { srcPrefixIn: string }) => srcPrefixIn)
} // prettier-ignore

describe.each(transports)('calls in progress over %s', (_name, open) => {
  it('MUST be told at once, and again whenever they have changed', async () => {
    await writeSnapshot(gateway, [call('1'), call('2')], 50)
    await using stream = await open(gateway.url, subscriptionTo(account, 'count calls { srcPrefixIn }'), { token })
    expect(numbersIn(await stream.event(0)).sort()).toEqual(['1', '2'])
    await writeSnapshot(gateway, [call('2'), call('3')], 40)
    expect(numbersIn(await stream.event(1)).sort()).toEqual(['2', '3'])
    await setActiveCalls(gateway, account, 7)
    const { data } = await stream.event(2)
    expect(data.outgoingActiveCalls.count).toBe(7)
    expect(data.outgoingActiveCalls.calls).toHaveLength(2)
  })

  it('MUST not be told again while what is asked for looks the same', async () => {
    const at = '2026-01-01T00:00:00Z'
    await writeSnapshot(gateway, [call('1', account, { auth_orig_port: 1 })], 50)
    await using stream = await open(gateway.url, subscriptionTo(account, 'calls { srcPrefixIn startTime }'), { token })
    await stream.event(0)
    // Another snapshot, another port, another call that looks alike.
    await writeSnapshot(gateway, [call('1', account, { auth_orig_port: 2, connect_time: at })], 40)
    await polled(gateway)
    expect(stream.events).toHaveLength(1)
    await writeSnapshot(gateway, [call('1'), call('1')], 30)
    expect(numbersIn(await stream.event(1))).toEqual(['1', '1'])
  })

  it('MUST be filtered and cut for each subscriber, from what is read for all', async () => {
    const query = subscriptionTo(
      account,
      `first: calls(first: 1) { srcPrefixIn }
       some: calls(where: { srcPrefixIn: { startsWith: "38" }, connectTimeNull: false }) { srcPrefixIn }
       none: calls(where: { authOrigIp: "192.0.2.7" }) { srcPrefixIn }`,
    )
    const answered = { connect_time: '2026-01-01T00:00:01Z' }
    await writeSnapshot(gateway, [
      call('381', account, answered),
      call('382'),
      call('49', account, { ...answered, start_time: '2026-01-01T00:00:05Z' }),
    ])
    await using stream = await open(gateway.url, query, { token })
    const event = await stream.event(0)
    expect(numbersIn(event, 'first')).toEqual(['49'])
    expect(numbersIn(event, 'some')).toEqual(['381'])
    expect(numbersIn(event, 'none')).toEqual([])
  })

  it('MUST take variables and leave out what is skipped', async () => {
    await writeSnapshot(gateway, [call('1'), call('2', account, { start_time: '2026-02-02T00:00:00Z' })])
    const query = `subscription ($id: ID!, $first: Int, $where: OutgoingActiveCallWhere, $no: Boolean!) {
      outgoingActiveCalls(accountId: $id) { ...F skipped: calls(first: 0) @skip(if: $no) { startTime } } }
      fragment F on OutgoingActiveCalls { calls(first: $first, where: $where) { srcPrefixIn @include(if: $no) startTime @skip(if: $no) } }`
    const where = { srcPrefixIn: { eq: '2' } }
    await using stream = await open(gateway.url, query, {
      token,
      variables: { id: account.id, first: 3, where, no: true },
    })
    expect((await stream.event(0)).data).toEqual({ outgoingActiveCalls: { calls: [{ srcPrefixIn: '2' }] } })
  })
})

describe('What subscribers may see', () => {
  it('MUST be only calls of their account while it is theirs', async () => {
    const own = (login: string) =>
      gateway.primary.query(
        'UPDATE billing.accounts SET contractor_id = (SELECT customer_id FROM sys.api_access WHERE login = $1) WHERE id = $2',
        [login, account.internal],
      )
    const foreign = await firstAccountOf(gateway, 'erin')
    await writeSnapshot(gateway, [
      call('alices'),
      call('erins', foreign, { customer_id: borealis }),
      call('of before', account, { customer_id: borealis }),
    ])
    await using mine = await openSse(gateway.url, subscriptionTo(account, 'calls { srcPrefixIn }'), { token })
    await using theirs = await openSse(gateway.url, subscriptionTo(foreign, 'calls { srcPrefixIn }'), {
      token: await gateway.signIn('erin'),
    })
    expect(numbersIn(await mine.event(0))).toEqual(['alices'])
    expect(numbersIn(await theirs.event(0))).toEqual(['erins'])
    await own('erin')
    const { data, errors } = await mine.event(1)
    await own('alice')
    expect(data).toEqual({ outgoingActiveCalls: null })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'accountId' } }])
  })

  it('MUST end with the flag, and go on without what lies below another', async () => {
    await writeSnapshot(gateway, [call('1')])
    await using stream = await openSocketStream(
      gateway.url,
      subscriptionTo(account, 'calls { srcPrefixIn } account { name }'),
      { token },
    )
    expect((await stream.event(0)).data.outgoingActiveCalls.account.name).toEqual(expect.any(String))
    await set({ account: false })
    expect((await stream.event(1)).data.outgoingActiveCalls).toEqual({
      calls: [{ srcPrefixIn: '1' }],
      account: { name: null },
    })
    await set({ outgoingActiveCalls: false })
    expect(await stream.ended()).toBe('complete')
    expect(stream.events.at(-1)).toMatchObject({
      data: { outgoingActiveCalls: null },
      errors: [{ extensions: { permission: 'OUTGOING_ACTIVE_CALLS' } }],
    })
  })
})

describe('What is read for all subscribers together', () => {
  const perAccount = 10

  /** Four accounts of alice's and one of erin's, ten subscribers each, of whom some want calls. */
  async function fifty(fieldsOf: (index: number) => string): Promise<Stream[]> {
    const watched = [
      ...(await accountsOf(gateway, 'alice')).slice(0, 4).map((each) => ({ each, login: 'watcher' })),
      { each: await firstAccountOf(gateway, 'erin'), login: 'erin' },
    ]
    expect(watched).toHaveLength(5)
    return Promise.all(
      watched.flatMap(({ each, login }) =>
        Array.from({ length: perAccount }, async (_, index) => {
          const session = await sessionOf(gateway, login, `${login}-${each.internal}-${index}`)
          const open = index % 2 ? openSse : openSocketStream
          const stream = await open(gateway.url, subscriptionTo(each, fieldsOf(index)), { token: session })
          await stream.event(0)
          return stream
        }),
      ),
    )
  }

  /** The questions of each poll; the one to the accounts' owners ends it. */
  function pollsOf(questions: readonly Question[]): Question[][] {
    const polls: Question[][] = [[]]
    for (const question of questions) {
      polls.at(-1)?.push(question)
      if (question === 'owners') polls.push([])
    }
    // Listening began in the middle of the first, and ended before the last was over.
    return polls.slice(1, -1).map((poll) => poll.sort())
  }

  async function somePolls(): Promise<Question[][]> {
    return pollsOf(
      await questionsUntil(gateway, (questions) => questions.filter((each) => each === 'owners').length >= 5),
    )
  }

  async function closeAll(streams: readonly Stream[]): Promise<void> {
    await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()))
  }

  it('MUST be one question to each source and tick, however many there are and whatever they filter by', async () => {
    const foreign = await firstAccountOf(gateway, 'erin')
    await writeSnapshot(gateway, [call('1'), call('2', foreign, { customer_id: borealis })])
    const streams = await fifty(
      (index) => `count calls(first: ${index + 1}, where: { srcPrefixIn: { contains: "${index % 3}" } }) { startTime }`,
    )
    const polls = await somePolls()
    expect(polls.length).toBeGreaterThanOrEqual(4)
    for (const poll of polls) expect(poll).toEqual(['calls', 'counts', 'owners'])
    await closeAll(streams)
  })

  it('MUST not be any calls where nobody asks for them', async () => {
    const streams = await fifty(() => 'count')
    for (const poll of await somePolls()) expect(poll).toEqual(['counts', 'owners'])
    await closeAll(streams)
  })

  it('MUST be the columns that somebody asks for or filters by, of the accounts that they ask for', async () => {
    const { databases } = gateway.app.services
    const [, other] = await accountsOf(gateway, 'alice')
    if (!other) throw new TypeError('Alice has one account only')
    await using _count = await openSse(gateway.url, subscriptionTo(other, 'count'), { token })
    await using calls = await openSse(
      gateway.url,
      subscriptionTo(account, 'calls(where: { authOrigPort: 5060 }) { srcNameIn }'),
      { token },
    )
    await calls.event(0)
    const spy = vi.spyOn(databases, 'query')
    await polled(gateway)
    const asked = spy.mock.calls
      .map(([, statement]) => statement)
      .find(({ text }) => text.includes('portal.active_calls'))
    spy.mockRestore()
    const { text = '', values = [] } = asked ?? {}
    const named = [...text.matchAll(/call\.(\w+) AS/g)].map(([, name]) => name).sort()
    expect(named).toEqual(['auth_orig_port', 'customer_id', 'id', 'src_name_in'])
    expect(values[0]).toEqual([account.internal])
  })

  it('MUST be no more than 1,000 calls of an account', async () => {
    const many = Array.from({ length: 1_001 }, (_, index) =>
      call(String(index), account, { start_time: new Date(Date.UTC(2026, 0) + index * 1000).toISOString() }),
    )
    await writeSnapshot(gateway, many)
    const fields = 'oldest: calls(where: { srcPrefixIn: { eq: "0" } }) { srcPrefixIn } next: calls(where: { srcPrefixIn: { eq: "1" } }) { srcPrefixIn }'
    await using stream = await openSse(gateway.url, subscriptionTo(account, fields), { token })
    const event = await stream.event(0)
    expect(numbersIn(event, 'oldest')).toEqual([])
    expect(numbersIn(event, 'next')).toEqual(['1'])
  }) // prettier-ignore
})

describe('A source that fails', () => {
  it('MUST end subscriptions to what it tells, after a while, and no others', async () => {
    await writeSnapshot(gateway, [call('1')])
    await using counting = await openSse(gateway.url, subscriptionTo(account, 'count'), { token })
    await using listing = await openSse(gateway.url, subscriptionTo(account, 'calls { srcPrefixIn }'), { token })
    await Promise.all([counting.event(0), listing.event(0)])
    await gateway.primary.query('ALTER TABLE portal.active_calls RENAME TO active_calls_away')
    try {
      await listing.ended()
      expect(listing.events.at(-1)?.errors).toHaveLength(1)
      await using late = await openSse(gateway.url, subscriptionTo(account, 'calls { srcPrefixIn }'), { token })
      expect(await late.ended()).toBe('complete')
      expect(late.events).toHaveLength(1)
      await setActiveCalls(gateway, account, 9)
      expect((await counting.event(1)).data.outgoingActiveCalls.count).toBe(9)
      expect(counting.end).toBe(null)
    } finally {
      await gateway.primary.query('ALTER TABLE portal.active_calls_away RENAME TO active_calls')
    }
  })

  it('MUST be forgiven for a moment', async () => {
    await using stream = await openSse(gateway.url, subscriptionTo(account, 'calls { srcPrefixIn }'), { token })
    await stream.event(0)
    await gateway.primary.query('ALTER TABLE portal.active_calls RENAME TO active_calls_away')
    await polled(gateway, 0)
    await gateway.primary.query('ALTER TABLE portal.active_calls_away RENAME TO active_calls')
    await writeSnapshot(gateway, [call('1', account, { customer_id: aurora })])
    expect(numbersIn(await stream.event(1))).toEqual(['1'])
    expect(stream.end).toBe(null)
  })
})
