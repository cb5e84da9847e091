import { printSchemaWithDirectives } from '@graphql-tools/utils'
import { schema } from '../src/schema/index.ts'

/** The public contract as text: sorted, with the rule of every field and argument. */
export function schemaText(): string {
  return `${printSchemaWithDirectives(schema, { assumeValid: false })}\n`
}
