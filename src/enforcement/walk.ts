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
import { usedInputs, type UsedInput } from '../schema/rules/argument-guard.ts'
import { resourceOfId } from '../schema/resource/node.ts'
import { ruleAt } from '../schema/rules/rules.ts'
import { argumentValues } from './argument-values.ts'
import { definitionOf, fieldsIn, type FieldAt, type Traversed } from './traversal.ts'
import type { DeniedPlace } from './place.ts'

export interface WalkInput extends Traversed {
  readonly operation: OperationDefinitionNode
  readonly scopes: Scopes
}

/** Where the walk stands. */
export interface Position {
  readonly type: GraphQLCompositeType
  readonly path: readonly string[]
  readonly realPath: readonly string[]
  readonly inList: boolean
  /** The types that an object found by its id can have here; null where that is not known from ids. */
  readonly typesFromIds: ReadonlySet<string> | null
}

/** What the rules say of one field where it stands. */
export interface Judgement {
  readonly field: GraphQLField<unknown, unknown>
  readonly coordinate: string
  readonly path: readonly string[]
  readonly denied: readonly DeniedPlace[]
  /** Whether its own rule, or that of what its call uses, denies it: nothing below it is decided then. */
  readonly isDenied: boolean
  /** For a field that finds objects by ids: which types those are. */
  readonly byIds: TypesOfIds | null
  /** Where the fields below it stand, whether or not they are reached; null where there can be none. */
  readonly below: Position | null
}

/** Types of objects that are found by their ids. */
export interface TypesOfIds {
  /** What objects of each type need. */
  readonly rules: ReadonlyMap<string, Rule>
  readonly allowed: ReadonlySet<string>
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
  walkSelections(input, input.operation.selectionSet.selections, startAt(root), found)
  return found.places
}

/** At the root of an operation. */
export function startAt(type: GraphQLCompositeType): Position {
  return { type, path: [], realPath: [], inList: false, typesFromIds: null }
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
  for (const { node, type } of reachedFields(input, selections, position)) {
    found.steps += 1
    if (found.steps > maxSteps) throw new GatewayError('QUERY_TOO_COMPLEX', 'The operation is too large.')
    const judgement = judge(input, node, { ...position, type })
    if (!judgement) continue
    found.places.push(...judgement.denied)
    if (node.selectionSet && judgement.below && !judgement.isDenied)
      walkSelections(input, node.selectionSet.selections, judgement.below, found)
  }
}

/** The fields of a selection that objects of this place can be asked for. */
export function reachedFields(
  input: WalkInput,
  selections: readonly SelectionNode[],
  position: Position,
): Generator<FieldAt> {
  return fieldsIn(input, selections, position.type, (condition) => canBe(position, condition))
}

/** A fragment on a type that no id of this place has is never reached. */
function canBe({ typesFromIds }: Position, type: GraphQLCompositeType): boolean {
  return typesFromIds === null || isInterfaceType(type) || typesFromIds.has(type.name)
}

/** Decides about one field; null for a meta field, which has no rule. */
export function judge(input: WalkInput, node: FieldNode, position: Position): Judgement | null {
  const field = definitionOf(position.type, node.name.value)
  if (!field) return null
  const path = [...position.path, node.alias?.value ?? node.name.value]
  const realPath = position.inList ? position.realPath : path
  const place = { path, realPath, node, type: position.type }
  const coordinate = `${position.type.name}.${field.name}`
  const own = deniedField(input, node, field, coordinate)
  const byIds = own ? null : typesOfIds(input, node, field)
  const type = getNamedType(field.type)
  const inList = position.inList || isList(field.type)
  return {
    field,
    coordinate,
    path,
    denied: own ? [{ ...place, ...own, blank: true }] : deniedTypes(input, byIds, { ...place, coordinate, field }),
    isDenied: own !== null,
    byIds,
    below: isCompositeType(type) ? { type, path, realPath, inList, typesFromIds: byIds?.allowed ?? null } : null,
  }
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
  for (const used of inputsOf(input, node, field, coordinate)) {
    const denial = denialOf(used.rule, input.scopes)
    if (denial) return { denial, coordinate: used.coordinate }
  }
  return null
}

/** The arguments and input fields that a field is called with. */
export function inputsOf(
  { variables }: WalkInput,
  node: FieldNode,
  field: GraphQLField<unknown, unknown>,
  coordinate: string,
): UsedInput[] {
  return node.arguments?.length ? usedInputs(coordinate, field.args, argumentValues(field, node, variables)) : []
}

function typesOfIds(input: WalkInput, node: FieldNode, field: GraphQLField<unknown, unknown>): TypesOfIds | null {
  const argument = field.extensions['typesFromIds']
  if (typeof argument !== 'string') return null
  const given = argumentValues(field, node, input.variables)[argument]
  const resources = [given]
    .flat()
    .flatMap((id) => (typeof id === 'string' ? [resourceOfId(id)?.resource ?? []].flat() : []))
  const rules = new Map(resources.map(({ name, nodeRule }) => [name, nodeRule]))
  const allowed = [...rules].filter(([, rule]) => denialOf(rule, input.scopes) === null)
  return { rules, allowed: new Set(allowed.map(([name]) => name)) }
}

/** Some of what a field returns is denied; all of it, where there is one object and that is. */
function deniedTypes(
  { scopes }: WalkInput,
  byIds: TypesOfIds | null,
  { field, ...place }: Omit<DeniedPlace, 'denial' | 'blank'> & { readonly field: GraphQLField<unknown, unknown> },
): DeniedPlace[] {
  const blank = byIds?.allowed.size === 0 && !isList(field.type)
  return [...(byIds?.rules.values() ?? [])].flatMap((rule) => {
    const denial = denialOf(rule, scopes)
    return denial ? [{ ...place, denial, blank }] : []
  })
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type)
}
