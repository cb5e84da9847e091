import {
  DirectiveLocation,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLNonNull,
  GraphQLSchema,
  specifiedDirectives,
} from 'graphql'
import { isIdentityScope, type Rule } from '../../permissions/rule.ts'
import { permissionName } from '../../permissions/permissions.ts'

const locations = [
  DirectiveLocation.FIELD_DEFINITION,
  DirectiveLocation.ARGUMENT_DEFINITION,
  DirectiveLocation.INPUT_FIELD_DEFINITION,
]

/** A rule as directives, in the form that schema printers look for. */
export function directivesOf(rule: Rule): Readonly<Record<string, readonly object[]>> {
  const named = rule.filter(isIdentityScope).map((scope) => [scope, [{}]] as const)
  const flags = rule.flatMap((scope) => (isIdentityScope(scope) ? [] : [{ permission: permissionName(scope) }]))
  return Object.fromEntries([...named, ...(flags.length > 0 ? [['requires', flags] as const] : [])])
}

/** The same schema with the directives that show rules; they describe, what enforces is the rule itself. */
export function withRuleDirectives(schema: GraphQLSchema): GraphQLSchema {
  const permission = schema.getType('Permission')
  if (!(permission instanceof GraphQLEnumType)) throw new TypeError('The schema has no enum Permission')
  const requires = new GraphQLDirective({
    name: 'requires',
    description: 'The flag of the access profile that is needed; several mean all of them.',
    isRepeatable: true,
    locations,
    args: { permission: { type: new GraphQLNonNull(permission) } },
  })
  const marks = [
    new GraphQLDirective({ name: 'public', description: 'Open to everybody.', locations }),
    new GraphQLDirective({ name: 'authenticated', description: 'Open to whoever has signed in.', locations }),
    new GraphQLDirective({ name: 'admin', description: 'Open to administrators.', locations }),
  ]
  return new GraphQLSchema({ ...schema.toConfig(), directives: [...specifiedDirectives, requires, ...marks] })
}
