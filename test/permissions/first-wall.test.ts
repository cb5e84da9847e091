import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { execute, parse, type GraphQLSchema } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGraphql } from '../../src/http/yoga.ts'
import { builder } from '../../src/schema/builder.ts'
import { withRuleDirectives } from '../../src/schema/rules/directives.ts'
import { allBut, only, type Answer, type Asking, type Gateway } from '../support/gateway.ts'
import { ask, denialsOf, isAbout, keyOf, lasting, operationsOf, type Operation } from './support/asking.ts'
import { ways } from './support/document.ts'
import { expectedData, expectedDenials } from './support/expectation.ts'
import { guardingFlags } from './support/published.ts'
import { startPortal } from './support/portal.ts'
import { takeSample } from './support/sample.ts'
import { everyObjectById, rootSelections } from './support/selections.ts'
import { contextFor } from './support/viewers.ts'

// The gateway with scope-auth turned off, so that all there is is the decision before execution.

let gateway: Gateway
let login: Awaited<ReturnType<Gateway['login']>>
let server: Server
let open: GraphQLSchema
let unwalled: Pick<Gateway, 'ask'>
let cases: { operation: Operation; full: unknown }[]
const [plainly] = ways

beforeAll(async () => {
  gateway = await startPortal()
  login = await gateway.login('tester')
  open = withRuleDirectives(builder.toSchema({ sortSchema: true, disableScopeAuth: true }))
  const graphql = createGraphql(gateway.app.services, open)
  server = createServer((req, res) => void graphql(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a string only for a pipe
  unwalled = { ask: (query, asking) => post(`http://127.0.0.1:${port}/graphql`, query, asking) }
  const sample = await takeSample(gateway, login.token)
  const operations = [...operationsOf(rootSelections(sample)), ...everyObjectById(sample).map((each) => [each])]
  cases = []
  for (const operation of operations) {
    const { data } = await ask(unwalled, operation, plainly, login)
    cases.push({ operation, full: lasting(data) })
  }
})
afterAll(async () => {
  server.close()
  await gateway[Symbol.asyncDispose]()
})

async function post(url: string, query: string, { token = '', headers }: Asking = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify({ query }),
  })
  const { data, errors } = await response.json()
  return { status: response.status, headers: response.headers, data, errors }
}

test('With no wall at all everything MUST be readable, or the next tests say nothing', async () => {
  const contextValue = await contextFor(gateway, login.token, only())
  const document = parse('{ accounts { nodes { balance } } outgoingCdrs { nodes { rec } } invoices { totalCount } }')
  const { data, errors } = await execute({ schema: open, document, contextValue })
  expect(errors).toBeUndefined()
  expect(JSON.stringify(data)).toMatch(/"balance":".*"rec":.*"totalCount":\d/)
})

describe.each(guardingFlags)('While %s alone is off, the decision before execution', (flag) => {
  const off = new Set([flag])
  beforeAll(() => login.set(allBut(keyOf(flag))))

  test('MUST leave null where it is needed, and nothing else', async () => {
    for (const { operation, full } of cases.filter(({ operation }) => operation.some((each) => isAbout(each, flag)))) {
      const answer = await ask(unwalled, operation, plainly, login)
      expect(denialsOf(answer)).toEqual(expectedDenials(operation, off))
      expect(lasting(answer.data)).toEqual(expectedData(operation, full, off))
    }
  })
})
