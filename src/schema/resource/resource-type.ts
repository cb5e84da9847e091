import type { TextRow } from '../../backends/text-row.ts'
import { builder } from '../builder.ts'
import { encodeGlobalId } from './global-id.ts'
import { Node, registerNode } from './node.ts'
import { plain } from './plain.ts'
import type { Resource, ResourceAttribute } from './resource.ts'

export type ResourceRef = ReturnType<typeof builder.objectRef<TextRow>>

/** The object type of a resource: its global id and its shown attributes. Links are added where they belong. */
export function resourceType(resource: Resource): ResourceRef {
  const ref = builder.objectRef<TextRow>(resource.name)
  registerNode(resource)
  builder.objectType(ref, {
    description: resource.description,
    interfaces: [Node],
    fields: (t) => ({
      id: t.id({
        nullable: false,
        description: 'The global id, by which `node(id:)` finds it.',
        authScopes: resource.idRuleMap,
        ...plain((row: TextRow) => encodeGlobalId(resource.name, row.text(resource.keyColumn.name) ?? '')),
      }),
    }),
  })
  for (const attribute of resource.attributes.values()) {
    if (attribute.shown !== false) attributeField(ref, attribute)
  }
  return ref
}

/** The field that shows an attribute, on any type whose rows have its column. */
export function attributeField(
  ref: ResourceRef,
  { name, description, ruleMap, kindOf, read }: ResourceAttribute,
): void {
  const column = read.name
  const readText = kindOf.read
  builder.objectField(ref, name, (t) =>
    t.field({
      type: kindOf.operators === 'enum' ? kindOf.ref : kindOf.graphql,
      description,
      authScopes: ruleMap,
      ...plain((row: TextRow) => {
        const text = row.text(column)
        // Each kind reads text into what its own GraphQL type takes; the pair is fixed in `kinds`.
        return text === null ? null : readText(text)
      }),
    }),
  )
}
