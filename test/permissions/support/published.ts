import {
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
} from 'graphql'
import { schema } from '../../../src/schema/index.ts'

type Guarded = GraphQLField<unknown, unknown> | GraphQLArgument | GraphQLInputField

/** A field, argument or input field with the rule that the schema shows to everybody. */
export interface Published {
  /** `Type.field`, `Type.field(argument:)`, `Input.field` */
  readonly coordinate: string
  readonly kind: 'field' | 'argument' | 'input field'
  /** What `@requires` names. */
  readonly flags: readonly string[]
  /** What `@admin` names; none where any administrator will do. */
  readonly capabilities: readonly string[]
  /** `public`, `authenticated`, `admin`. */
  readonly marks: readonly string[]
  readonly nullable: boolean
  readonly description: string
}

export const published: readonly Published[] = Object.values(schema.getTypeMap())
  .filter((type) => !isIntrospectionType(type))
  .flatMap((type) => {
    if (isInputObjectType(type)) {
      return Object.values(type.getFields()).map((field) => read('input field', `${type.name}.${field.name}`, field))
    }
    if (!isObjectType(type) && !isInterfaceType(type)) return []
    return Object.values(type.getFields()).flatMap((field) => {
      const coordinate = `${type.name}.${field.name}`
      const args = field.args.map((each) => read('argument', `${coordinate}(${each.name}:)`, each))
      return [read('field', coordinate, field), ...args]
    })
  })

export const guardedFields = published.filter(({ kind, flags }) => kind === 'field' && flags.length > 0)

/** Every flag that something of the schema needs, as GraphQL shows it. */
export const guardingFlags = [...new Set(published.flatMap(({ flags }) => flags))].sort()

/** A flag with those that its coordinates cannot do without: its section's. */
export function withSection(flag: string): string[] {
  const needs = guardedFields.filter(({ flags }) => flags.includes(flag)).map(({ flags }) => flags)
  const least = needs.filter((flags) => !needs.some((other) => other.length < flags.length && isWithin(other, flags)))
  return [...new Set(least.flat())]
}

function isWithin(some: readonly string[], all: readonly string[]): boolean {
  return some.every((flag) => all.includes(flag))
}

/** The flags of `@requires` at a definition, in its order. */
export function flagsOf(definition: Guarded): string[] {
  return directivesOf(definition)['requires']?.map((args) => String(args['permission'])) ?? []
}

/** The capabilities of `@admin` at a definition, in its order. */
export function capabilitiesOf(definition: Guarded): string[] {
  return directivesOf(definition)['admin']?.flatMap(({ capability }) => (capability ? [String(capability)] : [])) ?? []
}

/** All that a definition needs beyond who somebody is, by the names that denials give it. */
export function needsOf(definition: Guarded): string[] {
  return [...flagsOf(definition), ...capabilitiesOf(definition).map((name) => `ADMIN_${name}`)]
}

/** Whether a definition is for administrators: customers are denied it whatever their flags are. */
export function isAdministrative(definition: Guarded): boolean {
  return 'admin' in directivesOf(definition)
}

function read(kind: Published['kind'], coordinate: string, definition: Guarded): Published {
  return {
    coordinate,
    kind,
    flags: flagsOf(definition),
    capabilities: capabilitiesOf(definition),
    marks: Object.keys(directivesOf(definition)).filter((name) => name !== 'requires'),
    nullable: !isNonNullType(definition.type),
    description: definition.description ?? '',
  }
}

type Directives = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>

function directivesOf({ extensions }: Guarded): Directives {
  // What schema printers read; the shape is theirs.
  return (extensions['directives'] ?? {}) as Directives
}
