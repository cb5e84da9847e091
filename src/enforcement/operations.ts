import {
  getVariableValues,
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'

/** An operation that somebody asks for. */
export interface Operation {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly operationName: string | null | undefined
  /** As they came in, before coercion. */
  readonly variables: Readonly<Record<string, unknown>>
}

/** The one that is meant; undefined where there is none of that name. */
export function operationOf({ document, operationName }: Operation): OperationDefinitionNode | undefined {
  return document.definitions.find(
    (node) => node.kind === Kind.OPERATION_DEFINITION && (!operationName || node.name?.value === operationName),
  ) as OperationDefinitionNode | undefined // the predicate says so
}

export function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]))
}

/** The variables as the executor would read them; undefined where it would refuse them. */
export function coercedVariables(
  { schema, variables }: Operation,
  definition: OperationDefinitionNode,
): Operation['variables'] | undefined {
  if (!definition.variableDefinitions?.length) return {}
  return getVariableValues(schema, definition.variableDefinitions, { ...variables }).coerced
}
