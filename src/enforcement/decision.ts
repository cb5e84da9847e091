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
import { LRUCache } from 'lru-cache'
import type { Scopes } from '../permissions/scopes.ts'
import { resourceOfId } from '../schema/node.ts'
import type { DeniedPlace } from './place.ts'
import { assertSize } from './limits.ts'
import { scopesKey } from './scopes-key.ts'
import { deniedPlaces } from './walk.ts'

/** What becomes of an operation for one viewer. */
export interface Decision {
  /** The operation without what is denied. */
  readonly document: DocumentNode
  /** What is denied with these variables. */
  readonly places: readonly DeniedPlace[]
}

/** Decides operations; what was decided once is not decided again. */
export type Decide = (operation: Operation, scopes: Scopes) => Decision

export interface Operation {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly operationName: string | null | undefined
  /** As they came in, before coercion. */
  readonly variables: Readonly<Record<string, unknown>>
}

/** How many decisions are kept for one document: sets of permissions times what its variables can change. */
const maxDecisions = 200

/**
 * Decides operations before they run, and refuses those that ask for too much. The rules depend on the viewer alone, so this is done once per operation
 * and set of permissions, not once per row. Documents are compared as objects: the same text is parsed once,
 * and when its document is forgotten so are its decisions.
 */
export function createDecide(): Decide {
  const byDocument = new WeakMap<DocumentNode, LRUCache<string, Decision>>()
  return (operation, scopes) => {
    const definition = operationOf(operation)
    const variables = definition && coercedVariables(operation, definition)
    // Nothing will run: execution says which operation or variable is wrong.
    if (!definition || !variables) return { document: operation.document, places: [] }
    assertSize(definition, { schema: operation.schema, fragments: fragmentsOf(operation.document), variables })
    let decisions = byDocument.get(operation.document)
    if (!decisions) byDocument.set(operation.document, (decisions = new LRUCache({ max: maxDecisions })))
    const key = `${operation.operationName ?? ''} ${scopesKey(scopes)} ${JSON.stringify(shapeOf(variables))}`
    const known = decisions.get(key)
    if (known) return known
    const made = decide(operation, definition, scopes, variables)
    decisions.set(key, made)
    return made
  }
}

/**
 * A denied field becomes `key: __typename`, which reads nothing and keeps the answer's keys in order;
 * `blankDenied` then puts null in its place.
 */
function decide(
  { schema, document }: Operation,
  operation: OperationDefinitionNode,
  scopes: Scopes,
  variables: Variables,
): Decision {
  const places = deniedPlaces({ schema, operation, fragments: fragmentsOf(document), scopes, variables })
  const blanks = new Set(places.filter((place) => place.blank).map((place) => place.node))
  return { document: blanks.size > 0 ? without(document, blanks) : document, places }
}

type Variables = Readonly<Record<string, unknown>>

function coercedVariables(
  { schema, variables }: Operation,
  definition: OperationDefinitionNode,
): Variables | undefined {
  if (!definition.variableDefinitions?.length) return {}
  return getVariableValues(schema, definition.variableDefinitions, { ...variables }).coerced
}

/** What of a variable a decision can depend on: booleans, which inputs are used, and which types ids name. */
function shapeOf(value: unknown): unknown {
  if (typeof value === 'string') return resourceOfId(value)?.resource.name ?? ''
  if (Array.isArray(value)) return [...new Set(value.map((item) => JSON.stringify(shapeOf(item))))].sort()
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).map(([name, item]) => [name, shapeOf(item)])
  return typeof value === 'boolean' || value === null ? value : 0
}

export function operationOf({ document, operationName }: Operation): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  return operationName ? operations.find((definition) => definition.name?.value === operationName) : operations[0]
}

export function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]))
}

function without(document: DocumentNode, blanks: ReadonlySet<FieldNode>): DocumentNode {
  const used = new Set<string>()
  const blanked: DocumentNode = visit(document, {
    VariableDefinition: () => false,
    Field: (node): FieldNode | undefined => (blanks.has(node) ? blank(node) : undefined),
  })
  visit(blanked, { VariableDefinition: () => false, Variable: (node) => void used.add(node.name.value) })
  // A variable that only what was denied has used may be of a type that the viewer's schema does not have.
  return visit(blanked, {
    VariableDefinition: (node) => (used.has(node.variable.name.value) ? undefined : null),
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
