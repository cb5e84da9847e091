import { GraphQLError } from 'graphql'
import { valuesMark } from './plan.ts'

type Answer = Readonly<Record<string, unknown>>

/** The data of a planned operation as the client asked for it: values stand in the object that they were read off. */
export function unfolded<Data>(data: Data): Data {
  return unfold(data) as Data // of the same shape, by the operation
}

/** An error with a path of the answer as the client sees it: values that are read together end in their object. */
export function unfoldedError(error: GraphQLError): GraphQLError {
  const { message, path = [], nodes = null, source = null, positions = null, extensions } = error
  const at = path.findIndex((key) => typeof key === 'string' && key.startsWith(valuesMark))
  if (at === -1) return error
  // A chosen error stays one of its class for whoever masks what is not.
  const originalError = error.originalError ?? error
  return new GraphQLError(message, { nodes, source, positions, extensions, path: path.slice(0, at), originalError })
}

function unfold(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unfold)
  return isAnswer(value) ? unfoldObject(value) : value
}

function unfoldObject(answer: Answer): Answer {
  const keys = Object.keys(answer)
  const [only] = keys
  const values = only === undefined ? undefined : answer[only]
  // Most rows have nothing but values, which are the row then.
  if (only?.startsWith(valuesMark) && keys.length === 1 && isObject(values)) return values
  const unfolded: Record<string, unknown> = Object.create(null) // as graphql-js's own
  for (const key of keys) {
    const value = answer[key]
    if (!key.startsWith(valuesMark)) unfolded[key] ??= unfold(value)
    else if (isObject(value)) for (const inner of Object.keys(value)) unfolded[inner] ??= value[inner]
  }
  return unfolded
}

/** The executor makes its objects without a prototype; others are values of scalars. */
function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null
}

function isObject(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null
}
