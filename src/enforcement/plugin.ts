import { Kind, OperationTypeNode, type ExecutionArgs, type ExecutionResult, type GraphQLSchema } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { ReadOnlyError } from '../errors.ts'
import { executable } from '../execution/schema.ts'
import { isReadOnly } from '../identity/viewer.ts'
import type { Context } from '../schema/context.ts'
import { createDecide } from './decision.ts'
import { countDenied } from './denials.ts'
import { deniedHeader, wantsAllOrNothing } from './denied-header.ts'
import { foresee, foreseeSubscription, type Explaining } from './foresight.ts'
import { asksForSchema } from './introspection.ts'
import { answered, errorsOf } from './result.ts'
import { subscribe } from './subscription.ts'
import type { ViewerSchemas } from './viewer-schema.ts'

/** What the context of a request has beside ours. */
type Asked = Context & { readonly request?: Request; readonly explaining?: Explaining }

/**
 * The first wall: decides each operation before it runs, takes out what is denied, and says so once per place.
 * scope-auth stays behind it as the second.
 */
export function useEnforcement(schema: GraphQLSchema, schemaOf: ViewerSchemas): Plugin<Context> {
  const decide = createDecide()
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const context: Asked = args.contextValue
      const { viewer, explaining } = context
      if (explaining) {
        const { document, answer } = foresee(decide, { ...args, schema }, explaining)
        args.document = document
        return { onExecuteDone: ({ result, setResult }) => setResult(answer(single(result))) }
      }
      if (isReadOnly(viewer) && isMutation(args)) {
        setResultAndStopExecution({ errors: [new ReadOnlyError()] })
        return undefined
      }
      const decision = decide(
        {
          schema,
          document: args.document,
          operationName: args.operationName,
          variables: args.variableValues ?? {},
        },
        viewer.scopes,
      )
      countDenied(context, decision)
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
          setResult(answered(single(result), decision, refusal))
        },
      }
    },
    onSubscribe({ args: { contextValue }, setSubscribeFn }) {
      const { explaining }: Asked = contextValue
      setSubscribeFn((args) =>
        explaining
          ? foreseeSubscription(decide, { ...args, contextValue }, explaining)
          : subscribe(decide, { ...args, contextValue }),
      )
    },
    onResultProcess({ result, resultProcessor }) {
      // Nobody will read a stream that the client does not accept, so nobody would end it.
      if (!resultProcessor && isStream(result)) void result[Symbol.asyncIterator]().return?.()
    },
  }
}

/** By what will be executed: where a document has several operations, by the one that is named. */
function isMutation({ document, operationName }: Pick<ExecutionArgs, 'document' | 'operationName'>): boolean {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION)
  const meant = operations.filter(({ name }) => !operationName || name?.value === operationName)
  return meant.some(({ operation }) => operation === OperationTypeNode.MUTATION)
}

function isStream(result: unknown): result is AsyncIterable<unknown> {
  return typeof result === 'object' && result !== null && Symbol.asyncIterator in result
}

function single(result: ExecutionResult | AsyncIterable<ExecutionResult>): ExecutionResult {
  if (Symbol.asyncIterator in result) throw new TypeError('Answers in parts are not offered')
  return result
}
