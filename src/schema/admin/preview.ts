import {
  selectProfiles,
  writableColumns,
  type ProfileContent,
  type ProfileRow,
} from '../../backends/access-profiles.ts'
import { sql, type Row, type Sql } from '../../backends/databases.ts'
import { BadUserInputError, NotFoundError } from '../../errors.ts'
import type { AccessProfile } from '../../permissions/access-profile.ts'
import { mapPermissions, permissionKeys, permissionName, permissions } from '../../permissions/permissions.ts'
import { customerScopes } from '../../permissions/scopes.ts'
import { builder } from '../builder.ts'
import type { Context } from '../context.ts'
import { searchCost } from '../resource/connection.ts'
import { loadLinked } from '../resource/loading.ts'
import type { AccessDifference } from '../rules/access-difference.ts'
import { attributesOf, changedContent, differing, type GivenContent } from './access-profile-content.ts'
import { contentOf, profileKey, UpdateAccessProfileInput } from './access-profile-input.ts'
import { AccessProfileFlagChange } from './access-profile-transfer.ts'
import { accessProfiles, CustomerPortalAccessProfile, flagColumns } from './access-profiles.ts'
import type { ProfileWarning } from './profile-warning.ts'
import { profileWarnings } from './profile-warnings.ts'
import { AccessProfileWarning } from './profile-warnings-field.ts'
import { countsOf, runningList, type RunningList } from './running-subscription.ts'
import { explainUnkept, flagOfInput } from './unkept-flags.ts'

const rule = { readAccessProfiles: true } as const

/** A change that nobody has made. */
interface Preview extends Pick<RunningList, 'loss' | 'counts'> {
  readonly current: ProfileRow
  /** null: the same as now. */
  readonly newName: string | null
  readonly before: AccessProfile
  readonly after: AccessProfile
  difference(): AccessDifference
}

const AccessProfilePreview = builder.objectRef<Preview>('AccessProfilePreview').implement({
  description: 'What a change of an access profile would do.',
  fields: (t) => ({
    profile: t.field({
      type: CustomerPortalAccessProfile,
      description: 'The profile as it is; `logins` below it has those whom the change concerns.',
      authScopes: rule,
      resolve: ({ current }, _args, context, info) => loadLinked(context, accessProfiles, String(current.id), info),
    }),
    newName: t.string({
      description: 'The name that it would have; none where it would keep its own.',
      authScopes: rule,
      resolve: ({ newName }) => newName,
    }),
    changes: t.field({
      type: [AccessProfileFlagChange],
      description: 'The flags that would be others; none where all are so already.',
      authScopes: rule,
      resolve: ({ before, after }) =>
        permissionKeys
          .filter((key) => before[key] !== after[key])
          .map((key) => ({ permission: permissionName(key), before: before[key], after: after[key] })),
    }),
    gained: t.stringList({
      description: 'Fields, arguments and input fields that its logins could use then and not now: `Type.field`, `Type.field(argument:)`, `Input.field`.',
      authScopes: rule,
      resolve: (preview) => [...preview.difference().gained],
    }),
    lost: t.stringList({
      description: 'The same for what they could use no more.',
      authScopes: rule,
      resolve: (preview) => [...preview.difference().lost],
    }),
    newWarnings: t.field({
      type: [AccessProfileWarning],
      description: 'The `warnings` that the changed profile would have and this one has not, or not with as many ways.',
      authScopes: rule,
      resolve: ({ before, after }, _args, _context, { schema }) =>
        warningsBeyond(profileWarnings(after, schema), profileWarnings(before, schema)),
    }),
    settledWarnings: t.field({
      type: [AccessProfileWarning],
      description: 'The `warnings` that it has, and would not have, or not with as many ways.',
      authScopes: rule,
      resolve: ({ before, after }, _args, _context, { schema }) =>
        warningsBeyond(profileWarnings(before, schema), profileWarnings(after, schema)),
    }),
    runningAsOf: t.field({
      type: 'DateTime',
      description: 'As of when what runs is known at least: the last word of the gateway process that has been silent for longest, a few seconds at most. What is younger may be missing. null: nothing runs in any process.',
      authScopes: rule,
      resolve: async ({ counts }) => (await counts()).as_of?.toISOString() ?? null,
    }),
    endingSubscriptions: t.field({
      description: 'Running subscriptions that would end: they need a lost flag for the field that they subscribe to, or want all or nothing.',
      ...runningList<Preview>('ends'),
    }),
    affectedSubscriptions: t.field({
      description: 'Running subscriptions that would go on with null where they have told something.',
      ...runningList<Preview>('loses'),
    }),
  }),
}) // prettier-ignore

builder.queryField('previewAccessProfileChange', (t) =>
  t.field({
    type: AccessProfilePreview,
    description:
      'What `updateAccessProfile` with the same `id` and `input` would do; nothing is changed. Whether another profile has the name is not looked at.',
    authScopes: rule,
    extensions: { cost: searchCost },
    args: {
      id: t.arg.id({ required: true, authScopes: rule }),
      input: t.arg({ type: UpdateAccessProfileInput, required: true, authScopes: rule }),
    },
    resolve: async (_root, { id, input }, context) => {
      const key = profileKey(id)
      const wanted = contentOf(input)
      if (Object.keys(attributesOf(wanted)).length === 0)
        throw new BadUserInputError('input', 'expected a name or a flag to change.')
      const [current] = await context.databases.query<ProfileRow>(
        'primary',
        sql`${selectProfiles(context.databases, flagColumns)} WHERE id = ${key}::bigint`,
      )
      if (!current) throw new NotFoundError('id', 'no such access profile.')
      await assertKept(context, changedContent(current, wanted))
      return preview(context, current, wanted)
    },
  }),
)

/** Throws what the change itself would. */
async function assertKept({ databases }: Context, changed: ProfileContent): Promise<void> {
  const { absent } = databases
  const query = <R extends Row>(statement: Sql) => databases.query<R>('primary', statement)
  await writableColumns({ query, absent }, flagColumns, [changed]).catch((error: unknown) => {
    throw explainUnkept(error, flagOfInput)
  })
}

function preview(context: Context, current: ProfileRow, wanted: GivenContent): Preview {
  const [before, after] = [profileOf(current), profileOf(changedContent(current, wanted))]
  const lost = permissionKeys.filter((key) => before[key] && !after[key])
  const loss = { accessProfileId: current.id, columns: lost.map((key) => permissions[key].column) }
  let difference: AccessDifference | undefined
  return {
    current,
    newName: differing(current, wanted).name ?? null,
    before,
    after,
    loss,
    counts: countsOf(context, loss),
    difference: () => (difference ??= context.foresight.difference(customerScopes(before), customerScopes(after))),
  }
}

/** Those of the first that the others do not say as well. */
function warningsBeyond(warnings: readonly ProfileWarning[], others: readonly ProfileWarning[]): ProfileWarning[] {
  return warnings.filter((warning) => !others.some((other) => says(other, warning)))
}

function says(other: ProfileWarning, { kind, permissions: flags, ways }: ProfileWarning): boolean {
  const isSame = other.kind === kind && other.permissions.join() === flags.join()
  return isSame && ways.every((way) => other.ways.some(({ explanation }) => explanation === way.explanation))
}

function profileOf({ flags }: Pick<ProfileRow, 'flags'>): AccessProfile {
  return mapPermissions((_, { column }) => flags[column] === true)
}
