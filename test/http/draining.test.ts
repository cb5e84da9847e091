import { Agent, createServer, get, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { createDraining } from '../../src/http/draining.ts'
import { post, statusOf } from './support/requests.ts'
import { startServer } from './support/server.ts'

describe('a server that is to stop', () => {
  it('is not ready, but alive, and serves everybody, each answer ending its connection', async () => {
    await using server = await startServer()
    const agent = new Agent({ keepAlive: true })
    const ask = (path: string) =>
      new Promise<IncomingMessage>((resolve) => get(server.url + path, { agent }, (res) => resolve(res.resume())))
    const before = await ask('/readyz')
    expect([before.statusCode, before.headers.connection]).toEqual([200, 'keep-alive'])
    const underWay = post(server.url, '{ slow(milliseconds: 300) }')
    await delay(100)
    server.http.retire()
    for (const [path, status] of [
      ['/readyz', 503],
      ['/healthz', 200],
      ['/graphql?query={hello}', 200],
    ] as const) {
      const { statusCode, headers } = await ask(path)
      expect([statusCode, headers.connection]).toEqual([status, 'close'])
    }
    expect((await underWay).headers.get('connection')).toBe('close')
    agent.destroy()
  })

  it('lets event streams go on', async () => {
    await using server = await startServer()
    const response = await post(server.url, 'subscription { ticks }', { accept: 'text/event-stream' })
    const reader = response.body?.getReader()
    await reader?.read()
    server.http.retire()
    for (let events = 0; events < 10; events++) expect((await reader?.read())?.done).toBe(false)
    await reader?.cancel()
  })
})

describe('a server that stops', () => {
  it('finishes what is in flight, and tells those connections to close', async () => {
    const server = await startServer()
    const answer = post(server.url, '{ slow(milliseconds: 500) }')
    await delay(100)
    const stopped = server[Symbol.asyncDispose]()
    const response = await answer
    expect(await response.json()).toEqual({ data: { slow: 'done' } })
    expect(response.headers.get('connection')).toBe('close')
    await stopped
  })

  it('accepts nobody new', async () => {
    const server = await startServer()
    const answer = post(server.url, '{ slow(milliseconds: 500) }')
    await delay(100)
    const stopped = server[Symbol.asyncDispose]()
    await vi.waitUntil(() => !server.http.server.listening)
    await expect(fetch(`${server.url}/healthz`, { headers: { connection: 'close' } })).rejects.toThrow()
    await Promise.all([stopped, answer])
  })

  it('is not held by idle connections', async () => {
    const server = await startServer()
    const agent = new Agent({ keepAlive: true })
    await new Promise((resolve) => get(`${server.url}/healthz`, { agent }, (res) => res.resume().on('end', resolve)))
    const start = performance.now()
    await server[Symbol.asyncDispose]()
    expect(performance.now() - start).toBeLessThan(5_000)
    agent.destroy()
  })

  it('is not ready any more for who still asks', async () => {
    const server = await startServer()
    const socket = connect(server.port, '127.0.0.1')
    socket.write('GET /readyz HTTP/1.1\r\nHost: a\r\n')
    await delay(100)
    const stopped = server[Symbol.asyncDispose]()
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
    socket.write('\r\n')
    expect(statusOf(await answer)).toBe(503)
    expect(await answer).toContain('Connection: close')
    await stopped
  })

  it('ends event streams at once, and does not call them complete: their clients are to ask again', async () => {
    const server = await startServer()
    const response = await post(server.url, 'subscription { ticks }', { accept: 'text/event-stream' })
    const reader = response.body?.getReader()
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect((await reader?.read())?.done).toBe(false)
    const start = performance.now()
    await server[Symbol.asyncDispose]()
    expect(performance.now() - start).toBeLessThan(5_000)
    const rest: string[] = []
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read())
      rest.push(Buffer.from(read.value).toString())
    expect(rest.join('')).not.toContain('complete')
  })

  it('ends event streams too that begin while it waits for others', async () => {
    const server = await startServer()
    const answer = post(server.url, '{ slow(milliseconds: 600) }')
    const socket = connect(server.port, '127.0.0.1')
    socket.write('GET /graphql?query=subscription{ticks} HTTP/1.1\r\nHost: a\r\n')
    await delay(100)
    const stopped = server[Symbol.asyncDispose]()
    await vi.waitUntil(() => !server.http.server.listening)
    let said = ''
    socket.on('data', (data) => (said += data.toString()))
    socket.write('Accept: text/event-stream\r\n\r\n')
    await new Promise((resolve) => socket.once('close', resolve))
    expect(statusOf(said)).toBe(200)
    expect(said).not.toContain('complete')
    await Promise.all([stopped, answer])
  })

  it('loses no connection that the system has accepted for it, nor a request on an idle one', async () => {
    const server = await startServer()
    const agent = new Agent({ keepAlive: true })
    const ask = (options: RequestOptions) =>
      new Promise<number | undefined>((resolve, reject) => {
        get(`${server.url}/healthz`, options, (res) => res.resume().on('end', () => resolve(res.statusCode))).on(
          'error',
          reject,
        )
      })
    await Promise.all(Array.from({ length: 20 }, () => ask({ agent })))
    // All of them are on their way before the server hears of anything: it shares this thread.
    const asked = [...Array(20).keys()].flatMap(() => [ask({ agent }), ask({ agent: false })])
    await new Promise(setImmediate)
    const stopped = server[Symbol.asyncDispose]()
    expect(await Promise.all(asked)).toEqual(Array(40).fill(200))
    await stopped
    agent.destroy()
  })

  it('may be stopped twice, and before it listens', async () => {
    const server = await startServer()
    await Promise.all([server[Symbol.asyncDispose](), server[Symbol.asyncDispose]()])
    expect(server.http.server.listening).toBe(false)
  })

  it('cuts what does not finish in time', async () => {
    const http = createServer((_, res) => draining.track(res))
    const draining = createDraining(http, 200)
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    const { port } = http.address() as AddressInfo
    const answer = fetch(`http://127.0.0.1:${port}`).catch(() => 'cut')
    await vi.waitFor(async () =>
      expect(await new Promise((resolve) => http.getConnections((_, n) => resolve(n)))).toBe(1),
    )
    const start = performance.now()
    await draining.drain()
    expect(performance.now() - start).toBeGreaterThan(150)
    expect(await answer).toBe('cut')
  })
})
