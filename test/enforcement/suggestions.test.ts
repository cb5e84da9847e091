import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allBut, startGateway, type Gateway } from '../support/gateway.ts'

let gateway: Gateway
let tester: Awaited<ReturnType<Gateway['login']>>

beforeAll(async () => {
  gateway = await startGateway()
  tester = await gateway.login('tester')
})
afterAll(() => gateway[Symbol.asyncDispose]())

const misspelt: [what: string, query: string, suggestion: string][] = [
  ['a field', '{ invoicess { totalCount } }', ' Did you mean "invoices"?'],
  ['a field of an object', '{ invoices { totalCounts } }', ' Did you mean "totalCount"?'],
  ['an argument', '{ invoices(wher: {}) { totalCount } }', ' Did you mean "where"?'],
  ['a type', '{ viewer { ... on Invoic { id } } }', ' Did you mean "Invoice"?'],
  ['an input field', '{ invoices(where: { referenc: { eq: "1" } }) { totalCount } }', ' Did you mean "reference"?'],
]

async function messageFor(query: string, token?: string): Promise<string> {
  const { data, errors } = await gateway.ask(query, { ...(token && { token }) })
  expect(data).toBeUndefined()
  return errors?.[0]?.message ?? ''
}

describe('a suggestion for a misspelt name', () => {
  it.each(misspelt)(
    'MUST be made where the viewer may see the name, and only there: %s',
    async (_what, query, suggestion) => {
      await tester.set(allBut())
      expect(await messageFor(query, tester.token)).toContain(suggestion)
      await tester.set(allBut('invoices'))
      expect(await messageFor(query, tester.token)).not.toContain('Did you mean')
      expect(await messageFor(query)).not.toContain('Did you mean')
      await tester.set(allBut())
      expect(await messageFor(query, tester.token)).toContain(suggestion)
    },
  )
})
