import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer, type TestServer } from './support/server.ts'

let server: TestServer
beforeAll(async () => void (server = await startServer()))
afterAll(() => server[Symbol.asyncDispose]())

const page = { headers: { accept: 'text/html' } }

it.each([
  ['an answer of the API', '/graphql?query={hello}', {}],
  ['GraphiQL', '/graphql', page],
  ['a refusal', '/nothing', {}],
  ['a file that is none', '/files/token', {}],
  ['a probe', '/healthz', {}],
])('%s is not sniffed, framed or named to others', async (_, path, init) => {
  const { headers } = await fetch(server.url + path, init)
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('x-frame-options')).toBe('DENY')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
})

it('answers of the API are stored nowhere', async () => {
  for (const path of ['/graphql?query={hello}', '/graphql', '/nothing', '/files/token']) {
    expect((await fetch(server.url + path)).headers.get('cache-control')).toBe('no-store')
  }
})

it('GraphiQL runs no script but its own files', async () => {
  const policy = (await fetch(`${server.url}/graphql`, page)).headers.get('content-security-policy')
  expect(policy).toContain("script-src 'self';")
  expect(policy).not.toMatch(/unsafe-eval|https?:/)
})
