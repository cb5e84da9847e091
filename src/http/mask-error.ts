import { randomUUID } from 'node:crypto'
import { GraphQLError } from 'graphql'
import { GatewayError } from '../errors.ts'
import type { Log } from '../log.ts'
import { withoutValue } from './value-errors.ts'

/** Longer messages repeat what the caller sent, and could be as long as that. */
const maxMessage = 1000

/**
 * What a caller may see of an error: errors that were chosen pass, and what GraphQL itself says of a request.
 * Everything else becomes one text with an id under which the log has the rest.
 */
export function createMaskError(log: Log): (error: unknown) => GraphQLError {
  return (error) => {
    // What was decided before execution knows where it is, and stands in every answer to the same operation.
    if (error instanceof GatewayError && error.path !== undefined) return error
    const chosen = chosenError(error)
    if (chosen) return shortened(located(chosen, error), log)
    if (error instanceof GraphQLError && isOfRequest(error)) {
      return shortened(withCode(error), log)
    }
    return masked(error, log)
  }
}

/** What GraphQL says of an argument that only its variables make wrong, which it finds at the field. */
function isOfArgument({ originalError }: GraphQLError): boolean {
  const isOfGraphql = originalError ? Object.getPrototypeOf(originalError) === GraphQLError.prototype : false
  return isOfGraphql && /^Argument "\w+"/.test(originalError?.message ?? '')
}

/** What GraphQL says of a document or its variables; errors of resolvers have a path. */
function isOfRequest(error: GraphQLError): boolean {
  if (error.path !== undefined) return isOfArgument(error)
  return !error.originalError || error.message.startsWith('Variable "$')
}

/** The error of ours that stands behind this one, however often it was wrapped on the way. */
function chosenError(error: unknown): GatewayError | undefined {
  if (error instanceof GatewayError) return error
  return error instanceof GraphQLError && error.originalError ? chosenError(error.originalError) : undefined
}

function located(chosen: GatewayError, error: unknown): GraphQLError {
  const outer = error instanceof GraphQLError ? error : chosen
  return new GraphQLError(chosen.message, {
    ...(outer.nodes && { nodes: outer.nodes }),
    ...(outer.path && { path: outer.path }),
    extensions: chosen.extensions,
    ...(chosen.originalError && { originalError: chosen.originalError }),
  })
}

/** Errors of GraphQL itself that have no code yet are those of values: a variable that does not fit its type. */
function withCode(error: GraphQLError): GraphQLError {
  if (typeof error.extensions['code'] === 'string') return error
  const message = withoutValue(error)
  const [, argumentName] = /^Argument "(\w+)"/.exec(message) ?? []
  const [, variable, path] = /^Variable "\$(\w+)" (?:got invalid value at "([^"]+)";)?/.exec(message) ?? []
  const argument = argumentName ?? path ?? variable
  return new GraphQLError(message, {
    ...(error.nodes && { nodes: error.nodes }),
    ...(error.path && { path: error.path }),
    extensions: { ...error.extensions, code: 'BAD_USER_INPUT', ...(argument && { argument }) },
  })
}

function shortened(error: GraphQLError, log: Log): GraphQLError {
  if (error.originalError)
    log.warn({ error: error.originalError.message, code: error.extensions['code'] }, error.message)
  if (error.message.length <= maxMessage) return error
  return new GraphQLError(`${error.message.slice(0, maxMessage)}…`, {
    ...(error.nodes && { nodes: error.nodes }),
    ...(error.path && { path: error.path }),
    extensions: error.extensions,
  })
}

function masked(error: unknown, log: Log): GraphQLError {
  const correlationId = randomUUID()
  const cause = error instanceof GraphQLError && error.originalError ? error.originalError : error
  log.error({ correlationId, err: cause }, 'Unexpected error')
  return new GraphQLError('Unexpected error.', {
    ...(error instanceof GraphQLError && error.nodes && { nodes: error.nodes }),
    ...(error instanceof GraphQLError && error.path && { path: error.path }),
    extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId },
  })
}
