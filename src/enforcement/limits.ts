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

type Limit = keyof typeof limits

/** How many rows a field answers with for each of its parents, by these of its (coerced) arguments. */
interface Rows {
  readonly args: readonly string[]
  readonly count: (args: Readonly<Record<string, unknown>>) => number
}

type Variables = Readonly<Record<string, unknown>>

/** What a selection costs, as far as page sizes do not change it. */
interface Weight {
  /** However many objects it is asked of: what is read for all of them together. */
  readonly once: number
  /** For each object it is asked of. */
  readonly own: number
  /** For each object of the next list. */
  readonly paged: number
  /** What page sizes do change. */
  readonly parts: readonly Part[]
}

interface Part {
  readonly isList: boolean
  /** null: the page of the list above. */
  readonly rows: ((variables: Variables) => number) | null
  readonly weight: Weight
}

/** Throws `QUERY_TOO_COMPLEX` where these page sizes, wherever they come from, make an operation too large. */
export type AssertCost = (variables: Variables) => void

/**
 * Measures an operation. What page sizes cannot change is checked here, and throws `QUERY_TOO_COMPLEX`; the rest
 * is a short sum for each request. `variables` decide about `@skip` and `@include` only.
 */
export function measured(operation: OperationDefinitionNode, traversed: Traversed): AssertCost {
  const root = traversed.schema.getRootType(operation.operation)
  if (!root) return () => undefined
  const counts = { fields: 0, aliases: 0, directives: 0, rootFields: 0 }
  const weight = weigh(traversed, operation.selectionSet.selections, root, 1, counts)
  return (variables) => assertWithin('cost', sum(weight, { rows: 1, page: 1 }, variables))
}

interface Counts {
  fields: number
  aliases: number
  directives: number
  rootFields: number
}

function weigh(
  traversed: Traversed,
  selections: readonly SelectionNode[],
  parent: GraphQLCompositeType,
  depth: number,
  counts: Counts,
): Weight {
  const parts: Part[] = []
  const weight = { once: 0, own: 0, paged: 0, parts }
  for (const { node, type } of fieldsIn(traversed, selections, parent)) {
    if (node.alias) counts.aliases += 1
    counts.directives += node.directives?.length ?? 0
    if (depth === 1) counts.rootFields += 1
    counts.fields += 1
    assertCounts(counts)
    const field = definitionOf(type, node.name.value)
    const cost = costOf(field?.extensions['cost'])
    weight.once += cost.once
    weight.own += 1 + cost.each
    if (!field) continue
    assertWithin('depth', depth)
    const below = getNamedType(field.type)
    if (!node.selectionSet || !isCompositeType(below)) continue
    const inner = weigh(traversed, node.selectionSet.selections, below, depth + 1, counts)
    const asked = field.extensions['rows']
    const isList = isListType(getNullableType(field.type))
    if (isRows(asked)) {
      const rows = (variables: Variables): number =>
        Math.max(1, asked.count(argumentValues(field, node, variables, asked.args)))
      weight.parts.push({ isList, rows, weight: inner })
    } else if (inner.parts.length > 0) {
      weight.parts.push({ isList, rows: null, weight: inner })
    } else if (isList) {
      weight.once += inner.once
      weight.paged += inner.own + inner.paged
    } else {
      weight.once += inner.once
      weight.own += inner.own
      weight.paged += inner.paged
    }
  }
  return weight
}

/** `rows`: how many objects there are; `page`: how many there are in the next list of each. */
function sum(weight: Weight, { rows, page }: { rows: number; page: number }, variables: Variables): number {
  let total = weight.once + rows * weight.own + rows * page * weight.paged
  for (const part of weight.parts) {
    const each = part.rows ? part.rows(variables) : page
    total += sum(part.weight, part.isList ? { rows: rows * each, page: 1 } : { rows, page: each }, variables)
  }
  return total
}

/** What a field costs besides its values. */
interface Cost {
  /** For all objects that it is asked of together. */
  readonly once: number
  /** For each of them. */
  readonly each: number
}

function costOf(extension: unknown): Cost {
  if (isCost(extension)) return extension
  return { once: 0, each: typeof extension === 'number' ? extension : 0 }
}

function isCost(value: unknown): value is Cost {
  return typeof value === 'object' && value !== null && 'once' in value && 'each' in value
}

function isRows(value: unknown): value is Rows {
  return typeof value === 'object' && value !== null && 'count' in value
}

/** At every field, so that measuring costs no more than what may be asked; each field is at least one value. */
function assertCounts({ fields, aliases, directives, rootFields }: Counts): void {
  assertWithin('cost', fields)
  assertWithin('aliases', aliases)
  assertWithin('directives', directives)
  assertWithin('rootFields', rootFields)
}

function assertWithin(name: Limit, size: number): void {
  const limit = limits[name]
  if (size > limit) {
    throw new GatewayError('QUERY_TOO_COMPLEX', `The operation is too large: at most ${limit} for ${name}.`, {
      limit: name,
      maximum: limit,
    })
  }
}
