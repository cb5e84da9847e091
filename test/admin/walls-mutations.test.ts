import { getNamedType, isInputObjectType, isNonNullType, type GraphQLInputObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from '../permissions/support/asking.ts'
import { adminSelections } from '../permissions/support/admin-selections.ts'
import { literal } from '../permissions/support/arguments.ts'
import { fieldNamed, fieldsOf, objectNamed, type Selection } from '../permissions/support/selections.ts'
import { isAdministrative } from '../permissions/support/published.ts'
import { capabilities, startAdministration, type Administration } from './support/administration.ts'

// What is refused writes nothing, and nothing but what is declared can be written.

let world: Administration
beforeAll(async () => void (world = await startAdministration()))
afterAll(() => world[Symbol.asyncDispose]())

const mutations = fieldsOf(objectNamed('Mutation')).filter(isAdministrative)
const names = mutations.map(({ name }) => name)

async function mutation(name: string): Promise<Selection> {
  const found = adminSelections(world.sample).find(({ on, field }) => on === 'Mutation' && field === name)
  if (!found) throw new TypeError(`No mutation ${name}`)
  return world.withRightArguments(found)
}

/** All that administrators can change, and what is written about it. */
async function written(): Promise<unknown> {
  const tables = ['sys.customer_portal_access_profiles', 'sys.api_access', 'portal.audit_log', 'gui.versions']
  return Promise.all(
    tables.map(async (table) => (await world.gateway.primary.query(`SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM ${table} t`)).rows),
  )
} // prettier-ignore

describe.each(names)('%s', (name) => {
  test('MUST write nothing for somebody who has not signed in, a customer, or whose roles do not allow it', async () => {
    const { flags } = await mutation(name)
    const own = flags.map((flag) => flag.replace(/^ADMIN_/, ''))
    const lacking = own.map((missing) => world.tokenWith(capabilities.filter((each) => each !== missing)))
    const tokens = ['', world.customer, await world.tokenWith([]), ...(await Promise.all(lacking))]
    expect(own).not.toEqual([])
    for (const token of tokens) {
      const asked = await mutation(name)
      const before = await written()
      const { data, errors } = await ask(world.gateway, [asked], 'as they are called', { token })
      expect(data).toEqual({ [name]: null })
      expect(errors).toHaveLength(1)
      expect(await written()).toEqual(before)
    }
  })
})

/** Every input type that a mutation of theirs takes, with the way from the mutation to it. */
interface Input {
  readonly mutation: string
  readonly type: GraphQLInputObjectType
  readonly path: readonly { readonly name: string; readonly type: GraphQLInputObjectType | null }[]
}

function inputsOf(): Input[] {
  return mutations.flatMap((field) =>
    field.args.flatMap(({ name, type }) => inputsAt(field.name, [{ name, type: null }], getNamedType(type))),
  )
}

function inputsAt(mutation: string, path: Input['path'], type: unknown): Input[] {
  if (!isInputObjectType(type)) return []
  const below = Object.values(type.getFields()).flatMap((field) =>
    inputsAt(mutation, [...path, { name: field.name, type }], getNamedType(field.type)),
  )
  return [{ mutation, type, path }, ...below]
}

const inputs = inputsOf().map((input) => ({ ...input, at: input.path.map(({ name }) => name).join('.'), input: input.type.name })) // prettier-ignore

/** What no client sets, and what is of others. */
const foreign = ['id', 'version', 'passwordDigest', 'password_digest', 'createdAt', 'updatedAt', 'customer_id', 'roles', 'nobodysField', '__proto__', 'constructor'] // prettier-ignore

describe.each(inputs)('$at of $mutation', ({ mutation: name, type, path }) => {
  const refused = foreign.filter((field) => !Object.hasOwn(type.getFields(), field))

  /** The call with one field more in that object. */
  function callWith(field: string): { query: string; variables: object; literal: string } {
    const definition = fieldNamed(objectNamed('Mutation'), name)
    const [outer, ...inner] = path
    const object = (holder: GraphQLInputObjectType) =>
      Object.values(holder.getFields()).filter((each) => isNonNullType(each.type)).map((each) => `${each.name}: ${literal(each.name, each.type, world.sample)}`) // prettier-ignore
    const innermost = `{ ${[...object(type), `${field}: 1`].join(', ')} }`
    const given = inner.reduceRight((value, each) => {
      const others = each.type ? object(each.type).filter((other) => !other.startsWith(`${each.name}:`)) : []
      return `{ ${[...others, `${each.name}: ${value}`].join(', ')} }`
    }, innermost)
    const others = definition.args
      .filter((argument) => isNonNullType(argument.type) && argument.name !== outer?.name)
      .map((argument) => `${argument.name}: ${literal(argument.name, argument.type, world.sample)}`)
    const selection = 'getFields' in getNamedType(definition.type) ? ' { __typename }' : ''
    const argumentType = String(definition.args.find((each) => each.name === outer?.name)?.type)
    return {
      literal: `mutation { ${name}(${[...others, `${outer?.name}: ${given}`].join(', ')})${selection} }`,
      query: `mutation ($given: ${argumentType}) { ${name}(${[...others, `${outer?.name}: $given`].join(', ')})${selection} }`,
      variables: { given: JSON.parse(quoted(given)) },
    }
  }

  test.each(refused)('MUST NOT take %s, and say which field that was, and write nothing', async (field) => {
    const before = await written()
    const call = callWith(field)
    const answers = [
      await world.gateway.ask(call.literal, { token: world.root }),
      await world.gateway.ask(call.query, { token: world.root, variables: { ...call.variables } }),
    ]
    for (const { data, errors } of answers) {
      expect(data ?? null).toBeNull()
      const named = errors?.filter(({ message }) => message.includes(`"${field}"`))
      expect(named).toHaveLength(1)
      expect(['GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT']).toContain(named?.[0]?.extensions.code)
    }
    expect(await written()).toEqual(before)
  })
})

/** A literal as JSON: keys quoted, and the names of enums. */
function quoted(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|([A-Za-z_]\w*)/g, (_, string: string | undefined, word: string) =>
    string ?? (/^(true|false|null)$/.test(word) ? word : JSON.stringify(word)),
  )
} // prettier-ignore
