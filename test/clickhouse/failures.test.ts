import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { accountId, iso, main } from '../schema/support/calls.ts'
import { copyTemplates, type Copies } from '../support/copies.ts'
import { adminSecret, customerSecret, startGatewayOn, type Answer, type Gateway } from '../support/gateway.ts'
import { password, startBridge, user, type Behaviour, type Bridge } from './support/bridge.ts'
import type { Engine } from './support/engine.ts'
import { plain } from './support/tables.ts'
import { copyCdrs, startYetis } from './support/writer.ts'

let copies: Copies
let engine: Engine
let bridge: Bridge
let gateway: Gateway
let token: string
let statistics: string

beforeAll(async () => {
  copies = await copyTemplates()
  engine = await startYetis(plain)
  bridge = await startBridge(engine)
  gateway = await startGatewayOn(copies, { CLICKHOUSE_URL: bridge.url, STATEMENT_TIMEOUT: '1' })
  await copyCdrs(gateway.cdr, engine)
  token = await gateway.signIn('alice')
  const from = iso(Date.now() - 60 * 3_600_000)
  statistics = `outgoingStatistics(accountId: "${await accountId(gateway, main)}", fromTime: "${from}", sampling: DAY) { totals { totalCalls } }`
}, 180_000)
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await bridge[Symbol.asyncDispose]()
  await engine[Symbol.asyncDispose]()
})
afterEach(async () => {
  await bridge.up()
  bridge.behaviour = 'answer'
  bridge.next.splice(0)
  bridge.seen.splice(0)
})

function ask(of = gateway): Promise<Answer> {
  return of.ask(`{ accounts { totalCount } outgoingCdrs { totalCount } ${statistics} }`, { token })
}

/** All else of the operation is answered, and nothing of ClickHouse is told. */
function expectFailure({ status, data, errors }: Answer, ...codes: readonly string[]): void {
  expect(status).toBe(200)
  expect(data).toMatchObject({ accounts: { totalCount: 4 }, outgoingCdrs: { totalCount: expect.any(Number) } })
  expect(errors).toHaveLength(1)
  expect(codes).toContain(errors?.[0]?.extensions.code)
  const said = JSON.stringify({ data, errors })
  for (const secret of [password, encodeURIComponent(password), '127.0.0.1', String(bridge.port), 'SELECT', 'cdrs', 'ClickHouse', 'DB::', 'ECONN'])
    expect(said.replaceAll('outgoingCdrs', '')).not.toContain(secret) // prettier-ignore
}

async function expectAnswer(): Promise<void> {
  const { errors, data } = await ask()
  expect(errors).toBeUndefined()
  expect(data.outgoingStatistics.totals.totalCalls).toBeGreaterThan(0)
}

describe('A ClickHouse that fails', () => {
  it('MUST answer when it does not', expectAnswer)

  it('MUST make statistics unavailable while connections are refused, and nothing else', async () => {
    await bridge.down()
    expectFailure(await ask(), 'UNAVAILABLE')
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200)
    await bridge.up()
    await expectAnswer()
  })

  it.each(['cut', 'break off'] as const)('MUST be asked once more when the connection was lost: %s', async (how) => {
    const before = await ask()
    bridge.seen.splice(0)
    bridge.next.push(how)
    const after = await ask()
    expect(after.errors).toBeUndefined()
    expect(after.data).toEqual(before.data)
    expect(bridge.seen).toHaveLength(2)
    expect(new Set(bridge.seen.map(({ statement }) => statement)).size).toBe(1)
  })

  it.each(['cut', 'break off'] as const)('MUST be UNAVAILABLE when it was lost twice, and not be asked for a third time: %s', async (how) => {
    bridge.next.push(how, how)
    expectFailure(await ask(), 'UNAVAILABLE')
    expect(bridge.seen).toHaveLength(2)
    await expectAnswer()
  }) // prettier-ignore

  it('MUST be given up when it says nothing', async () => {
    bridge.behaviour = 'hang'
    expectFailure(await ask(), 'TIMEOUT', 'UNAVAILABLE')
    bridge.behaviour = 'answer'
    await expectAnswer()
  })

  const refusals: readonly (readonly [what: string, behaviour: Behaviour, code: string])[] = [
    ['its time limit', { code: 159, message: 'Timeout exceeded: elapsed 1004 ms. (TIMEOUT_EXCEEDED)' }, 'TIMEOUT'],
    ['its memory limit', { code: 241, message: 'Query memory limit exceeded: SELECT 1 (MEMORY_LIMIT_EXCEEDED)' }, 'QUERY_TOO_COMPLEX'],
    ['a wrong password', { code: 516, message: `${user}: Authentication failed (AUTHENTICATION_FAILED)` }, 'UNAVAILABLE'],
    ['too many at a time', { code: 202, message: 'Too many simultaneous queries (TOO_MANY_SIMULTANEOUS_QUERIES)' }, 'UNAVAILABLE'],
    ['no such table', { code: 60, message: 'Unknown table expression identifier cdrs (UNKNOWN_TABLE)' }, 'UNAVAILABLE'],
    ['no such column', { code: 47, message: 'Unknown expression identifier (UNKNOWN_IDENTIFIER)' }, 'UNAVAILABLE'],
    ['no right', { code: 497, message: `${user}: Not enough privileges (ACCESS_DENIED)` }, 'UNAVAILABLE'],
    ['settings that it refuses', { code: 164, message: "Cannot modify 'max_execution_time' setting (READONLY)" }, 'UNAVAILABLE'],
    ['a proxy that lets nobody in', { status: 401, body: '<html>401 Authorization Required</html>' }, 'UNAVAILABLE'],
    ['a proxy with nobody behind it', { status: 502, body: '<html>502 Bad Gateway</html>' }, 'UNAVAILABLE'],
  ] // prettier-ignore

  it.each(refusals)('MUST tell by a code of ours that it met with %s', async (_, behaviour, code) => {
    bridge.behaviour = behaviour
    expectFailure(await ask(), code)
    expect(bridge.seen).toHaveLength(1)
    bridge.behaviour = 'answer'
    await expectAnswer()
  })
})

describe('The limits of a statement', () => {
  it('MUST be those of the settings', async () => {
    await using other = await gateway.another({ CLICKHOUSE_MAX_MEMORY: '64', STATEMENT_TIMEOUT: '7' })
    expect((await ask(other)).errors).toBeUndefined()
    const own = bridge.seen.filter(({ queryId }) => queryId.startsWith('portal-'))
    expect(own.at(-1)?.settings).toMatchObject({ max_memory_usage: String(64 * 1024 ** 2), max_execution_time: '7' })
  })
})

describe('A gateway that starts', () => {
  const wrong = [
    { what: 'while ClickHouse is away', isDown: true, url: () => bridge.url },
    {
      what: 'with a wrong password',
      isDown: false,
      url: () => Object.assign(new URL(bridge.url), { password: 'nobody knows' }).href,
    },
  ]

  it.each(wrong)('MUST serve all else $what', async ({ isDown, url }) => {
    if (isDown) await bridge.down()
    await using other = await startGatewayOn(copies, { CLICKHOUSE_URL: url() })
    expectFailure(await ask(other), 'UNAVAILABLE')
  })

  it.each(wrong)('MUST warn once $what, without the password', async ({ isDown, url }) => {
    if (isDown) await bridge.down()
    const said = await errorOutput({ CLICKHOUSE_URL: url() })
    const warnings = said.split('\n').filter((line) => line.includes('CLICKHOUSE_URL'))
    expect(warnings).toHaveLength(1)
    expect(JSON.parse(warnings[0] ?? '')).toMatchObject({ level: 40 })
    for (const secret of [password, encodeURIComponent(password), 'nobody']) expect(said).not.toContain(secret)
  })

  it('MUST serve statistics once ClickHouse is there', async () => {
    await bridge.down()
    await using other = await startGatewayOn(copies, { CLICKHOUSE_URL: bridge.url })
    expectFailure(await ask(other), 'UNAVAILABLE')
    await bridge.up()
    expect((await ask(other)).errors).toBeUndefined()
  })
})

/** What a gateway in a process of its own says on standard error until it was stopped, some time after its start. */
async function errorOutput(settings: Readonly<Record<string, string>>): Promise<string> {
  const { PATH = '', HOME = '' } = process.env
  const directory = await mkdtemp(join(tmpdir(), 'portal-gateway-'))
  const child = spawn(process.execPath, ['scripts/start.js'], {
    env: {
      PATH, HOME, PORT: '0', DATA_DIR: directory, DATABASE_URL: copies.primary.gatewayUrl, CDR_DATABASE_URL: copies.cdr.gatewayUrl,
      CUSTOMER_JWT_SECRET: customerSecret, ADMIN_JWT_SECRET: adminSecret, LOG_LEVEL: 'warn', EXPORT_WORKERS: '0', ...settings,
    }, // prettier-ignore
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', (text) => (output += String(text)))
  child.stderr.on('data', (text) => (errors += String(text)))
  const ended = once(child, 'exit')
  try {
    await expect.poll(() => output, { timeout: 60_000 }).toMatch(/\/graphql/)
    await expect.poll(() => errors, { timeout: 20_000 }).toMatch(/CLICKHOUSE_URL/)
    child.kill('SIGTERM')
    await ended
    return errors
  } finally {
    child.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  }
}
