import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { codeOf, post } from './support/requests.ts'
import { smallGraphql, startServer, type TestServer } from './support/server.ts'

const portal = 'https://portal.example'
const publicUrl = 'https://gateway.example'
const cookie = { cookie: 'a=b; _yeti_customer_v1_session=token' }
const adminCookie = { cookie: '_yeti_admin_session=token' }
const bearer = { authorization: 'Bearer token' }

const yoga = smallGraphql()
const graphql = vi.fn((req: IncomingMessage, res: ServerResponse) => yoga(req, res))
let server: TestServer
beforeAll(async () => {
  server = await startServer({ graphql, settings: { CORS_ORIGINS: portal, PUBLIC_URL: publicUrl } })
})
afterAll(() => server[Symbol.asyncDispose]())

type Headers = Readonly<Record<string, string>>

/** By a program that may set any header; fetch keeps some for itself. */
async function request(method: 'GET' | 'POST', headers: Headers): Promise<number> {
  graphql.mockClear()
  const response =
    method === 'GET'
      ? await fetch(`${server.url}/graphql?query={hello}`, { headers })
      : await post(server.url, 'mutation { signIn }', headers)
  if (response.status === 403) {
    expect(await codeOf(response)).toBe('FORBIDDEN')
    expect(graphql).not.toHaveBeenCalled()
  }
  return response.status
}

const own = (): string => server.url

describe('requests of a browser', () => {
  // who sends it, its headers, whether GET and POST pass
  it.each<[string, () => Headers, number, number]>([
    ['our own page', () => ({ ...cookie, origin: own(), 'sec-fetch-site': 'same-origin' }), 200, 200],
    ['our own page, signed in as admin', () => ({ ...adminCookie, origin: own() }), 200, 200],
    ['our page under the public address', () => ({ ...cookie, origin: publicUrl }), 200, 200],
    ['a listed portal', () => ({ ...cookie, origin: portal, 'sec-fetch-site': 'cross-site' }), 200, 200],
    ['the address bar', () => ({ ...cookie, 'sec-fetch-site': 'none' }), 200, 200],
    ['another site', () => ({ ...cookie, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }), 403, 403],
    ['another site, as admin', () => ({ ...adminCookie, origin: 'https://evil.example' }), 403, 403],
    ['a neighbour of the same site', () => ({ ...cookie, origin: 'https://x.gateway.example' }), 403, 403],
    ['a neighbour that hides its origin', () => ({ ...cookie, 'sec-fetch-site': 'same-site' }), 403, 403],
    ['another site without origin', () => ({ ...cookie, 'sec-fetch-site': 'cross-site' }), 403, 403],
    ['a sandboxed frame', () => ({ ...cookie, origin: 'null' }), 403, 403],
    ['a name that begins like a listed one', () => ({ ...cookie, origin: `${portal}.evil.example` }), 403, 403],
    ['a listed name on another port', () => ({ ...cookie, origin: `${portal}:444` }), 403, 403],
    ['an origin that is no URL', () => ({ ...cookie, origin: 'portal' }), 403, 403],
    ['another site that claims ours', () => ({ ...cookie, origin: own(), 'sec-fetch-site': 'cross-site' }), 403, 403],
    ['another site that would sign it in', () => ({ origin: 'https://evil.example' }), 200, 403],
    ['another site, with a token', () => ({ ...bearer, ...cookie, origin: 'https://evil.example' }), 200, 403],
    ['a program with a cookie', () => cookie, 200, 200],
    ['a program with a token', () => bearer, 200, 200],
  ])('from %s', async (_, headers, get, mutation) => {
    expect([await request('GET', headers()), await request('POST', headers())]).toEqual([get, mutation])
  })
})

describe('the content type of a POST', () => {
  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON ;charset="utf-8"'])(
    '%s is taken',
    async (type) => expect((await post(server.url, '{ hello }', { 'content-type': type })).status).toBe(200),
  )

  it.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/graphql',
    'application/json-patch+json',
    'text/plain; application/json',
    'application/jsonp',
  ])('%s is refused with 415, since a form could send it or it is none of ours', async (type) => {
    graphql.mockClear()
    const response = await post(server.url, '{ hello }', { 'content-type': type })
    expect([response.status, await codeOf(response)]).toEqual([415, 'BAD_USER_INPUT'])
    expect(graphql).not.toHaveBeenCalled()
  })

  it('must be there', async () => {
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', body: new Blob(['{"query":"{hello}"}']) })
    expect(response.status).toBe(415)
  })
})
