import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { permissionKeys } from '../../src/permissions/permissions.ts'
import { statementsDuring } from '../permissions/support/asking.ts'
import { createRandom } from '../proofs/support/random.ts'
import { allBut, only, type Gateway } from '../support/gateway.ts'
import { startAdministration, type Administration } from './support/administration.ts'
import { idsOf } from './support/explanations.ts'
import { coordinatesIn, introspected } from './support/introspected.ts'
import { expectReadersOnly, wrongIds } from './support/refusals.ts'

let world: Administration
let gateway: Gateway
let one: Awaited<ReturnType<Gateway['login']>>
let other: Awaited<ReturnType<Gateway['login']>>
let a: string
let b: string

beforeAll(async () => {
  world = await startAdministration()
  gateway = world.gateway
  one = await gateway.login('one')
  other = await gateway.login('other')
  a = (await idsOf(gateway, 'one')).profileId
  b = (await idsOf(gateway, 'other')).profileId
})
afterAll(() => world[Symbol.asyncDispose]())

const query = `query ($a: ID!, $b: ID!) {
  compareAccessProfiles(a: $a, b: $b) { flags { permission title a b } onlyA onlyB }
}`

const ask = (ids: { a: string; b: string } = { a, b }, token = world.root) =>
  gateway.ask(query, { token, variables: ids })

async function compared(ids?: { a: string; b: string }) {
  const { data, errors } = await ask(ids)
  expect(errors).toBeUndefined()
  return data.compareAccessProfiles
}

describe('Two profiles side by side', () => {
  it('MUST name the flags that differ', async () => {
    await one.set(only('invoices', 'outgoingStatistics', 'account'))
    await other.set(only('payments', 'outgoingStatistics', 'account'))
    const { flags } = await compared()
    expect(flags).toEqual([
      { permission: 'INVOICES', title: 'Invoices', a: true, b: false },
      { permission: 'PAYMENTS', title: 'Payments', a: false, b: true },
    ])
  })

  it('MUST name the fields, arguments and input fields that only one of them opens', async () => {
    await one.set(only('outgoingCdrs', 'outgoingStatistics', 'outgoingStatisticsAcd'))
    await other.set(only('outgoingCdrs', 'outgoingStatistics', 'allowListenRecording'))
    const { onlyA, onlyB } = await compared()
    expect(onlyA).toEqual(['OutgoingQualityStatisticsPoint.acd', 'OutgoingStatisticsPoint.acd'])
    expect(onlyB).toEqual([
      'OutgoingCdr.rec',
      'OutgoingCdr.recording',
      'OutgoingCdrRecording.contentType',
      'OutgoingCdrRecording.expiresAt',
      'OutgoingCdrRecording.url',
    ])
  })

  it('MUST count what nothing else leads to', async () => {
    await one.set(only('services'))
    await other.set(only())
    const { onlyA, onlyB } = await compared()
    expect(onlyB).toEqual([])
    expect(onlyA).toEqual(expect.arrayContaining(['Query.services', 'Query.services(where:)', 'ServiceWhere.name', 'DecimalFilter.gt'])) // prettier-ignore
  })

  it('MUST differ by what introspection shows to the logins of each, for random profiles', async () => {
    const random = createRandom(20_261_124)
    for (const density of [0.1, 0.5, 0.5, 0.9]) {
      await one.set(only(...random.some(permissionKeys, density)))
      await other.set(random.chance(0.5) ? allBut() : only(...random.some(permissionKeys, density)))
      const ofA = coordinatesIn(await introspected(gateway, one.token))
      const ofB = coordinatesIn(await introspected(gateway, other.token))
      const { onlyA, onlyB } = await compared()
      expect(onlyA).toEqual([...ofA].filter((name) => !ofB.has(name)).sort())
      expect(onlyB).toEqual([...ofB].filter((name) => !ofA.has(name)).sort())
    }
  })

  it('MUST be the same the other way round, and nothing for the same profile twice', async () => {
    await one.set(only('invoices', 'account'))
    await other.set(only('account'))
    const { flags, onlyA, onlyB } = await compared()
    const turned = await compared({ a: b, b: a })
    expect([turned.onlyA, turned.onlyB]).toEqual([onlyB, onlyA])
    expect(turned.flags).toEqual(flags.map((flag: { a: boolean; b: boolean }) => ({ ...flag, a: flag.b, b: flag.a })))
    expect(await compared({ a, b: a })).toEqual({ flags: [], onlyA: [], onlyB: [] })
  })

  it('MUST cost one statement for whoever asks, and be asked for by whoever may read profiles', async () => {
    const { statements } = await statementsDuring(gateway, () => compared())
    expect(statements.filter((text) => !text.includes('gui.admin_users'))).toHaveLength(1)
    await expectReadersOnly(world, (token) => ask({ a, b }, token))
  })

  test.each(wrongIds)('MUST NOT be had of %j', async (id, code) => {
    for (const [argument, ids] of [['a', { a: id, b }], ['b', { a, b: id }], ['a', { a: id, b: id }]] as const) {
      const { data, errors } = await ask(ids)
      expect(data).toEqual({ compareAccessProfiles: null })
      expect(errors).toMatchObject([{ extensions: { code, argument } }])
    }
  }) // prettier-ignore
})
