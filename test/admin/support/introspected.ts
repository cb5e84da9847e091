import { buildClientSchema, getIntrospectionQuery, type GraphQLSchema } from 'graphql'
import type { Gateway } from '../../support/gateway.ts'

/** The schema as a login is shown it. */
export async function introspected(gateway: Pick<Gateway, 'ask'>, token: string): Promise<GraphQLSchema> {
  const query = getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true, directiveIsRepeatable: true })
  const { data } = await gateway.ask(query, { token })
  return buildClientSchema(data)
}

/** Every field, argument and input field that a schema has. */
export function coordinatesIn(schema: GraphQLSchema): Set<string> {
  const names = new Set<string>()
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || !('getFields' in type)) continue
    for (const field of Object.values(type.getFields())) {
      names.add(`${type.name}.${field.name}`)
      if ('args' in field) for (const { name } of field.args) names.add(`${type.name}.${field.name}(${name}:)`)
    }
  }
  return names
}
