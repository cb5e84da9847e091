import { Agent, createServer, get } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { createDraining } from '../../src/http/draining.ts'
import { post, statusOf } from './support/requests.ts'
import { startServer } from './support/server.ts'

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

  it('cuts event streams at once: they have no end to wait for', async () => {
    const server = await startServer()
    const response = await post(server.url, 'subscription { ticks }', { accept: 'text/event-stream' })
    const reader = response.body?.getReader()
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect((await reader?.read())?.done).toBe(false)
    const start = performance.now()
    await server[Symbol.asyncDispose]()
    expect(performance.now() - start).toBeLessThan(5_000)
    await expect(async () => {
      while (!(await reader?.read())?.done);
    }).rejects.toThrow()
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
