import { randomUUID } from 'node:crypto'
import { getOperationAST, type ExecutionArgs, type GraphQLError } from 'graphql'
import { mapAsyncIterator, type Plugin } from 'graphql-yoga'
import { actingMark } from '../identity/viewer.ts'
import type { Log } from '../log.ts'
import type { Context } from '../schema/context.ts'

/** How many errors of one answer are named. */
const maxErrors = 20
/** Characters of what the caller could make as long as a request. */
const maxText = 200

/**
 * Writes a line for every operation of an administrator who acts as a login, and one for every answer with errors: what
 * was denied, and the ids under which the log has what was masked.
 */
export function useActingLog(): Plugin<Context> {
  const running = new WeakMap<Request, Log>()

  function begin({ contextValue: context, document, operationName }: Operation): void {
    const mark = actingMark(context.viewer)
    if (mark === null) return
    const log = context.log.child({ ...mark, address: context.address, correlationId: randomUUID() })
    const operation = getOperationAST(document, operationName)
    const name = operation?.name?.value.slice(0, maxText) ?? null
    log.info({ operation: operation?.operation ?? null, name }, 'Acting as a login')
    if (context.request) running.set(context.request, log)
  }

  return {
    onExecute: ({ args }) => begin(args),
    onSubscribe: ({ args }) => begin(args),
    // After everything else, where errors are as they go out.
    onExecutionResult({ request, result, setResult }) {
      const log = running.get(request)
      if (!log || !result) return
      if (Symbol.asyncIterator in result) setResult(mapAsyncIterator(result, (event) => told(log, event)))
      else if (!Array.isArray(result)) told(log, result)
    },
  }
}

interface Operation extends Pick<ExecutionArgs, 'document' | 'operationName'> {
  readonly contextValue: Context & { readonly request?: Request }
}

interface Answer {
  readonly errors?: readonly GraphQLError[]
}

function told<A extends Answer>(log: Log, answer: A): A {
  const { errors = [] } = answer
  if (errors.length > 0) {
    const named = errors.slice(0, maxErrors).map(({ path, extensions }) => {
      const { code, permission, coordinate, correlationId } = extensions
      return { path: path?.join('.').slice(0, maxText), code, permission, coordinate, correlationId }
    })
    log.info({ count: errors.length, errors: named }, 'Acting as a login was answered with errors')
  }
  return answer
}
