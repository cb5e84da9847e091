import {
  buildClientSchema,
  getIntrospectionQuery,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  printSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLSchema,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { schema } from '../../src/schema/index.ts'
import { isAdministrative, published } from '../permissions/support/published.ts'
import type { Gateway } from '../support/gateway.ts'
import { capabilities, startAdministration, type Administration } from './support/administration.ts'
import { adminTypes, isForAdministrators } from './support/design.ts'

// Customers are not to learn that there is an administration, not even by the shape of what they are shown.

let world: Administration
let gateway: Gateway
const customers = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'] as const
const tokens = new Map<string, string>()

beforeAll(async () => {
  world = await startAdministration()
  gateway = world.gateway
  for (const login of customers) tokens.set(login, await gateway.signIn(login))
})
afterAll(() => world[Symbol.asyncDispose]())

const introspection = getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true, specifiedByUrl: true, directiveIsRepeatable: true }) // prettier-ignore

async function shownTo(token: string): Promise<GraphQLSchema> {
  const { data, errors } = await gateway.ask(introspection, { token })
  expect(errors).toBeUndefined()
  return buildClientSchema(data)
}

/** Every type, field, argument, input field and value of an enum that a schema names. */
function namesIn(shown: GraphQLSchema): string[] {
  return Object.values(shown.getTypeMap()).flatMap((type) => {
    if (type.name.startsWith('__')) return []
    if (isEnumType(type)) return [type.name, ...type.getValues().map(({ name }) => `${type.name}.${name}`)]
    if (isInputObjectType(type)) return [type.name, ...Object.keys(type.getFields()).map((name) => `${type.name}.${name}`)]
    if (!isObjectType(type) && !isInterfaceType(type)) return [type.name]
    const fields = Object.values(type.getFields())
    return [type.name, ...fields.flatMap(({ name, args }) => [`${type.name}.${name}`, ...args.map((each) => `${type.name}.${name}(${each.name}:)`)])]
  })
} // prettier-ignore

/** The types that something leads to which is not for administrators: what is left when their fields are gone. */
function typesOfOthers(): Set<string> {
  const found = new Set<string>()
  function visit(name: string): void {
    const type = schema.getType(name)
    if (found.has(name) || !type) return
    found.add(name)
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return
    const fields: (GraphQLField<unknown, unknown> | GraphQLInputField)[] = Object.values(type.getFields())
    for (const field of fields.filter((each) => isOthers(each, `${name}.${each.name}`))) {
      visit(getNamedType(field.type).name)
      if ('args' in field) for (const argument of field.args.filter((each) => !isAdministrative(each))) visit(getNamedType(argument.type).name)
    }
    // An object that only `node` leads to is there by its id.
    if (isInterfaceType(type)) for (const { name: one } of schema.getPossibleTypes(type)) if (!adminTypes.test(one)) visit(one)
  }
  for (const root of ['Query', 'Mutation', 'Subscription']) visit(root)
  return found
} // prettier-ignore

function isOthers(definition: GraphQLField<unknown, unknown> | GraphQLArgument | GraphQLInputField, coordinate: string): boolean {
  return !isAdministrative(definition) && !isForAdministrators(coordinate)
} // prettier-ignore

const others = typesOfOthers()
const all = namesIn(schema)
const typesForAdministrators = Object.keys(schema.getTypeMap()).filter(
  (name) => !name.startsWith('__') && !others.has(name),
)
/** Everything that customers are not to be shown. */
const forAdministrators = all.filter((name) => typesForAdministrators.includes(name.split('.')[0] ?? '') || isForAdministrators(name)) // prettier-ignore

describe('What is for administrators', () => {
  test('MUST be what the design says, type by type and field by field', () => {
    const scalars = typesForAdministrators.filter((name) => !adminTypes.test(name))
    // A scalar or a filter that nobody else uses is as general as those that somebody does.
    for (const name of scalars) expect(name).toMatch(/^(?:JSON|\w+Filter)$/)
    expect(Object.keys(schema.getTypeMap()).filter((name) => adminTypes.test(name) && others.has(name))).toEqual([])
    const marked = published.filter(({ marks }) => marks.includes('admin')).map(({ coordinate }) => coordinate)
    expect(marked.filter((coordinate) => !forAdministrators.includes(coordinate))).toEqual([])
    expect(marked.length).toBeGreaterThan(100)
  })

  test.each(customers)('MUST NOT be in the schema that %s is shown', async (login) => {
    const shown = await shownTo(tokens.get(login) ?? '')
    const names = namesIn(shown)
    expect(names.length).toBeGreaterThan(50)
    expect(names.filter((name) => forAdministrators.includes(name))).toEqual([])
    expect(shown.getDirectives().map(({ name }) => name)).not.toContain('admin')
    expect(names.filter((name) => !all.includes(name))).toEqual([])
  })

  test.each(customers)('MUST NOT be spoken of in any word that %s is shown', async (login) => {
    const token = tokens.get(login) ?? ''
    const { data } = await gateway.ask(introspection, { token })
    // GraphQL speaks of the capabilities of servers where it describes itself.
    const own = data.__schema.types.filter(({ name }: { name: string }) => !name.startsWith('__'))
    const { directives } = data.__schema
    for (const text of [JSON.stringify({ own, directives }), printSchema(buildClientSchema(data))]) {
      expect(text.match(/.{0,60}(?:admin|capabilit)\w*.{0,60}/gi) ?? []).toEqual([])
    }
  })

  test.each(customers)('MUST NOT be a type by its name for %s', async (login) => {
    const asked = typesForAdministrators.map((name, index) => `t${index}: __type(name: "${name}") { name kind }`)
    for (let from = 0; from < asked.length; from += 20) {
      const { data } = await gateway.ask(`{ ${asked.slice(from, from + 20).join(' ')} }`, { token: tokens.get(login) ?? '' })
      expect(new Set(Object.values(data))).toEqual(new Set([null]))
    }
  }) // prettier-ignore
})

/** What GraphQL would suggest something for administrators for. */
function misspelt(): { query: string; meant: string }[] {
  const ofOthers = forAdministrators.filter((name) => /^(?:Query|Mutation|Subscription)\.\w+$/.test(name))
  const roots = ofOthers.map((name) => {
    const [root = '', field = ''] = name.split('.')
    return { query: `${root.toLowerCase()} { ${field}x }`, meant: field }
  })
  const types = typesForAdministrators.filter((name) => isObjectType(schema.getType(name)))
  const conditions = types.map((name) => ({ query: `{ viewer { ... on ${name}x { __typename } } }`, meant: name }))
  const variables = typesForAdministrators.filter((name) => isInputObjectType(schema.getType(name)))
  const inputs = variables.map((name) => ({ query: `query ($v: ${name}x) { viewer { login } }`, meant: name }))
  const viewer = { query: '{ viewer { capabilitie } }', meant: 'capabilities' }
  const within = { query: '{ portalLogins { nodes { logi } } }', meant: 'login' }
  const argument = { query: '{ portalLogins(wher: {}) { totalCount } }', meant: 'where' }
  return [...roots, ...conditions, ...inputs, viewer, within, argument]
}

describe('A suggestion for a misspelt name', () => {
  test('MUST NOT be made to a customer where it would name what is for administrators', async () => {
    for (const { query } of misspelt()) {
      const { errors = [] } = await gateway.ask(query, { token: world.customer })
      expect(errors.length).toBeGreaterThan(0)
      const suggested = errors.flatMap(({ message }) => [...(message.split('Did you mean')[1] ?? '').matchAll(/"(\w+)"/g)].map(([, name = '']) => name)) // prettier-ignore
      const told = suggested.filter((name) =>
        forAdministrators.some((each) => each === name || each.endsWith(`.${name}`)),
      )
      expect({ query, told: told.filter((name) => !all.some((each) => each.endsWith(`.${name}`) && !forAdministrators.includes(each))) }).toEqual({ query, told: [] }) // prettier-ignore
    }
  })

  test('MUST be made to an administrator who may see it', async () => {
    for (const { query, meant } of misspelt()) {
      const { errors = [] } = await gateway.ask(query, { token: world.root })
      expect([query, errors.map(({ message }) => message).join(' ')]).toEqual([query, expect.stringContaining(`"${meant}"`)])
    }
  }) // prettier-ignore
})

test('GraphiQL’s page MUST NOT tell a customer of administrators', async () => {
  const headers = { accept: 'text/html', authorization: world.customer }
  const page = await (await fetch(`${gateway.url}/graphql`, { headers })).text()
  expect(page).toContain('<html')
  const own = page.replaceAll(/(?:href|src)="[^"]+"/g, '')
  expect(own.match(/.{0,60}admin.{0,60}/gi) ?? []).toEqual([])
})

/** What the schema says of everything in it, for what is shown to be compared with. */
function marked(shown: GraphQLSchema): Set<string> {
  const names = new Set(namesIn(shown))
  return new Set(published.filter(({ coordinate, marks }) => marks.includes('admin') && names.has(coordinate)).map(({ coordinate }) => coordinate)) // prettier-ignore
}

function allowing(held: readonly string[]): string[] {
  const rows = published.filter(({ marks }) => marks.includes('admin'))
  return rows.filter(({ capabilities: needed }) => needed.every((each) => held.includes(each))).map(({ coordinate }) => coordinate)
} // prettier-ignore

describe('An administrator', () => {
  test('MUST be shown everything for administrators, and nothing that needs a flag', async () => {
    const shown = await shownTo(world.root)
    expect([...marked(shown)].sort()).toEqual(allowing(capabilities).sort())
    const names = new Set(namesIn(shown))
    const flagged = published.filter(({ flags }) => flags.length > 0)
    expect(flagged.filter(({ coordinate }) => names.has(coordinate))).toEqual([])
    expect(forAdministrators.filter((name) => !names.has(name))).toEqual([])
    expect(shown.getDirectives().map(({ name }) => name)).toContain('admin')
  })

  test('MUST be shown no more than every administrator may use, where the roles allow nothing', async () => {
    const shown = await shownTo(await world.tokenWith([]))
    expect([...marked(shown)].sort()).toEqual(allowing([]).sort())
    const names = namesIn(shown)
    expect(names).toEqual(expect.arrayContaining(['Viewer.capabilities', 'AdminCapability', 'ViewerKind.ADMIN']))
    for (const type of ['PortalLogin', 'CustomerPortalAccessProfile', 'Contractor']) expect(names).not.toContain(type)
  })

  test.each(capabilities)('MUST be shown only what %s allows, where the roles allow that alone', async (capability) => {
    const shown = await shownTo(await world.tokenWith([capability]))
    const allowed = new Set(allowing([capability]))
    const found = marked(shown)
    expect([...found].filter((coordinate) => !allowed.has(coordinate))).toEqual([])
    const roots = [...allowed].filter((coordinate) => /^(?:Query|Mutation|Subscription)\.\w+$/.test(coordinate))
    expect(roots.filter((coordinate) => !found.has(coordinate))).toEqual([])
  })
})

test('An administrator who looks at the portal as a login MUST be shown the schema that it is shown', async () => {
  for (const login of ['alice', 'carol', 'dave']) {
    const { rows } = await gateway.primary.query<{ id: number }>('SELECT id FROM sys.api_access WHERE login = $1', [login])
    const id = Buffer.from(`PortalLogin:${rows[0]?.id}`).toString('base64')
    const { data } = await gateway.ask(`mutation { actAsPortalLogin(id: "${id}") { token } }`, { token: world.root })
    const shown = printSchema(await shownTo(data.actAsPortalLogin.token))
    expect(shown).toBe(printSchema(await shownTo(tokens.get(login) ?? '')))
  }
}) // prettier-ignore

describe('Somebody who has not signed in', () => {
  test('MUST be shown what is public or needs no more than a sign-in, the administrators’ own too, and nothing of what they do', async () => {
    const shown = await shownTo('')
    expect([...marked(shown)]).toEqual([])
    const names = namesIn(shown)
    expect(names).toEqual(expect.arrayContaining(['Mutation.signIn', 'Mutation.adminSignIn', 'Viewer.capabilities']))
    const types = typesForAdministrators.filter((name) => names.includes(name))
    expect(types).toEqual(['AdminCapability'])
    const flagged = published.filter(({ flags }) => flags.length > 0)
    expect(flagged.filter(({ coordinate }) => names.includes(coordinate))).toEqual([])
  })
})
