import { isInputObjectType, isObjectType, type GraphQLSchema } from 'graphql'
import { isCapability } from '../../permissions/capabilities.ts'
import type { Permission } from '../../permissions/permissions.ts'
import { isIdentityScope, type Rule } from '../../permissions/rule.ts'
import { ruleAt } from '../rules/rules.ts'

/** The flags of a rule, in its order; null: it is for administrators, whom no flag helps. */
export function flagsIn(rule: Rule): Permission[] | null {
  if (rule.includes('admin') || rule.some(isCapability)) return null
  return rule.flatMap((scope) => (isIdentityScope(scope) || isCapability(scope) ? [] : [scope]))
}

/** The flags that the field or input field at a coordinate needs; null where the schema has none. */
export function flagsAt(schema: GraphQLSchema, coordinate: string): Permission[] | null {
  const [typeName = '', fieldName = ''] = coordinate.split('.')
  const type = schema.getType(typeName)
  const field = isObjectType(type) || isInputObjectType(type) ? type.getFields()[fieldName] : undefined
  return field ? flagsIn(ruleAt(field)) : null
}
