import {
  execute,
  Kind,
  OperationTypeNode,
  TypeNameMetaFieldDef,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'
import type { Scopes } from '../permissions/scopes.ts'
import type { Explanation } from '../schema/admin/foresight.ts'
import type { Decide } from './decision.ts'
import { explain } from './explain.ts'
import { errorsOf } from './result.ts'
import type { SubscriptionArgs } from './ruling.ts'
import { assertRootField } from './source.ts'

/** A request that is to be explained and not to run. Only the gateway itself makes one. */
export interface Explaining {
  readonly scopes: Scopes
  /** Told what was decided; not at all, where the request is refused before. */
  readonly tell: (explained: Pick<Explanation, 'places' | 'complete'>) => void
}

interface Executed extends Pick<ExecutionArgs, 'document' | 'operationName' | 'variableValues'> {
  readonly schema: GraphQLSchema
}

interface Foreseen {
  /** What is executed in place of the request: the executor says the same of its operation and its variables. */
  readonly document: DocumentNode
  /** The answer of the request, without its data. */
  answer(executed: ExecutionResult): ExecutionResult
}

/** Decides a request that is not to run. Throws what deciding any request throws. */
export function foresee(decide: Decide, executed: Executed, { scopes, tell }: Explaining): Foreseen {
  const { schema, document, operationName, variableValues } = executed
  const operation = { schema, document, operationName, variables: variableValues ?? {} }
  const errors = errorsOf(decide(operation, scopes), null)
  return {
    document: askingNothing(document),
    answer(result) {
      if (result.errors) return result
      tell(explain(operation, scopes))
      return { ...(errors.length > 0 && { errors }), data: null }
    },
  }
}

/** The same for a subscription, whose source is not opened. */
export async function foreseeSubscription(
  decide: Decide,
  args: SubscriptionArgs,
  explaining: Explaining,
): Promise<ExecutionResult> {
  const { document, answer } = foresee(decide, args, explaining)
  assertRootField(args)
  return answer(await execute({ ...args, document }))
}

const nothing: SelectionSetNode = {
  kind: Kind.SELECTION_SET,
  selections: [{ kind: Kind.FIELD, name: { kind: Kind.NAME, value: TypeNameMetaFieldDef.name } }],
}

/** The same operations with the same variables, none of which reads or does anything. */
function askingNothing({ definitions }: DocumentNode): DocumentNode {
  return {
    kind: Kind.DOCUMENT,
    definitions: definitions.map((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION
        ? { ...definition, operation: OperationTypeNode.QUERY, selectionSet: nothing }
        : definition,
    ),
  }
}
