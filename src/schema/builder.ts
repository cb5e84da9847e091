import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { ForbiddenError, UnauthenticatedError } from '../errors.ts'
import { denialOf } from '../permissions/rule.ts'
import type { Scope } from '../permissions/scopes.ts'
import type { Context } from './context.ts'
import './rules/rules-plugin.ts'
import { ruleAt } from './rules/rules.ts'
import { BigIntScalar, DateTimeScalar, DecimalScalar, JsonScalar } from './scalars.ts'

interface Text<Input = string> {
  Input: Input
  Output: string
}

/** The one schema builder: plugins, scalars and the walls; it defines no type. */
export const builder = new SchemaBuilder<{
  Context: Context
  AuthScopes: Record<Scope, true>
  DefaultAuthStrategy: 'all'
  Scalars: { ID: Text; DateTime: Text; Decimal: Text; BigInt: Text; JSON: { Input: unknown; Output: unknown } }
}>({
  // First in the list is outermost: a denied viewer learns nothing of the rules of arguments.
  plugins: [ScopeAuthPlugin, 'rules'],
  scopeAuth: {
    defaultStrategy: 'all',
    // Plain booleans from a synchronous function: anything else costs four times as much per field.
    authScopes: (context) => context.viewer.scopes,
    unauthorizedError: (_parent, context, info) => {
      const field = info.parentType.getFields()[info.fieldName]
      const denial = field && denialOf(ruleAt(field), context.viewer.scopes)
      if (denial?.code !== 'FORBIDDEN') return new UnauthenticatedError()
      return new ForbiddenError(denial.permission, `${info.parentType.name}.${info.fieldName}`)
    },
  },
})

builder.addScalarType('DateTime', DateTimeScalar)
builder.addScalarType('Decimal', DecimalScalar)
builder.addScalarType('BigInt', BigIntScalar)
builder.addScalarType('JSON', JsonScalar)
