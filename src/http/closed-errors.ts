import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { errorCodes } from '../errors.ts'

/** Longer messages repeat what the caller sent, and could be as long as that. */
const maxMessage = 1000
const maxArgument = 200

const codes: ReadonlySet<unknown> = new Set(errorCodes)

/** Keeps to the closed list of codes and to bounded messages, also for what Yoga itself says of a request. */
export function useClosedErrors(): Plugin {
  return {
    onResultProcess({ result, setResult }) {
      if (!hasErrors(result)) return
      const errors = result.errors.map((error) => (isClosed(error) ? error : closed(error)))
      setResult({ ...result, errors: 'data' in result ? errors.map(formatted) : errors })
    },
  }
}

function hasErrors(result: unknown): result is { readonly errors: readonly GraphQLError[] } {
  return typeof result === 'object' && result !== null && 'errors' in result && Array.isArray(result.errors)
}

/** Those of a decision stand in many answers. */
const known = new WeakMap<GraphQLError, GraphQLError>()

/**
 * In the form that goes out: Yoga would make each error anew, with a stack that nobody reads. Not those without data,
 * which say with which status they go out.
 */
function formatted(error: GraphQLError): GraphQLError {
  let form = known.get(error)
  if (!form) known.set(error, (form = error.toJSON() as GraphQLError)) // what is no such error Yoga writes as it is
  return form
}

function isClosed({ message, extensions }: GraphQLError): boolean {
  return (
    codes.has(extensions['code']) &&
    message.length <= maxMessage &&
    String(extensions['argument'] ?? '').length <= maxArgument
  )
}

function closed({ message, nodes, path, extensions }: GraphQLError): GraphQLError {
  const { argument } = extensions
  return new GraphQLError(message.length > maxMessage ? `${message.slice(0, maxMessage)}…` : message, {
    ...(nodes && { nodes }),
    ...(path && { path }),
    extensions: {
      ...unquoted(extensions),
      // Yoga has codes of its own for requests that are none: no JSON, no such operation.
      code: codes.has(extensions['code']) ? extensions['code'] : 'BAD_USER_INPUT',
      ...(typeof argument === 'string' && { argument: argument.slice(0, maxArgument) }),
    },
  })
}

/**
 * Of a body that is no JSON Yoga quotes what it could not read, which may be a password. Without that it would take the
 * error for one of GraphQL, which goes out with 200.
 */
function unquoted({ originalError, ...others }: GraphQLError['extensions']): object {
  return originalError === undefined ? others : { ...others, http: { status: 400 } }
}
