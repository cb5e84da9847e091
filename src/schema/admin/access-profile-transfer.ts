import { selectProfiles, type ProfileRow } from '../../backends/access-profiles.ts'
import { sql } from '../../backends/databases.ts'
import { BadUserInputError, NotFoundError } from '../../errors.ts'
import { Permission } from '../access-profile.ts'
import { builder } from '../builder.ts'
import type { Context } from '../context.ts'
import { searchCost } from '../resource/connection.ts'
import { loadLinked } from '../resource/loading.ts'
import { documentDescription, documentOf, maxProfiles, readDocument } from './access-profile-document.ts'
import {
  importActions,
  importProfiles,
  onExisting,
  type FlagChange,
  type Import,
  type ImportedProfile,
} from './access-profile-import.ts'
import { changeRule, profileKey } from './access-profile-input.ts'
import { accessProfiles, CustomerPortalAccessProfile, flagColumns } from './access-profiles.ts'
import { change, rehearse, type Work } from './change.ts'

const readRule = { readAccessProfiles: true } as const

builder.queryField('exportAccessProfiles', (t) =>
  t.field({
    type: 'JSON',
    description: `Access profiles to keep, or to bring to another system, by name: ${documentDescription}.`,
    authScopes: readRule,
    extensions: { cost: searchCost },
    args: {
      ids: t.arg.idList({ description: 'Which ones, by `id`; all of them unless given.', authScopes: readRule }),
    },
    resolve: async (_root, { ids }, context) => documentOf(await exported(context, ids ?? null)),
  }),
)

async function exported({ databases }: Context, ids: readonly string[] | null): Promise<ProfileRow[]> {
  if (ids && (ids.length < 1 || ids.length > maxProfiles))
    throw new BadUserInputError('ids', `expected 1 to ${maxProfiles} ids.`)
  const keys = ids?.map((id, index) => profileKey(id, `ids[${index}]`))
  const condition = keys ? sql`id = ANY(${keys}::bigint[])` : sql`TRUE`
  // The same order in every database, whatever its locale.
  const rows = await databases.query<ProfileRow>(
    'primary',
    sql`${selectProfiles(databases, flagColumns)} WHERE ${condition} ORDER BY name COLLATE "C" LIMIT ${maxProfiles + 1}`,
  )
  if (rows.length > maxProfiles)
    throw new BadUserInputError('ids', `there are more than ${maxProfiles} profiles; say which ones.`)
  const found = new Set(rows.map(({ id }) => id))
  const missing = keys?.findIndex((key) => !found.has(Number(key))) ?? -1
  if (missing >= 0) throw new NotFoundError(`ids[${missing}]`, 'no such access profile.')
  return rows
}

const OnExisting = builder.enumType('OnExistingAccessProfile', {
  description: 'What becomes of a profile that has the name of one in the document.',
  values: described(onExisting),
})

const ImportAction = builder.enumType('AccessProfileImportAction', {
  description: 'What becomes of a profile of the document.',
  values: described(importActions),
})

function described<Name extends string>(values: Readonly<Record<Name, string>>): Record<Name, { description: string }> {
  const entries = Object.entries<string>(values).map(([name, description]) => [name, { description }])
  return Object.fromEntries(entries) as Record<Name, { description: string }> // fromEntries widens the keys
}

const ImportAccessProfilesInput = builder.inputType('ImportAccessProfilesInput', {
  fields: (t) => ({
    profiles: t.field({
      type: 'JSON',
      required: true,
      description: `What \`exportAccessProfiles\` answers: ${documentDescription}; nothing is left out and nothing added.`,
      authScopes: changeRule,
    }),
    dryRun: t.boolean({
      required: true,
      defaultValue: true,
      description: 'Whether nothing is written: the answer, also with an error, is that of the real run.',
      authScopes: changeRule,
    }),
    onExisting: t.field({ type: OnExisting, required: true, defaultValue: 'FAIL', authScopes: changeRule }),
    version: t.string({
      description:
        'The `version` that a dry run answered with; `CONFLICT` when one of these profiles has been changed, created or deleted since.',
      authScopes: changeRule,
    }),
  }),
})

export const AccessProfileFlagChange = builder.objectRef<FlagChange>('AccessProfileFlagChange').implement({
  description: 'What becomes of a flag.',
  fields: (t) => ({
    permission: t.expose('permission', { type: Permission, nullable: false, authScopes: readRule }),
    before: t.exposeBoolean('before', { description: 'None where there was no profile.', authScopes: readRule }),
    after: t.exposeBoolean('after', { nullable: false, authScopes: readRule }),
  }),
})

const ImportedAccessProfile = builder.objectRef<ImportedProfile>('ImportedAccessProfile').implement({
  description: 'What became of a profile of the document, or would become of it.',
  fields: (t) => ({
    name: t.exposeString('name', { nullable: false, authScopes: readRule }),
    action: t.expose('action', { type: ImportAction, nullable: false, authScopes: readRule }),
    changes: t.expose('changes', {
      type: [AccessProfileFlagChange],
      nullable: false,
      description: 'The flags that are others than before; all of them for a new profile.',
      authScopes: readRule,
      extensions: { rows: { args: [], count: () => flagColumns.length } },
    }),
    accessProfile: t.field({
      type: CustomerPortalAccessProfile,
      description: 'As it now is; none where a dry run found none.',
      authScopes: readRule,
      resolve: ({ id }, _args, context, info) =>
        loadLinked(context, accessProfiles, id === null ? null : String(id), info),
    }),
  }),
})

const AccessProfileImport = builder.objectRef<Import & { readonly dryRun: boolean }>('AccessProfileImport').implement({
  description: 'What an import did, or would do.',
  fields: (t) => ({
    dryRun: t.exposeBoolean('dryRun', { nullable: false, description: 'Nothing was written.', authScopes: readRule }),
    version: t.exposeString('version', {
      nullable: false,
      description:
        'Names what these profiles were before. Give it to the real run, which then does what this one says or nothing.',
      authScopes: readRule,
    }),
    profiles: t.expose('profiles', {
      type: [ImportedAccessProfile],
      nullable: false,
      description: 'In the order of the document.',
      authScopes: readRule,
    }),
  }),
})

builder.mutationField('importAccessProfiles', (t) =>
  t.field({
    type: AccessProfileImport,
    description:
      'Creates and changes access profiles, all or none, by their names. Unless `dryRun` is `false` nothing is written. All that is wrong with the document is told at once, in `problems` of `extensions`.',
    authScopes: changeRule,
    extensions: { cost: searchCost, rows: { args: ['input'], count: profilesIn } },
    args: { input: t.arg({ type: ImportAccessProfilesInput, required: true, authScopes: changeRule }) },
    resolve: async (_root, { input: { profiles, dryRun, onExisting, version } }, context) => {
      const document = readDocument(profiles, 'input.profiles')
      const options = { onExisting, version: version ?? null, isRehearsal: dryRun }
      const work: Work<Import> = (transaction, record) => importProfiles(transaction, record, document, options)
      const done = dryRun ? await rehearse(context, work) : await change(context, 'everybody', work)
      return { ...done, dryRun }
    },
  }),
)

function profilesIn({ input }: Readonly<Record<string, unknown>>): number {
  const document = memberOf(input, 'profiles')
  const profiles = memberOf(document, 'profiles')
  return Array.isArray(profiles) ? Math.min(profiles.length, maxProfiles) : 1
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined
}
