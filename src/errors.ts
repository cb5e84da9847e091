import { GraphQLError, type GraphQLErrorOptions } from 'graphql'
import type { PermissionName } from './permissions/permissions.ts'
import type { AdminPermission } from './permissions/rule.ts'

/** Every code that `extensions.code` of an answer may carry; the contract with front ends. */
export const errorCodes = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'CONFLICT',
  'RATE_LIMITED',
  'QUERY_TOO_COMPLEX',
  'TIMEOUT',
  'UNAVAILABLE',
  'INTERNAL_SERVER_ERROR',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** What stands behind an error, for the log; and where it is, if whoever throws it knows better than the executor. */
type Located = Pick<GraphQLErrorOptions, 'originalError' | 'path' | 'nodes'>

/** An error that was chosen, so its text may be shown to the caller. Everything else is masked. */
export class GatewayError extends GraphQLError {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, extensions: Readonly<Record<string, unknown>> = {}, at: Located = {}) {
    super(message, { ...at, extensions: { code, ...extensions } })
    this.code = code
  }
}

export class UnauthenticatedError extends GatewayError {
  constructor(message = 'Sign in first.', at?: Located) {
    super('UNAUTHENTICATED', message, {}, at)
  }
}

/** A flag (or the admin rule) is missing; `coordinate` names what it guards, `Type.field` or `Type.field(arg:)`. */
export class ForbiddenError extends GatewayError {
  constructor(permission: PermissionName | AdminPermission, coordinate: string, at?: Located) {
    super('FORBIDDEN', `${coordinate} needs the permission ${permission}.`, { permission, coordinate }, at)
  }
}

/** What an error tells in `extensions` beside its code and argument, for programs. */
type Details = Readonly<Record<string, unknown>>

/** A mutation in a session that may only look; there, whatever else the rules allow. */
export class ReadOnlyError extends GatewayError {
  constructor(at?: Located) {
    super('FORBIDDEN', 'This session is read-only: no mutation can be run in it.', { readOnly: true }, at)
  }
}

/** `argument` is the path of what was wrong, as the caller wrote it: `where.timeStart.gte`. */
export class BadUserInputError extends GatewayError {
  constructor(argument: string, message: string, details: Details = {}) {
    super('BAD_USER_INPUT', `${argument}: ${message}`, { ...details, argument })
  }
}

/** There is no such thing, or none that the caller may see; `argument` names it. */
export class NotFoundError extends GatewayError {
  constructor(argument: string, message: string) {
    super('NOT_FOUND', `${argument}: ${message}`, { argument })
  }
}

/** What is asked for does not go together with what is there; `argument` is what it is about. */
export class ConflictError extends GatewayError {
  constructor(argument: string, message: string, details: Details = {}) {
    super('CONFLICT', `${argument}: ${message}`, { ...details, argument })
  }
}

/** `retryAfter` in seconds. */
export class RateLimitedError extends GatewayError {
  constructor(retryAfter: number) {
    super('RATE_LIMITED', `Too many attempts. Try again in ${retryAfter} s.`, { retryAfter })
  }
}

/** A database or another system that we need does not answer. */
export class UnavailableError extends GatewayError {
  constructor(cause?: Error) {
    super('UNAVAILABLE', 'The data is not available right now. Try again later.', {}, { originalError: cause })
  }
}

/** The databases have not, or do not let us use, what this needs. `cause` says what, for the log. */
export class NotOfferedError extends GatewayError {
  constructor(cause: Error) {
    super('UNAVAILABLE', 'This installation does not offer that.', {}, { originalError: cause })
  }
}

/** `cause` is for the log; the caller sees only that it took too long. */
export class TimeoutError extends GatewayError {
  constructor(cause?: Error) {
    super('TIMEOUT', 'The answer took too long. Ask for less, or for a shorter period.', {}, { originalError: cause })
  }
}
