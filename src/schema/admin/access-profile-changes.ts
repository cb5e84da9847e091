import {
  deleteProfile,
  insertProfiles,
  lockProfile,
  loginsOf,
  NamesTakenError,
  NumbersExhaustedError,
  ProfileHeldError,
  updateProfiles,
  type ProfileContent,
  type ProfileRow,
} from '../../backends/access-profiles.ts'
import type { Transaction } from '../../backends/databases.ts'
import { ConflictError, NotFoundError } from '../../errors.ts'
import {
  attributesOf,
  changedContent,
  columnChanges,
  columnsOf,
  differing,
  type GivenContent,
} from './access-profile-content.ts'
import { flagColumns } from './access-profiles.ts'
import type { RecordChange } from './change.ts'
import { explainUnkept, flagOfInput } from './unkept-flags.ts'

/** The arguments that errors name. */
interface Arguments {
  readonly name: string
  readonly whole: string
}

export async function createProfile(
  transaction: Transaction,
  record: RecordChange,
  { name, flags }: ProfileContent,
  argument: Arguments,
): Promise<number> {
  const inserted = await insertProfiles(transaction, flagColumns, [{ name, flags }]).catch((error: unknown) => {
    if (error instanceof NumbersExhaustedError) throw numbersExhausted(argument.whole)
    throw error instanceof NamesTakenError ? nameTaken(argument.name) : explainUnkept(error, flagOfInput)
  })
  const id = inserted.get(name) ?? 0
  const subject = { kind: 'access_profile', id, name } as const
  await record({ action: 'create', subject, before: null, after: columnsOf({ name, flags }) })
  return id
}

export async function updateProfile(
  transaction: Transaction,
  record: RecordChange,
  current: ProfileRow,
  wanted: GivenContent,
): Promise<number> {
  const changed = columnChanges(current, wanted)
  if (!changed) return current.id
  const content = changedContent(current, wanted)
  await updateProfiles(transaction, flagColumns, [content]).catch((error: unknown) => {
    throw error instanceof NamesTakenError ? nameTaken('input.name') : explainUnkept(error, flagOfInput)
  })
  const subject = { kind: 'access_profile', id: current.id, name: content.name } as const
  await record({ action: 'update', subject, ...changed })
  return current.id
}

export async function removeProfile(
  transaction: Transaction,
  record: RecordChange,
  current: ProfileRow,
): Promise<void> {
  const { id, name } = current
  const loginCount = await loginsOf(transaction, id)
  if (loginCount > 0) {
    const logins = loginCount === 1 ? '1 login has' : `${loginCount} logins have`
    throw new ConflictError('id', `${logins} this profile; give them another one first.`, { loginCount })
  }
  await deleteProfile(transaction, id).catch((error: unknown) => {
    throw error instanceof ProfileHeldError ? held() : error
  })
  await record({
    action: 'delete',
    subject: { kind: 'access_profile', id, name },
    before: columnsOf(current),
    after: null,
  })
}

export async function lockedProfile(transaction: Transaction, key: string): Promise<ProfileRow> {
  const profile = await lockProfile(transaction, flagColumns, key)
  if (!profile) throw new NotFoundError('id', 'no such access profile.')
  return profile
}

/** Throws a `ConflictError` that shows both sides, so that a front end can put them together. */
export function assertVersion(current: ProfileRow, version: string, wanted: GivenContent): ProfileRow {
  if (current.version === version) return current
  throw new ConflictError('version', 'the profile is another than the one you have read.', {
    current: { version: current.version, ...attributesOf(current) },
    yours: { version, ...attributesOf(wanted) },
    differing: Object.keys(attributesOf(differing(current, wanted))),
  })
}

function nameTaken(argument: string): ConflictError {
  return new ConflictError(argument, 'another access profile has this name.')
}

export function numbersExhausted(argument: string): ConflictError {
  return new ConflictError(
    argument,
    'Yeti has no number left for another access profile: it counts to 32,767, and those of deleted ones do not come again.',
  )
}

function held(): ConflictError {
  return new ConflictError('id', 'something else in Yeti holds this profile.')
}
