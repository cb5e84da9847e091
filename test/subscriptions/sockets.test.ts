import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { exchange } from '../http/support/requests.ts'
import { expectNothingLeft, firstAccountOf, subscriptionTo, type TestAccount } from './support/calls.ts'
import { acknowledged, closeCode, connect, messageOf, openSse, subscribeOn } from './support/streams.ts'

let gateway: Gateway
let account: TestAccount
let token: string
let set: Awaited<ReturnType<Gateway['login']>>['set']
beforeAll(async () => {
  gateway = await startGateway({ CORS_ORIGINS: 'https://portal.example.com' })
  account = await firstAccountOf(gateway, 'alice')
  ;({ token, set } = await gateway.login('socket'))
})
afterAll(() => gateway[Symbol.asyncDispose]())
afterEach(() => expectNothingLeft(gateway))

const cookieOf = (value: string) => ({ cookie: `_yeti_customer_v1_session=${value}` })

/** The answers of one operation on a socket of its own, as this viewer. */
async function ask(query: string, params?: Readonly<Record<string, unknown>>, headers?: Record<string, string>) {
  const socket = await connect(gateway.url, headers)
  await acknowledged(socket, params)
  await using stream = subscribeOn(socket, '1', query)
  await stream.ended()
  return stream
}

describe('a socket', () => {
  it.each([
    ['another site', 'https://evil.example'],
    ['a site that begins like a listed one', 'https://portal.example.com.evil.example'],
    ['another port', 'https://portal.example.com:444'],
    ['no site', 'null'],
  ])('MUST not be opened by a page of %s, with a cookie or without', async (_name, origin) => {
    await expect(connect(gateway.url, { origin, ...cookieOf(token) })).rejects.toThrow('403')
    await expect(connect(gateway.url, { origin })).rejects.toThrow('403')
  })

  it.each(['own', 'listed'])('MUST be opened by a page of our %s origin, with its cookie', async (which) => {
    const origin = which === 'own' ? gateway.url : 'https://portal.example.com'
    const stream = await ask('{ viewer { login } }', undefined, { origin, ...cookieOf(token) })
    expect(stream.events.map(({ data }) => data)).toEqual([{ viewer: { login: 'socket' } }])
  })

  it('MUST be authenticated by the header or by `connectionParams`, afresh for each operation', async () => {
    const login = { viewer: { login: 'socket' } }
    const header = await ask('{ viewer { login } }', undefined, { authorization: `Bearer ${token}` })
    const params = await ask('{ viewer { login } }', { authorization: `Bearer ${token}` })
    const both = await ask('{ viewer { login } }', { Authorization: token }, { authorization: 'Bearer nonsense' })
    expect([header, params, both].map(({ events }) => events[0]?.data)).toEqual([login, login, login])
    const socket = await connect(gateway.url)
    await acknowledged(socket, { authorization: token })
    const statement = (value: number) =>
      gateway.primary.query("UPDATE sys.api_access SET allowed_ips = $1 WHERE login = 'socket'", [
        value ? ['0.0.0.0/0'] : ['10.0.0.1'],
      ])
    await statement(0)
    const denied = subscribeOn(socket, '1', '{ viewer { login } }')
    expect((await denied.event(0)).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    await statement(1)
    expect((await subscribeOn(socket, '2', '{ viewer { login } }').event(0)).data).toEqual(login)
    socket.close()
  })

  it.each(['Bearer nonsense', 'eyJhbGciOiJub25lIn0.e30.'])('MUST be closed with 4403 for the token %s', async (bad) => {
    const socket = await connect(gateway.url, cookieOf(token))
    const code = closeCode(socket)
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: bad } }))
    expect(await code).toBe(4403)
  })

  it.each<readonly [code: number, name: string, talk: (socket: WebSocket) => Promise<void> | void]>([
    [4400, 'what is no message', (socket) => socket.send('{"type":"nonsense"}')],
    [
      4400,
      'a batch',
      async (socket) => {
        await acknowledged(socket)
        socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: [{ query: '{ __typename }' }] }))
      },
    ],
    [4401, 'an operation before the start', (socket) => void subscribeOn(socket, '1', '{ __typename }')],
    [4408, 'silence', () => undefined],
    [
      4409,
      'an id that is in use',
      async (socket) => {
        await acknowledged(socket, { authorization: token })
        subscribeOn(socket, '1', subscriptionTo(account))
        subscribeOn(socket, '1', subscriptionTo(account))
      },
    ],
    [
      4429,
      'a second start',
      async (socket) => {
        await acknowledged(socket)
        socket.send(JSON.stringify({ type: 'connection_init' }))
      },
    ],
    [
      1009,
      'a message above 64 KiB',
      async (socket) => {
        await acknowledged(socket)
        subscribeOn(socket, '1', `{ __typename } #${'x'.repeat(65_536)}`)
      },
    ],
  ])('MUST be closed with %i for %s', async (code, _name, talk) => {
    const socket = await connect(gateway.url)
    const closed = closeCode(socket)
    await talk(socket)
    expect(await closed).toBe(code)
  })

  it('MUST be refused for another protocol, path or upgrade', async () => {
    const port = Number(new URL(gateway.url).port)
    const head =
      'Host: localhost\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    expect(await exchange(port, `GET /other HTTP/1.1\r\n${head}Upgrade: websocket\r\n\r\n`)).toMatch(/^HTTP\/1.1 404 /)
    expect(
      await exchange(
        port,
        `GET /graphql HTTP/1.1\r\n${head.replace('Version: 13', 'Version: 1')}Upgrade: websocket\r\n\r\n`,
      ),
    ).toMatch(/^HTTP\/1.1 400 /)
    await expect(connect(gateway.url, {}, 'graphql-ws')).rejects.toThrow(/./)
  })

  it('MUST run at most fifty operations at a time', async () => {
    const socket = await connect(gateway.url)
    await acknowledged(socket, { authorization: token })
    const streams = Array.from({ length: 50 }, (_, id) => subscribeOn(socket, String(id), subscriptionTo(account)))
    await Promise.all(streams.map((stream) => stream.event(0)))
    const more = subscribeOn(socket, 'more', '{ __typename }')
    expect((await more.event(0)).errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }])
    socket.send(JSON.stringify({ type: 'complete', id: '0' }))
    await expect
      .poll(async () => (await subscribeOn(socket, crypto.randomUUID(), '{ __typename }').event(0)).data)
      .toEqual({ __typename: 'Query' })
    socket.close()
  })

  it('MUST be one of at most MAX_SOCKETS', async () => {
    await using small = await gateway.another({ MAX_SOCKETS: '2' })
    const sockets = await Promise.all([connect(small.url), connect(small.url)])
    await expect(connect(small.url)).rejects.toThrow('503')
    const closed = sockets[0] && closeCode(sockets[0])
    sockets[0]?.close()
    await closed
    await expect.poll(() => connect(small.url).then((socket) => socket.readyState, String)).toBe(WebSocket.OPEN)
  })

  it('MUST not be what a request gets that offers another protocol: it is served, or told so', async () => {
    const port = Number(new URL(gateway.url).port)
    const answer = await exchange(
      port,
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1.1 (?:200|404|426) /)
  })

  it('MUST be closed with 1001 when the gateway stops, and no stream be called complete', async () => {
    const stopping = await gateway.another()
    const socket = await connect(stopping.url)
    await acknowledged(socket, { authorization: token })
    const stream = subscribeOn(socket, '1', subscriptionTo(account))
    const sse = await openSse(stopping.url, subscriptionTo(account), { token })
    await Promise.all([stream.event(0), sse.event(0)])
    const code = closeCode(socket)
    const start = performance.now()
    await stopping[Symbol.asyncDispose]()
    expect(performance.now() - start).toBeLessThan(3_000)
    expect(await code).toBe(1001)
    expect([await stream.ended(), await sse.ended()]).toEqual(['cut', 'cut'])
    expect([...stream.events, ...sse.events].flatMap(({ errors }) => errors ?? [])).toEqual([])
  })

  it('MUST be told what it has asked for before the gateway stops, and nothing that it asks for later', async () => {
    const stopping = await gateway.another()
    const socket = await connect(stopping.url)
    await acknowledged(socket, { authorization: token })
    await using client = await gateway.primary.connect().then((held) => ({
      held,
      [Symbol.asyncDispose]: async () => held.release(),
    }))
    await client.held.query('BEGIN; LOCK TABLE billing.accounts')
    const asked = subscribeOn(socket, '1', '{ accounts { nodes { name } } }')
    await expect.poll(() => waiting(gateway)).toBe(1)
    const stopped = stopping[Symbol.asyncDispose]()
    await expect(fetchedOnce(stopping.url)).rejects.toThrow()
    const late = subscribeOn(socket, '2', '{ viewer { login } }')
    await client.held.query('ROLLBACK')
    expect((await asked.event(0)).data.accounts.nodes.length).toBeGreaterThan(0)
    expect(await late.ended()).toBe('cut')
    expect(late.events).toEqual([])
    await stopped
  })
})

/** How many statements wait for a lock. */
async function waiting({ primary }: Gateway): Promise<number> {
  const { rows } = await primary.query<{ waiting: number }>(
    `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  return rows[0]?.waiting ?? 0
}

/** As soon as nobody listens there any more. */
async function fetchedOnce(url: string): Promise<void> {
  for (;;) await fetch(`${url}/healthz`, { headers: { connection: 'close' } })
}

describe('an operation on a socket', () => {
  it('MUST pass the same walls: queries, mutations, denial, limits, masking, validation', async () => {
    const params = { authorization: `Bearer ${token}` }
    const query = await ask('{ invoices(first: 1) { totalCount } accounts { nodes { name } } }', params)
    expect(query.events[0]?.data.invoices.totalCount).toEqual(expect.any(Number))
    await set({ invoices: false })
    const denied = await ask('{ invoices(first: 1) { totalCount } viewer { login } }', params)
    expect(denied.events[0]).toMatchObject({
      data: { invoices: null, viewer: { login: 'socket' } },
      errors: [{ extensions: { permission: 'INVOICES' } }],
    })
    await set({ invoices: true })
    const signIn = await ask('mutation { signIn(login: "alice", password: "alice-demo") { viewer { login } } }')
    expect(signIn.events[0]?.data.signIn.viewer).toEqual({ login: 'alice' })
    const wrong = await ask('{ nothing }', params)
    expect(wrong.end).toBe('error')
    const many = await ask(`{ ${'__typename '.repeat(2001)} }`, params)
    expect(many.events[0]?.errors?.[0]?.message).toContain('tokens')
    const deep = await ask(`{ ${Array.from({ length: 60 }, (_, n) => `a${n}: __typename`).join(' ')} }`, params)
    expect(deep.events[0]?.errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }])
    const reject = await ask('{ outgoingCdrs { totalCount } }', { ...params, 'x-denied': 'reject' })
    expect(reject.events[0]?.errors).toBeUndefined()
  })

  it('MUST show the schema as the viewer has it', async () => {
    await set({ outgoingActiveCalls: false })
    const query =
      '{ __schema { subscriptionType { fields { name } } } t: __type(name: "OutgoingActiveCalls") { name } }'
    const without = await ask(query, { authorization: token })
    expect(without.events[0]?.data).toEqual({ __schema: { subscriptionType: null }, t: null })
    await set({ outgoingActiveCalls: true })
    const having = await ask(query, { authorization: token })
    expect(having.events[0]?.data.__schema.subscriptionType.fields).toEqual([{ name: 'outgoingActiveCalls' }])
  })

  it('MUST not tell of names that the viewer may not know', async () => {
    const wrong = await ask('{ outgoingActiveCall }')
    expect(JSON.stringify(wrong.events)).not.toContain('outgoingActiveCalls')
  })

  it('MUST not be heard of any more once its client has completed it', async () => {
    const socket = await connect(gateway.url)
    await acknowledged(socket, { authorization: token })
    const stream = subscribeOn(socket, '1', subscriptionTo(account))
    await stream.event(0)
    socket.send(JSON.stringify({ type: 'complete', id: '1' }))
    await expectNothingLeft(gateway)
    const pong = messageOf(socket)
    socket.send('{"type":"ping"}')
    expect((await pong).type).toBe('pong')
    socket.close()
  })
})
