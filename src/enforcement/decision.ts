import {
  getVariableValues,
  Kind,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Scopes } from '../permissions/scopes.ts'
import { resourceOfId } from '../schema/node.ts'
import type { DeniedPlace } from './place.ts'
import { plan } from '../execution/plan.ts'
import { asksForSchema } from './introspection.ts'
import { measured, type AssertCost } from './limits.ts'
import { fragmentsOf, operationOf, type Operation } from './operations.ts'
import { scopesKey } from './scopes-key.ts'
import { deniedPlaces } from './walk.ts'

/** What becomes of an operation for one viewer. */
export interface Decision {
  /** The operation without what is denied. */
  readonly document: DocumentNode
  /** Whether it is to be executed on the `executable` schema; what asks for the schema itself is executed as it is. */
  readonly isPlanned: boolean
  /** What is denied with these variables. */
  readonly places: readonly DeniedPlace[]
  /** Those of them where null is still to be put into the answer. */
  readonly blanks: readonly DeniedPlace[]
}

/** Decides operations; what was decided once is not decided again. */
export type Decide = (operation: Operation, scopes: Scopes) => Decision

type Variables = Operation['variables']

/** How many decisions are kept for one document: sets of permissions times what its variables can change. */
const maxDecisions = 200

/** One operation of a document, with what was decided of it. */
interface Known {
  readonly definition: OperationDefinitionNode
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly decisions: LRUCache<string, Measured>
}

interface Measured extends Decision {
  readonly assertCost: AssertCost
}

/**
 * Decides operations before they run, and refuses those that ask for too much. The rules depend on the viewer alone, so this is done once per operation
 * and set of permissions, not once per row. Documents are compared as objects: the same text is parsed once,
 * and when its document is forgotten so are its decisions.
 */
export function createDecide(): Decide {
  const byDocument = new WeakMap<DocumentNode, Map<OperationDefinitionNode, Known>>()

  function known(operation: Operation): Known | undefined {
    const definition = operationOf(operation)
    if (!definition) return undefined
    const { document } = operation
    let operations = byDocument.get(document)
    if (!operations) byDocument.set(document, (operations = new Map()))
    let found = operations.get(definition)
    if (!found) {
      found = { definition, fragments: fragmentsOf(document), decisions: new LRUCache({ max: maxDecisions }) }
      operations.set(definition, found)
    }
    return found
  }

  return (operation, scopes) => {
    const found = known(operation)
    const variables = found && coercedVariables(operation, found.definition)
    // Nothing will run: execution says which operation or variable is wrong.
    if (!found || !variables) return { document: operation.document, isPlanned: false, places: [], blanks: [] }
    const key = `${scopesKey(scopes)} ${JSON.stringify(shapeOf(variables))}`
    let decision = found.decisions.get(key)
    if (!decision) found.decisions.set(key, (decision = decide(operation, found, scopes, variables)))
    decision.assertCost(variables)
    return decision
  }
}

/**
 * A denied field becomes `key: __typename`, which reads nothing and keeps the answer's keys in order; where it is not
 * read together with others, `blankDenied` then puts null in its place.
 */
function decide(
  { schema, document }: Operation,
  { definition, fragments }: Known,
  scopes: Scopes,
  variables: Variables,
): Measured {
  const traversed = { schema, fragments, variables }
  const assertCost = measured(definition, traversed)
  // An operation that is too large is not even walked.
  assertCost(variables)
  const places = deniedPlaces({ ...traversed, operation: definition, scopes })
  const placeholders = new Map(places.flatMap((place) => (place.blank ? [[place.node, blank(place.node)]] : [])))
  const allowed = placeholders.size > 0 ? without(document, placeholders) : document
  if (asksForSchema(document)) {
    const blanks = places.filter((place) => place.blank)
    return { document: allowed, isPlanned: false, places, blanks, assertCost }
  }
  const planned = plan(allowed, schema, new Set(placeholders.values()))
  const blanks = places.filter(({ node }) => {
    const placeholder = placeholders.get(node)
    return placeholder !== undefined && planned.placeholders.has(placeholder)
  })
  return { document: planned.document, isPlanned: true, places, blanks, assertCost }
}

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

function without(document: DocumentNode, placeholders: ReadonlyMap<FieldNode, FieldNode>): DocumentNode {
  const used = new Set<string>()
  const blanked: DocumentNode = visit(document, {
    VariableDefinition: () => false,
    Field: (node): FieldNode | undefined => placeholders.get(node),
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
