import { getArgumentValues, isObjectType, type FieldNode, type GraphQLResolveInfo } from 'graphql'
import type { ActiveCall, ActiveCallColumn, ActiveCallsReading } from '../backends/active-calls.ts'
import type { OwnedReading } from '../backends/active-calls/audience.ts'
import { viewKey, type CallsView, type Wanted } from '../backends/active-calls/views.ts'
import { BadUserInputError, GatewayError } from '../errors.ts'
import type { Tenant } from '../identity/viewer.ts'
import { Account, accounts } from './account.ts'
import {
  activeCallColumnsOf,
  activeCallFilters,
  activeCallsRule as rule,
  OutgoingActiveCall,
  OutgoingActiveCallWhere,
  type ActiveCallWhere,
} from './active-call.ts'
import { askedAccount, noSuchAccount } from './asked-account.ts'
import { builder } from './builder.ts'
import { defaultPageSize, maxPageSize, pageRows, searchCost } from './resource/connection.ts'
import { tenantOf } from './context.ts'
import { loadLinked } from './resource/loading.ts'
import { plain } from './resource/plain.ts'
import { selectionOf } from './resource/selection.ts'

const typeName = 'OutgoingActiveCalls'

/** A count, and the way to the calls behind it. */
interface Answer extends ActiveCallsReading {
  /** null: which calls they are is not known. */
  readonly list: (
    view: CallsView,
    columns: readonly ActiveCallColumn[],
  ) => Promise<readonly ActiveCall[] | null> | readonly ActiveCall[] | null
}

const OutgoingActiveCalls = builder.objectRef<Answer>(typeName).implement({
  description: 'The calls that an account originated and that are in progress.',
  fields: (t) => ({
    time: t.field({
      type: 'DateTime',
      description: 'When they were counted; none when there was no count in the last two minutes.',
      authScopes: rule,
      ...plain(({ time }: ActiveCallsReading) => time),
    }),
    count: t.int({
      ...plain(({ count }: ActiveCallsReading) => count),
      description:
        'How many, counted once a minute. 0 also when there was no count in the last two minutes: accounts without calls get none. `calls` has a snapshot of its own, so the two may differ for a minute.',
      authScopes: rule,
    }),
    calls: t.field({
      type: [OutgoingActiveCall],
      description:
        'The calls of the newest snapshot that the switch gave, those that began last first; none when it is older than two minutes. `UNAVAILABLE` where calls are counted, and the switch has not told of any in the last ten minutes: it alone knows which they are. In a subscription filters look at the 1,000 newest calls of the account.',
      authScopes: rule,
      extensions: { rows: { args: ['first'], count: pageRows }, cost: searchCost },
      args: {
        first: t.arg.int({
          description: `At most so many; default ${defaultPageSize}, at most ${maxPageSize}.`,
          authScopes: rule,
        }),
        where: t.arg({ type: OutgoingActiveCallWhere, authScopes: rule }),
      },
      resolve: async ({ list }, args, _context, info) => {
        const calls = await list(viewOf(args), columnsOf(info, info.fieldNodes))
        if (calls === null) throw unknownCalls()
        return [...calls]
      },
    }),
    account: t.field({
      type: Account,
      description: 'The account. Its own fields need their own flag.',
      authScopes: rule,
      resolve: ({ accountId }, _args, context, info) => loadLinked(context, accounts, String(accountId), info),
    }),
  }),
})

interface CallsArguments {
  readonly first?: number | null | undefined
  readonly where?: ActiveCallWhere | null | undefined
}

function viewOf({ first, where }: CallsArguments): CallsView {
  const size = first ?? defaultPageSize
  if (size < 1 || size > maxPageSize) throw new BadUserInputError('first', `expected 1 to ${maxPageSize}.`)
  return { filters: activeCallFilters(where ?? {}), first: size }
}

function columnsOf(info: GraphQLResolveInfo, nodes: readonly FieldNode[]): ActiveCallColumn[] {
  return activeCallColumnsOf(selectionOf(info, nodes, OutgoingActiveCall.name))
}

function unknownCalls(): GatewayError {
  return new GatewayError('UNAVAILABLE', 'There are calls in progress, but this installation does not tell which.')
}

/** What a subscription wants to see of single calls; null: nothing. Throws for arguments that are not right. */
function wantedIn(info: GraphQLResolveInfo): Wanted | null {
  const nodes = selectionOf(info, info.fieldNodes, typeName).get('calls') ?? []
  const type = info.schema.getType(typeName)
  const field = isObjectType(type) ? type.getFields()['calls'] : undefined
  if (nodes.length === 0 || !field) return null
  const views = nodes.map((node) => viewOf(getArgumentValues(field, node, info.variableValues)))
  return {
    columns: columnsOf(info, nodes).sort(),
    views: [...new Map(views.map((view) => [viewKey(view), view])).values()],
  }
}

/** The rule of `backends/tenancy.ts`, for what was read for several tenants together. */
function isOf(tenant: Tenant, { accountId, customerId }: OwnedReading): boolean {
  return customerId === tenant.customerId && (tenant.accountIds.length === 0 || tenant.accountIds.includes(accountId))
}

const account = { required: true, description: 'The account, by its `id`.', authScopes: rule } as const

builder.queryField('outgoingActiveCalls', (t) =>
  t.field({
    type: OutgoingActiveCalls,
    description: 'The calls that an account originated and that are in progress.',
    authScopes: rule,
    args: { accountId: t.arg.id(account) },
    resolve: async (_root, { accountId }, context) => {
      const { activeCalls } = context
      const { customerId } = tenantOf(context)
      const reading = await activeCalls.read(await askedAccount(context, accountId))
      return { ...reading, list: (view, columns) => activeCalls.list({ ...reading, customerId }, view, columns) }
    },
  }),
)

builder.subscriptionField('outgoingActiveCalls', (t) =>
  t.field({
    type: OutgoingActiveCalls,
    description: 'The same at once, then whenever it has changed.',
    authScopes: rule,
    args: { accountId: t.arg.id(account) },
    subscribe: async (_root, { accountId }, context, info) =>
      context.activeCalls.watch(await askedAccount(context, accountId), wantedIn(info)),
    resolve: (reading, _args, context) => {
      // It may have gone, or to somebody else, since the subscription began.
      if (!isOf(tenantOf(context), reading)) throw noSuchAccount()
      return { ...reading, list: (view) => reading.lists.get(viewKey(view)) ?? null }
    },
  }),
)
