import { GraphQLError, isEnumType, isInputObjectType, type GraphQLSchema } from 'graphql'

/** Behind a symbol, so that it can go along with an error and never out with an answer. */
const withheld = Symbol('what GraphQL suggested')

/**
 * Takes "Did you mean …?" off an error of validation, which knows the whole schema; `suggestionsFor` gives
 * back what the viewer may know of it.
 */
export function withoutSuggestions(error: GraphQLError): GraphQLError {
  const at = error.message.indexOf(' Did you mean ')
  if (at < 0) return error
  return changed(error, error.message.slice(0, at), { [withheld]: error.message.slice(at) })
}

/** Whether an error has something to give back. */
export function hasSuggestions(error: GraphQLError): boolean {
  return withheld in error.extensions
}

/** The error with those suggestions that the viewer's schema has. */
export function suggestionsFor(error: GraphQLError, schema: GraphQLSchema): GraphQLError {
  const suggestion: unknown = Object.getOwnPropertyDescriptor(error.extensions, withheld)?.value
  if (typeof suggestion !== 'string') return error
  const names = [...suggestion.matchAll(/"(\w+)"/g)].flatMap(([, name]) => (name === undefined ? [] : [name]))
  const known = names.filter((name) => isKnown(schema, error.message, name))
  if (known.length === 0) return error
  return changed(error, `${error.message} Did you mean ${known.map((name) => `"${name}"`).join(' or ')}?`)
}

function changed(error: GraphQLError, message: string, extensions: object = {}): GraphQLError {
  return new GraphQLError(message, {
    ...(error.nodes && { nodes: error.nodes }),
    extensions: { ...error.extensions, ...extensions },
  })
}

/** Looks a suggested name up where the message says that it was looked for. */
function isKnown(schema: GraphQLSchema, message: string, name: string): boolean {
  const [, argumentOf, argumentField] = /on field "(\w+)\.(\w+)"/.exec(message) ?? []
  if (argumentOf !== undefined && argumentField !== undefined) {
    return fieldsOf(schema, argumentOf)?.[argumentField]?.args?.some((argument) => argument.name === name) ?? false
  }
  const [, enumName] = /in "(\w+)" enum/.exec(message) ?? []
  if (enumName !== undefined) {
    const type = schema.getType(enumName)
    return isEnumType(type) && type.getValue(name) !== undefined
  }
  if (message.startsWith('Unknown type')) return schema.getType(name) !== undefined
  const [, parent] = /(?:on|by) type "(\w+)"/.exec(message) ?? []
  return parent !== undefined && fieldsOf(schema, parent)?.[name] !== undefined
}

type Fields = Readonly<Record<string, { readonly args?: readonly { readonly name: string }[] } | undefined>>

function fieldsOf(schema: GraphQLSchema, typeName: string): Fields | undefined {
  const type = schema.getType(typeName)
  if (isInputObjectType(type)) return Object.fromEntries(Object.keys(type.getFields()).map((name) => [name, {}]))
  return type && 'getFields' in type ? type.getFields() : undefined
}
