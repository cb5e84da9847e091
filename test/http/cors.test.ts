import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { post } from './support/requests.ts'
import { startServer, type TestServer } from './support/server.ts'

const portal = 'https://portal.example'
let server: TestServer
beforeAll(
  async () => void (server = await startServer({ settings: { CORS_ORIGINS: `${portal}, http://localhost:3000` } })),
)
afterAll(() => server[Symbol.asyncDispose]())

function cors({ headers }: Response): (string | null)[] {
  return ['access-control-allow-origin', 'access-control-allow-credentials'].map((name) => headers.get(name))
}

function preflight(origin: string, path = '/graphql', url = server.url): Promise<Response> {
  const headers = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type,x-denied',
  }
  return fetch(url + path, { method: 'OPTIONS', headers })
}

describe('an origin of CORS_ORIGINS', () => {
  it.each([portal, 'http://localhost:3000'])('%s may read answers with the session', async (origin) => {
    const response = await post(server.url, '{ hello }', { origin })
    expect(cors(response)).toEqual([origin, 'true'])
    expect(response.headers.get('vary')).toContain('Origin')
    expect(await response.json()).toEqual({ data: { hello: 'world' } })
  })

  it('may read refusals too', async () => {
    expect(cors(await post(server.url, '{ hello }', { origin: portal, 'content-type': 'text/plain' }))).toEqual([
      portal,
      'true',
    ])
  })

  it.each(['/graphql', '/files/token'])('is told before it asks what it may send to %s', async (path) => {
    const response = await preflight(portal, path)
    expect(response.status).toBe(204)
    expect(cors(response)).toEqual([portal, 'true'])
    expect(response.headers.get('access-control-allow-headers')).toBe('content-type,x-denied')
    expect(response.headers.get('access-control-max-age')).toBe('600')
  })

  it('has no say at other routes', async () => {
    expect(cors(await preflight(portal, '/metrics'))).toEqual([null, null])
    expect(cors(await fetch(`${server.url}/metrics`, { headers: { origin: portal } }))).toEqual([null, null])
  })
})

describe('any other origin', () => {
  it.each([
    'https://evil.example',
    'null',
    `${portal}.evil.example`,
    `${portal}:444`,
    'http://portal.example',
    'https://PORTAL.example',
  ])('%s may read nothing', async (origin) => {
    expect(cors(await preflight(origin))).toEqual([null, null])
    const response = await fetch(`${server.url}/graphql?query={hello}`, { headers: { origin } })
    expect(cors(response)).toEqual([null, null])
    expect(response.headers.get('vary')).toContain('Origin')
  })

  it('may read nothing when none is listed', async () => {
    await using plain = await startServer()
    const response = await preflight(portal, '/graphql', plain.url)
    expect([response.status, ...cors(response), response.headers.get('vary')]).toEqual([204, null, null, null])
  })
})
