import {
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  Kind,
  type FieldNode,
  type GraphQLResolveInfo,
  type SelectionNode,
} from 'graphql'
import { valuesField } from './values-field.ts'

export type Selection = ReadonlyMap<string, readonly FieldNode[]>

/**
 * The fields asked for below these field nodes, by name, when the object there is a `typeName`: through
 * fragments, without what `@skip` and `@include` leave out.
 */
export function selectionOf(info: GraphQLResolveInfo, nodes: readonly FieldNode[], typeName: string): Selection {
  const fields = new Map<string, FieldNode[]>()
  const visited = new Set<string>()

  function collect(selections: readonly SelectionNode[]): void {
    for (const selection of selections) {
      if (!isIncluded(selection, info.variableValues)) continue
      if (selection.kind === Kind.FIELD) {
        if (selection.name.value === valuesField) collect(selection.selectionSet?.selections ?? [])
        const known = fields.get(selection.name.value)
        if (known) known.push(selection)
        else fields.set(selection.name.value, [selection])
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(info, selection.typeCondition?.name.value, typeName)) collect(selection.selectionSet.selections)
      } else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value)
        const fragment = info.fragments[selection.name.value]
        if (fragment && applies(info, fragment.typeCondition.name.value, typeName))
          collect(fragment.selectionSet.selections)
      }
    }
  }

  for (const node of nodes) collect(node.selectionSet?.selections ?? [])
  return fields
}

/** Whether `@skip` and `@include` leave a selection in, with these (coerced) variables. */
export function isIncluded(selection: SelectionNode, variables: Readonly<Record<string, unknown>>): boolean {
  if (!selection.directives?.length) return true
  if (getDirectiveValues(GraphQLSkipDirective, selection, variables)?.['if'] === true) return false
  return getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.['if'] !== false
}

function applies({ schema }: GraphQLResolveInfo, condition: string | undefined, typeName: string): boolean {
  return condition === undefined || condition === typeName || isAbstractType(schema.getType(condition))
}
