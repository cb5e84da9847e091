import {
  getNamedType,
  isAbstractType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql'
import { denialOf } from '../../permissions/rule.ts'
import type { Scopes } from '../../permissions/scopes.ts'
import { isForAdministrators } from './audience.ts'
import { ruleAt } from './rules.ts'

/** Names of fields, arguments and input fields: `Type.field`, `Type.field(argument:)`, `Input.field`; sorted. */
export interface AccessDifference {
  readonly gained: readonly string[]
  readonly lost: readonly string[]
}

/** What can be used with the one set of scopes and not with the other. */
export function accessDifference(schema: GraphQLSchema, before: Scopes, after: Scopes): AccessDifference {
  const had = coordinatesAllowed(schema, before)
  const has = coordinatesAllowed(schema, after)
  return { gained: without(has, had), lost: without(had, has) }
}

function without(names: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  return [...names].filter((name) => !others.has(name)).sort()
}

/** What these scopes allow and what can be reached with them: the names of the schema that their owner is shown. */
export function coordinatesAllowed(schema: GraphQLSchema, scopes: Scopes): ReadonlySet<string> {
  const isCustomer = scopes.authenticated && !scopes.admin
  const allows = (guarded: Parameters<typeof ruleAt>[0]): boolean =>
    denialOf(ruleAt(guarded), scopes) === null && !(isCustomer && isForAdministrators(guarded))
  const found = new Set<string>()
  const reached = new Set<GraphQLNamedType>()
  const waiting: GraphQLNamedType[] = roots(schema)
  for (let type = waiting.pop(); type; type = waiting.pop()) {
    if (reached.has(type)) continue
    reached.add(type)
    if (isAbstractType(type)) waiting.push(...schema.getPossibleTypes(type))
    for (const { name, leadsTo } of membersOf(type, allows)) {
      found.add(name)
      waiting.push(leadsTo)
    }
  }
  return found
}

function roots(schema: GraphQLSchema): GraphQLNamedType[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) => type ?? [])
}

interface Member {
  readonly name: string
  readonly leadsTo: GraphQLNamedType
}

/** The allowed fields of a type, with their allowed arguments. */
function membersOf(type: GraphQLNamedType, allows: (guarded: Parameters<typeof ruleAt>[0]) => boolean): Member[] {
  if (isInputObjectType(type)) {
    return Object.values(type.getFields())
      .filter(allows)
      .map((field) => ({ name: `${type.name}.${field.name}`, leadsTo: getNamedType(field.type) }))
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  return Object.values(type.getFields())
    .filter(allows)
    .flatMap((field): Member[] => {
      const name = `${type.name}.${field.name}`
      const args = field.args.filter(allows)
      return [
        { name, leadsTo: getNamedType(field.type) },
        ...args.map((argument): Member => ({
          name: `${name}(${argument.name}:)`,
          leadsTo: getNamedType(argument.type),
        })),
      ]
    })
}
