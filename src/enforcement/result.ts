import { GraphQLError } from 'graphql'
import { ForbiddenError, GatewayError, UnauthenticatedError } from '../errors.ts'
import type { DeniedPlace } from './place.ts'
import { maxDeniedPlaces } from './walk.ts'

/** Puts null where denied fields stood, in every row. */
export function blankDenied(data: unknown, places: readonly DeniedPlace[]): void {
  for (const place of places) if (place.blank) blankAt(data, place.path, 0)
}

function blankAt(value: unknown, path: readonly string[], depth: number): void {
  if (Array.isArray(value)) {
    for (const item of value) blankAt(item, path, depth)
    return
  }
  const key = path[depth]
  if (key === undefined || !isAnswer(value) || !(key in value)) return
  if (depth === path.length - 1) value[key] = null
  else blankAt(value[key], path, depth + 1)
}

function isAnswer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** One error per denied place, however many rows it has. */
export function denialErrors(places: readonly DeniedPlace[], refusal: string | null): GraphQLError[] {
  const errors = places.slice(0, maxDeniedPlaces).map((place) => denialError(place, refusal))
  const more = places.length - maxDeniedPlaces
  return more > 0 ? [...errors, new GatewayError('FORBIDDEN', `${more} more places are denied.`)] : errors
}

function denialError({ denial, coordinate, realPath, node }: DeniedPlace, refusal: string | null): GraphQLError {
  const chosen =
    denial.code === 'FORBIDDEN'
      ? new ForbiddenError(denial.permission, coordinate)
      : new UnauthenticatedError(refusal ?? undefined)
  return new GraphQLError(chosen.message, {
    path: realPath,
    nodes: node,
    originalError: chosen, // what was chosen is not masked
  })
}
