import { connect } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { TimeoutError, UnavailableError } from '../../src/errors.ts'
import { answerOf, exchange, post } from './support/requests.ts'
import { startServer } from './support/server.ts'

function failing(error: unknown): { graphql: () => Promise<never> } {
  return { graphql: () => Promise.reject(error) }
}

describe('a handler that throws', () => {
  it('becomes a masked 500 whose correlation id is in the log', async () => {
    await using server = await startServer(failing(new Error('secret detail')))
    const response = await post(server.url, '{ hello }')
    const [error] = (await answerOf(response)).errors ?? []
    expect([response.status, error?.message]).toEqual([500, 'Something went wrong'])
    expect(error?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', correlationId: expect.any(String) })
    const line = server.logged.find((each) => each.includes('secret detail'))
    expect(line).toContain(error?.extensions['correlationId'])
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  it.each([
    [503, 'UNAVAILABLE', new UnavailableError(new Error('connect ECONNREFUSED 10.0.0.1'))],
    [504, 'TIMEOUT', new TimeoutError()],
  ])('becomes %i when it says %s', async (status, code, error) => {
    await using server = await startServer(failing(error))
    const response = await post(server.url, '{ hello }')
    const text = await response.text()
    expect(response.status).toBe(status)
    expect(text).toContain(code)
    expect(text).not.toContain('10.0.0.1')
  })

  it('cuts an answer that was begun, so that it does not pass for a whole one', async () => {
    await using server = await startServer({
      graphql(_, res) {
        res.writeHead(200).write('{"data":')
        throw new Error('half way')
      },
    })
    const answer = await exchange(server.port, 'GET /graphql?query={hello} HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(answer).not.toContain('0\r\n\r\n')
    expect(server.logged.join()).toContain('half way')
  })

  it('is not made of a client that leaves in the middle of its request', async () => {
    await using server = await startServer()
    const socket = connect(server.port, '127.0.0.1')
    socket.write(
      'POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"que',
    )
    await vi.waitFor(() => expect(server.http.server.listenerCount('request')).toBe(1))
    setTimeout(() => socket.destroy(), 50)
    await vi.waitFor(() => expect(server.logged.join()).toContain('The client left'))
    expect(server.logged.join()).not.toContain('A request failed')
  })
})

describe('the request log', () => {
  it('has the route, never the URL', async () => {
    await using server = await startServer()
    await fetch(`${server.url}/files/very-secret-token`)
    await vi.waitFor(() => expect(server.logged.join()).toContain('"route":"/files"'))
    expect(server.logged.join()).not.toContain('very-secret-token')
  })
})
