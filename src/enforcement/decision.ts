import {
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  typeFromAST,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type GraphQLType,
  type OperationDefinitionNode,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Scope, Scopes } from '../permissions/scopes.ts'
import { resourceOfId } from '../schema/resource/node.ts'
import type { DeniedPlace } from './place.ts'
import { plan } from '../execution/plan.ts'
import { asksForSchema } from './introspection.ts'
import { measured, type AssertCost } from './limits.ts'
import { coercedVariables, fragmentsOf, operationOf, type Operation } from './operations.ts'
import { deniedPlaces, type WalkInput } from './walk.ts'

/** What becomes of an operation for one viewer. */
export interface Decision {
  /** The operation without what is denied. */
  readonly document: DocumentNode
  /** The scopes that make a difference to it. */
  readonly asked: readonly Scope[]
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

/**
 * How much is kept: of operations, what they ask for; and of each, what was decided for the different answers to the
 * questions that it raises. In characters of documents and keys, which an entry holds some ten bytes for.
 */
const maxKept = 2_000_000

/** One operation under one shape of its variables. */
interface Asked {
  readonly definition: OperationDefinitionNode
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly assertCost: AssertCost
  /** The scopes that make a difference to it; most profiles agree about them. */
  readonly scopes: readonly Scope[]
}

/**
 * Decides operations before they run, and refuses those that ask for too much. The rules depend on the viewer alone,
 * so this is done once per operation and answers to what it needs, not once per row. Documents are compared as objects:
 * the same text is parsed once.
 */
export function createDecide(): Decide {
  const operations = new LRUCache<string, Asked>({ maxSize: maxKept })
  const decisions = new LRUCache<string, Decision>({ maxSize: maxKept })

  function asked(operation: Operation, definition: OperationDefinitionNode, variables: Variables, key: string): Asked {
    const known = operations.get(key)
    if (known) return known
    const traversed = { schema: operation.schema, fragments: fragmentsOf(operation.document), variables }
    const assertCost = measured(definition, traversed)
    // One that is too large is not even walked.
    assertCost(variables)
    const scopes = scopesAskedFor({ ...traversed, operation: definition })
    const made = { definition, fragments: traversed.fragments, assertCost, scopes }
    operations.set(key, made, { size: sizeOf(operation.document, key) })
    return made
  }

  return (operation, scopes) => {
    const definition = operationOf(operation)
    const variables = definition && coercedVariables(operation, definition)
    // Nothing will run: execution says which operation or variable is wrong.
    if (!definition || !variables)
      return { document: operation.document, asked: [], isPlanned: false, places: [], blanks: [] }
    const { document, operationName } = operation
    const shape = shapeOfVariables(operation.schema, definition, variables)
    const operationKey = `${numberOf(document)} ${operationName ?? ''} ${JSON.stringify(shape)}`
    const question = asked(operation, definition, variables, operationKey)
    question.assertCost(variables)
    const key = `${operationKey} ${question.scopes.map((scope) => (scopes[scope] ? '1' : '0')).join('')}`
    let decision = decisions.get(key)
    if (!decision) {
      decision = decide(operation, question, scopes, variables)
      decisions.set(key, decision, { size: sizeOf(document, key) })
    }
    return decision
  }
}

const numbers = new WeakMap<DocumentNode, number>()
let count = 0

/** A name for a document, as long as it is held. */
function numberOf(document: DocumentNode): number {
  let number = numbers.get(document)
  if (number === undefined) numbers.set(document, (number = ++count))
  return number
}

function sizeOf({ loc }: DocumentNode, key: string): number {
  return (loc?.source.body.length ?? 0) + key.length
}

/** Every scope that deciding this operation can depend on: found by allowing everything, which leaves nothing out. */
function scopesAskedFor(input: Omit<WalkInput, 'scopes'>): Scope[] {
  // What is said of a denial depends on whether somebody has signed in, and whether as an administrator.
  const found = new Set<Scope>(['authenticated', 'admin'])
  const scopes = new Proxy(Object.create(null) as Scopes, {
    get(_, scope) {
      found.add(scope as Scope) // rules name nothing else
      return true
    },
  })
  deniedPlaces({ ...input, scopes })
  return [...found]
}

/**
 * A denied field becomes `key: __typename`, which reads nothing and keeps the answer's keys in order; where it is not
 * read together with others, `blankDenied` then puts null in its place.
 */
function decide(
  { schema, document }: Operation,
  { definition, fragments, scopes: asked }: Asked,
  scopes: Scopes,
  variables: Variables,
): Decision {
  // No more than the key says: a scope that is not part of it would be denied.
  const relevant: Scopes = Object.assign(
    Object.create(null),
    Object.fromEntries(asked.map((scope) => [scope, scopes[scope]])),
  )
  const places = deniedPlaces({ schema, operation: definition, fragments, variables, scopes: relevant })
  const placeholders = new Map(places.flatMap((place) => (place.blank ? [[place.node, blank(place.node)]] : [])))
  const allowed = placeholders.size > 0 ? without(document, placeholders) : document
  if (asksForSchema(document)) {
    return { document: allowed, asked, isPlanned: false, places, blanks: places.filter((place) => place.blank) }
  }
  const planned = plan(allowed, schema, new Set(placeholders.values()))
  const blanks = places.filter(({ node }) => {
    const placeholder = placeholders.get(node)
    return placeholder !== undefined && planned.placeholders.has(placeholder)
  })
  return { document: planned.document, asked, isPlanned: true, places, blanks }
}

/** What of the variables a decision can depend on: booleans, which inputs are used, and which types ids name. */
function shapeOfVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Variables,
): unknown {
  return variableDefinitions.flatMap(({ variable: { name }, type }) => {
    const value = variables[name.value]
    return value === undefined ? [] : [[name.value, shapeOf(value, typeFromAST(schema, type))]]
  })
}

/** As deep as the type says: what is inside of JSON is data, and could be nested without end. */
function shapeOf(value: unknown, type: GraphQLType | undefined): unknown {
  if (isNonNullType(type)) return shapeOf(value, type.ofType)
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') return resourceOfId(value)?.resource.name ?? ''
  if (isListType(type) && Array.isArray(value))
    return [...new Set(value.map((item) => JSON.stringify(shapeOf(item, type.ofType))))].sort()
  if (isInputObjectType(type) && typeof value === 'object') {
    const fields = type.getFields()
    return Object.entries(value).map(([name, item]) => [name, shapeOf(item, fields[name]?.type)])
  }
  return 0
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
