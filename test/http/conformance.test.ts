import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type Gateway } from '../support/gateway.ts'

let gateway: Gateway
const tokens: Record<string, string | null> = {
  'nobody signed in': null,
  'a customer': '',
  'a token that is none': 'nonsense',
}

beforeAll(async () => {
  gateway = await startGateway()
  tokens['a customer'] = await gateway.signIn('alice')
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** The audits as they are, with a token on each request. */
function audits(who: string) {
  const fetchFn = (url: string, init: RequestInit = {}): Promise<Response> => {
    const token = tokens[who]
    const headers = new Headers(init.headers)
    if (token) headers.set('authorization', `Bearer ${token}`)
    return fetch(url, { ...init, headers })
  }
  return serverAudits({ url: () => `${gateway.url}/graphql`, fetchFn })
}

describe.each(Object.keys(tokens))('GraphQL over HTTP, asked by %s', (who) => {
  const all = audits(who)

  it('MUST be audited in all 61 points', () => {
    expect(all).toHaveLength(61)
  })

  it.each(all)('$id $name', async ({ fn }) => {
    const result = await fn()
    expect(result.status === 'ok' ? 'ok' : `${result.status}: ${result.reason}`).toBe('ok')
  })
})
