import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { bodyLimit } from '../../src/http/body-limit.ts'
import { answerOf, codeOf, statusOf } from './support/requests.ts'
import { startServer, type TestServer } from './support/server.ts'

let server: TestServer
beforeAll(async () => void (server = await startServer()))
afterAll(() => server[Symbol.asyncDispose]())

/** A request of exactly so many bytes that asks for the length of its filling. */
function bodyOf(bytes: number): string {
  const around = JSON.stringify({ query: 'query($t: String!) { echo(text: $t) }', variables: { t: '' } }).length
  return JSON.stringify({
    query: 'query($t: String!) { echo(text: $t) }',
    variables: { t: 'x'.repeat(bytes - around) },
  })
}

function send(body: BodyInit): Promise<Response> {
  return fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    ...(typeof body !== 'string' && { duplex: 'half' as const }),
  })
}

/** The same body without a declared length. */
function chunked(text: string): ReadableStream<Uint8Array> {
  return new Blob([text]).stream()
}

describe.each([
  ['with a declared length', (text: string): BodyInit => text],
  ['in chunks', chunked],
])('a body %s', (_, wrap) => {
  it('is taken up to the limit', async () => {
    const response = await send(wrap(bodyOf(bodyLimit)))
    expect(await answerOf(response)).toEqual({ data: { echo: expect.any(Number) } })
  })

  it('is refused with 413 one byte above it', async () => {
    const response = await send(wrap(bodyOf(bodyLimit + 1)))
    expect(response.status).toBe(413)
    expect(await codeOf(response)).toBe('BAD_USER_INPUT')
  })

  it('that is small reaches GraphQL whole', async () => {
    expect(await answerOf(await send(wrap('{"query":"{ hello }"}')))).toEqual({ data: { hello: 'world' } })
  })
})

it('an empty chunked body is a bad request, not a failure', async () => {
  expect((await send(chunked(''))).status).toBe(400)
})

describe('a body without end', () => {
  function open(): Promise<Socket> {
    return new Promise((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => resolve(socket))
      socket.on('error', () => undefined)
    })
  }

  const head = 'POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'

  it('is answered while it is still being sent, kept nowhere, and then cut off', async () => {
    const graphql = vi.fn()
    await using own = await startServer({ graphql })
    const socket = connect(own.port, '127.0.0.1')
    const closed = new Promise((resolve) => socket.on('close', resolve))
    let answer = ''
    socket.on('error', () => undefined).on('data', (data) => (answer += data.toString()))
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 'x'), Buffer.from('\r\n')])
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    let sent = 0
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`)
    while (!socket.destroyed) {
      sent += chunk.length
      if (!socket.write(chunk)) await Promise.race([once(socket, 'drain').catch(() => undefined), closed])
      most = Math.max(most, process.memoryUsage().arrayBuffers - before)
    }
    await closed
    expect(statusOf(answer)).toBe(413)
    expect(answer.toLowerCase()).toContain('connection: close')
    expect(sent).toBeGreaterThan(100 * bodyLimit)
    expect(most).toBeLessThan(sent / 2)
    expect(most).toBeLessThan(64 * bodyLimit)
    expect(graphql).not.toHaveBeenCalled()
  })

  it('of a declared length is answered before any of it was sent', async () => {
    const socket = await open()
    socket.write(`${head}Content-Length: 999999999999\r\n\r\n`)
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
    expect(statusOf(answer)).toBe(413)
    socket.destroy()
  })
})
