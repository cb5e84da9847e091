import { buildSchema, lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { permissionKeys } from '../../src/permissions/permissions.ts'
import { statementsDuring } from '../permissions/support/asking.ts'
import { published, requiredBy } from '../proofs/support/published.ts'
import { createRandom } from '../proofs/support/random.ts'
import { allBut, only, startGateway, type Gateway } from '../support/gateway.ts'
import { startAdministration, type Administration } from './support/administration.ts'
import { idsOf } from './support/explanations.ts'
import { introspected } from './support/introspected.ts'
import { expectReadersOnly, wrongIds } from './support/refusals.ts'

let world: Administration
let gateway: Gateway
let login: Awaited<ReturnType<Gateway['login']>>
let profileId: string

beforeAll(async () => {
  world = await startAdministration()
  gateway = world.gateway
  login = await gateway.login('shown')
  profileId = (await idsOf(gateway, 'shown')).profileId
})
afterAll(() => world[Symbol.asyncDispose]())

const query = 'query ($id: ID!) { accessProfileSchema(profileId: $id) }'

const ask = (id: string, token = world.root) => gateway.ask(query, { token, variables: { id } })

async function definition(id = profileId): Promise<string> {
  const { data, errors } = await ask(id)
  expect(errors).toBeUndefined()
  return data.accessProfileSchema
}

/** In one order, and without empty descriptions, which introspection tells and text does not. */
const normal = (schema: GraphQLSchema): string =>
  printSchema(lexicographicSortSchema(schema)).replace(/\n+ *"{6}(?=\n)/g, '')

/** Fields, arguments and input fields with what they are said to require. */
function requirements(schema: GraphQLSchema): Map<string, string> {
  const found = new Map<string, string>()
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || !('getFields' in type)) continue
    for (const field of Object.values(type.getFields())) {
      found.set(`${type.name}.${field.name}`, requiredBy(field).join())
      if (!('args' in field)) continue
      for (const argument of field.args) found.set(`${type.name}.${field.name}(${argument.name}:)`, requiredBy(argument).join())
    }
  }
  return found
} // prettier-ignore

describe("A profile's schema", () => {
  it('MUST be what introspection shows to its logins, for random profiles', async () => {
    const random = createRandom(20_261_124)
    const profiles = [0.1, 0.5, 0.9].map((density) => only(...random.some(permissionKeys, density)))
    for (const profile of [allBut(), only(), ...profiles]) {
      await login.set(profile)
      expect(normal(buildSchema(await definition()))).toBe(normal(await introspected(gateway, login.token)))
    }
  })

  test.each(['alice', 'bob', 'carol', 'dave'])('MUST be that of %s', async (name) => {
    const shown = await introspected(gateway, await gateway.signIn(name))
    const text = await definition((await idsOf(gateway, name)).profileId)
    expect(normal(buildSchema(text))).toBe(normal(shown))
    expect(text).not.toMatch(/admin/i)
  })

  it('MUST say of everything which flags it requires, as the published schema does', async () => {
    await login.set(allBut('outgoingStatisticsAcd'))
    const of = requirements(buildSchema(await definition()))
    const all = requirements(published)
    expect(of.size).toBeGreaterThan(1_000)
    for (const [coordinate, flags] of of) expect(`${coordinate} ${all.get(coordinate)}`).toBe(`${coordinate} ${flags}`)
    expect(of.get('OutgoingCdr.recording')).toBe('OUTGOING_CDRS,ALLOW_LISTEN_RECORDING')
    expect(of.has('OutgoingStatisticsPoint.asr')).toBe(true)
    expect(of.has('OutgoingStatisticsPoint.acd')).toBe(false)
  })

  it('MUST be that of the profile as it is now', async () => {
    for (const on of [true, false, true]) {
      await login.set({ invoices: on })
      expect(/^type Invoice /m.test(await definition())).toBe(on)
    }
  })

  it('MUST have nothing that the operator hides', async () => {
    await using other = await startGateway({ OUTGOING_CDR_HIDE_FIELDS: 'customer_price' })
    const token = await other.admin()
    const { profileId: id } = await idsOf(other, 'alice')
    const { data } = await other.ask(query, { token, variables: { id } })
    expect(data.accessProfileSchema).toMatch(/^ {2}customerDuration: /m)
    expect(data.accessProfileSchema).not.toMatch(/^ {2}customerPrice: (Decimal |DecimalFilter)/m)
    const explain = 'query ($id: ID!, $q: String!) { explainAccess(profileId: $id, query: $q) { accepted errors { message } } }'
    const q = '{ outgoingCdrs { nodes { customerPrice } } }'
    const real = await other.ask(q, { token: await other.signIn('alice') })
    const explained = (await other.ask(explain, { token, variables: { id, q } })).data.explainAccess
    expect(explained).toEqual({ accepted: false, errors: [{ message: real.errors?.[0]?.message }] })
  }) // prettier-ignore

  it('MUST cost one statement for whoever asks, and be asked for by whoever may read profiles', async () => {
    const { statements } = await statementsDuring(gateway, () => definition())
    expect(statements.filter((text) => !text.includes('gui.admin_users'))).toHaveLength(1)
    await expectReadersOnly(world, (token) => ask(profileId, token))
  })

  test.each(wrongIds)('MUST NOT be had of %j', async (id, code) => {
    const { data, errors } = await ask(id)
    expect(data).toEqual({ accessProfileSchema: null })
    expect(errors).toMatchObject([{ extensions: { code, argument: 'profileId' } }])
  })
})
