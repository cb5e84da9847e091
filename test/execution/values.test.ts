import {
  execute,
  parse,
  GraphQLError,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  type ExecutionResult,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ForbiddenError } from '../../src/errors.ts'
import { unfolded, unfoldedError } from '../../src/execution/answer.ts'
import { plan } from '../../src/execution/plan.ts'
import { executable } from '../../src/execution/schema.ts'
import type { Permission } from '../../src/permissions/permissions.ts'
import { plain } from '../../src/schema/resource/plain.ts'
import { schema } from '../../src/schema/index.ts'
import { keyOf, operationsOf } from '../permissions/support/asking.ts'
import { documentOf } from '../permissions/support/document.ts'
import { guardingFlags } from '../permissions/support/published.ts'
import { startPortal } from '../permissions/support/portal.ts'
import { takeSample } from '../permissions/support/sample.ts'
import { everyObjectById, rootSelections } from '../permissions/support/selections.ts'
import { contextFor } from '../permissions/support/viewers.ts'
import { allBut, only, type Gateway } from '../support/gateway.ts'

// Nothing is decided before it runs here: what denies is scope-auth, which is asked once for all values of a selection.

let gateway: Gateway
let token: string
let queries: string[]
const everything = only(...guardingFlags.map(keyOf))

beforeAll(async () => {
  gateway = await startPortal()
  ;({ token } = await gateway.login('tester'))
  const sample = await takeSample(gateway, token)
  queries = [...operationsOf(rootSelections(sample)), everyObjectById(sample)].map((operation) => documentOf(operation))
})
afterAll(() => gateway[Symbol.asyncDispose]())

async function fieldByField(query: string, flags: Readonly<Record<Permission, boolean>>): Promise<ExecutionResult> {
  return execute({ schema, document: parse(query), contextValue: await contextFor(gateway, token, flags) })
}

async function planned(query: string, flags: Readonly<Record<Permission, boolean>>): Promise<ExecutionResult> {
  const { document } = plan(parse(query), schema, new Set())
  const contextValue = await contextFor(gateway, token, flags)
  const { data, ...rest } = await execute({ schema: executable(schema), document, contextValue })
  return { ...rest, data: unfolded(data) ?? null }
}

/** Links are signed anew each time. */
function text({ data }: ExecutionResult): string {
  return JSON.stringify(data).replace(/"(url|expiresAt)":"[^"]*"/g, '"$1":"…"')
}

describe('Values that are read together', () => {
  test('MUST be what the executor answers field by field, in the same order of keys', async () => {
    for (const query of queries) {
      const expected = await fieldByField(query, everything)
      const actual = await planned(query, everything)
      expect(actual.errors).toEqual(expected.errors)
      expect(text(actual)).toBe(text(expected))
    }
  })

  const row = (selection: string) => `{ outgoingCdrs(first: 3) { ${selection} } }`

  test.each([
    ['under aliases', row('nodes { a: cdrId b: cdrId cdrId }')],
    ['twice', row('nodes { cdrId account { name } cdrId duration account { id name } }')],
    ['between fields that are not', row('nodes { cdrId account { name balance } duration recording { contentType } rec }')],
    ['in fragments', `${row('nodes { rec ...F ... on OutgoingCdr { success } ...F } edges { node { ...F } }')} fragment F on OutgoingCdr { cdrId __typename }`],
    ['under directives', row('nodes { cdrId @include(if: true) duration @skip(if: true) rec ... @include(if: false) { success } }')],
    ['under the names of what every object has', row('nodes { constructor: cdrId toString: duration hasOwnProperty: rec }')],
    ['under the one name that is no property', row('nodes { __proto__: cdrId duration }')],
    ['as the name of the type', row('nodes { __typename } __typename')],
    ['of an object by its id', '{ node(id: "") { id } viewer { login accessProfile { account name } permissions } }'],
  ])('MUST be so %s', async (_, query) => {
    const expected = await fieldByField(query, everything)
    const actual = await planned(query, everything)
    expect(actual.errors?.map(({ message, path }) => ({ message, path }))).toEqual(
      expected.errors?.map(({ message, path }) => ({ message, path })),
    )
    expect(text(actual)).toBe(text(expected))
  }) // prettier-ignore

  test.each(guardingFlags)('MUST NOT be read while %s alone is off and they need it', async (flag) => {
    for (const query of queries) {
      const alone = await fieldByField(query, allBut(keyOf(flag)))
      const together = await planned(query, allBut(keyOf(flag)))
      const denied = new Set(alone.errors?.map(({ extensions }) => extensions['coordinate']))
      for (const { originalError, extensions } of together.errors ?? []) {
        expect(originalError).toBeInstanceOf(ForbiddenError)
        expect(denied).toContain(extensions['coordinate'])
      }
      // What is denied takes the object with it, so less is answered, and nothing that the fields alone deny.
      expect(together.errors === undefined).toBe(alone.errors === undefined)
      for (const path of nullPaths(alone.data)) expect(valueAt(together.data, path) ?? null).toBeNull()
    }
  })
})

/** Where null stands: after each path what a field denies. */
function nullPaths(value: unknown, path: readonly string[] = []): string[][] {
  if (value === null) return [[...path]]
  if (typeof value !== 'object') return []
  return Object.entries(value as object).flatMap(([key, inner]) => nullPaths(inner, [...path, key]))
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | null)?.[key], value)
}

describe('What reads them', () => {
  const source = { name: 'value' }

  function schemaOf(options: object): GraphQLSchema {
    const Thing = new GraphQLObjectType({ name: 'Thing', fields: { name: { type: GraphQLString, ...options } } })
    return new GraphQLSchema({
      query: new GraphQLObjectType({ name: 'Query', fields: { thing: { type: Thing, resolve: () => source } } }),
    })
  }

  async function run(options: object, scopes: object = {}): Promise<ExecutionResult> {
    const made = schemaOf(options)
    const { document } = plan(parse('{ thing { name } }'), made, new Set())
    return execute({ schema: executable(made), document, contextValue: { viewer: { scopes } } })
  }

  const readable = plain((thing: typeof source) => thing.name)

  test('MUST be asked once for a selection and a set of scopes, by the resolver that guards it', async () => {
    let asked = 0
    const Thing = { ...readable, resolve: () => void asked++ }
    const made = schemaOf(Thing)
    const { document } = plan(parse('{ thing { name } }'), made, new Set())
    const [some, others] = [{}, {}]
    for (const [scopes, times] of [[some, 1], [some, 1], [others, 2], [some, 2]] as const) {
      const contextValue = { viewer: { scopes } }
      const result = await execute({ schema: executable(made), document, contextValue })
      expect(unfolded(result.data)).toEqual({ thing: { name: 'value' } })
      expect(asked).toBe(times)
    }
  }) // prettier-ignore

  test('MUST be asked again by those whom it has denied', async () => {
    const scopes = {}
    const resolve = () => {
      throw new GraphQLError('no')
    }
    const made = schemaOf({ ...readable, resolve })
    const { document } = plan(parse('{ thing { name } }'), made, new Set())
    for (const _ of [1, 2]) {
      const { data } = await execute({ schema: executable(made), document, contextValue: { viewer: { scopes } } })
      expect(data).toEqual({ thing: null })
    }
  })

  test('MUST take the object away, with the guard’s own error at the field’s own path, when it denies', async () => {
    const resolve = () => {
      throw new GraphQLError('no')
    }
    const { data, errors } = await run({ ...readable, resolve })
    expect(data).toEqual({ thing: null })
    expect(errors?.map(({ message, path }) => ({ message, path }))).toEqual([
      { message: 'no', path: ['thing', 'name'] },
    ])
  })

  test('MUST NOT let values pass while a guard has not decided', async () => {
    const { data, errors } = await run({ ...readable, resolve: async () => 'later' })
    expect(data).toEqual({ thing: null })
    expect(errors?.[0]?.message).toBe('name is not plain: it waits')
  })

  test('MUST NOT be found by a client', async () => {
    for (const field of ['__values', '__values { cdrId }', '_values']) {
      const { status, data, errors } = await gateway.ask(`{ outgoingCdrs { nodes { ${field} } } }`, { token })
      expect([status, data, errors?.length]).toEqual([200, undefined, 1])
    }
    const { data } = await gateway.ask('{ __type(name: "OutgoingCdr") { fields { name } } }', { token })
    expect(JSON.stringify(data)).not.toContain('__values')
    expect(JSON.stringify(data)).toContain('cdrId')
  })

  test('MUST refuse a selection that was not planned', async () => {
    const document = parse('{ thing { __values } }')
    const { errors } = await execute({ schema: executable(schemaOf(readable)), document, contextValue: {} })
    expect(errors?.[0]?.message).toBe('__values is not a field that can be asked for')
  })
})

test('An error of values that are read together MUST be at their object, where the client has it', () => {
  const extensions = { code: 'INTERNAL_SERVER_ERROR' }
  const inside = new GraphQLError('unreadable', { path: ['accounts', 'nodes', 0, '#3', 'balance'], extensions })
  const told = unfoldedError(inside)
  expect(told.toJSON()).toEqual({ message: 'unreadable', path: ['accounts', 'nodes', 0], extensions })
  expect(told.originalError).toBe(inside)
  const elsewhere = new GraphQLError('denied', { path: ['accounts'] })
  expect(unfoldedError(elsewhere)).toBe(elsewhere)
})

test('An object that a scalar answers MUST stay as it is, whatever its keys are', () => {
  const scalar = { '#0': { key: 1 }, other: [1, null] }
  const data = Object.assign(Object.create(null), { scalar, '#1': { plain: 2 } })
  expect(unfolded(data)).toEqual({ scalar, plain: 2 })
})
