import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  type GraphQLCompositeType,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql'
import { GatewayError } from '../errors.ts'
import { argumentValues } from './argument-values.ts'
import { definitionOf, fieldsIn, type Traversed } from './traversal.ts'

/** How large an operation may be. What the portal asks stays far below each. */
export const limits = {
  /** Fields inside each other; introspection, which is bounded by graphql-js itself, does not count. */
  depth: 10,
  aliases: 50,
  directives: 50,
  rootFields: 30,
  /** Values in the answer: fields times the rows they are asked for; and what each search of the database weighs. */
  cost: 100_000,
} as const

/** What an operation asks for, known before it runs. */
export interface Size {
  depth: number
  aliases: number
  directives: number
  rootFields: number
  cost: number
}

/** How many rows a field answers with for each of its parents; a function of its (coerced) arguments. */
export type RowsOf = (args: Readonly<Record<string, unknown>>) => number

/**
 * Measures an operation with its variables: page sizes count wherever they come from. Throws
 * `QUERY_TOO_COMPLEX` for one that is too large.
 */
export function assertSize(operation: OperationDefinitionNode, traversed: Traversed): Size {
  const size: Size = { depth: 0, aliases: 0, directives: 0, rootFields: 0, cost: 0 }
  const root = traversed.schema.getRootType(operation.operation)
  if (root) measure(traversed, operation.selectionSet.selections, root, { depth: 1, rows: 1, page: 1 }, size)
  return size
}

/** Where the measuring stands. */
interface Standing {
  readonly depth: number
  /** How many objects there are that the fields are asked of. */
  readonly rows: number
  /** How many there are in the next list below: a connection is one object, its nodes are a page. */
  readonly page: number
}

function measure(
  traversed: Traversed,
  selections: readonly SelectionNode[],
  parent: GraphQLCompositeType,
  { depth, rows, page }: Standing,
  size: Size,
): void {
  for (const { node, type } of fieldsIn(traversed, selections, parent)) {
    if (node.alias) size.aliases += 1
    size.directives += node.directives?.length ?? 0
    if (depth === 1) size.rootFields += 1
    const field = definitionOf(type, node.name.value)
    size.cost += rows * (1 + costOf(field?.extensions['cost']))
    assertWithin(size)
    if (!field) continue
    size.depth = Math.max(size.depth, depth)
    const below = getNamedType(field.type)
    if (!node.selectionSet || !isCompositeType(below)) continue
    const rowsOf = field.extensions['rows']
    const each = isRowsOf(rowsOf) ? Math.max(1, rowsOf(argumentValues(field, node, traversed.variables))) : page
    const standing = isListType(getNullableType(field.type)) ? { rows: rows * each, page: 1 } : { rows, page: each }
    measure(traversed, node.selectionSet.selections, below, { depth: depth + 1, ...standing }, size)
  }
}

/** What a field costs besides its values. */
function costOf(extension: unknown): number {
  return typeof extension === 'number' ? extension : 0
}

function isRowsOf(value: unknown): value is RowsOf {
  return typeof value === 'function'
}

/** Stops at the first limit, so that measuring costs no more than what may be asked. */
function assertWithin(size: Size): void {
  for (const [name, limit] of Object.entries(limits)) {
    // The two have the same keys.
    if (size[name as keyof Size] > limit) {
      throw new GatewayError('QUERY_TOO_COMPLEX', `The operation is too large: at most ${limit} for ${name}.`, {
        limit: name,
        maximum: limit,
      })
    }
  }
}
