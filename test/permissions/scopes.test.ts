import { describe, expect, test } from 'vitest'
import { defaultProfile, nothingAllowed, type AccessProfile } from '../../src/permissions/access-profile.ts'
import { capabilityKeys } from '../../src/permissions/capabilities.ts'
import { permissionKeys } from '../../src/permissions/permissions.ts'
import { denialOf, isIdentityScope, ruleOf } from '../../src/permissions/rule.ts'
import { adminScopes, anonymousScopes, customerScopes } from '../../src/permissions/scopes.ts'

const everything = Object.fromEntries(permissionKeys.map((key) => [key, true])) as AccessProfile // exactly its keys

/** A profile as no type allows it, but as carelessness makes it. */
function careless(value: unknown): AccessProfile {
  return { ...nothingAllowed, account: value } as AccessProfile // what `as any` would do elsewhere
}

describe('Scopes', () => {
  const whoever = { anonymous: anonymousScopes, admin: adminScopes(new Set()), customer: customerScopes(everything) }

  test.each(Object.entries(whoever))('of the %s MUST have nothing but flags, capabilities and the three of identity', (_, scopes) => {
    expect(Object.keys(scopes).sort()).toEqual([...permissionKeys, ...capabilityKeys, 'admin', 'authenticated', 'public'].sort())
  }) // prettier-ignore

  test.each(Object.entries(whoever))('of the %s MUST find nothing on a prototype', (_, scopes) => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf']) {
      expect(Reflect.get(scopes, name)).toBeUndefined()
    }
  })

  test.each(Object.entries(whoever))('of the %s MUST be plain booleans that nobody changes', (_, scopes) => {
    expect(Object.values(scopes).every((value) => typeof value === 'boolean')).toBe(true)
    expect(() => Object.assign(scopes, { admin: true, account: true })).toThrow(TypeError)
  })

  test('of the anonymous MUST be public alone, of an administrator admin but no flag', () => {
    const held = (scopes: object) => Object.entries(scopes).flatMap(([name, value]) => (value === true ? [name] : []))
    expect(held(anonymousScopes)).toEqual(['public'])
    expect(held(adminScopes(new Set())).sort()).toEqual(['admin', 'authenticated', 'public'])
  })

  test('of an administrator MUST be the capabilities that the roles allow, and no other', () => {
    const held = adminScopes(new Set(['readAuditLog', 'actAsCustomer']))
    expect(capabilityKeys.filter((key) => held[key])).toEqual(['actAsCustomer', 'readAuditLog'])
    expect(permissionKeys.filter((key) => held[key])).toEqual([])
    for (const key of capabilityKeys) expect([customerScopes(everything)[key], anonymousScopes[key]]).toEqual([false, false])
  }) // prettier-ignore

  test('of a customer MUST be the flags of the profile, and never admin', () => {
    expect(customerScopes(everything)).toMatchObject({ ...everything, authenticated: true, admin: false })
    expect(customerScopes(defaultProfile)).toMatchObject(defaultProfile)
    expect(customerScopes(nothingAllowed)).toMatchObject({ ...nothingAllowed, authenticated: true, admin: false })
  })

  test.each([1, 'true', 'false', {}, [], () => true, Promise.resolve(false)])(
    'MUST deny a flag whose value is truthy but not true: %s',
    (value) => {
      expect(customerScopes(careless(value)).account).toBe(false)
      expect(customerScopes(careless(true)).account).toBe(true)
    },
  )
})

describe('A rule', () => {
  test('MUST name a scope: an empty one throws, since scope-auth would let everybody in', () => {
    expect(() => ruleOf({})).toThrow(TypeError)
    expect(ruleOf({ account: true })).toEqual(['account'])
  })

  test.each([false, undefined, null, 1, 'true'])('MUST NOT say %s of a scope', (value) => {
    const map = { account: true, invoices: value } as Parameters<typeof ruleOf>[0] // what carelessness makes of it
    expect(() => ruleOf(map)).toThrow(TypeError)
  })

  test('MUST keep the order in which it was written', () => {
    expect(ruleOf({ outgoingStatistics: true, outgoingStatisticsAcd: true })).toEqual([
      'outgoingStatistics',
      'outgoingStatisticsAcd',
    ])
  })

  test('MUST know which scopes are about identity', () => {
    expect(['public', 'authenticated', 'admin', ...permissionKeys].filter((scope) => isIdentityScope(scope as 'public'))).toEqual(['public', 'authenticated', 'admin'])
  }) // prettier-ignore
})

describe('A denial', () => {
  const onlyAcd = customerScopes({ ...nothingAllowed, outgoingStatisticsAcd: true })

  test('MUST NOT be where all that is needed is held', () => {
    expect(denialOf(['outgoingStatistics', 'outgoingStatisticsAcd'], customerScopes(everything))).toBeNull()
    expect(denialOf(['public'], anonymousScopes)).toBeNull()
    expect(denialOf(['authenticated'], adminScopes(new Set()))).toBeNull()
    expect(denialOf(['admin'], adminScopes(new Set()))).toBeNull()
  })

  test('MUST be where one of several is missing, and name the first that is', () => {
    const missing = (permission: string) => ({ code: 'FORBIDDEN', permission })
    const none = customerScopes(nothingAllowed)
    expect(denialOf(['outgoingStatistics', 'outgoingStatisticsAcd'], none)).toEqual(missing('OUTGOING_STATISTICS'))
    expect(denialOf(['outgoingStatisticsAcd', 'outgoingStatistics'], none)).toEqual(missing('OUTGOING_STATISTICS_ACD'))
    expect(denialOf(['outgoingStatisticsAcd', 'outgoingStatistics'], onlyAcd)).toEqual(missing('OUTGOING_STATISTICS'))
  })

  test('MUST ask the anonymous to sign in, whatever is missing', () => {
    for (const scope of ['authenticated', 'admin', 'account'] as const) {
      expect(denialOf([scope], anonymousScopes)).toEqual({ code: 'UNAUTHENTICATED' })
    }
  })

  test('MUST name a capability for an administrator alone', () => {
    const some = adminScopes(new Set(['readPortalLogins']))
    expect(denialOf(['readPortalLogins'], some)).toBeNull()
    expect(denialOf(['readPortalLogins', 'readAuditLog'], some)).toEqual({ code: 'FORBIDDEN', permission: 'ADMIN_READ_AUDIT_LOG' })
    expect(denialOf(['readPortalLogins'], customerScopes(everything))).toEqual({ code: 'FORBIDDEN', permission: 'ADMIN' })
    expect(denialOf(['readPortalLogins'], anonymousScopes)).toEqual({ code: 'UNAUTHENTICATED' })
  }) // prettier-ignore

  test('MUST name ADMIN for a customer, and the flag for an administrator', () => {
    expect(denialOf(['admin'], customerScopes(everything))).toEqual({ code: 'FORBIDDEN', permission: 'ADMIN' })
    expect(denialOf(['account'], adminScopes(new Set()))).toEqual({ code: 'FORBIDDEN', permission: 'ACCOUNT' })
  })
})
