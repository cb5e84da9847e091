import {
  buildClientSchema,
  getIntrospectionQuery,
  getOperationAST,
  getVariableValues,
  parse,
  validate,
  validateSchema,
  type GraphQLSchema,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { permissionKeys, type Permission } from '../../src/permissions/permissions.ts'
import { coordinatesOf } from '../../src/schema/rules/coordinates.ts'
import { schema } from '../../src/schema/index.ts'
import { isForAdministrators } from '../admin/support/design.ts'
import { addActiveCalls } from '../permissions/support/sample.ts'
import { createRandom } from '../proofs/support/random.ts'
import { randomOperation } from '../proofs/support/random-operation.ts'
import { samplesFor } from '../proofs/support/samples.ts'
import { allBut, only, startGateway, type Gateway } from '../support/gateway.ts'

let gateway: Gateway
let tester: Awaited<ReturnType<Gateway['login']>>

beforeAll(async () => {
  gateway = await startGateway()
  tester = await gateway.login('tester')
})
afterAll(() => gateway[Symbol.asyncDispose]())

async function introspected(token?: string): Promise<GraphQLSchema> {
  const { data, errors } = await gateway.ask(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }), {
    ...(token && { token }),
  })
  expect(errors).toBeUndefined()
  return buildClientSchema(data)
}

/** Every field, argument and input field that a schema shows. */
function namesIn(shown: GraphQLSchema): Set<string> {
  const names = new Set<string>()
  for (const type of Object.values(shown.getTypeMap())) {
    if (type.name.startsWith('__') || !('getFields' in type)) continue
    for (const field of Object.values(type.getFields())) {
      names.add(`${type.name}.${field.name}`)
      if ('args' in field) for (const argument of field.args) names.add(`${type.name}.${field.name}(${argument.name}:)`)
    }
  }
  return names
}

/** A generator with a fixed seed, so that a failure can be seen again. */
function randomProfiles(count: number): Record<Permission, boolean>[] {
  let state = 20_261_123
  const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648
  return Array.from({ length: count }, () => only(...permissionKeys.filter(() => next() < 0.5)))
}

/** With its variables, whose values validation does not look at. */
function isValid(shown: GraphQLSchema, query: string, variables: Readonly<Record<string, unknown>>): boolean {
  const document = parse(query)
  if (validate(shown, document).length > 0) return false
  const definitions = getOperationAST(document)?.variableDefinitions ?? []
  return getVariableValues(shown, definitions, JSON.parse(JSON.stringify(variables))).errors === undefined
}

describe('the schema that introspection shows', () => {
  it('MUST be the whole one for a login with every flag, but for what is for administrators', async () => {
    await tester.set(allBut())
    const shown = namesIn(await introspected(tester.token))
    const expected = coordinatesOf(schema).map(({ name }) => name)
    expect([...shown].sort()).toEqual(expected.filter((name) => !isForAdministrators(name)).sort())
  })

  it('MUST be valid and without anything denied, for random profiles', async () => {
    for (const profile of randomProfiles(12)) {
      await tester.set(profile)
      const shown = await introspected(tester.token)
      expect(validateSchema(shown)).toEqual([])
      const denied = coordinatesOf(schema).filter(({ rule }) =>
        rule.some((scope) => profile[scope as Permission] === false),
      )
      const names = namesIn(shown)
      expect(denied.map(({ name }) => name).filter((name) => names.has(name))).toEqual([])
    }
  })

  it('MUST allow every operation that is valid in it', async () => {
    const random = createRandom(20_261_123)
    await tester.set(allBut())
    await addActiveCalls(gateway)
    const samples = await samplesFor(gateway, tester.token, [])
    let valid = 0
    for (const profile of randomProfiles(6)) {
      // Nearly everything, so that enough operations are valid.
      await tester.set(
        allBut(
          ...random.some(
            permissionKeys.filter((key) => !profile[key]),
            0.3,
          ),
        ),
      )
      const shown = await introspected(tester.token)
      for (let each = 0; each < 40; each++) {
        const { query, variables } = randomOperation(random, { ...samples, nodeIds: samples.accountIds })
        if (!isValid(shown, query, variables)) continue
        valid += 1
        const { errors = [] } = await gateway.ask(query, { token: tester.token, variables })
        expect({ query, codes: errors.map(({ extensions }) => extensions.code) }).toEqual({ query, codes: [] })
      }
    }
    console.info(`${valid} operations were valid, and allowed`)
    expect(valid).toBeGreaterThan(20)
  })

  it('MUST show somebody who has not signed in how to, and no data', async () => {
    const names = namesIn(await introspected())
    expect(names).toContain('Mutation.signIn')
    expect(
      [...names].filter(
        (name) => /Cdr|Invoice|Statistics|Account\.(?!id)/.test(name) && !name.startsWith('AccessProfile'),
      ),
    ).toEqual([])
  })

  it('MUST be the same through a fragment, an alias and __type, and beside data', async () => {
    await tester.set(allBut('outgoingStatisticsAcd', 'invoices'))
    const { data, errors } = await gateway.ask(
      `query ($where: InvoiceWhere) {
        ...Shown
        viewer { login }
        invoices(where: $where) { totalCount }
      }
      fragment Shown on Query {
        s: __schema { queryType { fields { name } } }
        point: __type(name: "OutgoingStatisticsPoint") { fields { name } }
        gone: __type(name: "Invoice") { name }
      }`,
      { token: tester.token, variables: { where: {} } },
    )
    const fields = (type: { fields: { name: string }[] }): string[] => type.fields.map(({ name }) => name)
    expect(fields(data.s.queryType)).not.toContain('invoices')
    expect(fields(data.point)).toContain('asr')
    expect(fields(data.point)).not.toContain('acd')
    expect(data).toMatchObject({ gone: null, invoices: null, viewer: { login: 'tester' } })
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN'])
  })
})
