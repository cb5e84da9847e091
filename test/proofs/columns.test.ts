import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ServerName } from '../../src/backends/databases.ts'
import { permissionKeys, permissionName } from '../../src/permissions/permissions.ts'
import { copyTemplates } from '../support/copies.ts'
import { allBut, startGateway, type Gateway } from '../support/gateway.ts'
import { guardedColumns, type GuardedColumn } from './support/columns.ts'
import { createRandom, type Random } from './support/random.ts'
import { randomOperation, type Samples } from './support/random-operation.ts'
import { samplesFor } from './support/samples.ts'

const seed = Number(process.env['PROOF_SEED'] ?? 20_261_123)

/** How many random operations are asked for each flag. */
const operationsPerFlag = Number(process.env['PROOF_OPERATIONS'] ?? 400) / 40

let gateway: Gateway
let tester: Awaited<ReturnType<Gateway['login']>>
let samples: Samples

/** Where statements went. */
const servers = new Set<ServerName>()

beforeAll(async () => {
  gateway = await startGateway({ CDR_REPLICA_DATABASE_URL: (await copyTemplates()).cdr.gatewayUrl })
  tester = await gateway.login('tester')
  samples = await samplesFor(gateway, tester.token, [])
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** The columns that nothing opens when these flags are off and all others are on. */
function closedWithout(...off: readonly string[]): GuardedColumn[] {
  return guardedColumns.filter(({ openedBy }) => openedBy.every((flags) => flags.some((flag) => off.includes(flag))))
}

function reads(statement: string, { table, column }: GuardedColumn): boolean {
  const read = withoutScopes(statement)
  return read.includes(table) && new RegExp(`\\b${column}\\b`).test(read)
}

/** The statement without the `IN (SELECT …)` that say whose rows they are: from those only ids come. */
function withoutScopes(statement: string): string {
  const start = statement.search(/ IN \(SELECT (?:id|rate_group_id|rateplan_id|dst_numberlist_id) FROM /)
  if (start === -1) return statement
  let depth = 0
  for (let at = start + ' IN '.length; at < statement.length; at++) {
    if (statement[at] === '(') depth += 1
    if (statement[at] === ')') depth -= 1
    if (depth === 0) return statement.slice(0, start) + withoutScopes(statement.slice(at + 1))
  }
  throw new TypeError(`Unbalanced: ${statement}`)
}

const closing = permissionKeys.map(permissionName).filter((flag) => closedWithout(flag).length > 0)

async function statementsOf(ask: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = []
  gateway.app.services.databases.onStatement = (server, text) => {
    servers.add(server)
    statements.push(text)
  }
  await ask()
  gateway.app.services.databases.onStatement = null
  return statements
}

describe('the statements of random operations', () => {
  it('MUST be able to read every guarded column, or this proof would prove nothing', async () => {
    const random = createRandom(seed)
    await tester.set(allBut())
    const statements: string[] = []
    for (let each = 0; each < 200; each++) {
      const { query, variables } = randomOperation(random, samples)
      statements.push(...(await statementsOf(() => gateway.ask(query, { token: tester.token, variables }))))
    }
    const unread = guardedColumns.filter((column) => !statements.some((statement) => reads(statement, column)))
    expect([...servers].sort()).toEqual(['cdr', 'primary', 'replica'])
    // Some forty columns that can be filtered by and are not shown come up rarely.
    expect(unread.length).toBeLessThan(guardedColumns.length / 3)
  })

  it.each(closing)('MUST NOT contain a column that only %s opens, while it is off', async (flag) => {
    await tester.set(allBut(...permissionKeys.filter((key) => permissionName(key) === flag)))
    await expectNoLeak(createRandom(seed), closedWithout(flag), operationsPerFlag)
  })

  // 2,500 operations where all proofs are run at length.
  it('MUST NOT contain a column that nothing of a random profile opens', { timeout: 300_000 }, async () => {
    const random = createRandom(seed + 1)
    for (let each = 0; each < operationsPerFlag; each++) {
      const off = random.some(permissionKeys, random.pick([0.2, 0.5, 0.9]))
      await tester.set(allBut(...off))
      await expectNoLeak(random, closedWithout(...off.map(permissionName)), 10)
    }
  })
})

async function expectNoLeak(random: Random, closed: readonly GuardedColumn[], operations: number): Promise<void> {
  for (let each = 0; each < operations; each++) {
    const { query, variables } = randomOperation(random, samples)
    const statements = await statementsOf(() => gateway.ask(query, { token: tester.token, variables }))
    const leaks = statements.flatMap((statement) =>
      closed.filter((column) => reads(statement, column)).map(({ column }) => `${column}: ${statement}`),
    )
    expect({ query, leaks }).toEqual({ query, leaks: [] })
  }
}
