import {
  countRunning,
  readRunning,
  type ConcernedSubscription,
  type Consequence,
  type Loss,
  type RunningCounts,
} from '../../backends/running-subscriptions/read.ts'
import { BadUserInputError } from '../../errors.ts'
import { permissionKeys, permissionName, permissions } from '../../permissions/permissions.ts'
import { Permission } from '../access-profile.ts'
import { builder } from '../builder.ts'
import type { Context } from '../context.ts'
import { defaultPageSize, maxPageSize, pageRows, searchCost } from '../resource/connection.ts'
import { loadLinked } from '../resource/loading.ts'
import { PortalLogin, portalLogins } from './portal-logins.ts'

const rule = { readAccessProfiles: true } as const
const loginRule = { readAccessProfiles: true, readPortalLogins: true } as const

const RunningSubscription = builder.objectRef<ConcernedSubscription>('RunningSubscription').implement({
  description: 'A subscription that runs in one of the gateway processes.',
  fields: (t) => ({
    login: t.string({
      description: 'Whose it is; `dynamic` for a token that no login row stands behind.',
      authScopes: loginRule,
      resolve: ({ login_name: login }) => login,
    }),
    portalLogin: t.field({
      type: PortalLogin,
      description: 'The same login with all there is to it; none for such a token.',
      authScopes: loginRule,
      resolve: ({ login_id: id }, _args, context, info) =>
        loadLinked(context, portalLogins, id === null ? null : String(id), info),
    }),
    field: t.string({
      description: 'The field that it subscribes to.',
      authScopes: rule,
      resolve: ({ root_field: field }) => field,
    }),
    operationName: t.string({
      description: "The operation's name, as far as its client gave it one.",
      authScopes: rule,
      resolve: ({ operation_name: name }) => name,
    }),
    process: t.string({ description: 'Where it runs: machine and process.', authScopes: rule, resolve: (row) => row.process }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'Since when it runs.',
      authScopes: rule,
      resolve: ({ started_at: at }) => at.toISOString(),
    }),
    lostPermissions: t.field({
      type: [Permission],
      description: 'The lost flags that end it; of one that goes on, those that take something from it.',
      authScopes: rule,
      resolve: ({ lost }) =>
        permissionKeys.filter((key) => lost.includes(permissions[key].column)).map(permissionName),
    }),
  }),
}) // prettier-ignore

/** Those that the loss of some flags would concern in one way; nothing is read before it is asked for. */
export interface RunningList {
  readonly loss: Loss
  readonly consequence: Consequence
  readonly first: number
  counts(): Promise<RunningCounts>
}

const RunningSubscriptionList = builder.objectRef<RunningList>('RunningSubscriptionList').implement({
  description: 'Subscriptions that run now, as far as the gateway processes have told of them.',
  fields: (t) => ({
    totalCount: t.int({
      description: 'How many there are in all.',
      authScopes: rule,
      resolve: async ({ counts, consequence }) => (await counts())[consequence],
    }),
    nodes: t.field({
      type: [RunningSubscription],
      description: 'Those that have run longest, as many as were asked for.',
      authScopes: rule,
      resolve: ({ loss, consequence, first }, _args, { databases }) =>
        loss.columns.length > 0 ? readRunning(databases, loss, consequence, first) : [],
    }),
  }),
})

/** Counts of what a loss would concern, read once however many fields ask. */
export function countsOf({ databases }: Context, loss: Loss): () => Promise<RunningCounts> {
  let counts: Promise<RunningCounts> | undefined
  return () => (counts ??= countRunning(databases, loss))
}

/** A list of running subscriptions below a parent that knows of a loss. */
export function runningList<Parent extends Pick<RunningList, 'loss' | 'counts'>>(consequence: Consequence) {
  return {
    type: RunningSubscriptionList,
    authScopes: rule,
    extensions: { rows: { args: ['first'], count: pageRows }, cost: searchCost },
    args: builder.args((t) => ({
      first: t.int({ description: `How many: 1 to ${maxPageSize}, default ${defaultPageSize}.`, authScopes: rule }),
    })),
    resolve: ({ loss, counts }: Parent, { first }: { first?: number | null | undefined }): RunningList => ({
      loss,
      counts,
      consequence,
      first: checkedSize(first ?? defaultPageSize),
    }),
  }
}

function checkedSize(first: number): number {
  if (first < 1 || first > maxPageSize) throw new BadUserInputError('first', `expected 1 to ${maxPageSize}.`)
  return first
}
