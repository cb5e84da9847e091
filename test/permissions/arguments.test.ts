import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allBut, only, type Gateway } from '../support/gateway.ts'
import type { Sample } from './support/arguments.ts'
import { denialsOf, keyOf, statementsDuring } from './support/asking.ts'
import { sorted } from './support/expectation.ts'
import { guardingFlags, published } from './support/published.ts'
import { startPortal } from './support/portal.ts'
import { takeSample } from './support/sample.ts'
import { denialOfUse, manners, operationWith, usesOf, type Manner, type Use } from './support/uses.ts'

// Filtering, sorting or paging by what is denied would reveal it; so a call that does is denied itself.

let gateway: Gateway
let login: Awaited<ReturnType<Gateway['login']>>
let sample: Sample
let uses: Use[]

beforeAll(async () => {
  gateway = await startPortal()
  login = await gateway.login('tester')
  sample = await takeSample(gateway, login.token)
  uses = usesOf(sample)
})
afterAll(() => gateway[Symbol.asyncDispose]())

const guardedInputs = published.filter(({ kind, flags }) => kind !== 'field' && flags.length > 0)

test(`Each of the ${guardedInputs.length} guarded arguments and input fields MUST be used here`, () => {
  const used = new Set(uses.map(({ coordinate }) => coordinate))
  expect(guardedInputs.filter(({ coordinate }) => !used.has(coordinate))).toEqual([])
})

/** Queries several at a time, never more than an operation may have; of the other roots each alone. */
function inOperations(some: readonly Use[]): Use[][] {
  const queries = some.filter(({ root }) => root === 'Query')
  const chunks = Array.from({ length: Math.ceil(queries.length / 10) }, (_, n) => queries.slice(n * 10, (n + 1) * 10))
  return [...chunks, ...some.filter(({ root }) => root !== 'Query').map((use) => [use])]
}

async function askWith(some: readonly Use[], manner: Manner, none = false) {
  return Promise.all(
    inOperations(some).map(async (chunk) => {
      const { query, variables } = operationWith(chunk, manner, sample, none)
      return { chunk, answer: await gateway.ask(query, { ...login, variables }) }
    }),
  )
}

/** All values of an answer at these keys; null where something above them is. */
function valuesAt(value: unknown, [key, ...rest]: readonly string[]): unknown[] {
  if (key === undefined || value === null) return [value]
  return [Object(value)[key]].flat().flatMap((below) => valuesAt(below, rest))
}

test.each(manners)('With every flag on no use MUST be denied, %s', async (manner) => {
  await login.set(only(...guardingFlags.map(keyOf)))
  const readable = uses.filter(({ root }) => root === 'Query')
  for (const { answer } of await askWith(readable, manner)) {
    expect(answer.status).toBe(200)
    // What a test makes up is of the right type, which does not make it a cursor or an address.
    expect(answer.errors?.filter(({ extensions }) => extensions.code !== 'BAD_USER_INPUT') ?? []).toEqual([])
  }
})

describe.each(guardingFlags)('While %s alone is off', (flag) => {
  beforeAll(() => login.set(allBut(keyOf(flag))))
  const concerned = () => uses.filter(({ flags }) => flags.includes(flag))

  test.each(manners)('each call that uses what it guards MUST be denied by its coordinate, %s', async (manner) => {
    for (const { chunk, answer } of await askWith(concerned(), manner)) {
      expect(denialsOf(answer)).toEqual(sorted(chunk.map((use, index) => denialOfUse(use, index, flag))))
      for (const [index, { within, field }] of chunk.entries()) {
        const keys = [`use${index}`, ...within.slice(1).map(({ key }) => key), ...(within.length > 0 ? [field] : [])]
        expect(new Set(valuesAt(answer.data, keys))).toEqual(new Set([null]))
      }
    }
  })
})

describe('A filter that reveals more than its list', () => {
  const revealing = () =>
    uses.filter(({ root, flags, fieldFlags }) => root === 'Query' && flags.some((flag) => !fieldFlags.includes(flag)))

  test('MUST exist, or the next tests say nothing', () => {
    expect(revealing().map(({ coordinate }) => coordinate)).toEqual(
      expect.arrayContaining(['OutgoingStatisticsWhere.customerPrice', 'OutgoingStatisticsWhere.duration']),
    )
  })

  test.each(manners)('MUST NOT count as used where it is null, %s', async (manner) => {
    // What an order is by cannot be null.
    const some = revealing().filter(({ coordinate }) => !coordinate.includes('OrderBy'))
    const off = [...new Set(some.flatMap(({ flags, fieldFlags }) => flags.filter((flag) => !fieldFlags.includes(flag))))]
    await login.set(allBut(...off.map(keyOf)))
    for (const { chunk, answer } of await askWith(some, manner, true)) {
      expect(answer.errors).toBeUndefined()
      // A chart is a list of points.
      const firsts = Object.values(answer.data).map((value) => [value].flat()[0])
      expect(firsts).toEqual(chunk.map(() => ({ __typename: expect.any(String) })))
    }
  }) // prettier-ignore

  test.each(manners)('MUST NOT reach the database, %s', async (manner) => {
    const some = revealing()
    await login.set(allBut(...some.flatMap(({ flags, fieldFlags }) => flags.filter((each) => !fieldFlags.includes(each))).map(keyOf)))
    const { query, variables } = operationWith(some.slice(0, 1), manner, sample)
    const { statements } = await statementsDuring(gateway, () => gateway.ask(query, { ...login, variables }))
    expect(statements).toEqual([expect.stringContaining('sys.api_access')])
  }) // prettier-ignore
})

test('An order whose direction turns out to be null MUST be the caller’s mistake, not the gateway’s', async () => {
  await login.set(only(...guardingFlags.map(keyOf)))
  const query = 'query ($none: OrderDirection) { accounts(orderBy: [{ balance: $none }]) { totalCount } }'
  const { data, errors } = await gateway.ask(query, login)
  expect(data?.accounts ?? null).toBeNull()
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT'])
})
