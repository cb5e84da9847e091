import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Scopes } from '../permissions/scopes.ts'
import { hasSuggestions, suggestionsFor, withoutSuggestions } from './suggestions.ts'
import type { ViewerSchemas } from './viewer-schema.ts'

/**
 * "Did you mean …?" from the schema as the viewer has it. Validation knows no viewer (its results are kept for
 * everybody), so it loses every suggestion, and an answer gets back those that its viewer may see.
 */
export function useSuggestions<ServerContext extends object>(
  scopesOf: (context: ServerContext) => Promise<Scopes>,
  schemaOf: ViewerSchemas,
): Plugin<object, ServerContext> {
  return {
    onValidate() {
      return ({ result, setResult }) => {
        setResult(result.map((error) => (error instanceof GraphQLError ? withoutSuggestions(error) : error)))
      }
    },
    async onResultProcess({ serverContext, result, setResult }) {
      if (!isFailed(result) || !result.errors.some(hasSuggestions)) return
      const schema = schemaOf(await scopesOf(serverContext))
      setResult({ ...result, errors: result.errors.map((error) => suggestionsFor(error, schema)) })
    },
  }
}

function isFailed(result: unknown): result is { readonly errors: readonly GraphQLError[] } {
  return typeof result === 'object' && result !== null && 'errors' in result && Array.isArray(result.errors)
}
