import type { ExecutionResult, GraphQLSchema } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { executable } from '../execution/schema.ts'
import type { Context } from '../schema/context.ts'
import { createDecide } from './decision.ts'
import { deniedHeader, wantsAllOrNothing } from './denied-header.ts'
import { asksForSchema } from './introspection.ts'
import { answered, errorsOf } from './result.ts'
import { subscribe } from './subscription.ts'
import type { ViewerSchemas } from './viewer-schema.ts'

/**
 * The first wall: decides each operation before it runs, takes out what is denied, and says so once per place.
 * scope-auth stays behind it as the second.
 */
export function useEnforcement(schema: GraphQLSchema, schemaOf: ViewerSchemas): Plugin<Context> {
  const decide = createDecide()
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const context: Context & { request?: Request } = args.contextValue
      const { viewer } = context
      const decision = decide(
        {
          schema,
          document: args.document,
          operationName: args.operationName,
          variables: args.variableValues ?? {},
        },
        viewer.scopes,
      )
      const refusal = viewer.kind === 'anonymous' ? viewer.refusal : null
      if (decision.places.length > 0 && wantsAllOrNothing(context.request?.headers.get(deniedHeader))) {
        setResultAndStopExecution({ errors: [...errorsOf(decision, refusal)] })
        return undefined
      }
      // What is left of the operation is all in the viewer's own schema, which is then what introspection shows.
      if (decision.isPlanned) args.schema = executable(schema)
      else if (asksForSchema(args.document)) args.schema = schemaOf(viewer.scopes)
      args.document = decision.document
      return {
        onExecuteDone({ result, setResult }) {
          if (!isSingle(result)) throw new TypeError('Answers in parts are not offered')
          setResult(answered(result, decision, refusal))
        },
      }
    },
    onSubscribe({ args: { contextValue }, setSubscribeFn }) {
      setSubscribeFn((args) => subscribe(decide, { ...args, contextValue }))
    },
    onResultProcess({ result, resultProcessor }) {
      // Nobody will read a stream that the client does not accept, so nobody would end it.
      if (!resultProcessor && isStream(result)) void result[Symbol.asyncIterator]().return?.()
    },
  }
}

function isStream(result: unknown): result is AsyncIterable<unknown> {
  return typeof result === 'object' && result !== null && Symbol.asyncIterator in result
}

function isSingle(result: ExecutionResult | AsyncIterable<unknown>): result is ExecutionResult {
  return !(Symbol.asyncIterator in result)
}
