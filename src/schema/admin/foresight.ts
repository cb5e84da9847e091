import type { Scopes } from '../../permissions/scopes.ts'
import type { AccessDifference } from '../rules/access-difference.ts'

/** What follows from a set of permissions, known before anybody asks with it. */
export interface Foresight {
  /** What a request would be answered with as far as permissions decide; nothing of it runs. */
  explain(scopes: Scopes, request: ExplainedRequest): Promise<Explanation>
  /** The schema as introspection shows it, with the rules, in the schema definition language. */
  definition(scopes: Scopes): string
  difference(before: Scopes, after: Scopes): AccessDifference
}

/** More places than this are not told one by one. */
export const maxPlaces = 2_000

/** A request of GraphQL as somebody would send it. */
export interface ExplainedRequest {
  readonly query: string
  readonly variables?: unknown
  readonly operationName?: string | null | undefined
}

export interface Explanation {
  /** Those of the answer, in its order. */
  readonly errors: readonly ExpectedError[]
  /** false: the request is refused as a whole, for what the errors say; there are no places then. */
  readonly accepted: boolean
  /** What the operation uses, in the order of the document. */
  readonly places: readonly ExplainedPlace[]
  /** false: there are more places than these. */
  readonly complete: boolean
}

/** An error as it stands in the answer. */
export interface ExpectedError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions?: Readonly<Record<string, unknown>>
}

/** Something that an operation uses and that has a rule. */
export interface ExplainedPlace {
  readonly kind: 'FIELD' | 'ARGUMENT' | 'INPUT_FIELD' | 'TYPE'
  /** The keys of the answer from the root down to the field; lists add nothing. */
  readonly path: readonly string[]
  /** For arguments and input fields, as the caller wrote it: `where.timeStart.gte`. */
  readonly input: string | null
  readonly coordinate: string
  /** What its own rule needs, and what of that is missing. */
  readonly needs: readonly string[]
  readonly missing: readonly string[]
  readonly outcome: 'ALLOWED' | 'DENIED' | 'NOT_REACHED'
  /** Why it is denied or not reached: what the error names. */
  readonly cause: { readonly coordinate: string; readonly permission: string } | null
}
