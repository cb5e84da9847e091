import { capabilityKeys, capabilityName, isCapability } from './capabilities.ts'
import { permissionKeys, permissionName, type PermissionName } from './permissions.ts'
import type { Scope, Scopes } from './scopes.ts'

/** All of these scopes are needed. Never empty: what needs nothing says `public`. */
export type Rule = readonly [Scope, ...Scope[]]

/** The same rule as a field declares it: `{ outgoingCdrs: true }`. `false` does not compile. */
export type RuleMap = { readonly [S in Scope]?: true }

/** Being an administrator; or, said only to one, the capability that the roles lack. */
export type AdminPermission = 'ADMIN' | `ADMIN_${string}`

export type Denial =
  | { readonly code: 'UNAUTHENTICATED' }
  | { readonly code: 'FORBIDDEN'; readonly permission: PermissionName | AdminPermission }

const identityScopes: ReadonlySet<Scope> = new Set<Scope>(['public', 'authenticated', 'admin'])

export function isIdentityScope(scope: Scope): scope is 'public' | 'authenticated' | 'admin' {
  return identityScopes.has(scope)
}

const scopes: ReadonlySet<string> = new Set([...identityScopes, ...permissionKeys, ...capabilityKeys])

function isScope(name: string): name is Scope {
  return scopes.has(name)
}

/** Reads a declared rule of `coordinate`. Throws on an empty map, which scope-auth would take for "everybody". */
export function ruleOf(map: RuleMap, coordinate = 'A rule'): Rule {
  const [first, ...rest] = Object.keys(map).filter(isScope)
  const isRule = !Array.isArray(map) && Object.entries(map).every(([name, value]) => isScope(name) && value === true)
  if (first === undefined || !isRule) {
    throw new TypeError(
      `${coordinate}: a rule names at least one flag or capability, or public, authenticated, admin, each with \`true\`.`,
    )
  }
  return [first, ...rest]
}

/** What needs all of these rules; who has a flag has signed in. */
export function allRules(...maps: readonly RuleMap[]): RuleMap {
  const all = new Set(maps.flatMap((map) => Object.keys(map).filter(isScope)))
  const open: readonly Scope[] = ['public', 'authenticated']
  const needed = [...all].filter((scope) => !open.includes(scope))
  return Object.fromEntries((needed.length > 0 ? needed : [...all]).map((scope) => [scope, true as const]))
}

/** The first scope that is missing, said as the caller will see it; null when the rule holds. */
export function denialOf(rule: Rule, scopes: Scopes): Denial | null {
  const missing = rule.find((scope) => scopes[scope] !== true)
  if (missing === undefined) return null
  if (!scopes.authenticated) return { code: 'UNAUTHENTICATED' }
  if (missing === 'public' || missing === 'authenticated') return { code: 'UNAUTHENTICATED' }
  if (missing !== 'admin' && !isCapability(missing)) return { code: 'FORBIDDEN', permission: permissionName(missing) }
  // Which capabilities there are is for administrators to know.
  if (missing === 'admin' || !scopes.admin) return { code: 'FORBIDDEN', permission: 'ADMIN' }
  return { code: 'FORBIDDEN', permission: `ADMIN_${capabilityName(missing)}` }
}
