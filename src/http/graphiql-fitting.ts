import { parse, TypeInfo, visit, visitWithTypeInfo, type GraphQLSchema, type Location } from 'graphql'
import type { GraphiqlTab } from './graphiql-tabs.ts'

/** The tabs without the fields that a schema does not have: the operator may have hidden some. */
export function fitting(tabs: readonly GraphiqlTab[], schema: GraphQLSchema): GraphiqlTab[] {
  return tabs.map((tab) => ({ ...tab, query: withoutMissing(tab.query, schema) }))
}

/** Cut out of the text, which keeps its comments and its lines. */
function withoutMissing(query: string, schema: GraphQLSchema): string {
  const types = new TypeInfo(schema)
  const missing: Location[] = []
  visit(
    parse(query),
    visitWithTypeInfo(types, {
      Field(node) {
        if (types.getFieldDef()) return undefined
        if (node.loc) missing.push(node.loc)
        return false
      },
    }),
  )
  return missing.reduceRight((text, { start, end }) => text.slice(0, start).trimEnd() + text.slice(end), query)
}
