import { createSourceEventStream, getVariableValues, type ExecutionResult } from 'graphql'
import { GatewayError } from '../errors.ts'
import { fragmentsOf, operationOf } from './operations.ts'
import { freshContext, type Ruling, type SubscriptionArgs } from './ruling.ts'
import { fieldsIn } from './traversal.ts'

/** Where the events of a subscription come from. */
export interface Source {
  close(): void
}

export interface SourceReader {
  event(payload: unknown): void
  /** By itself; with an error where it failed. */
  ended(error: { readonly cause: unknown } | null): void
}

/** Opens the source as this ruling's viewer may; an answer instead where that fails. */
export async function openSource(
  args: SubscriptionArgs,
  { viewer, decision }: Ruling,
): Promise<AsyncIterable<unknown> | ExecutionResult> {
  assertRootField(args)
  return createSourceEventStream({
    ...args,
    document: decision.document,
    contextValue: freshContext(args.contextValue, viewer),
  })
}

/** `@skip` may leave nothing of it; graphql-js does not expect that. */
export function assertRootField(args: SubscriptionArgs): void {
  const isMissing = rootFieldsOf(args)?.next().done === true
  if (isMissing) throw new GatewayError('BAD_USER_INPUT', 'The subscription has no field.')
}

/** The fields that a subscription begins with: one, if it is right; null where nothing can be said of it. */
export function rootFieldsOf({
  schema,
  document,
  operationName,
  variableValues,
}: SubscriptionArgs): ReturnType<typeof fieldsIn> | null {
  const operation = operationOf({ schema, document, operationName, variables: {} })
  const root = schema.getSubscriptionType()
  if (!operation || !root) return null
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], { ...variableValues })
  if (!coerced) return null
  const traversed = { schema, fragments: fragmentsOf(document), variables: coerced }
  return fieldsIn(traversed, operation.selectionSet.selections, root)
}

export function isSource(opened: AsyncIterable<unknown> | ExecutionResult): opened is AsyncIterable<unknown> {
  return Symbol.asyncIterator in opened
}

/** Reads until it is closed. */
export function readSource(events: AsyncIterable<unknown>, reader: SourceReader): Source {
  const iterator = events[Symbol.asyncIterator]()
  let closed = false

  async function read(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await iterator.next()
        if (closed) return
        if (done) return reader.ended(null)
        reader.event(value)
      }
    } catch (cause) {
      if (!closed) reader.ended({ cause })
    }
  }

  void read()
  return {
    close() {
      if (closed) return
      closed = true
      iterator.return?.().catch(() => undefined) // nobody is there any more who could be told
    },
  }
}
