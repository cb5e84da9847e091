import type { GraphQLResolveInfo } from 'graphql'
import type { TextRow } from '../../backends/text-row.ts'
import { BadUserInputError } from '../../errors.ts'
import { defaultProfile } from '../../permissions/access-profile.ts'
import { builder } from '../builder.ts'
import type { Context } from '../context.ts'
import { loadLinked } from '../resource/loading.ts'
import { assertVersion, createProfile, lockedProfile, removeProfile, updateProfile } from './access-profile-changes.ts'
import { changedContent, columnsOf } from './access-profile-content.ts'
import {
  changeRule,
  checkedName,
  CloneAccessProfileInput,
  contentOf,
  CreateAccessProfileInput,
  flagsOf,
  profileKey,
  removeRule,
  UpdateAccessProfileInput,
} from './access-profile-input.ts'
import { accessProfiles, CustomerPortalAccessProfile } from './access-profiles.ts'
import { change } from './change.ts'

const versionDescription = 'The `version` that was read; another one now is a `CONFLICT`.'

builder.mutationFields((t) => ({
  createAccessProfile: t.field({
    type: CustomerPortalAccessProfile,
    description: 'Creates an access profile. `CONFLICT` when there is one of that name.',
    authScopes: changeRule,
    args: { input: t.arg({ type: CreateAccessProfileInput, required: true, authScopes: changeRule }) },
    resolve: async (_root, { input }, context, info) => {
      const flags = { ...defaultFlags, ...flagsOf(input) }
      const content = { name: checkedName(input.name, 'input.name'), flags }
      const id = await change(context, 'everybody', (transaction, record) =>
        createProfile(transaction, record, content, { name: 'input.name', whole: 'input' }),
      )
      return profileWith(context, id, info)
    },
  }),
  updateAccessProfile: t.field({
    type: CustomerPortalAccessProfile,
    description:
      'Changes an access profile; it counts with the next request of each of its logins. A stale `version` is a `CONFLICT` whose `extensions` have `current`, the whole profile as it is now with the `version` to try again with; `yours`, what you gave; and `differing`, the attributes of yours that are not so.',
    authScopes: changeRule,
    args: {
      id: t.arg.id({ required: true, authScopes: changeRule }),
      version: t.arg.string({ required: true, description: versionDescription, authScopes: changeRule }),
      input: t.arg({ type: UpdateAccessProfileInput, required: true, authScopes: changeRule }),
    },
    resolve: async (_root, { id, version, input }, context, info) => {
      const key = profileKey(id)
      const wanted = contentOf(input)
      if (Object.keys(columnsOf(wanted)).length === 0)
        throw new BadUserInputError('input', 'expected a name or a flag to change.')
      const updated = await change(context, 'everybody', async (transaction, record) => {
        const current = await lockedProfile(transaction, key)
        return updateProfile(transaction, record, assertVersion(current, version, wanted), wanted)
      })
      return profileWith(context, updated, info)
    },
  }),
  cloneAccessProfile: t.field({
    type: CustomerPortalAccessProfile,
    description: 'Creates an access profile with the flags of another. `CONFLICT` when there is one of that name.',
    authScopes: changeRule,
    args: {
      id: t.arg.id({ required: true, description: 'The original.', authScopes: changeRule }),
      name: t.arg.string({ required: true, description: 'Of the new one.', authScopes: changeRule }),
      input: t.arg({ type: CloneAccessProfileInput, authScopes: changeRule }),
    },
    resolve: async (_root, { id, name, input }, context, info) => {
      const key = profileKey(id)
      const wanted = { name: checkedName(name, 'name'), flags: flagsOf(input ?? {}) }
      const clone = await change(context, 'everybody', async (transaction, record) => {
        const content = changedContent(await lockedProfile(transaction, key), wanted)
        return createProfile(transaction, record, content, { name: 'name', whole: 'id' })
      })
      return profileWith(context, clone, info)
    },
  }),
  deleteAccessProfile: t.id({
    description:
      'Removes an access profile and answers its `id`. `CONFLICT` while logins have it, with `loginCount` in `extensions`, and for a stale `version`, as with `updateAccessProfile`.',
    authScopes: removeRule,
    args: {
      id: t.arg.id({ required: true, authScopes: removeRule }),
      version: t.arg.string({ required: true, description: versionDescription, authScopes: removeRule }),
    },
    resolve: async (_root, { id, version }, context) => {
      const key = profileKey(id)
      await change(context, 'everybody', async (transaction, record) => {
        const current = await lockedProfile(transaction, key)
        return removeProfile(transaction, record, assertVersion(current, version, { flags: {} }))
      })
      return id
    },
  }),
}))

const defaultFlags = flagsOf(defaultProfile)

/** What was written, as it can now be read. */
async function profileWith(context: Context, id: number, info: GraphQLResolveInfo): Promise<TextRow | null> {
  return loadLinked(context, accessProfiles, String(id), info)
}
