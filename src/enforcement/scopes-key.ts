import { capabilityKeys } from '../permissions/capabilities.ts'
import { permissionKeys } from '../permissions/permissions.ts'
import type { Scope, Scopes } from '../permissions/scopes.ts'

const all: readonly Scope[] = ['public', 'authenticated', 'admin', ...permissionKeys, ...capabilityKeys]

/** The same text for the same set of permissions, whoever has them: what caches of decisions go by. */
export function scopesKey(scopes: Scopes): string {
  let key = keys.get(scopes)
  if (key === undefined) keys.set(scopes, (key = all.map((scope) => (scopes[scope] ? '1' : '0')).join('')))
  return key
}

const keys = new WeakMap<Scopes, string>()
