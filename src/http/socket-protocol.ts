import type { IncomingMessage } from 'node:http'
import { GraphQLSchema, parse, type ExecutionResult } from 'graphql'
import { makeServer, type Context } from 'graphql-ws'
import { GatewayError } from '../errors.ts'

/** Runs an operation as if it had come over HTTP. */
export type RunOperation = (
  operation: SocketOperation,
) => Promise<ExecutionResult | AsyncIterable<ExecutionResult> | undefined>

export interface SocketOperation {
  /** The request that became the socket. */
  readonly req: IncomingMessage
  /** Of `connectionParams`, in place of a header, which browsers cannot send along. */
  readonly authorization: string | null
  readonly denied: string | null
  readonly params: {
    readonly query: string
    readonly variables?: Record<string, unknown>
    readonly operationName?: string
    readonly extensions?: Record<string, unknown>
  }
}

/** One connection. */
export interface SocketExtra {
  readonly req: IncomingMessage
}

export interface SocketProtocolOptions {
  readonly run: RunOperation
  /** Whether a token in `connectionParams` is good. */
  readonly accepts: (authorization: string, req: IncomingMessage) => Promise<boolean>
  /** How many operations may run on one socket. */
  readonly maxOperations: number
}

export type SocketProtocol = ReturnType<typeof createSocketProtocol>

/** What graphql-ws looks at to tell a stream from an answer; it runs neither. */
const schema = new GraphQLSchema({})
const answer = parse('{ _ }')
const stream = parse('subscription { _ }')

type Connection = Context<Record<string, unknown> | undefined, SocketExtra>

/** `graphql-transport-ws`: who may connect, and what runs. */
export function createSocketProtocol({ run, accepts, maxOperations }: SocketProtocolOptions) {
  const result = ({ rootValue }: { readonly rootValue?: unknown }) => rootValue as ExecutionResult // from onSubscribe
  return makeServer<Record<string, unknown> | undefined, SocketExtra>({
    execute: result,
    subscribe: result,
    async onConnect({ connectionParams, extra }: Connection) {
      const authorization = param(connectionParams, 'authorization')
      return authorization === null || (await accepts(authorization, extra.req))
    },
    async onSubscribe({ subscriptions, connectionParams, extra }: Connection, _id, payload) {
      if (Object.keys(subscriptions).length > maxOperations) {
        return [new GatewayError('RATE_LIMITED', `At most ${maxOperations} operations run on one connection.`)]
      }
      const { query, variables, operationName, extensions } = payload
      const outcome = await run({
        ...extra,
        authorization: param(connectionParams, 'authorization'),
        denied: param(connectionParams, 'x-denied'),
        params: {
          query,
          ...(variables && { variables }),
          ...(operationName && { operationName }),
          ...(extensions && { extensions }),
        },
      })
      if (outcome === undefined) throw new TypeError('An operation without an answer')
      if (Symbol.asyncIterator in outcome) return { schema, document: stream, rootValue: outcome }
      // Nothing has run: the message for this is another one.
      if (!('data' in outcome) && outcome.errors) return outcome.errors
      return { schema, document: answer, rootValue: outcome }
    },
  })
}

function param(params: Readonly<Record<string, unknown>> | undefined, name: string): string | null {
  const [, value] = Object.entries(params ?? {}).find(([key]) => key.toLowerCase() === name) ?? []
  return typeof value === 'string' && value !== '' ? value : null
}
