import { filterSchema, MapperKind, mapSchema, printSchemaWithDirectives, pruneSchema } from '@graphql-tools/utils'
import { GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Rule } from '../permissions/rule.ts'
import type { Scopes } from '../permissions/scopes.ts'
import { isForAdministrators } from '../schema/rules/audience.ts'
import { adminDirective } from '../schema/rules/directives.ts'
import { ruleAt } from '../schema/rules/rules.ts'
import { scopesKey } from './scopes-key.ts'

/** How many different sets of permissions are kept: an operator has some dozen profiles. */
const maxSchemas = 100

/** The schema as somebody with these scopes has it: without what is denied, and without what nothing reaches then. */
export type ViewerSchemas = (scopes: Scopes) => GraphQLSchema

/** Builds each viewer's schema once per set of permissions. */
export function viewerSchemas(full: GraphQLSchema): ViewerSchemas {
  const schemas = new LRUCache<string, GraphQLSchema>({ max: maxSchemas })
  return (scopes) => {
    const key = scopesKey(scopes)
    const known = schemas.get(key)
    if (known) return known
    const built = schemaFor(full, scopes)
    schemas.set(key, built)
    return built
  }
}

const definitions = new WeakMap<GraphQLSchema, string>()

/** A viewer's schema in the schema definition language, with the rule of everything in it. */
export function definitionIn(schema: GraphQLSchema): string {
  let definition = definitions.get(schema)
  if (definition === undefined) definitions.set(schema, (definition = printSchemaWithDirectives(schema)))
  return definition
}

function schemaFor(full: GraphQLSchema, scopes: Scopes): GraphQLSchema {
  const isCustomer = scopes.authenticated && !scopes.admin
  const visible = (guarded: Parameters<typeof ruleAt>[0] | undefined): boolean =>
    guarded !== undefined && isVisible(ruleAt(guarded), scopes) && !(isCustomer && isForAdministrators(guarded))
  return pruneSchema(
    filterSchema({
      schema: isCustomer ? withoutAdministration(full) : full,
      rootFieldFilter: (_operation, _name, field) => visible(field),
      fieldFilter: (_type, _name, field) => visible(field),
      argumentFilter: (_type, _field, _name, argument) => visible(argument),
    }),
  )
}

const forCustomers = new WeakMap<GraphQLSchema, GraphQLSchema>()

/** Without what has no rule of its own and is about administrators: values of enums, and the mark. */
function withoutAdministration(full: GraphQLSchema): GraphQLSchema {
  let schema = forCustomers.get(full)
  if (!schema) {
    const mapped = mapSchema(full, {
      [MapperKind.ENUM_VALUE]: (value) => (isForAdministrators(value) ? null : undefined),
    })
    const directives = mapped.getDirectives().filter(({ name }) => name !== adminDirective)
    schema = new GraphQLSchema({ ...mapped.toConfig(), directives })
    forCustomers.set(full, schema)
  }
  return schema
}

/** Whoever has not signed in yet sees what needs no more than that, and so can learn how to. */
function isVisible(rule: Rule, scopes: Scopes): boolean {
  return rule.every((scope) => scopes[scope] || (scope === 'authenticated' && !scopes.authenticated))
}
