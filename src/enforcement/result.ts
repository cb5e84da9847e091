import { GraphQLError, isAbstractType, type ExecutionResult } from 'graphql'
import { ForbiddenError, GatewayError, UnauthenticatedError } from '../errors.ts'
import { unfolded, unfoldedError } from '../execution/answer.ts'
import type { Decision } from './decision.ts'
import type { DeniedPlace } from './place.ts'
import { maxDeniedPlaces } from './walk.ts'

/** What the executor said of a decided operation, as the client asked for it; with one error per denied place. */
export function answered(
  { errors = [], data, ...rest }: ExecutionResult,
  decision: Decision,
  refusal: string | null,
): ExecutionResult {
  const { isPlanned, blanks } = decision
  const told = isPlanned && data ? unfolded(data) : data
  blankDenied(told, blanks)
  const all = [...errors.map(unfoldedError), ...errorsOf(decision, refusal).map((error) => inAnswer(error, told))]
  // Errors first, as the specification recommends: they are not overlooked below a long answer.
  return { ...(all.length > 0 && { errors: all }), ...(told !== undefined && { data: told }), ...rest }
}

/** Puts null where denied fields stood, in every row. */
function blankDenied(data: unknown, blanks: readonly DeniedPlace[]): void {
  for (const place of blanks) blankAt(data, place, 0)
}

function blankAt(value: unknown, place: DeniedPlace, depth: number): void {
  if (Array.isArray(value)) {
    for (const item of value) blankAt(item, place, depth)
    return
  }
  const key = place.path[depth]
  if (key === undefined || !isAnswer(value) || !Object.hasOwn(value, key)) return
  if (depth < place.path.length - 1) blankAt(value[key], place, depth + 1)
  else if (isPlaceholder(value[key], place)) value[key] = null
}

/** In a list of several types the same key may be another type's field, which is not denied. */
function isPlaceholder(value: unknown, { type }: DeniedPlace): boolean {
  return isAbstractType(type) || value === type.name
}

function isAnswer(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null
}

/** What a decision says does not change from request to request. */
const made = new WeakMap<Decision, Map<string | null, readonly GraphQLError[]>>()

/** The errors of a decision, whose objects are shared by all answers. */
export function errorsOf(decision: Decision, refusal: string | null): readonly GraphQLError[] {
  let byRefusal = made.get(decision)
  if (!byRefusal) made.set(decision, (byRefusal = new Map()))
  let errors = byRefusal.get(refusal)
  if (!errors) byRefusal.set(refusal, (errors = denialErrors(decision.places, refusal)))
  return errors
}

/** One error per denied place, however many rows it has. */
export function denialErrors(places: readonly DeniedPlace[], refusal: string | null): GraphQLError[] {
  // A field that is written twice at one place is one place.
  const distinct = [
    ...new Map(places.map((place) => [JSON.stringify([place.path, place.coordinate, place.denial]), place])).values(),
  ]
  const errors = distinct.slice(0, maxDeniedPlaces).map((place) => denialError(place, refusal))
  const more = distinct.length - maxDeniedPlaces
  return more > 0 ? [...errors, new GatewayError('FORBIDDEN', `${more} more places are denied.`)] : errors
}

function denialError({ denial, coordinate, realPath: path, node: nodes }: DeniedPlace, refusal: string | null) {
  return denial.code === 'FORBIDDEN'
    ? new ForbiddenError(denial.permission, coordinate, { path, nodes })
    : new UnauthenticatedError(refusal ?? undefined, { path, nodes })
}

/** With as much of its path as there is in this answer: it ends where something above is null. */
function inAnswer(error: GraphQLError, data: unknown): GraphQLError {
  const { path = [], nodes, message, extensions } = error
  const end = path.findIndex((_key, index) => valueAt(data, path.slice(0, index + 1)) === null)
  if (data === undefined || end < 0 || end === path.length - 1) return error
  return new GraphQLError(message, {
    path: path.slice(0, end + 1),
    ...(nodes && { nodes }),
    extensions,
    originalError: error,
  })
}

function valueAt(data: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (isAnswer(value) ? value[key] : undefined), data)
}
