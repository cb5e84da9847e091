import {
  isCompositeType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type SelectionNode,
} from 'graphql'
import { isIncluded } from '../schema/resource/selection.ts'

/** What a selection is read against. */
export interface Traversed {
  readonly schema: GraphQLSchema
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** Coerced. */
  readonly variables: Readonly<Record<string, unknown>>
}

/** One field of a selection. */
export interface FieldAt {
  readonly node: FieldNode
  /** The type that the field is asked of: the parent's, or that of the fragment around it. */
  readonly type: GraphQLCompositeType
}

/** The fields of one selection set, through fragments, without what `@skip` and `@include` leave out. */
export function* fieldsIn(
  traversed: Traversed,
  selections: readonly SelectionNode[],
  type: GraphQLCompositeType,
  reaches: (condition: GraphQLCompositeType) => boolean = () => true,
  visited = new Set<string>(),
): Generator<FieldAt> {
  for (const selection of selections) {
    if (!isIncluded(selection, traversed.variables)) continue
    if (selection.kind === Kind.FIELD) {
      yield { node: selection, type }
      continue
    }
    // A fragment that is spread twice at one place says nothing new the second time.
    if (selection.kind === Kind.FRAGMENT_SPREAD && visited.has(selection.name.value)) continue
    if (selection.kind === Kind.FRAGMENT_SPREAD) visited.add(selection.name.value)
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? traversed.fragments.get(selection.name.value) : selection
    const condition = fragment?.typeCondition?.name.value
    const within = condition === undefined ? type : traversed.schema.getType(condition)
    if (!fragment || !isCompositeType(within) || !reaches(within)) continue
    yield* fieldsIn(traversed, fragment.selectionSet.selections, within, reaches, visited)
  }
}

const metaFields = [TypeNameMetaFieldDef, SchemaMetaFieldDef, TypeMetaFieldDef]

/** The definition of a field; none for the meta fields, which carry no rule. */
export function definitionOf(type: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | undefined {
  if (metaFields.some((meta) => meta.name === name)) return undefined
  return 'getFields' in type ? type.getFields()[name] : undefined
}
