import { valueFromAST, type FieldNode, type GraphQLField } from 'graphql'

/**
 * The arguments of a field as its resolver would get them, from literals and variables. What cannot be read is
 * left out: execution refuses it with its own, better error.
 */
export function argumentValues(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const given = new Map(node.arguments?.map((argument) => [argument.name.value, argument.value]))
  return Object.fromEntries(
    field.args.flatMap((argument) => {
      const literal = given.get(argument.name)
      const value = literal && valueFromAST(literal, argument.type, { ...variables })
      return value === undefined ? [] : [[argument.name, value]]
    }),
  )
}
