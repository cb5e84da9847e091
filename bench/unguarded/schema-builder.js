// @ts-check
// `src/schema/builder.ts` without scope-auth: the same fields, and nobody asks for their rules.
import SchemaBuilder from '@pothos/core'
import '../../dist/src/schema/rules/rules-plugin.js'
import { BigIntScalar, DateTimeScalar, DecimalScalar, JsonScalar } from '../../dist/src/schema/scalars.js'

export const builder = new SchemaBuilder({ plugins: ['rules'] })

builder.addScalarType('DateTime', DateTimeScalar)
builder.addScalarType('Decimal', DecimalScalar)
builder.addScalarType('BigInt', BigIntScalar)
builder.addScalarType('JSON', JsonScalar)
