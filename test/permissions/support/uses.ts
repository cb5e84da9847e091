import {
  getNamedType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  type GraphQLField,
  type GraphQLInputType,
} from 'graphql'
import { schema } from '../../../src/schema/index.ts'
import { literal, type Sample } from './arguments.ts'
import type { Denied } from './expectation.ts'
import { isAdministrative, needsOf } from './published.ts'
import { fieldNamed, fieldsOf, objectNamed, rootSelections, type Selection } from './selections.ts'

/** How a call can use an argument or input field. */
export const manners = ['as a literal', 'by a variable', 'by a variable inside', 'by a default'] as const
export type Manner = (typeof manners)[number]

/** One use of a guarded argument or input field. */
export interface Use {
  readonly root: string
  /** The fields down to the one with the argument; none for a field of a root. */
  readonly within: readonly Selection[]
  /** The type that the field belongs to. */
  readonly on: string
  readonly field: string
  readonly isLeaf: boolean
  /** What the field itself needs. */
  readonly fieldFlags: readonly string[]
  /** What has to be given besides. */
  readonly others: readonly string[]
  /** Of what is used: `Query.list(where:)`, `ListWhere.price`. */
  readonly coordinate: string
  readonly flags: readonly string[]
  readonly isGuarded: boolean
  /** From the argument down to what is used. */
  readonly steps: readonly Step[]
}

interface Step {
  readonly name: string
  readonly type: GraphQLInputType
  readonly coordinate: string
  readonly flags: readonly string[]
  /** Whether it needs more than a sign-in. */
  readonly isGuarded: boolean
  /** What else an input object needs that has this field. */
  readonly others: readonly string[]
}

/** Every guarded argument and input field, wherever a field of a root takes it; and once for each field further down. */
export function usesOf(sample: Sample): Use[] {
  return usesWithin(rootSelections(sample), (field) => !isAdministrative(field), sample)
}

/** The uses by those fields of the roots, and by the fields below these selections. */
export function usesWithin(
  selections: readonly Selection[],
  isOurs: (field: GraphQLField<unknown, unknown>) => boolean,
  sample: Sample,
): Use[] {
  const roots = ['Query', 'Mutation', 'Subscription'].filter((root) => schema.getType(root))
  const atRoots = roots.flatMap((root) =>
    fieldsOf(objectNamed(root)).filter(isOurs).flatMap((field) => usesBy(root, [], root, field, sample)),
  )
  const queries = selections.filter(({ on }) => on === 'Query')
  const further = [...nestedFields(queries).values()].flatMap(({ within, on, field }) =>
    usesBy('Query', within, on, fieldNamed(objectNamed(on), field), sample),
  )
  return [...atRoots, ...further].filter(({ isGuarded }) => isGuarded)
} // prettier-ignore

/** What a definition needs, as far as it matters to a use of it. */
function guardOf(definition: Parameters<typeof needsOf>[0]): Pick<Step, 'flags' | 'isGuarded'> {
  const flags = needsOf(definition)
  return { flags, isGuarded: flags.length > 0 || isAdministrative(definition) }
}

interface NestedField {
  readonly within: readonly Selection[]
  readonly on: string
  readonly field: string
}

/** Fields below those of the root that take arguments, each with the first way to it. */
function nestedFields(
  selections: readonly Selection[],
  within: readonly Selection[] = [],
  found = new Map<string, NestedField>(),
): Map<string, NestedField> {
  for (const each of selections) {
    const { on, field, below } = each
    const coordinate = `${on}.${field}`
    const takesArguments = fieldNamed(objectNamed(on), field).args.length > 0
    if (within.length > 0 && takesArguments && !found.has(coordinate)) found.set(coordinate, { within, on, field })
    nestedFields(below, [...within, each], found)
  }
  return found
}

function usesBy(
  root: string,
  within: readonly Selection[],
  on: string,
  field: GraphQLField<unknown, unknown>,
  sample: Sample,
): Use[] {
  return field.args.flatMap((argument) => {
    const first: Step = {
      name: argument.name,
      type: argument.type,
      coordinate: `${on}.${field.name}(${argument.name}:)`,
      ...guardOf(argument),
      others: [],
    }
    const others = field.args.filter((other) => isNonNullType(other.type) && other !== argument)
    return pathsFrom(first, sample).map(({ steps, last }) => ({
      root,
      within,
      on,
      field: field.name,
      isLeaf: isLeafType(getNamedType(field.type)),
      fieldFlags: needsOf(field),
      others: others.map((other) => `${other.name}: ${valueOf(on, field, other, sample)}`),
      coordinate: last.coordinate,
      flags: last.flags,
      isGuarded: last.isGuarded,
      steps,
    }))
  })
}

interface Path {
  readonly steps: readonly Step[]
  readonly last: Step
}

function pathsFrom(step: Step, sample: Sample): Path[] {
  const type = getNamedType(step.type)
  const fields = isInputObjectType(type) ? Object.values(type.getFields()) : []
  const below = fields.flatMap((field) => {
    const needed = fields.filter((other) => isNonNullType(other.type) && other !== field)
    const others = needed.map((other) => given(other, sample))
    const coordinate = `${type.name}.${field.name}`
    return pathsFrom({ name: field.name, type: field.type, coordinate, ...guardOf(field), others }, sample)
  })
  return [{ steps: [step], last: step }, ...below.map(({ steps, last }) => ({ steps: [step, ...steps], last }))]
}

function valueOf(
  on: string,
  field: GraphQLField<unknown, unknown>,
  { name, type }: Pick<Step, 'name' | 'type'>,
  sample: Sample,
): string {
  return sample.given[`${on}.${field.name}(${name}:)`] ?? literal(name, type, sample)
}

function given({ name, type }: Pick<Step, 'name' | 'type'>, sample: Sample): string {
  return `${name}: ${literal(name, type, sample)}`
}

/** What stands at the outermost argument when what is used has this value. */
function around(steps: readonly Step[], value: string): string {
  const [outer, ...inner] = steps
  if (outer === undefined || inner.length === 0) return value
  const object = `{ ${[...(inner[0]?.others ?? []), `${inner[0]?.name}: ${around(inner, value)}`].join(', ')} }`
  return isListType(isNonNullType(outer.type) ? outer.type.ofType : outer.type) ? `[${object}]` : object
}

/** Several uses by fields of one root in one operation, each under an alias of its own. `null` in place of the value uses nothing. */
export function operationWith(uses: readonly Use[], manner: Manner, sample: Sample, none = false): Asked {
  const variables: Record<string, unknown> = {}
  const declared: string[] = []

  function call({ field, others, steps, within, isLeaf }: Use, index: number): string {
    const [argument] = steps
    const used = steps.at(-1)
    if (!argument || !used) throw new TypeError('Nothing is used')
    const value = none ? 'null' : literal(used.name, used.type, sample)
    const variable = `$v${index}`
    const inside = manner === 'by a variable inside'
    const { type } = inside ? used : argument
    const whole = inside ? value : around(steps, value)
    if (manner !== 'as a literal')
      declared.push(`${variable}: ${type}${manner === 'by a default' ? ` = ${whole}` : ''}`)
    if (manner === 'by a variable' || inside) variables[variable.slice(1)] = plain(whole)
    const text = manner === 'as a literal' ? whole : inside ? around(steps, variable) : variable
    const innermost = `${field}(${[...others, `${argument.name}: ${text}`].join(', ')})${isLeaf ? '' : ' { __typename }'}`
    return `use${index}: ${within.reduceRight((inner, above) => `${above.field}${above.args} { __typename ${inner} }`, innermost)}`
  }

  const calls = uses.map(call).join('\n')
  const declarations = declared.length > 0 ? `(${declared.join(', ')})` : ''
  return { query: `${uses[0]?.root.toLowerCase()} ${declarations} { ${calls} }`, variables }
}

/** What is said of the use at this place of an operation while a flag is off. */
export function denialOfUse({ root, within, on, field, fieldFlags, coordinate }: Use, index: number, flag: string): Denied {
  const way = [...within, { on, field, flags: fieldFlags, key: field, list: false }]
  const at = way.findIndex(({ flags }) => flags.includes(flag))
  const denied = way[at] ?? { on: root, field }
  const keys = way.slice(0, at === -1 ? way.length : at + 1).map(({ key }, depth) => (depth === 0 ? `use${index}` : key))
  const firstList = way.findIndex(({ list }) => list)
  return {
    permission: flag,
    coordinate: at === -1 ? coordinate : `${denied.on}.${denied.field}`,
    path: firstList === -1 ? keys : keys.slice(0, firstList + 1),
  }
} // prettier-ignore

export interface Asked {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** A literal as the JSON that a variable is sent as: keys quoted, and the names of enums. */
function plain(text: string): unknown {
  const quoted = text.replace(/("(?:[^"\\]|\\.)*")|([A-Za-z_]\w*)/g, (_, string: string | undefined, name: string) =>
    string ?? (/^(true|false|null)$/.test(name) ? name : JSON.stringify(name)),
  )
  return JSON.parse(quoted)
} // prettier-ignore
