import { execute, isObjectType, parse, type ExecutionResult, type GraphQLResolveInfo } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ForbiddenError } from '../../src/errors.ts'
import type { Permission } from '../../src/permissions/permissions.ts'
import { schema } from '../../src/schema/index.ts'
import type { Context } from '../../src/schema/context.ts'
import { allBut, only, type Gateway } from '../support/gateway.ts'
import type { Sample } from './support/arguments.ts'
import { keyOf, lasting, operationsOf, type Operation } from './support/asking.ts'
import { documentOf } from './support/document.ts'
import { expectedData, expectedDenials, sorted, type Denied } from './support/expectation.ts'
import { flagsOf, guardedFields, guardingFlags } from './support/published.ts'
import { startPortal } from './support/portal.ts'
import { takeSample } from './support/sample.ts'
import { everyObjectById, fieldsOf, rootSelections } from './support/selections.ts'
import { denialOfUse, operationWith, usesOf } from './support/uses.ts'
import { contextFor } from './support/viewers.ts'

// Nothing here is decided before it runs: what denies is scope-auth and the guard of arguments, at the resolvers.

let gateway: Gateway
let token: string
let sample: Sample
let operations: Operation[]
const allOn = only(...guardingFlags.map(keyOf))

beforeAll(async () => {
  gateway = await startPortal()
  ;({ token } = await gateway.login('tester'))
  sample = await takeSample(gateway, token)
  operations = [...operationsOf(rootSelections(sample)), everyObjectById(sample)]
})
afterAll(() => gateway[Symbol.asyncDispose]())

async function run(query: string, flags: Readonly<Record<Permission, boolean>>, variables = {}): Promise<ExecutionResult> {
  const contextValue = await contextFor(gateway, token, flags)
  return execute({ schema, document: parse(query), contextValue, variableValues: variables })
} // prettier-ignore

/** Each denied place once, where the answer has it once for each row. */
function placesOf({ errors = [] }: ExecutionResult): Denied[] {
  const places = errors.map(({ originalError, path = [], extensions }) => {
    expect(originalError).toBeInstanceOf(ForbiddenError)
    const { permission, coordinate } = extensions
    const place = path.filter((key) => typeof key === 'string')
    const firstList = path.findIndex((key) => typeof key === 'number')
    return { place, permission, coordinate, path: firstList === -1 ? path : path.slice(0, firstList) }
  })
  const distinct = new Set(places.map((place) => JSON.stringify(place)))
  return sorted([...distinct].map((text): Denied => {
    const { permission, coordinate, path } = JSON.parse(text)
    return { permission, coordinate, path }
  }))
} // prettier-ignore

describe.each(guardingFlags)('While %s alone is off, the resolvers', (flag) => {
  const off = new Set([flag])

  test('MUST answer null where it is needed, and nothing else', async () => {
    for (const operation of operations) {
      const query = documentOf(operation)
      const full = await run(query, allOn)
      expect(full.errors).toBeUndefined()
      const result = await run(query, allBut(keyOf(flag)))
      expect(lasting(result.data)).toEqual(expectedData(operation, lasting(full.data), off))
      // An object that is asked for by its id is not found, rather than found and denied.
      const denied = expectedDenials(operation, off)
      const unfound = (coordinate: string) => coordinate === 'Query.node' || coordinate === 'Query.nodes'
      expect(placesOf(result)).toEqual(denied.filter(({ coordinate }) => !unfound(coordinate)))
    }
  })

  test('MUST deny each call that uses an argument or input field that needs it', async () => {
    const uses = usesOf(sample).filter(({ root, flags }) => root === 'Query' && flags.includes(flag))
    if (uses.length === 0) return
    const { query, variables } = operationWith(uses, 'by a variable', sample)
    const result = await run(query, allBut(keyOf(flag)), variables)
    expect(placesOf(result)).toEqual(sorted(uses.map((use, index) => denialOfUse(use, index, flag))))
  })
})

describe(`The resolver of each of the ${guardedFields.length} guarded fields, asked alone,`, () => {
  /** A row that nobody has to look at to deny. */
  const untouchable = new Proxy({}, { get: () => expect.unreachable('The row was looked at') })

  const resolvers = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
    .filter(isObjectType)
    .flatMap((type) => fieldsOf(type).map((field) => ({ type, field, flags: flagsOf(field) })))
    .filter(({ flags }) => flags.length > 0)

  async function outcome({ type, field }: (typeof resolvers)[number], parent: object, context: Context): Promise<unknown> {
    const path = { prev: undefined, key: field.name, typename: type.name }
    const info = { parentType: type, fieldName: field.name, schema, path, fieldNodes: [], fragments: {}, variableValues: {} }
    try {
      // Only what a resolver looks at before it is allowed to look at more.
      return await field.resolve?.(parent, {}, context, info as unknown as GraphQLResolveInfo)
    } catch (error) {
      return error
    }
  } // prettier-ignore

  test('MUST deny without a look at the row when any one of its flags is off', async () => {
    expect(resolvers).toHaveLength(guardedFields.length)
    for (const resolver of resolvers) {
      for (const flag of resolver.flags) {
        const context = await contextFor(gateway, token, allBut(keyOf(flag)))
        const error = await outcome(resolver, untouchable, context)
        const coordinate = `${resolver.type.name}.${resolver.field.name}`
        expect(error).toBeInstanceOf(ForbiddenError)
        expect(error).toMatchObject({ extensions: { code: 'FORBIDDEN', permission: flag, coordinate } })
      }
    }
  })

  test('MUST NOT deny when all of its flags are on, whatever the others are', async () => {
    for (const resolver of resolvers) {
      const context = await contextFor(gateway, token, only(...resolver.flags.map(keyOf)))
      expect(await outcome(resolver, {}, context)).not.toBeInstanceOf(ForbiddenError)
    }
  })
})
