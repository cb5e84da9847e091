import { execute, GraphQLError, type DocumentNode, type ExecutionResult, type GraphQLSchema } from 'graphql'
import { executable } from '../execution/schema.ts'
import type { Viewer } from '../identity/viewer.ts'
import { emptyCaches, type Context } from '../schema/context.ts'
import type { Decide, Decision } from './decision.ts'
import { answered, denialErrors, errorsOf } from './result.ts'

/** A subscription as it came in. */
export interface SubscriptionArgs {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly contextValue: Context
  readonly variableValues?: Readonly<Record<string, unknown>> | null | undefined
  readonly operationName?: string | null | undefined
}

/** What one viewer gets of a subscription, and what not. */
export interface Ruling {
  readonly viewer: Viewer
  readonly decision: Decision
  /** Whether its client gets no data at all where a part of it is denied. */
  readonly wholeOrNothing: boolean
  /** The only answer, where nothing is left to subscribe to. */
  readonly refusal: ExecutionResult | null
}

export function rule(decide: Decide, args: SubscriptionArgs, viewer: Viewer, wholeOrNothing: boolean): Ruling {
  const { schema, document, operationName, variableValues } = args
  const decision = decide({ schema, document, operationName, variables: variableValues ?? {} }, viewer.scopes)
  return { viewer, decision, wholeOrNothing, refusal: refusalOf(decision, viewer, wholeOrNothing) }
}

function refusalOf(decision: Decision, viewer: Viewer, wholeOrNothing: boolean): ExecutionResult | null {
  const { places } = decision
  if (wholeOrNothing && places.length > 0) return { errors: errorsOf(decision, reasonOf(viewer)) }
  const roots = places.filter(({ path, blank }) => blank && path.length === 1)
  if (roots.length === 0) return null
  const data = Object.fromEntries(roots.map(({ path: [key = ''] }) => [key, null]))
  return { errors: denialErrors(roots, reasonOf(viewer)), data }
}

/** Whether a ruling denies a field that another one has not denied. */
export function deniesMore(now: Ruling, before: Ruling): boolean {
  const denied = new Set(before.decision.places.map(nameOf))
  return now.decision.places.some((place) => !denied.has(nameOf(place)))
}

function nameOf({ path, coordinate }: Decision['places'][number]): string {
  return `${path.join('.')} ${coordinate}`
}

/** A context of which nothing was used yet: scope-auth keeps its answers, and loaders their rows, for as long as one. */
export function freshContext(context: Context, viewer: Viewer): Context {
  return { ...context, viewer, ...emptyCaches(), setCookies: [] }
}

/** What an event tells under a ruling. */
export async function answerEvent(
  args: SubscriptionArgs,
  { viewer, decision }: Ruling,
  payload: unknown,
): Promise<ExecutionResult> {
  const result = await execute({
    ...args,
    schema: decision.isPlanned ? executable(args.schema) : args.schema,
    document: decision.document,
    contextValue: freshContext(args.contextValue, viewer),
    rootValue: payload,
  })
  return answered(result, decision, reasonOf(viewer))
}

/** A failure as the last answer; whether its text may be shown is decided where all errors are masked. */
export function failed(error: unknown): ExecutionResult {
  if (error instanceof GraphQLError) return { errors: [error], data: null }
  const original = error instanceof Error ? error : new Error(String(error))
  return { errors: [new GraphQLError(original.message, { originalError: original })], data: null }
}

function reasonOf(viewer: Viewer): string | null {
  return viewer.kind === 'anonymous' ? viewer.refusal : null
}
