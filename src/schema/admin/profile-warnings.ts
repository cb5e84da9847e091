import type { GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { AccessProfile } from '../../permissions/access-profile.ts'
import { permissionKeys, permissions, type Permission } from '../../permissions/permissions.ts'
import { computableWarnings } from './computable-warnings.ts'
import { incompleteFlags } from './incomplete-flags.ts'
import type { ProfileWarning } from './profile-warning.ts'
import { flagsWithoutEffect, type WithoutEffect } from './without-effect.ts'

/** How many sets of flags are remembered for each schema: an operator has some dozen profiles. */
const maxRemembered = 1_000

const remembered = new WeakMap<GraphQLSchema, LRUCache<string, readonly ProfileWarning[]>>()

/**
 * What an operator should know of a profile. Depends on nothing but its flags and the schema that the gateway serves,
 * which is `info.schema` in a resolver.
 */
export function profileWarnings(profile: AccessProfile, schema: GraphQLSchema): readonly ProfileWarning[] {
  let cache = remembered.get(schema)
  if (!cache) remembered.set(schema, (cache = new LRUCache({ max: maxRemembered })))
  const key = permissionKeys.map((flag) => (profile[flag] ? '1' : '0')).join('')
  const known = cache.get(key)
  if (known) return known
  const warnings = [
    ...computableWarnings(profile, schema),
    ...flagsWithoutEffect(profile, schema).map(withoutEffect),
    ...incompleteFlags(profile),
  ]
  cache.set(key, warnings)
  return warnings
}

function withoutEffect({ flags, missing }: WithoutEffect): ProfileWarning {
  const names = (all: readonly Permission[], word: string): string =>
    all.map((flag) => permissions[flag].column).join(word)
  const needed = missing.map((set) => names(set, ' and ')).join(', or ')
  const does = flags.length === 1 ? 'is on, but does nothing' : 'are on, but do nothing'
  return {
    kind: 'WITHOUT_EFFECT',
    permissions: flags,
    message: `${names(flags, ', ')} ${does} without ${needed}.`,
    ways: [],
  }
}
