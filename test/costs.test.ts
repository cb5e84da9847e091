import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway, type Answer, type Gateway } from './support/gateway.ts'

// Small requests that would cost the database more than any answer is worth: refused, rather than tried.

let gateway: Gateway
let token: string
beforeAll(async () => {
  gateway = await startGateway()
  token = await gateway.signIn('alice')
})
afterAll(() => gateway[Symbol.asyncDispose]())

function codes({ errors = [] }: Answer): string[] {
  return errors.map(({ extensions }) => extensions.code)
}

describe('An order', () => {
  const attributes = ['duration', 'customerPrice', 'srcNameIn', 'dstPrefixIn', 'timeStart', 'legaDisconnectCode']
  /** Directions that differ, so that no index and no row comparison helps. */
  const by = (count: number) =>
    Array.from({ length: count }, (_, n) => `{ ${attributes[n % attributes.length]}: ${n % 2 === 0 ? 'ASC' : 'DESC'} }`)
  const page = (order: readonly string[]) =>
    gateway.ask(`query { outgoingCdrs(first: 1, orderBy: [${order.join(' ')}]) { pageInfo { endCursor } } }`, { token })

  test('MAY go by several attributes', async () => {
    const answer = await page(by(4))
    expect(answer.errors).toBeUndefined()
    const after = answer.data.outgoingCdrs.pageInfo.endCursor
    const next = `query ($after: String) { outgoingCdrs(first: 1, after: $after, orderBy: [${by(4).join(' ')}]) { nodes { id } } }`
    expect((await gateway.ask(next, { token, variables: { after } })).data.outgoingCdrs.nodes).toHaveLength(1)
  })

  // With a cursor the condition grows with the square of their number: a hundred take seconds, 250 half a minute.
  test.each([12, 100])('MUST NOT name an attribute again and again, %i in all', async (count) => {
    expect(codes(await page(by(count)))).toEqual(['BAD_USER_INPUT'])
  })
})

describe('A filter', () => {
  const search = (operator: string, type: string, value: unknown) =>
    gateway.ask(
      `query ($value: ${type}) { outgoingCdrs(first: 1, where: { srcNameIn: { ${operator}: $value } }) { totalCount } }`,
      { token, variables: { value } },
    )

  test.each(['contains', 'startsWith', 'endsWith', 'eq'])('MAY look for as much text as there is: %s', async (operator) => {
    expect((await search(operator, 'String', 'a'.repeat(200))).errors).toBeUndefined()
  }) // prettier-ignore

  // PostgreSQL reads the whole pattern for each row: 150,000 characters take seconds on a day of calls.
  test.each(['contains', 'endsWith'])('MUST NOT look for a text that no column could hold: %s', async (operator) => {
    expect(codes(await search(operator, 'String', 'a'.repeat(100_000)))).toEqual(['BAD_USER_INPUT'])
  })

  test('MUST NOT look for many long texts at a time', async () => {
    expect((await search('containsAny', '[String!]', ['a', 'b', 'c'])).errors).toBeUndefined()
    expect(codes(await search('containsAny', '[String!]', Array(400).fill('a'.repeat(2000))))).toEqual([
      'BAD_USER_INPUT',
    ])
  })
})
