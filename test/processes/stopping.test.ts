import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { forgetActiveCalls, firstAccountOf, setActiveCalls, subscriptionTo } from '../subscriptions/support/calls.ts'
import { openSse } from '../subscriptions/support/streams.ts'
import { startGateway, type Apart, type Gateway } from '../support/gateway.ts'
import { startBalancer, type Backend, type Balancer } from './support/balancer.ts'
import { startWork, type Work } from './support/work.ts'

interface Member extends Apart {
  readonly backend: Backend
}

/** Is there for the tables; its process is none of the two. */
let gateway: Gateway
let balancer: Balancer
let work: Work
const members: Member[] = []

beforeAll(async () => {
  gateway = await startGateway()
  balancer = await startBalancer()
  work = await startWork(gateway, balancer.url)
})
/** Two at a time; what a test has ended is started anew. */
beforeEach(async () => {
  await Promise.all(Array.from({ length: 2 - members.length }, start))
})
afterAll(async () => {
  await balancer[Symbol.asyncDispose]()
  await Promise.all(members.splice(0).map((member) => member[Symbol.asyncDispose]()))
  await gateway[Symbol.asyncDispose]()
})

/** Another process, behind the balancer. */
async function start(): Promise<Member> {
  const apart = await gateway.apart({ SHUTDOWN_DELAY: '1', SUBSCRIPTION_INTERVAL: '0.1' })
  const member = { ...apart, backend: balancer.add(apart.url) }
  members.push(member)
  while (!member.backend.ready) await delay(20)
  return member
}

/** Ends the oldest process, and gives its exit code, or what killed it. */
async function end(signal: NodeJS.Signals): Promise<{ backend: Backend; code: unknown }> {
  const [member] = members.splice(0, 1)
  if (!member) throw new Error('There is no process left')
  const ended = once(member.process, 'exit')
  member.process.kill(signal)
  const [code, killed] = await ended
  return { backend: member.backend, code: code ?? killed }
}

describe('Two processes on two databases, under load', () => {
  it('MUST lose no request and tell nothing denied while each is stopped and another one started', async () => {
    const stopped: Backend[] = []
    for (let round = 0; round < 2; round++) {
      await work.during(async () => {
        const { backend, code } = await end('SIGTERM')
        stopped.push(backend)
        expect(code).toBe(0)
      })
      await work.during(start)
    }
    await work.during(async () => undefined)
    expect(work.failures).toEqual([])
    expect(work.counts.lost).toBe(0)
    const backends = [...stopped, ...members.map(({ backend }) => backend)]
    for (const backend of backends) expect(backend.lost).toBe(0)
    for (const backend of backends) expect(backend.answered).toBeGreaterThan(15)
    expect(backends.reduce((sum, { answered }) => sum + answered, 0)).toBe(work.counts.answered)
    await work.expectWritten()
    process.stdout.write(`${work.counts.answered} requests, none lost\n`)
  }, 120_000)

  it('MUST lose no more than what a killed one was at, write nothing by halves, and tell nothing denied', async () => {
    const before = { ...work.counts }
    let killed: Backend | null = null
    await work.during(async () => {
      const { backend, code } = await end('SIGKILL')
      killed = backend
      expect(code).toBe('SIGKILL')
    })
    await work.during(start)
    expect(work.failures).toEqual([])
    // No client has more than one request under way.
    const lost = work.counts.lost - before.lost
    expect(lost).toBeLessThanOrEqual(work.clients)
    expect(killed).toMatchObject({ lost })
    for (const { backend } of members) expect(backend.lost).toBe(0)
    await work.expectWritten()
    process.stdout.write(`${work.counts.answered - before.answered} requests, ${lost} lost with the process\n`)
  }, 120_000)
})

describe('A process that stops', () => {
  it('MUST say first that it is not ready, while it is alive and serves', async () => {
    const [member] = members
    if (!member) throw new Error('Nothing was started')
    const ended = end('SIGTERM')
    const readiness = async () => (await fetch(`${member.url}/readyz`)).status
    await expect.poll(readiness, { interval: 20 }).toBe(503)
    expect((await fetch(`${member.url}/healthz`)).status).toBe(200)
    const answer = await fetch(`${member.url}/graphql?query={__typename}`)
    expect(answer.headers.get('connection')).toBe('close')
    expect(await answer.json()).toEqual({ data: { __typename: 'Query' } })
    expect((await ended).code).toBe(0)
    await expect(fetch(`${member.url}/healthz`)).rejects.toThrow()
  })

  it.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
  ] as const)('MUST stop at once when %s is followed by %s', async (first, second) => {
    const [member] = members
    if (!member) throw new Error('Nothing was started')
    const ended = end(first)
    await expect.poll(async () => (await fetch(`${member.url}/readyz`)).status, { interval: 20 }).toBe(503)
    member.process.kill(second)
    expect((await ended).code).toBe(second)
  })

  it('MUST stop without that time when it is interrupted at a terminal', async () => {
    const slow = await gateway.apart({ SHUTDOWN_DELAY: '600' })
    const ended = once(slow.process, 'exit')
    slow.process.kill('SIGINT')
    expect((await ended)[0]).toBe(0)
  })

  it('MUST leave its subscribers to another process, by either transport', async () => {
    const account = await firstAccountOf(gateway, 'alice')
    await forgetActiveCalls(gateway)
    const token = await gateway.signIn('alice')
    const counts: unknown[] = []
    let connections = 0
    const client = createClient({
      url: `${balancer.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryWait: () => delay(50),
      on: { connected: () => (connections += 1) },
    })
    client.subscribe(
      { query: subscriptionTo(account, 'count') },
      {
        next: ({ data }) => counts.push(data),
        error: (error) => counts.push(error),
        complete: () => counts.push('complete'),
      },
    )
    const streams = [await openSse(balancer.url, subscriptionTo(account, 'count'), { token })]
    await streams[0]?.event(0)
    await expect.poll(() => counts.length).toBe(1)

    // Both that there were, so that each subscriber loses its process once at least.
    await start()
    for (let round = 0; round < 2; round++) expect((await end('SIGTERM')).code).toBe(0)
    // A client takes `complete` for the end of what it asked for, and does not ask again.
    expect(await streams[0]?.ended()).toBe('cut')
    await expect.poll(() => connections).toBeGreaterThan(1)
    await using again = await openSse(balancer.url, subscriptionTo(account, 'count'), { token })
    await again.event(0)
    await setActiveCalls(gateway, account, 4711)
    await expect.poll(() => counts.at(-1), { timeout: 5_000 }).toEqual({ outgoingActiveCalls: { count: 4711 } })
    expect(counts).not.toContain('complete')
    expect((await again.event(1)).data.outgoingActiveCalls.count).toBe(4711)
    await client.dispose()
  }, 60_000)
})
