import {
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  type GraphQLField,
  type GraphQLObjectType,
} from 'graphql'
import { isAdministrative, published } from './published.ts'
import type { Random } from './random.ts'

/** Ids to ask about: the tenant's own, other people's, and of nobody. */
export interface Samples {
  readonly accountIds: readonly string[]
  readonly nodeIds: readonly string[]
  readonly fromTime: string
  readonly toTime: string
  /** Values of arguments that take nothing but some: `checkRate(number:)`. */
  readonly given: Readonly<Record<string, unknown>>
}

export interface RandomOperation {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** Writes one random operation of a customer's that is valid for the published schema. */
export function randomOperation(random: Random, samples: Samples): RandomOperation {
  for (;;) {
    const writer = new Writer(random, samples)
    const operation = writer.operation()
    if (writer.aliases <= maxAliases) return operation
  }
}

/** The gateway refuses documents with more. */
const maxAliases = 50

/** Leaves below the last of these stay within what an operation may have. */
const maxDepth = 9

class Writer {
  private readonly fragments: string[] = []
  private readonly variables: Record<string, unknown> = {}
  private readonly declarations: string[] = []
  aliases = 0
  private depth = 0
  private readonly random: Random
  private readonly samples: Samples

  constructor(random: Random, samples: Samples) {
    this.random = random
    this.samples = samples
  }

  operation(): RandomOperation {
    const query = published.getQueryType()
    // What the viewer is depends on the login, which the two sides of the comparison do not share.
    const roots = query ? customersFields(query).filter(({ name }) => name !== 'viewer') : []
    const chosen = Array.from({ length: 1 + this.random.below(3) }, () => this.random.pick(roots))
    const fields = chosen.map((field) => this.field(field, true))
    const declared = this.declarations.length > 0 ? `(${this.declarations.join(', ')})` : ''
    return {
      query: `query Random${declared} { ${fields.join(' ')} } ${this.fragments.join(' ')}`,
      variables: this.variables,
    }
  }

  private field(field: GraphQLField<unknown, unknown>, aliased = false): string {
    const type = getNamedType(field.type)
    const name = aliased || this.random.chance(0.2) ? `${this.alias()}: ${field.name}` : field.name
    this.depth += 1
    const below = isLeafType(type) ? '' : ` { ${this.selections(type.name)} }`
    this.depth -= 1
    return `${name}${this.arguments(field)}${this.directive()}${below}`
  }

  private alias(): string {
    this.aliases += 1
    return `a${this.aliases}`
  }

  private directive(): string {
    if (!this.random.chance(0.12)) return ''
    const wanted = this.random.chance(0.5) ? 'include' : 'skip'
    const value = this.random.chance(0.7)
    return `@${wanted}(if: ${this.random.chance(0.6) ? this.variable('Boolean!', value) : String(value)})`
  }

  private variable(type: string, value: unknown): string {
    const name = `v${this.declarations.length}`
    this.declarations.push(`$${name}: ${type}`)
    this.variables[name] = value
    return `$${name}`
  }

  private selections(typeName: string): string {
    const type = published.getType(typeName)
    if (isInterfaceType(type)) {
      const possible = published.getPossibleTypes(type).filter((each) => customersFields(each).length > 0)
      // Not all of them: their fields have names of their own, and an operation with too many of these is not written.
      const some = this.random.some(possible, 0.2)
      return `__typename id ${some.map((each) => `... on ${each.name} { ${this.fieldsOf(each)} }`).join(' ')}`
    }
    if (!isObjectType(type)) throw new TypeError(`No selections on ${typeName}`)
    return this.grouped(type.name, this.fieldsOf(type))
  }

  private fieldsOf(type: GraphQLObjectType): string {
    const all = customersFields(type)
    const leaves = all.filter((field) => isLeafType(getNamedType(field.type)))
    const others = all.filter((field) => !isLeafType(getNamedType(field.type)))
    // Objects lead to each other, and an operation may be ten fields deep.
    const further = this.depth < maxDepth ? this.random.some(others, this.depth < 4 ? 0.6 : 0.3) : []
    const chosen = [...this.random.some(leaves, Math.min(0.5, 6 / leaves.length)), ...further]
    return chosen.length > 0 ? chosen.map((field) => this.written(type.name, field)).join(' ') : '__typename'
  }

  /** Below an interface types differ, and keys must not mean two things: those fields get names of their own. */
  private written(typeName: string, field: GraphQLField<unknown, unknown>): string {
    const node = published.getType('Node')
    const isNode = isInterfaceType(node) && published.getPossibleTypes(node).some(({ name }) => name === typeName)
    return this.field(field, isNode && field.name !== 'id')
  }

  private grouped(typeName: string, fields: string): string {
    if (this.random.chance(0.15)) return `... on ${typeName} ${this.directive()} { ${fields} } __typename`
    if (!this.random.chance(0.15)) return fields
    const name = `F${this.fragments.length}`
    this.fragments.push(`fragment ${name} on ${typeName} { ${fields} }`)
    return `...${name} ${this.random.chance(0.3) ? `...${name}` : ''} __typename`
  }

  private arguments(field: GraphQLField<unknown, unknown>): string {
    const given = field.args.flatMap(({ name, type }) => {
      const value = this.argument(field, name)
      if (value === undefined) return []
      return [`${name}: ${this.random.chance(0.3) ? this.variable(String(type), value) : literal(value)}`]
    })
    return given.length > 0 ? `(${given.join(', ')})` : ''
  }

  private argument(field: GraphQLField<unknown, unknown>, name: string): unknown {
    const argument = field.args.find((each) => each.name === name)
    if (name === 'first') return 1 + this.random.below(3)
    const own = this.samples.given[`${field.name}(${name}:)`]
    if (own !== undefined) return own
    if (name === 'accountId') return this.random.pick(this.samples.accountIds)
    if (name === 'fromTime') return this.samples.fromTime
    // Otherwise it is now, which is another time when it is asked again.
    if (name === 'toTime') return this.samples.toTime
    if (name === 'sampling') return new Enum(this.random.pick(samplings[String(argument?.type)] ?? []))
    if (name === 'id') return this.random.pick(this.samples.nodeIds)
    if (name === 'ids') return this.random.some(this.samples.nodeIds, 0.4)
    if (!argument || this.random.chance(0.6)) return undefined
    if (name === 'where') return this.where(String(getNamedType(argument.type)))
    if (name === 'orderBy') return this.orderBy(String(getNamedType(argument.type)))
    return undefined
  }

  /** One filter at a time: of two denied ones only the first would be named. */
  private where(typeName: string): unknown {
    const type = published.getType(typeName)
    if (!isInputObjectType(type)) return undefined
    const field = this.random.pick(Object.values(type.getFields()))
    const value = filterValues[String(field.type)]
    return value === undefined ? {} : { [field.name]: value }
  }

  private orderBy(typeName: string): unknown {
    const type = published.getType(typeName)
    if (!isInputObjectType(type)) return undefined
    return [{ [this.random.pick(Object.keys(type.getFields()))]: new Enum(this.random.pick(['ASC', 'DESC'])) }]
  }
}

function customersFields(type: GraphQLObjectType): GraphQLField<unknown, unknown>[] {
  return Object.values(type.getFields()).filter((field) => !isAdministrative(field))
}

/** Long enough that two days are an answer of moderate size. */
const samplings: Readonly<Record<string, readonly string[]>> = {
  'StatisticsSampling!': ['HOUR', 'DAY', 'WEEK', 'MONTH'],
  'QualitySampling!': ['FIFTEEN_MINUTES'],
}

const filterValues: Readonly<Record<string, unknown>> = {
  Int: 7,
  String: '192.0.2.10',
  StringFilter: { contains: '4' },
  IntFilter: { gt: 3 },
  BigIntFilter: { gt: '5' },
  DecimalFilter: { lt: '0.5' },
  DateTimeFilter: { lt: '2100-01-01T00:00:00Z' },
  BooleanFilter: { eq: true },
  IPAddressFilter: { notEq: '192.0.2.10' },
  UUIDFilter: { notEq: '00000000-0000-4000-8000-000000000000' },
  StatisticsNumberFilter: { contains: '4' },
  StatisticsDurationFilter: { gt: 10 },
  StatisticsPriceFilter: { lt: '0.5' },
}

/** A name that is written without quotes in a document, and as text in variables. */
class Enum {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
  toJSON(): string {
    return this.name
  }
}

function literal(value: unknown): string {
  if (value instanceof Enum) return value.name
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{ ${Object.entries(value)
    .map(([name, item]) => `${name}: ${literal(item)}`)
    .join(', ')} }`
}
