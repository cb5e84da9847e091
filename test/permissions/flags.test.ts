import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allBut, only, type Gateway } from '../support/gateway.ts'
import {
  ask,
  coordinatesIn,
  coordinatesWithValue,
  denialsOf,
  expectRealPaths,
  inParts,
  isAbout,
  keyOf,
  lasting,
  operationsOf,
  statementsDuring,
  type Operation,
} from './support/asking.ts'
import { inWay, ways, type Way } from './support/document.ts'
import { expectedData, expectedDenials } from './support/expectation.ts'
import { guardedFields, guardingFlags, withSection } from './support/published.ts'
import { startPortal } from './support/portal.ts'
import { takeSample } from './support/sample.ts'
import { everyObjectById, otherRootSelections, rootSelections, type Selection } from './support/selections.ts'

// Every operation here is made from the schema, so that a new field is asked for without anyone remembering.

interface Case {
  readonly way: Way
  readonly operation: Operation
  /** The answer when every flag is on. */
  readonly full: unknown
}

let gateway: Gateway
let login: Awaited<ReturnType<Gateway['login']>>
let roots: Selection[]
let others: Selection[]
let cases: Case[]
const [plainly] = ways

beforeAll(async () => {
  gateway = await startPortal()
  login = await gateway.login('tester')
  const sample = await takeSample(gateway, login.token)
  roots = rootSelections(sample)
  others = otherRootSelections(sample)
  const objects = everyObjectById(sample)
  const operations = ways.flatMap((way) => operationsIn(way, roots, objects).map((operation) => ({ way, operation })))
  cases = []
  for (const { way, operation } of operations) {
    const answer = await ask(gateway, operation, way, login)
    expect(answer.errors).toBeUndefined()
    cases.push({ way, operation, full: lasting(answer.data) })
  }
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** Ordinary operations hold as much as they may; otherwise each root field has its own. */
function operationsIn(way: Way, roots: readonly Selection[], objects: readonly Selection[]): Operation[] {
  const alone = objects.map((selection) => [selection])
  if (way === plainly) return [...operationsOf(roots), ...alone]
  const each = [...roots.map((selection) => [selection]), ...alone].map((operation) => inWay(operation, way))
  return way === 'under aliases' ? each.flatMap((operation) => inParts(operation, 35)) : each
}

/** One object by its id: those by several ids say as much. */
function isOneAlone({ field }: Selection): boolean {
  return field === 'node'
}

test(`Each of the ${guardedFields.length} guarded fields MUST be asked for here in each way`, () => {
  for (const way of ways) {
    const operations = cases.filter((each) => each.way === way).map(({ operation }) => operation)
    const asked = coordinatesIn([...operations.flat(), ...others])
    expect(guardedFields.filter(({ coordinate }) => !asked.includes(coordinate))).toEqual([])
  }
})

test('Each guarded field of a query MUST have a value in some row when every flag is on', async () => {
  const filled = new Set<string>()
  for (const root of roots) {
    const since = root.args.replace(/gte: "[^"]+"/, 'gte: "2000-01-01T00:00:00Z"')
    // Where a list has others below its rows, fewer of them are as large an answer as there may be.
    const nested = root.below.some((each) => JSON.stringify(each).includes('first: 3'))
    const more = { ...root, args: since.replace('first: 3', `first: ${nested ? 20 : 300}`) }
    const { data, errors } = await ask(gateway, [more], plainly, login)
    expect(errors).toBeUndefined()
    for (const coordinate of coordinatesWithValue([more], data)) filled.add(coordinate)
  }
  const asked = new Set(coordinatesIn(roots))
  expect(guardedFields.filter(({ coordinate }) => asked.has(coordinate) && !filled.has(coordinate))).toEqual([])
})

describe.each(guardingFlags)('While %s alone is off', (flag) => {
  const off = new Set([flag])
  beforeAll(() => login.set(allBut(keyOf(flag))))

  const about = (way: Way) =>
    cases.filter((each) => each.way === way && each.operation.some((selection) => isAbout(selection, flag)))

  test.each(ways)('what it guards MUST be null with one error, and nothing else change, asked for %s', async (way) => {
    if (!others.some(({ flags }) => flags.includes(flag))) expect(about(way)).not.toEqual([])
    for (const { operation, full } of about(way)) {
      const answer = await ask(gateway, operation, way, login)
      expect(denialsOf(answer)).toEqual(expectedDenials(operation, off))
      expect(lasting(answer.data)).toEqual(expectedData(operation, full, off))
      expectRealPaths(answer)
    }
  })

  test('a client that wants all or nothing MUST get the errors, no data, and nothing executed', async () => {
    const asking = { ...login, headers: { 'x-denied': 'reject' } }
    for (const { way, operation } of about(plainly)) {
      const { result, statements } = await statementsDuring(gateway, () => ask(gateway, operation, way, asking))
      expect(denialsOf(result)).toEqual(expectedDenials(operation, off))
      expect(result.data).toBeUndefined()
      expect(statements).toEqual([expect.stringContaining('sys.api_access')])
    }
  })

  test('a mutation or subscription that it guards MUST answer null with one error, and nothing be executed', async () => {
    for (const other of others.filter(({ flags }) => flags.includes(flag))) {
      const { result, statements } = await statementsDuring(gateway, () => ask(gateway, [other], plainly, login))
      expect(denialsOf(result)).toEqual(expectedDenials([other], off))
      expect(result.data).toEqual({ [other.key]: null })
      expect(statements).toEqual([expect.stringContaining('sys.api_access')])
    }
  })
})

test('A client that wants all or nothing MUST get all where nothing is denied', async () => {
  await login.set(only(...guardingFlags.map(keyOf)))
  for (const { operation, full } of cases.filter(({ way }) => way === plainly)) {
    const answer = await ask(gateway, operation, plainly, { ...login, headers: { 'x-denied': 'reject' } })
    expect(answer.errors).toBeUndefined()
    expect(lasting(answer.data)).toEqual(full)
  }
})

describe.each(guardingFlags)('While only %s is on, with its section', (flag) => {
  const on = withSection(flag)
  const off = new Set(guardingFlags.filter((each) => !on.includes(each)))
  beforeAll(() => login.set(only(...on.map(keyOf))))

  test('what it guards MUST be readable, and everything else denied', async () => {
    const readable = new Set<string>()
    for (const { way, operation, full } of cases.filter((each) => each.way === plainly && !each.operation.some(isOneAlone))) {
      const answer = await ask(gateway, operation, way, login)
      expect(denialsOf(answer)).toEqual(expectedDenials(operation, off))
      expect(lasting(answer.data)).toEqual(expectedData(operation, full, off))
      for (const root of operation.filter(({ flags }) => flags.some((each) => off.has(each)))) {
        expect(answer.data[root.key]).toBeNull()
      }
      for (const coordinate of coordinatesWithValue(operation, answer.data)) readable.add(coordinate)
    }
    const own = guardedFields.filter(({ flags }) => flags.includes(flag) && flags.every((each) => on.includes(each)))
    const asked = new Set(coordinatesIn(roots))
    // What only a mutation answers is asked for in mutations.test.ts.
    if (own.some(({ coordinate }) => asked.has(coordinate)))
      expect(own.filter(({ coordinate }) => readable.has(coordinate))).not.toEqual([])
    expect(guardedFields.filter(({ coordinate, flags }) => readable.has(coordinate) && flags.some((each) => off.has(each)))).toEqual([])
  }) // prettier-ignore
})

describe('In a list of 500 rows', () => {
  const lists = ['outgoingCdrs', 'incomingCdrs']
  const below = ['ACCOUNT', 'ALLOW_LISTEN_RECORDING']

  test.each(lists.flatMap((list) => below.map((flag) => [list, flag] as const)))(
    '%s MUST say once for each denied field that %s is off',
    async (list, flag) => {
      const since = 'where: { timeStart: { gte: "2000-01-01T00:00:00Z" } }'
      const operation = roots.filter(({ field }) => field === list).map((root) => ({ ...root, args: `(first: 500, ${since})` }))
      await login.set(only(...guardingFlags.map(keyOf)))
      const full = await ask(gateway, operation, plainly, login)
      expect(full.data[list].nodes).toHaveLength(500)
      await login.set(allBut(keyOf(flag)))
      const answer = await ask(gateway, operation, plainly, login)
      const denials = expectedDenials(operation, new Set([flag]))
      expect(denials.length).toBeGreaterThan(0)
      expect(denialsOf(answer)).toEqual(denials)
      expect(lasting(answer.data)).toEqual(expectedData(operation, lasting(full.data), new Set([flag])))
    },
  ) // prettier-ignore
})
