import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway, type Gateway } from '../support/gateway.ts'

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

async function get(variables: string) {
  const query = new URLSearchParams({ query: '{ __typename }', variables })
  const response = await fetch(`${gateway.url}/graphql?${query}`, { headers: { accept: 'application/json' } })
  return { status: response.status, body: await response.json() }
}

describe('Variables in a URL', () => {
  test('MUST be taken as JSON', async () => {
    expect(await get('{}')).toEqual({ status: 200, body: { data: { __typename: 'Query' } } })
  })

  test.each(['notjson', '{', '5', '[]', '"x"'])('MUST be refused as the caller’s mistake: %s', async (variables) => {
    const { status, body } = await get(variables)
    expect(body).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
    expect(status).toBe(400)
  })
})
