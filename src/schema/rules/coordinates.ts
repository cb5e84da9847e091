import {
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql'
import type { Rule } from '../../permissions/rule.ts'
import { ruleAt } from './rules.ts'

/** One field, argument or input field of the schema, with its rule. */
export interface Coordinate {
  /** `Type.field`, `Type.field(argument:)`, `Input.field` */
  readonly name: string
  readonly kind: 'field' | 'argument' | 'input field'
  readonly type: GraphQLOutputType | GraphQLInputType
  readonly rule: Rule
}

/** Everything in the schema that carries a rule, sorted by name. Throws for what carries none. */
export function coordinatesOf(schema: GraphQLSchema): Coordinate[] {
  const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type))
  const found = types.flatMap((type): Coordinate[] => {
    if (isInputObjectType(type)) {
      return Object.values(type.getFields()).map((field) => ({
        name: `${type.name}.${field.name}`,
        kind: 'input field',
        type: field.type,
        rule: ruleAt(field),
      }))
    }
    if (!isObjectType(type) && !isInterfaceType(type)) return []
    return Object.values(type.getFields()).flatMap((field): Coordinate[] => {
      const name = `${type.name}.${field.name}`
      const args = field.args.map((argument): Coordinate => ({
        name: `${name}(${argument.name}:)`,
        kind: 'argument',
        type: argument.type,
        rule: ruleAt(argument),
      }))
      return [{ name, kind: 'field', type: field.type, rule: ruleAt(field) }, ...args]
    })
  })
  return found.sort((one, other) => (one.name < other.name ? -1 : 1))
}
