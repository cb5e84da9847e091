import {
  DirectiveLocation,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLNonNull,
  GraphQLSchema,
  specifiedDirectives,
} from 'graphql'
import { capabilityName, isCapability } from '../../permissions/capabilities.ts'
import { isIdentityScope, type Rule } from '../../permissions/rule.ts'
import { permissionName } from '../../permissions/permissions.ts'

/** The mark of what is for administrators; the schemas of others do not have it. */
export const adminDirective = 'admin'

const locations = [
  DirectiveLocation.FIELD_DEFINITION,
  DirectiveLocation.ARGUMENT_DEFINITION,
  DirectiveLocation.INPUT_FIELD_DEFINITION,
]

/** A rule as directives, in the form that schema printers look for. */
export function directivesOf(rule: Rule): Readonly<Record<string, readonly object[]>> {
  const named = rule.filter(isIdentityScope).map((scope) => [scope, [{}]] as const)
  const capabilities = rule.filter(isCapability).map((scope) => ({ capability: capabilityName(scope) }))
  const flags = rule.flatMap((scope) =>
    isIdentityScope(scope) || isCapability(scope) ? [] : [{ permission: permissionName(scope) }],
  )
  return Object.fromEntries([
    ...named,
    ...(capabilities.length > 0 ? [[adminDirective, capabilities] as const] : []),
    ...(flags.length > 0 ? [['requires', flags] as const] : []),
  ])
}

function enumNamed(schema: GraphQLSchema, name: string): GraphQLEnumType {
  const type = schema.getType(name)
  if (!(type instanceof GraphQLEnumType)) throw new TypeError(`The schema has no enum ${name}`)
  return type
}

/** The same schema with the directives that show rules; they describe, what enforces is the rule itself. */
export function withRuleDirectives(schema: GraphQLSchema): GraphQLSchema {
  const requires = new GraphQLDirective({
    name: 'requires',
    description: 'The flag of the access profile that is needed; several mean all of them.',
    isRepeatable: true,
    locations,
    args: { permission: { type: new GraphQLNonNull(enumNamed(schema, 'Permission')) } },
  })
  const marks = [
    new GraphQLDirective({ name: 'public', description: 'Open to everybody.', locations }),
    new GraphQLDirective({ name: 'authenticated', description: 'Open to whoever has signed in.', locations }),
    new GraphQLDirective({
      name: adminDirective,
      description:
        'Open to administrators: to all, or to those whose roles have the capability; several mean all of them.',
      isRepeatable: true,
      locations,
      args: { capability: { type: enumNamed(schema, 'AdminCapability') } },
    }),
  ]
  return new GraphQLSchema({ ...schema.toConfig(), directives: [...specifiedDirectives, requires, ...marks] })
}
