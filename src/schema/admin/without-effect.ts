import { getNamedType, isAbstractType, isObjectType, type GraphQLNamedType, type GraphQLSchema } from 'graphql'
import type { AccessProfile } from '../../permissions/access-profile.ts'
import { permissionKeys, type Permission } from '../../permissions/permissions.ts'
import { valuesField } from '../resource/values-field.ts'
import { ruleAt } from '../rules/rules.ts'
import { flagsIn } from './guarded.ts'
import { isWithin } from './computable.ts'

/** Flags that are on and do nothing, since others are off: the same ones for all of them. */
export interface WithoutEffect {
  readonly flags: readonly Permission[]
  /** Sets of flags that are off, each of which would do. */
  readonly missing: readonly (readonly Permission[])[]
}

interface Field {
  readonly type: GraphQLNamedType
  readonly flags: readonly Permission[]
}

/** What of the schema is guarded by nothing but flags. */
interface Guarded {
  readonly roots: readonly GraphQLNamedType[]
  readonly fields: ReadonlyMap<GraphQLNamedType, readonly Field[]>
  readonly next: (type: GraphQLNamedType) => readonly GraphQLNamedType[]
}

const known = new WeakMap<GraphQLSchema, Guarded>()

/** Flags that are on, although nothing that they guard can be reached with this profile. */
export function flagsWithoutEffect(profile: AccessProfile, schema: GraphQLSchema): WithoutEffect[] {
  let guarded = known.get(schema)
  if (!guarded) known.set(schema, (guarded = guardedBy(schema)))
  const effective = effectiveFlags(profile, guarded)
  const groups = new Map<string, { flags: Permission[]; missing: Permission[][] }>()
  for (const flag of permissionKeys) {
    if (!profile[flag] || effective.has(flag)) continue
    const missing = missingFor(flag, profile, guarded)
    const key = missing.map((flags) => flags.join()).join(';')
    const group = groups.get(key)
    if (group) group.flags.push(flag)
    else groups.set(key, { flags: [flag], missing })
  }
  return [...groups.values()]
}

function guardedBy(schema: GraphQLSchema): Guarded {
  const fields = new Map<GraphQLNamedType, Field[]>()
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    const shown = Object.values(type.getFields()).filter(({ name }) => name !== valuesField)
    fields.set(
      type,
      shown.flatMap((field) => {
        const flags = flagsIn(ruleAt(field))
        return flags ? [{ type: getNamedType(field.type), flags }] : []
      }),
    )
  }
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const next = (type: GraphQLNamedType) => (isAbstractType(type) ? schema.getPossibleTypes(type) : [type])
  return { roots: roots.flatMap((type) => type ?? []), fields, next }
}

/** The flags of the fields that can be reached from the roots. */
function effectiveFlags(profile: AccessProfile, { roots, fields, next }: Guarded): Set<Permission> {
  const found = new Set<Permission>()
  const seen = new Set<GraphQLNamedType>(roots)
  // What is added to a set while it is walked is walked too.
  for (const type of seen) {
    for (const field of fields.get(type) ?? []) {
      if (!field.flags.every((flag) => profile[flag])) continue
      for (const flag of field.flags) found.add(flag)
      for (const target of next(field.type)) seen.add(target)
    }
  }
  return found
}

/** The smallest sets of flags that a field lacks which this one guards. */
function missingFor(flag: Permission, profile: AccessProfile, { fields }: Guarded): Permission[][] {
  const rules = [...fields.values()].flat().filter(({ flags }) => flags.includes(flag))
  const lacking = rules.map(({ flags }) => flags.filter((other) => !profile[other]))
  const distinct = [...new Map(lacking.map((flags) => [[...flags].sort().join(), flags])).values()]
  return distinct.filter(
    (flags) => !distinct.some((other) => other !== flags && isWithin(new Set(other), new Set(flags))),
  )
}
