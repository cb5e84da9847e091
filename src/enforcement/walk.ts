import {
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLOutputType,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql'
import { GatewayError } from '../errors.ts'
import { denialOf, type Denial, type Rule } from '../permissions/rule.ts'
import type { Scopes } from '../permissions/scopes.ts'
import { usedInputs } from '../schema/rules/argument-guard.ts'
import { resourceOfId } from '../schema/resource/node.ts'
import { ruleAt } from '../schema/rules/rules.ts'
import { argumentValues } from './argument-values.ts'
import { definitionOf, fieldsIn, type Traversed } from './traversal.ts'
import type { DeniedPlace } from './place.ts'

export interface WalkInput extends Traversed {
  readonly operation: OperationDefinitionNode
  readonly scopes: Scopes
}

/** Where the walk stands. */
interface Position {
  readonly type: GraphQLCompositeType
  readonly path: readonly string[]
  readonly realPath: readonly string[]
  readonly inList: boolean
  /** The types that an object found by its id can have here; null where that is not known from ids. */
  readonly typesFromIds: ReadonlySet<string> | null
}

/** More denied places than this are not worth telling apart: the answer says that there are more. */
export const maxDeniedPlaces = 100

/** A walk longer than this is an attack: what the portal asks has some hundred fields. */
const maxSteps = 20_000

/** Every place of the operation that these scopes deny, in the order of the document. */
export function deniedPlaces(input: WalkInput): DeniedPlace[] {
  const root = input.schema.getRootType(input.operation.operation)
  if (!root) return []
  const found: Found = { places: [], steps: 0 }
  const start: Position = { type: root, path: [], realPath: [], inList: false, typesFromIds: null }
  walkSelections(input, input.operation.selectionSet.selections, start, found)
  return found.places
}

interface Found {
  readonly places: DeniedPlace[]
  steps: number
}

function walkSelections(
  input: WalkInput,
  selections: readonly SelectionNode[],
  position: Position,
  found: Found,
): void {
  for (const { node, type } of fieldsIn(input, selections, position.type, (condition) => canBe(position, condition))) {
    found.steps += 1
    if (found.steps > maxSteps) throw new GatewayError('QUERY_TOO_COMPLEX', 'The operation is too large.')
    walkField(input, node, { ...position, type }, found)
  }
}

/** A fragment on a type that no id of this place has is never reached. */
function canBe({ typesFromIds }: Position, type: GraphQLCompositeType): boolean {
  return typesFromIds === null || isInterfaceType(type) || typesFromIds.has(type.name)
}

function walkField(input: WalkInput, node: FieldNode, position: Position, found: Found): void {
  const field = definitionOf(position.type, node.name.value)
  if (!field) return
  const key = node.alias?.value ?? node.name.value
  const path = [...position.path, key]
  const realPath = position.inList ? position.realPath : path
  const place = { path, realPath, node, type: position.type }
  const coordinate = `${position.type.name}.${field.name}`

  const denied = deniedField(input, node, field, coordinate)
  if (denied) {
    found.places.push({ ...place, ...denied, blank: true })
    return
  }
  const byId = typesOfIds(input, node, field)
  for (const rule of byId?.deniedRules ?? []) {
    const denial = denialOf(rule, input.scopes)
    if (denial)
      found.places.push({ ...place, denial, coordinate, blank: byId?.allowed.size === 0 && !isList(field.type) })
  }
  const type = getNamedType(field.type)
  if (!node.selectionSet || !isCompositeType(type)) return
  const inList = position.inList || isList(field.type)
  const below: Position = { type, path, realPath, inList, typesFromIds: byId ? byId.allowed : null }
  walkSelections(input, node.selectionSet.selections, below, found)
}

/** The field's own rule, then those of what its call uses. */
function deniedField(
  input: WalkInput,
  node: FieldNode,
  field: GraphQLField<unknown, unknown>,
  coordinate: string,
): { denial: Denial; coordinate: string } | null {
  const own = denialOf(ruleAt(field), input.scopes)
  if (own) return { denial: own, coordinate }
  if (!node.arguments?.length) return null
  for (const used of usedInputs(coordinate, field.args, argumentValues(field, node, input.variables))) {
    const denial = denialOf(used.rule, input.scopes)
    if (denial) return { denial, coordinate: used.coordinate }
  }
  return null
}

/** For a field that finds objects by ids: which types those ids have, and the rules of the denied ones. */
function typesOfIds(
  input: WalkInput,
  node: FieldNode,
  field: GraphQLField<unknown, unknown>,
): { allowed: Set<string>; deniedRules: Rule[] } | null {
  const argument = field.extensions['typesFromIds']
  if (typeof argument !== 'string') return null
  const given = argumentValues(field, node, input.variables)[argument]
  const resources = [given]
    .flat()
    .flatMap((id) => (typeof id === 'string' ? [resourceOfId(id)?.resource ?? []].flat() : []))
  const allowed = new Set<string>()
  const denied = new Map<string, Rule>()
  for (const resource of resources) {
    if (denialOf(resource.nodeRule, input.scopes)) denied.set(resource.name, resource.nodeRule)
    else allowed.add(resource.name)
  }
  return { allowed, deniedRules: [...denied.values()] }
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type)
}
