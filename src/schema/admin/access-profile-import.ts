import { createHash } from 'node:crypto'
import {
  insertProfiles,
  lockProfilesNamed,
  NamesTakenError,
  NumbersExhaustedError,
  updateProfiles,
  type ProfileContent,
  type ProfileRow,
} from '../../backends/access-profiles.ts'
import type { Change } from '../../backends/audit.ts'
import type { Transaction } from '../../backends/databases.ts'
import { ConflictError } from '../../errors.ts'
import { permissionKeys, permissionName, permissions, type PermissionName } from '../../permissions/permissions.ts'
import { numbersExhausted } from './access-profile-changes.ts'
import { columnChanges, columnsOf } from './access-profile-content.ts'
import { problemDetails } from './access-profile-document.ts'
import { flagColumns } from './access-profiles.ts'
import type { RecordChange } from './change.ts'
import { explainUnkept } from './unkept-flags.ts'

export const importActions = {
  CREATE: 'There was none of that name.',
  UPDATE: 'There was one with other flags, which has these now.',
  UNCHANGED: 'There was one with the very same flags.',
  SKIP: 'There was one, and it was left as it was.',
} as const

export type ImportAction = keyof typeof importActions

export const onExisting = {
  FAIL: 'Refuse the whole import with a `CONFLICT`.',
  SKIP: 'Leave it as it is.',
  UPDATE: 'Give it the flags of the document.',
} as const

export type OnExisting = keyof typeof onExisting

/** What became of one profile of the document. */
export interface ImportedProfile {
  readonly name: string
  readonly action: ImportAction
  /** null: it is not there, since this was a rehearsal. */
  readonly id: number | null
  readonly changes: readonly FlagChange[]
}

export interface FlagChange {
  readonly permission: PermissionName
  /** null for a profile that there was not. */
  readonly before: boolean | null
  readonly after: boolean
}

export interface Import {
  readonly profiles: readonly ImportedProfile[]
  /** Names the state that the profiles of the document were in before. */
  readonly version: string
}

export interface ImportOptions {
  readonly onExisting: OnExisting
  /** The state that the caller expects; null: whichever it is. */
  readonly version: string | null
  readonly isRehearsal: boolean
}

/** A profile of the document beside the one of that name that is there. */
interface Planned {
  readonly wanted: ProfileContent
  readonly current: ProfileRow | undefined
  readonly action: ImportAction
}

/** Brings profiles in, all or none; whoever else changes them waits. */
export async function importProfiles(
  transaction: Transaction,
  record: RecordChange,
  document: readonly ProfileContent[],
  options: ImportOptions,
): Promise<Import> {
  const names = document.map(({ name }) => name)
  const existing = new Map((await lockProfilesNamed(transaction, flagColumns, names)).map((row) => [row.name, row]))
  const version = versionOf(names, existing)
  if (options.version !== null && options.version !== version)
    throw new ConflictError('input.version', 'these profiles are not what they were then; do another dry run.')
  if (options.onExisting === 'FAIL') assertNone(document, existing)
  const plan = document.map((wanted): Planned => {
    const current = existing.get(wanted.name)
    return { wanted, current, action: actionOf(wanted, current, options.onExisting) }
  })
  const created = await write(transaction, plan, options).catch((error: unknown) => {
    throw explainUnkept(error, ({ profile, column }) => `${pathOf(names.indexOf(profile))}.flags.${column}`)
  })
  await record(...plan.flatMap((planned) => changeOf(planned, created)))
  const profiles = plan.map(({ wanted, current, action }): ImportedProfile => {
    const id = current?.id ?? (options.isRehearsal ? null : (created.get(wanted.name) ?? null))
    return { name: wanted.name, action, id, changes: action === 'SKIP' ? [] : flagChanges(wanted, current) }
  })
  return { profiles, version }
}

function actionOf(wanted: ProfileContent, current: ProfileRow | undefined, existing: OnExisting): ImportAction {
  if (!current) return 'CREATE'
  if (existing === 'SKIP') return 'SKIP'
  return columnChanges(current, wanted) ? 'UPDATE' : 'UNCHANGED'
}

/** Answers the numbers of those that it has created. */
async function write(
  transaction: Transaction,
  plan: readonly Planned[],
  { isRehearsal }: ImportOptions,
): Promise<ReadonlyMap<string, number>> {
  const updates = plan.flatMap(({ wanted, current, action }) =>
    current && action === 'UPDATE' ? [{ ...wanted, id: current.id }] : [],
  )
  if (updates.length > 0) await updateProfiles(transaction, flagColumns, updates)
  const creations = plan.filter(({ action }) => action === 'CREATE').map(({ wanted }) => wanted)
  return insertProfiles(transaction, flagColumns, creations, isRehearsal).catch((error: unknown) => {
    if (error instanceof NumbersExhaustedError) throw numbersExhausted('input.profiles')
    if (error instanceof NamesTakenError)
      throw new ConflictError('input.profiles', 'one of these names has just been given to another profile.')
    throw error
  })
}

function changeOf({ wanted, current, action }: Planned, created: ReadonlyMap<string, number>): Change[] {
  const { name } = wanted
  const subject = { kind: 'access_profile', id: current?.id ?? created.get(name) ?? 0, name } as const
  if (action === 'CREATE') return [{ action: 'create', subject, before: null, after: columnsOf(wanted) }]
  const changed = current && action === 'UPDATE' && columnChanges(current, wanted)
  return changed ? [{ action: 'update', subject, ...changed }] : []
}

function assertNone(document: readonly ProfileContent[], existing: ReadonlyMap<string, ProfileRow>): void {
  const problems = document.flatMap(({ name }, index) =>
    existing.has(name) ? [{ argument: `${pathOf(index)}.name`, message: 'there is a profile of this name.' }] : [],
  )
  const [first] = problems
  if (!first) return
  const text = `${problems.length} of these profiles exist; say what becomes of them with onExisting.`
  throw new ConflictError(first.argument, text, problemDetails(problems))
}

/** A profile of the document, as the caller wrote it. */
function pathOf(index: number): string {
  return `input.profiles.profiles[${index}]`
}

function flagChanges({ flags }: ProfileContent, current: ProfileRow | undefined): FlagChange[] {
  return permissionKeys.flatMap((key) => {
    const { column } = permissions[key]
    const before = current?.flags[column] ?? null
    const after = flags[column] === true
    return before === after ? [] : [{ permission: permissionName(key), before, after }]
  })
}

/** Of these profiles, whether there is one and which version it has. */
function versionOf(names: readonly string[], existing: ReadonlyMap<string, ProfileRow>): string {
  const state = names.toSorted().map((name) => [name, existing.get(name)?.version ?? null])
  return createHash('sha256').update(JSON.stringify(state)).digest('hex').slice(0, 32)
}
