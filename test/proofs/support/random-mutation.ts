import {
  astFromValue,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredInputField,
  print,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
} from 'graphql'
import { isAdministrative, published } from './published.ts'
import type { Random } from './random.ts'
import type { RandomOperation, Samples } from './random-operation.ts'

/** Writes a random mutation or subscription that is valid for the published schema. */
export function randomChange(random: Random, samples: Samples, kind: 'mutation' | 'subscription'): RandomOperation {
  const root = kind === 'mutation' ? published.getMutationType() : published.getSubscriptionType()
  if (!root) throw new TypeError(`The published schema has no ${kind}`)
  const variables: Record<string, unknown> = {}
  const declared: string[] = []
  const roots = Object.values(root.getFields()).filter((field) => !isAdministrative(field))
  const count = kind === 'mutation' ? 1 + random.below(3) : 1
  const fields = Array.from({ length: count }, (_, index) => {
    const field = random.pick(roots)
    const given = field.args.map(({ name, type }) => {
      const value = valueOf(random, samples, type)
      if (random.chance(0.3)) return `${name}: ${print(astFromValue(value, type) ?? never(name))}`
      declared.push(`$v${declared.length}: ${String(type)}`)
      variables[`v${declared.length - 1}`] = value
      return `${name}: $v${declared.length - 1}`
    })
    const args = given.length > 0 ? `(${given.join(', ')})` : ''
    return `${random.chance(0.5) || count > 1 ? `r${index}: ` : ''}${field.name}${args}${below(random, field, 4)}`
  })
  const head = declared.length > 0 ? `(${declared.join(', ')})` : ''
  return { query: `${kind} Random${head} { ${fields.join(' ')} }`, variables }
}

function below(random: Random, field: GraphQLField<unknown, unknown>, depth: number): string {
  const type = getNamedType(field.type)
  return isObjectType(type) ? ` { ${selected(random, type, depth)} }` : ''
}

function selected(random: Random, type: GraphQLObjectType, depth: number): string {
  const fields = Object.values(type.getFields()).filter((field) => !isAdministrative(field))
  const leaves = fields.filter((field) => isLeafType(getNamedType(field.type)))
  const others = fields.filter(
    (field) => isObjectType(getNamedType(field.type)) && !field.args.some(({ type: needed }) => isNonNullType(needed)),
  )
  const chosen = [...random.some(leaves, 0.4), ...(depth > 0 ? random.some(others, 0.3) : [])]
  return ['__typename', ...chosen.map((field) => `${field.name}${below(random, field, depth - 1)}`)].join(' ')
}

const values: Readonly<Record<string, unknown>> = {
  Int: 7,
  Float: 1.5,
  Boolean: true,
  String: 'text',
  Decimal: '1.5',
  BigInt: '5',
  DateTime: '2026-01-01T00:00:00Z',
  JSON: { any: ['value'] },
}

function valueOf(random: Random, samples: Samples, type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return valueOf(random, samples, type.ofType)
  if (isListType(type)) return [1, 2].map(() => valueOf(random, samples, type.ofType))
  if (isEnumType(type)) return random.pick(type.getValues()).name
  if (!isInputObjectType(type)) return type.name === 'ID' ? random.pick(samples.nodeIds) : values[type.name]
  const fields = Object.values(type.getFields())
  const given = fields.filter((field) => isRequiredInputField(field) || random.chance(0.4))
  return Object.fromEntries(given.map((field) => [field.name, valueOf(random, samples, field.type)]))
}

function never(name: string): never {
  throw new TypeError(`No value for ${name}`)
}
