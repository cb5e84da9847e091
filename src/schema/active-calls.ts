import type { ActiveCallsReading, OwnedReading } from '../backends/active-calls.ts'
import { BadUserInputError } from '../errors.ts'
import type { Tenant } from '../identity/viewer.ts'
import { Account, accounts } from './account.ts'
import { builder } from './builder.ts'
import { tenantOf, type Context } from './context.ts'
import { accountInternalId } from './list-query.ts'
import { loadLinked } from './loading.ts'
import { plain } from './plain.ts'

const rule = { outgoingActiveCalls: true } as const

const OutgoingActiveCalls = builder.objectRef<ActiveCallsReading>('OutgoingActiveCalls').implement({
  description: 'How many calls that an account originated are in progress. Counted once a minute.',
  fields: (t) => ({
    time: t.field({
      type: 'DateTime',
      description: 'When they were counted; none when there was no count in the last two minutes.',
      authScopes: rule,
      ...plain(({ time }: ActiveCallsReading) => time),
    }),
    count: t.int({
      ...plain(({ count }: ActiveCallsReading) => count),
      description: '0 also when there was no count in the last two minutes: accounts without calls get none.',
      authScopes: rule,
    }),
    account: t.field({
      type: Account,
      description: 'The account. Its own fields need their own flag.',
      authScopes: rule,
      resolve: ({ accountId }, _args, context, info) => loadLinked(context, accounts, String(accountId), info),
    }),
  }),
})

async function internalId(context: Context, accountId: string): Promise<number> {
  const id = await accountInternalId(context, accounts, accountId, 'accountId')
  if (id === null) throw noSuchAccount()
  return id
}

function noSuchAccount(): BadUserInputError {
  return new BadUserInputError('accountId', 'no such account.')
}

/** The rule of `backends/tenancy.ts`, for what was read for several tenants together. */
function isOf(tenant: Tenant, { accountId, customerId }: OwnedReading): boolean {
  return customerId === tenant.customerId && (tenant.accountIds.length === 0 || tenant.accountIds.includes(accountId))
}

const account = { required: true, description: 'The account, by its `id`.', authScopes: rule } as const

builder.queryField('outgoingActiveCalls', (t) =>
  t.field({
    type: OutgoingActiveCalls,
    description: 'How many calls that an account originated are in progress.',
    authScopes: rule,
    args: { accountId: t.arg.id(account) },
    resolve: async (_root, { accountId }, context) => context.activeCalls.read(await internalId(context, accountId)),
  }),
)

builder.subscriptionField('outgoingActiveCalls', (t) =>
  t.field({
    type: OutgoingActiveCalls,
    description: 'The same at once, then whenever it has changed.',
    authScopes: rule,
    args: { accountId: t.arg.id(account) },
    subscribe: async (_root, { accountId }, context) => context.activeCalls.watch(await internalId(context, accountId)),
    resolve: (reading, _args, context) => {
      // It may have gone, or to somebody else, since the subscription began.
      if (!isOf(tenantOf(context), reading)) throw noSuchAccount()
      return reading
    },
  }),
)
