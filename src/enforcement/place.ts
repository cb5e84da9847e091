import type { FieldNode, GraphQLCompositeType } from 'graphql'
import type { Denial } from '../permissions/rule.ts'

/** One place of an operation that the viewer may not read (or ask that way). */
export interface DeniedPlace {
  readonly denial: Denial
  /** `Type.field`, `Type.field(argument:)` or `Input.field`. */
  readonly coordinate: string
  /** Response keys from the root down to the place; lists add nothing. */
  readonly path: readonly string[]
  /** The part of the path that is a real path in any answer: it stops at the first list. */
  readonly realPath: readonly string[]
  readonly node: FieldNode
  /** The type that the field was asked of. */
  readonly type: GraphQLCompositeType
  /** false: the field stays, since only some of what it returns is denied. */
  readonly blank: boolean
}
