import { readFileSync } from 'node:fs'
import { buildSchema, type ConstDirectiveNode, type GraphQLSchema } from 'graphql'

/** The schema as it is committed for everybody to read: the rules in it are what the proofs hold the gateway to. */
export const published: GraphQLSchema = buildSchema(
  readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8'),
)

interface Guarded {
  readonly astNode?: { readonly directives?: readonly ConstDirectiveNode[] | undefined } | null | undefined
}

/** The flags that a field, argument or input field says it requires, in the order it says so. */
export function requiredBy({ astNode }: Guarded): string[] {
  return (astNode?.directives ?? []).flatMap(({ name, arguments: given }) => {
    const value = given?.[0]?.value
    return name.value === 'requires' && value?.kind === 'EnumValue' ? [value.value] : []
  })
}

/** Whether a definition is for administrators: what customers ask for and see has none of it. */
export function isAdministrative({ astNode }: Guarded): boolean {
  return (astNode?.directives ?? []).some(({ name }) => name.value === 'admin')
}
