import {
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
} from 'graphql'
import { schema } from '../../../src/schema/index.ts'
import { flagsOf, isAdministrative, needsOf } from './published.ts'
import { literal, type Sample } from './arguments.ts'

/** One field of an operation, with what a test must know to say what becomes of it. */
export interface Selection {
  readonly on: string
  readonly field: string
  /** The key in the answer. */
  readonly key: string
  readonly args: string
  readonly list: boolean
  /** The flags that it needs; of what is for administrators, their capabilities. */
  readonly flags: readonly string[]
  /** Empty for a leaf. Below an interface these stand on several types. */
  readonly below: readonly Selection[]
}

const foundById = schema.getPossibleTypes(interfaceNamed('Node')).map(({ name }) => name)

/** The object types that `node(id:)` finds for customers, and those that it finds for administrators. */
export const nodeTypes = foundById.filter((name) => !isAdministrative(fieldNamed(objectNamed(name), 'id')))
export const adminNodeTypes = foundById.filter((name) => !nodeTypes.includes(name))

/** Everything below the customers' fields of the root that are not about one object nor about the viewer themselves. */
export function rootSelections(sample: Sample): Selection[] {
  const fields = customersFields(objectNamed('Query')).filter(({ name }) => name !== 'viewer')
  return fields
    .filter(({ type }) => !isInterfaceType(getNamedType(type)))
    .map((field) => selected('Query', field, sample))
}

/** The guarded fields of the other roots, with everything that they answer. */
export function otherRootSelections(sample: Sample): Selection[] {
  return ['Mutation', 'Subscription'].flatMap((root) => {
    const fields = schema.getType(root) ? fieldsOf(objectNamed(root)) : []
    return fields.filter((field) => flagsOf(field).length > 0).map((field) => selected(root, field, sample))
  })
}

/** Everything of one object of each type, reached by its id alone, and of all of them by their ids together. */
export function everyObjectById(sample: Sample): Selection[] {
  const id = (type: string) => JSON.stringify(sample.ids[type])
  const each = nodeTypes.map((type) => ({ ...byIds('node', [type], `(id: ${id(type)})`, sample), key: `one${type}` }))
  const together = byIds('nodes', nodeTypes, `(ids: [${nodeTypes.map(id).join(', ')}])`, sample)
  return [...each, together]
}

function byIds(name: 'node' | 'nodes', types: readonly string[], args: string, sample: Sample): Selection {
  const field = fieldNamed(objectNamed('Query'), name)
  const below = types.flatMap((type) => selectionsOf(objectNamed(type), sample, new Set()))
  return { ...selected('Query', field, sample), args, below: below.map((each) => withKeyOfItsOwn(each, below)) }
}

/** Types may share a key only where they mean the same kind of value by it. */
function withKeyOfItsOwn(each: Selection, all: readonly Selection[]): Selection {
  const kindOf = ({ on, field }: Selection) => String(fieldNamed(objectNamed(on), field).type)
  const first = all.find(({ key }) => key === each.key) ?? each
  return kindOf(first) === kindOf(each) || each.below.length > 0 ? each : { ...each, key: `${each.key}Of${each.on}` }
}

function selectionsOf(type: GraphQLObjectType, sample: Sample, above: ReadonlySet<string>): Selection[] {
  const path = new Set([...above, type.name])
  const further = customersFields(type).filter((field) => !path.has(getNamedType(field.type).name))
  return further.map((field) => selected(type.name, field, sample, path))
}

/** A field with all its arguments that need a value and, below it, everything that is not above it already. */
export function selected(
  on: string,
  field: GraphQLField<unknown, unknown>,
  sample: Sample,
  above: ReadonlySet<string> = new Set(),
): Selection {
  const type = getNamedType(field.type)
  return { ...alone(on, field, sample), below: isObjectType(type) ? selectionsOf(type, sample, above) : [] }
}

/** A field with nothing below it yet. */
export function alone(on: string, field: GraphQLField<unknown, unknown>, sample: Sample): Selection {
  return {
    on,
    field: field.name,
    key: field.name,
    args: argumentsOf(on, field, sample),
    list: isListType(isNonNullType(field.type) ? field.type.ofType : field.type),
    flags: needsOf(field),
    below: [],
  }
}

function argumentsOf(on: string, { name: field, args }: GraphQLField<unknown, unknown>, sample: Sample): string {
  const given = args
    .filter(isGiven)
    .map(({ name, type }) => `${name}: ${sample.given[`${on}.${field}(${name}:)`] ?? literal(name, type, sample)}`)
  return given.length > 0 ? `(${given.join(', ')})` : ''
}

/** Arguments are given when they are required, or keep the answer small and the same. */
function isGiven({ name, type }: GraphQLArgument): boolean {
  if (name === 'where') return isInputObjectType(type) && 'timeStart' in type.getFields()
  return isNonNullType(type) || name === 'first' || name === 'toTime'
}

export function fieldNamed(type: GraphQLObjectType, name: string): GraphQLField<unknown, unknown> {
  const field = type.getFields()[name]
  if (field === undefined) throw new TypeError(`No field ${type.name}.${name}`)
  return field
}

export function fieldsOf(type: GraphQLObjectType): GraphQLField<unknown, unknown>[] {
  return Object.values(type.getFields())
}

function customersFields(type: GraphQLObjectType): GraphQLField<unknown, unknown>[] {
  return fieldsOf(type).filter((field) => !isAdministrative(field))
}

export function objectNamed(name: string): GraphQLObjectType {
  const type = schema.getType(name)
  if (!isObjectType(type)) throw new TypeError(`No object type ${name}`)
  return type
}

function interfaceNamed(name: string) {
  const type = schema.getType(name)
  if (!isInterfaceType(type)) throw new TypeError(`No interface ${name}`)
  return type
}
