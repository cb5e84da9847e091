import type { YogaServerInstance } from 'graphql-yoga'
import { BadUserInputError } from '../errors.ts'
import type { Explaining } from '../enforcement/foresight.ts'
import type { ExpectedError, ExplainedRequest, Explanation, Foresight } from '../schema/admin/foresight.ts'
import type { Context } from '../schema/context.ts'
import type { ServerContext } from './yoga.ts'

const headers = { 'content-type': 'application/json', accept: 'application/json' }

/** Sends what is to be explained the way of every request: parsed, validated, limited and refused as that would be. */
export function explainer(graphql: () => YogaServerInstance<ServerContext, Context>): Foresight['explain'] {
  return async (scopes, { query, variables, operationName }) => {
    let told: Parameters<Explaining['tell']>[0] | null = null
    const explaining: Explaining = { scopes, tell: (explained) => (told = explained) }
    const body = bodyOf({ query, variables, operationName })
    const response = await graphql().fetch(
      'http://localhost/graphql',
      { method: 'POST', headers, body },
      { explaining },
    )
    return explanation(told, await errorsIn(response))
  }
}

function bodyOf(request: ExplainedRequest): string {
  try {
    return JSON.stringify(request)
  } catch {
    // It came as JSON, which can be read deeper than it can be written.
    throw new BadUserInputError('variables', 'nested too deeply.')
  }
}

function explanation(told: Parameters<Explaining['tell']>[0] | null, errors: readonly ExpectedError[]): Explanation {
  return { errors, accepted: told !== null, places: told?.places ?? [], complete: told?.complete ?? true }
}

async function errorsIn(response: Response): Promise<readonly ExpectedError[]> {
  const answer: { readonly errors?: readonly ExpectedError[] } = await response.json()
  return answer.errors ?? []
}
