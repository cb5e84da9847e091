import {
  getVariableValues,
  Kind,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import type { Scopes } from '../permissions/scopes.ts'
import type { DeniedPlace } from './place.ts'
import { deniedPlaces } from './walk.ts'

/** What becomes of an operation for one viewer. */
export interface Decision {
  /** The operation without what is denied. */
  readonly document: DocumentNode
  /** What is denied with these variables. */
  readonly places: readonly DeniedPlace[]
}

export interface Operation {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly operationName: string | null | undefined
  /** As they came in, before coercion. */
  readonly variables: Readonly<Record<string, unknown>>
}

/**
 * Decides an operation before it runs. The rules depend on the viewer alone, so this is done once per
 * operation, not once per row. A denied field becomes `key: __typename`, which reads nothing and keeps the
 * answer's keys in order; `blankDenied` then puts null in its place.
 */
export function decide(operation: Operation, scopes: Scopes): Decision {
  const { schema, document } = operation
  const definition = operationOf(operation)
  if (!definition) return { document, places: [] }
  const { coerced } = getVariableValues(schema, definition.variableDefinitions ?? [], { ...operation.variables })
  // Variables that do not fit: nothing will run, execution says what is wrong with them.
  if (!coerced) return { document, places: [] }
  const places = deniedPlaces({
    schema,
    operation: definition,
    fragments: fragmentsOf(document),
    scopes,
    variables: coerced,
  })
  const blanks = new Set(places.filter((place) => place.blank).map((place) => place.node))
  return { document: blanks.size > 0 ? without(document, blanks) : document, places }
}

function operationOf({ document, operationName }: Operation): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  return operationName ? operations.find((definition) => definition.name?.value === operationName) : operations[0]
}

function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]))
}

function without(document: DocumentNode, blanks: ReadonlySet<FieldNode>): DocumentNode {
  return visit(document, {
    Field: (node): FieldNode | undefined => (blanks.has(node) ? blank(node) : undefined),
  })
}

function blank(node: FieldNode): FieldNode {
  return {
    kind: Kind.FIELD,
    alias: node.alias ?? node.name,
    name: { kind: Kind.NAME, value: '__typename' },
    ...(node.directives && { directives: node.directives }),
    ...(node.loc && { loc: node.loc }),
  }
}
