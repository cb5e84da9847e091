import { parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createDecide, type Decision } from '../../src/enforcement/decision.ts'
import { adminScopes, anonymousScopes, customerScopes, type Scopes } from '../../src/permissions/scopes.ts'
import { schema } from '../../src/schema/index.ts'
import { allBut, only } from '../support/gateway.ts'

const text = `query ($from: DateTime, $all: Boolean = true) {
  outgoingCdrs(where: { timeStart: { gte: $from } }) { nodes { cdrId customerPrice @include(if: $all) } totalCount }
}`

function deciding(query = text) {
  const decide = createDecide()
  const document = parse(query)
  return (scopes: Scopes, variables: Record<string, unknown> = {}): Decision =>
    decide({ schema, document, operationName: null, variables }, scopes)
}

describe('What is decided of an operation', () => {
  test('MUST be decided once for all profiles that agree on what it asks', () => {
    const decide = deciding()
    const first = decide(customerScopes(only('outgoingCdrs')))
    expect(decide(customerScopes(only('outgoingCdrs', 'invoices')))).toBe(first)
    expect(decide(customerScopes(allBut('account', 'payments')))).toBe(first)
    expect(first.places).toEqual([])
  })

  test('MUST be decided apart for those who do not', () => {
    const decide = deciding()
    const allowed = decide(customerScopes(allBut()))
    const denied = decide(customerScopes(allBut('outgoingCdrs')))
    expect(allowed.places).toHaveLength(0)
    expect(denied.places.map(({ denial }) => denial)).toEqual([{ code: 'FORBIDDEN', permission: 'OUTGOING_CDRS' }])
    expect(decide(anonymousScopes).places.map(({ denial }) => denial)).toEqual([{ code: 'UNAUTHENTICATED' }])
    expect(decide(adminScopes(new Set())).places.map(({ denial }) => denial)).toEqual(
      denied.places.map(({ denial }) => denial),
    )
  })

  test('MUST be the same for other values of the same shape, and another for another shape', () => {
    const decide = deciding()
    const scopes = customerScopes(allBut())
    const first = decide(scopes, { from: '2026-01-01T00:00:00Z' })
    expect(decide(scopes, { from: '2026-02-02T00:00:00Z' })).toBe(first)
    expect(decide(scopes, {})).not.toBe(first)
    expect(decide(scopes, { from: '2026-01-01T00:00:00Z', all: false })).not.toBe(first)
  })

  test('MUST depend on everything that an allowed part asks for, which a denied one would hide', () => {
    const decide = deciding('{ outgoingCdrs { nodes { account { balance } recording { url } } } }')
    const places = (scopes: Scopes) => decide(scopes).places.map(({ coordinate }) => coordinate)
    expect(places(customerScopes(only()))).toEqual(['Query.outgoingCdrs'])
    expect(places(customerScopes(only('outgoingCdrs')))).toEqual(['Account.balance', 'OutgoingCdr.recording'])
    expect(places(customerScopes(only('outgoingCdrs', 'account')))).toEqual(['OutgoingCdr.recording'])
    expect(places(customerScopes(only('outgoingCdrs', 'allowListenRecording')))).toEqual(['Account.balance'])
  })

  test('MUST NOT be kept of an operation that is too large', () => {
    const decide = deciding(text.replace('outgoingCdrs(', 'outgoingCdrs(first: 500, ').replace('cdrId', 'cdrId '.repeat(300)))
    const scopes = customerScopes(allBut())
    expect(() => decide(scopes)).toThrow('at most 100000 for cost')
    expect(() => decide(scopes)).toThrow('at most 100000 for cost')
  }) // prettier-ignore
})
