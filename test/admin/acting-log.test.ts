import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createHttpServer, type HttpServer } from '../../src/http/server.ts'
import { createGraphql } from '../../src/http/yoga.ts'
import { socketOperations } from '../../src/http/socket-operations.ts'
import { createSockets } from '../../src/http/sockets.ts'
import { schema } from '../../src/schema/index.ts'
import type { Services } from '../../src/schema/context.ts'
import { encodeGlobalId } from '../../src/schema/resource/global-id.ts'
import { breakColumn } from '../http/support/broken-column.ts'
import { firstAccountOf, subscriptionTo } from '../subscriptions/support/calls.ts'
import { transports } from '../subscriptions/support/streams.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'

// The same gateway once more, with a log that can be read.

let gateway: Gateway
let http: HttpServer
let url: string
let login: Awaited<ReturnType<Gateway['login']>>
let acting: string
let who: object
const lines: Record<string, unknown>[] = []

beforeAll(async () => {
  gateway = await startGateway({ SUBSCRIPTION_INTERVAL: '0.2' })
  login = await gateway.login('seen')
  const { rows } = await gateway.primary.query<{ id: number; admin: number }>(
    "SELECT id, (SELECT id FROM gui.admin_users WHERE username = 'admin') AS admin FROM sys.api_access WHERE login = 'seen'",
  )
  const { id = 0, admin } = rows[0] ?? {}
  const { data } = await gateway.ask('mutation ($id: ID!) { actAsPortalLogin(id: $id) { token } }', {
    token: await gateway.admin(),
    variables: { id: encodeGlobalId('PortalLogin', String(id)) },
  })
  acting = data.actAsPortalLogin.token
  who = { adminId: admin, administrator: 'admin', loginId: id, login: 'seen', address: '127.0.0.1' }
  const log = pino({ level: 'info', base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const services: Services = { ...gateway.app.services, log }
  const graphql = createGraphql(services, schema)
  http = createHttpServer({
    ...services,
    graphql: (req, res) => graphql(req, res),
    sockets: createSockets({
      ...socketOperations(services, graphql),
      trusted: services.config.http,
      log,
      maxSockets: 10,
    }),
  })
  url = (await http.listen()).url
})
beforeEach(() => void lines.splice(0))
afterAll(async () => {
  await http[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

async function ask(query: string, token = acting): Promise<any> { // eslint-disable-line @typescript-eslint/no-explicit-any -- answers of any shape
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  })
  return response.json()
} // prettier-ignore

describe('The log', () => {
  test('MUST say of every operation who acts as whom', async () => {
    await ask('query Mine { viewer { login } }')
    expect(lines).toMatchObject([
      { ...who, operation: 'query', name: 'Mine', correlationId: expect.any(String), msg: 'Acting as a login' },
    ])
  })

  test('MUST say what was denied, under the same id', async () => {
    await login.set({ invoices: false })
    await ask('{ viewer { login } invoices { totalCount } }')
    await login.set({ invoices: true })
    expect(lines).toHaveLength(2)
    expect(lines[1]).toMatchObject({
      ...who,
      correlationId: lines[0]?.['correlationId'],
      count: 1,
      errors: [{ code: 'FORBIDDEN', permission: 'INVOICES', coordinate: 'Query.invoices', path: 'invoices' }],
    })
  })

  test('MUST say that a mutation was tried', async () => {
    await ask('mutation Sneak { signOut }')
    expect(lines).toMatchObject([
      { ...who, operation: 'mutation', name: 'Sneak' },
      { ...who, errors: [{ code: 'FORBIDDEN' }] },
    ])
  })

  test('MUST lead from what was answered to the error that was masked', async () => {
    const mend = await breakColumn(gateway.primary, 'billing.payments', 'amount', 'it cannot be read')
    const { errors } = await ask('{ payments { nodes { amount } } }')
    await mend()
    const masked = lines.find(({ msg }) => msg === 'Unexpected error')
    const { correlationId } = errors[0].extensions
    expect(masked).toMatchObject({ correlationId })
    expect(lines.at(-1)).toMatchObject({ ...who, errors: [{ code: 'INTERNAL_SERVER_ERROR', correlationId }] })
  })

  test('MUST say which files were fetched', async () => {
    const { data } = await ask('{ invoices(first: 100) { nodes { pdf { url } } } }')
    const [link = ''] = data.invoices.nodes.flatMap(({ pdf }: { pdf: { url: string } | null }) => pdf?.url ?? [])
    lines.splice(0)
    const path = new URL(link).pathname
    expect((await fetch(`${url}${path}`)).status).toBe(200)
    await login.set({ invoices: false })
    expect((await fetch(`${url}${path}`)).status).toBe(404)
    await login.set({ invoices: true })
    const line = { ...who, file: 'invoice', id: expect.any(String), msg: 'A file, acting as a login' }
    expect(lines).toMatchObject([
      { ...line, allowed: true },
      { ...line, allowed: false },
    ])
  })

  test.each(transports)('MUST say so of a subscription over %s, and what it was denied', async (_, open) => {
    const account = await firstAccountOf(gateway, 'seen')
    await using stream = await open(url, subscriptionTo(account), { token: acting })
    await stream.event(0)
    expect(lines).toMatchObject([{ ...who, operation: 'subscription', msg: 'Acting as a login' }])
    await login.set({ outgoingActiveCalls: false })
    await stream.ended()
    await login.set({ outgoingActiveCalls: true })
    await expect.poll(() => lines[1]).toMatchObject({ ...who, errors: [{ code: 'FORBIDDEN' }] })
    expect(lines[1]?.['correlationId']).toBe(lines[0]?.['correlationId'])
  })

  test('MUST bound what the caller could make long', async () => {
    await ask(`query ${'N'.repeat(50_000)} { ${'a'.repeat(50_000)}: node(id: "x") { id } }`)
    expect(JSON.stringify(lines).length).toBeLessThan(2_000)
  })

  test('MUST never say the token, nor a word of what a customer asks', async () => {
    await ask('{ viewer { login } }')
    expect(JSON.stringify(lines)).not.toContain(acting.split('.')[2])
    lines.splice(0)
    await ask('query Mine { viewer { login } invoices { totalCount } }', login.token)
    expect(lines).toEqual([])
  })
})
