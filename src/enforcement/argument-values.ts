import { valueFromAST, type FieldNode, type GraphQLField } from 'graphql'

/**
 * The arguments of a field as its resolver would get them, from literals and variables. What cannot be read is
 * left out: execution refuses it with its own, better error. `only`: where no others matter.
 */
export function argumentValues(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Readonly<Record<string, unknown>>,
  only?: readonly string[],
): Record<string, unknown> {
  const given = new Map(node.arguments?.map((argument) => [argument.name.value, argument.value]))
  return Object.fromEntries(
    field.args.flatMap((argument) => {
      const literal = only && !only.includes(argument.name) ? undefined : given.get(argument.name)
      const value = literal && valueFromAST(literal, argument.type, { ...variables })
      return value === undefined ? [] : [[argument.name, value]]
    }),
  )
}
