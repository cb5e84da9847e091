import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exchange, statusOf } from './support/requests.ts'
import { startServer, type TestServer } from './support/server.ts'

let server: TestServer
beforeAll(async () => void (server = await startServer()))
afterAll(() => server[Symbol.asyncDispose]())

describe('routing', () => {
  it('answers an unknown path with NOT_FOUND in the shape of GraphQL', async () => {
    const response = await fetch(`${server.url}/nothing-here`)
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.json()).toEqual({ errors: [{ message: 'Not found', extensions: { code: 'NOT_FOUND' } }] })
  })

  it.each([
    ['/graphql', 'DELETE', 'GET, HEAD, POST, OPTIONS'],
    ['/healthz', 'POST', 'GET, HEAD, OPTIONS'],
    ['/files/token', 'PUT', 'GET, HEAD, OPTIONS'],
  ])('answers %s with 405 to %s and names the methods it has', async (path, method, allow) => {
    const response = await fetch(server.url + path, { method })
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
  })

  it('leads a browser from the bare address to GraphiQL', async () => {
    const response = await fetch(server.url, { headers: { accept: 'text/html' }, redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([302, '/graphql'])
    expect((await fetch(server.url)).status).toBe(404)
  })

  it.each([
    ['an empty path segment', 'GET // HTTP/1.1\r\nHost: a', 404],
    ['a broken escape', 'GET /% HTTP/1.1\r\nHost: a', 404],
    ['a broken escape in a token', 'GET /files/%ff%00 HTTP/1.1\r\nHost: a', 404],
    ['a path out of the root', 'GET /../../etc/passwd HTTP/1.1\r\nHost: a', 404],
    ['the absolute form', 'GET http://elsewhere.example/healthz HTTP/1.1\r\nHost: a', 200],
    ['the absolute form of another scheme', 'GET ftp://elsewhere.example/healthz HTTP/1.1\r\nHost: a', 400],
    ['the asterisk form', 'OPTIONS * HTTP/1.1\r\nHost: a', 400],
    ['a host that is none', 'GET /graphql?query={hello} HTTP/1.1\r\nHost: a b', 400],
    ['a host with a user', 'GET /graphql?query={hello} HTTP/1.1\r\nHost: a@b', 400],
    ['a host with an impossible port', 'GET /graphql?query={hello} HTTP/1.1\r\nHost: a:99999', 400],
    ['a host of brackets', 'GET /graphql?query={hello} HTTP/1.1\r\nHost: [', 400],
    ['no host at all', 'GET /healthz HTTP/1.0', 200],
    ['a huge URL', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: a`, 431],
    ['a tunnel', 'CONNECT a:80 HTTP/1.1\r\nHost: a', NaN],
    ['no HTTP', 'nonsense', 400],
  ])('survives %s', async (_, request, status) => {
    const answer = await exchange(server.port, `${request}\r\n\r\n`)
    expect(statusOf(answer)).toBe(status)
    expect(answer).not.toContain('at ') // no stack of any layer
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })
})
