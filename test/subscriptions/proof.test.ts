import { afterAll, beforeAll, expect, it } from 'vitest'
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
import { openSocketStream, openSse, type Stream } from './support/streams.ts'

/** What is promised is a second; here one process plays a gateway and all clients of two, on a busy machine. */
const bound = 3_000

let gateway: Gateway
let other: Awaited<ReturnType<Gateway['apart']>>
let account: TestAccount
let affected: Awaited<ReturnType<Gateway['login']>>
beforeAll(async () => {
  gateway = await startGateway({ SUBSCRIPTION_INTERVAL: '0.2' })
  other = await gateway.apart()
  account = await firstAccountOf(gateway, 'alice')
  await forgetActiveCalls(gateway)
  affected = await gateway.login('affected')
  await gateway.login('unaffected')
})
afterAll(async () => {
  await other[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

/** Every subscriber a session of their own; by turns of either login, on either gateway, and one in five over SSE. */
async function subscribe(subscribers: number, fields: string): Promise<{ mine: Stream[]; theirs: Stream[] }> {
  const mine: Stream[] = []
  const theirs: Stream[] = []
  const all = Array.from({ length: subscribers }, async (_, n) => {
    const [name, list] = n % 2 ? (['affected', mine] as const) : (['unaffected', theirs] as const)
    const token = await sessionOf(gateway, name, `${name}-${n}`)
    const open = Math.floor(n / 2) % 5 ? openSocketStream : openSse
    const { url } = Math.floor(n / 4) % 2 ? other : gateway
    const stream = await open(url, subscriptionTo(account, fields), { token })
    await stream.event(0)
    list.push(stream)
  })
  await Promise.all(all)
  return { mine, theirs }
}

it(`a lost flag MUST end half of 500 subscriptions on two gateway processes, and disturb nobody else`, async () => {
  const { mine, theirs } = await subscribe(500, 'count')
  const streams = [...mine, ...theirs]
  await setActiveCalls(gateway, account, 1)
  await Promise.all(streams.map((stream) => stream.event(1)))
  const disturbances = theirs.map((stream) => stream.events.length)

  const since = performance.now()
  await affected.set({ outgoingActiveCalls: false })
  const changed = performance.now()
  // What is counted from here on, the affected may never see.
  await setActiveCalls(gateway, account, 4242)
  await Promise.all(mine.map((stream) => stream.ended()))

  const times = mine.map((stream) => (stream.events.at(-1)?.at ?? Infinity) - since).sort((a, b) => a - b)
  const slowest = times.at(-1) ?? Infinity
  process.stdout.write(
    `${mine.length} of ${streams.length} ended: median ${Math.round(times[times.length / 2] ?? 0)} ms, slowest ${Math.round(slowest)} ms (the change itself took ${Math.round(changed - since)} ms)\n`,
  )
  expect(slowest).toBeLessThan(bound)
  for (const stream of mine) {
    expect(stream.end).toBe('complete')
    expect(stream.events.at(-1)).toMatchObject({
      data: { outgoingActiveCalls: null },
      errors: [{ extensions: { permission: 'OUTGOING_ACTIVE_CALLS' } }],
    })
    expect(stream.events.map(({ data }) => data.outgoingActiveCalls?.count)).not.toContain(4242)
  }

  await Promise.all(theirs.map((stream, n) => stream.event(disturbances[n] ?? 0)))
  for (const [n, stream] of theirs.entries()) {
    expect(stream.end).toBe(null)
    expect(stream.events).toHaveLength((disturbances[n] ?? 0) + 1)
    expect(stream.events.at(-1)?.data.outgoingActiveCalls.count).toBe(4242)
    expect(stream.events.every(({ errors }) => errors === undefined)).toBe(true)
  }
  await Promise.all(theirs.map((stream) => stream[Symbol.asyncDispose]()))
  await expectNothingLeft(gateway)
}, 60_000)

it(`a lost field MUST be null for half of 200 subscriptions on two gateway processes, and stay for the rest`, async () => {
  await affected.set({ outgoingActiveCalls: true })
  await forgetActiveCalls(gateway)
  const { mine, theirs } = await subscribe(200, 'count account { name }')
  const before = [...mine, ...theirs].map((stream) => stream.events.length)
  const since = performance.now()
  await affected.set({ account: false })
  const events = await Promise.all(mine.map((stream, n) => stream.event(before[n] ?? 0)))
  const slowest = Math.max(...events.map(({ at }) => at)) - since
  process.stdout.write(
    `${mine.length} of ${mine.length + theirs.length} lost a field: slowest ${Math.round(slowest)} ms\n`,
  )
  expect(slowest).toBeLessThan(bound)
  for (const { data } of events) expect(data.outgoingActiveCalls.account).toEqual({ name: null })
  await setActiveCalls(gateway, account, 5)
  await Promise.all(theirs.map((stream, n) => stream.event(before[mine.length + n] ?? 0)))
  for (const stream of theirs) {
    expect(stream.end).toBe(null)
    expect(stream.events.at(-1)).toMatchObject({
      data: { outgoingActiveCalls: { count: 5, account: { name: expect.any(String) } } },
    })
  }
  await Promise.all([...mine, ...theirs].map((stream) => stream[Symbol.asyncDispose]()))
  await expectNothingLeft(gateway)
}, 60_000)
