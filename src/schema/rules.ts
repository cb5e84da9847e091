import type { GraphQLArgument, GraphQLField, GraphQLInputField } from 'graphql'
import type { Rule } from '../permissions/rule.ts'

type Guarded = GraphQLField<unknown, unknown> | GraphQLArgument | GraphQLInputField

/** The rule that a field, argument or input field of the built schema carries. Throws where there is none. */
export function ruleAt(guarded: Guarded): Rule {
  const rule: unknown = guarded.extensions['rule']
  if (!isRule(rule)) throw new TypeError(`${guarded.name} has no rule`)
  return rule
}

function isRule(value: unknown): value is Rule {
  return Array.isArray(value) && value.length > 0
}
