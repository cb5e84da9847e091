import { execute, isObjectType, parse, type GraphQLResolveInfo } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ForbiddenError, UnauthenticatedError } from '../../src/errors.ts'
import { anonymous, type Viewer } from '../../src/identity/viewer.ts'
import { capabilityKeys, capabilityName } from '../../src/permissions/capabilities.ts'
import { adminScopes, customerScopes } from '../../src/permissions/scopes.ts'
import { emptyCaches, type Context } from '../../src/schema/context.ts'
import { schema } from '../../src/schema/index.ts'
import { capabilitiesOf, isAdministrative, published } from '../permissions/support/published.ts'
import { statementsDuring } from '../permissions/support/asking.ts'
import { adminNodeTypes, fieldNamed, fieldsOf, objectNamed } from '../permissions/support/selections.ts'
import { allBut } from '../support/gateway.ts'
import { startAdministration, type Administration } from './support/administration.ts'

// Nothing here is decided before it runs: each resolver for administrators is asked alone.

let world: Administration
let viewers: Readonly<Record<'customer' | 'admin', Viewer>>

beforeAll(async () => {
  world = await startAdministration()
  viewers = { customer: await viewerOf(world.customer), admin: await viewerOf(world.root) }
})
afterAll(() => world[Symbol.asyncDispose]())

async function viewerOf(authorization: string): Promise<Viewer> {
  const { identity } = world.gateway.app.services
  return (await identity.authenticate({ authorization, cookie: null, address: '127.0.0.1' })).viewer
}

function contextOf(viewer: Viewer): Context {
  const { app, url } = world.gateway
  return { ...app.services, viewer, address: '127.0.0.1', origin: url, setCookies: [], ...emptyCaches() }
}

/** The administrator with all capabilities but one. */
function lacking(name: string): Viewer {
  return { ...viewers.admin, scopes: adminScopes(new Set(capabilityKeys.filter((key) => capabilityName(key) !== name))) } as Viewer // of its kind still
} // prettier-ignore

const resolvers = Object.values(schema.getTypeMap())
  .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
  .filter(isObjectType)
  .flatMap((type) => fieldsOf(type).map((field) => ({ type, field, needs: capabilitiesOf(field) })))
  .filter(({ field }) => isAdministrative(field))

/** A row that nobody has to look at to deny. */
const untouchable = new Proxy({}, { get: () => expect.unreachable('The row was looked at') })

async function outcome({ type, field }: (typeof resolvers)[number], viewer: Viewer): Promise<unknown> {
  const path = { prev: undefined, key: field.name, typename: type.name }
  const info = { parentType: type, fieldName: field.name, schema, path, fieldNodes: [], fragments: {}, variableValues: {} }
  const run = type.name === 'Subscription' ? field.subscribe : field.resolve
  try {
    // Only what a resolver looks at before it is allowed to look at more.
    return await run?.(untouchable, {}, contextOf(viewer), info as unknown as GraphQLResolveInfo)
  } catch (error) {
    return error
  }
} // prettier-ignore

describe(`The resolver of each of the ${resolvers.length} fields for administrators, asked alone,`, () => {
  test('MUST be all of them', () => {
    const fields = published.filter(({ kind, marks }) => kind === 'field' && marks.includes('admin'))
    expect(resolvers.map(({ type, field }) => `${type.name}.${field.name}`).sort()).toEqual(fields.map(({ coordinate }) => coordinate).sort())
  }) // prettier-ignore

  test('MUST ask whoever has not signed in to do so', async () => {
    for (const resolver of resolvers) expect(await outcome(resolver, anonymous)).toBeInstanceOf(UnauthenticatedError)
  })

  test('MUST deny a customer, whatever the flags', async () => {
    const viewer = { ...viewers.customer, scopes: customerScopes(allBut()) } as Viewer // of its kind still
    for (const resolver of resolvers) {
      const error = await outcome(resolver, viewer)
      const coordinate = `${resolver.type.name}.${resolver.field.name}`
      expect(error).toBeInstanceOf(ForbiddenError)
      expect(error).toMatchObject({ extensions: { code: 'FORBIDDEN', permission: 'ADMIN', coordinate } })
    }
  })

  test('MUST deny an administrator whose roles lack any one of its capabilities', async () => {
    for (const resolver of resolvers) {
      for (const name of resolver.needs) {
        const error = await outcome(resolver, lacking(name))
        const coordinate = `${resolver.type.name}.${resolver.field.name}`
        expect(error).toBeInstanceOf(ForbiddenError)
        expect(error).toMatchObject({ extensions: { code: 'FORBIDDEN', permission: `ADMIN_${name}`, coordinate } })
      }
    }
  })
})

describe('What finds an object by its id, asked alone,', () => {
  const document = parse('query ($id: ID!) { node(id: $id) { __typename } nodes(ids: [$id]) { __typename } }')

  async function found(type: string, viewer: Viewer) {
    const asked = { schema, document, contextValue: contextOf(viewer), variableValues: { id: world.sample.ids[type] } }
    const { result, statements } = await statementsDuring(world.gateway, async () => execute(asked))
    return { data: JSON.parse(JSON.stringify(result.data)), statements }
  }

  test.each(adminNodeTypes)('MUST find a %s for an administrator who may see it, and look for none otherwise', async (type) => {
    const there = { __typename: type }
    expect((await found(type, viewers.admin)).data).toEqual({ node: there, nodes: [there] })
    const needs = capabilitiesOf(fieldNamed(objectNamed(type), 'id'))
    expect(needs).not.toEqual([])
    for (const viewer of [viewers.customer, ...needs.map(lacking)]) {
      expect(await found(type, viewer)).toEqual({ data: { node: null, nodes: [null] }, statements: [] })
    }
  }) // prettier-ignore
})
