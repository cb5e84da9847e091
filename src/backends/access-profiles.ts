import { quoted, sourceOf } from './absent-columns.ts'
import { join, raw, sql, type Databases, type Row, type Sql, type Transaction } from './databases.ts'
import { profileTable, writableColumns } from './profile-columns.ts'
import { rememberRows } from './yeti-versions.ts'

export { NoColumnError, profileTable, writableColumns, type UnkeptFlag } from './profile-columns.ts'

/** Where Yeti's numbers of profiles come from. */
const sequence = 'sys.customer_portal_access_profiles_id_seq'

/**
 * The version of a profile's row: the same text as long as name and flags are the same, whoever changed them.
 * `flagColumns`: the columns of the flags, written by us.
 */
export function profileVersion(flagColumns: readonly string[]): Sql {
  const content = join([sql`name`, ...flagColumns.map(quoted)])
  return sql`left(encode(sha256(convert_to(ROW(${content})::text, 'UTF8')), 'hex'), 32)`
}

/** What of a profile can be written. */
export interface ProfileContent {
  readonly name: string
  /** Column → on or off. */
  readonly flags: Readonly<Record<string, boolean>>
}

/** A profile as it stands. */
export interface ProfileRow extends Row, ProfileContent {
  readonly id: number
  readonly version: string
}

/** What reads profiles: name, version and flags. To be followed by `WHERE`. */
export function selectProfiles(databases: Pick<Databases, 'absent'>, flagColumns: readonly string[]): Sql {
  const flags = join(flagColumns.map((column) => sql`${raw(`'${column}'`)}, ${quoted(column)}`))
  return sql`SELECT id, name, ${profileVersion(flagColumns)} AS version, jsonb_build_object(${flags}) AS flags
    FROM ${sourceOf(databases, profileTable)}`
}

/** A profile that nobody else changes, and no login is given, before the transaction ends; null when there is none. */
export async function lockProfile(
  transaction: Transaction,
  flagColumns: readonly string[],
  id: string,
): Promise<ProfileRow | null> {
  const which = sql`id = ${id}::bigint`
  const [row] = await transaction.query<ProfileRow>(
    sql`${selectProfiles(transaction, flagColumns)} WHERE ${which} FOR UPDATE`,
  )
  await rememberRows(transaction, profileTable, which)
  return row ?? null
}

/** The same for those that have these names, always in the same order, so that nobody waits in a circle. */
export async function lockProfilesNamed(
  transaction: Transaction,
  flagColumns: readonly string[],
  names: readonly string[],
): Promise<ProfileRow[]> {
  const which = sql`name = ANY(${[...names]}::varchar[])`
  const rows = await transaction.query<ProfileRow>(
    sql`${selectProfiles(transaction, flagColumns)} WHERE ${which} ORDER BY id FOR UPDATE`,
  )
  await rememberRows(transaction, profileTable, which)
  return rows
}

/** Other profiles have these names. */
export class NamesTakenError extends Error {
  override readonly name = 'NamesTakenError'
  readonly names: readonly string[]

  constructor(names: readonly string[]) {
    super('names that other profiles have')
    this.names = names
  }
}

/** Yeti has no number left for another profile. */
export class NumbersExhaustedError extends Error {
  override readonly name = 'NumbersExhaustedError'
}

/** A row of another table holds the profile. */
export class ProfileHeldError extends Error {
  override readonly name = 'ProfileHeldError'
}

/** After so many attempts it is not the sequence that is in the way. */
const maxAttempts = 10

/**
 * Adds profiles and answers their numbers by their names, all or none. `isRehearsal`: with numbers that do not come from
 * the sequence; rolled back, it would give none of its 32,767 again. Throws `NoColumnError`, `NamesTakenError`,
 * `NumbersExhaustedError`.
 */
export async function insertProfiles(
  transaction: Transaction,
  flagColumns: readonly string[],
  profiles: readonly ProfileContent[],
  isRehearsal = false,
): Promise<Map<string, number>> {
  const columns = await writableColumns(transaction, flagColumns, profiles)
  const ids = new Map<string, number>()
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const missing = profiles.filter(({ name }) => !ids.has(name))
    if (missing.length === 0) return ids
    // Asked first, since an insert that comes to nothing costs numbers.
    const taken = await namesTaken(transaction, missing)
    if (taken.length > 0) throw new NamesTakenError(taken)
    const inserted = await insert(transaction, columns, missing, isRehearsal)
    for (const { id, name } of inserted) ids.set(name, id)
    if (inserted.length < missing.length && !isRehearsal) await passTakenNumbers(transaction)
  }
  throw new Error('Profiles could not be inserted, and neither names nor numbers were the reason')
}

async function namesTaken({ query }: Transaction, profiles: readonly ProfileContent[]): Promise<string[]> {
  const names = profiles.map(({ name }) => name)
  const rows = await query<{ name: string }>(
    sql`SELECT name FROM ${raw(profileTable)} WHERE name = ANY(${names}::varchar[])`,
  )
  return rows.map(({ name }) => name)
}

/** Leaves out those whose number or name is taken; of others that are just being added it waits to know. */
async function insert(
  { query }: Transaction,
  flagColumns: readonly string[],
  profiles: readonly ProfileContent[],
  isRehearsal: boolean,
): Promise<{ id: number; name: string }[]> {
  const columns = join(flagColumns.map(quoted))
  const number = isRehearsal ? sql`-row_number() OVER (ORDER BY name)` : sql`nextval(${sequence}::regclass)`
  try {
    return await query(sql`
      INSERT INTO ${raw(profileTable)} (id, name, ${columns}, created_at, updated_at)
      SELECT ${number}, name, ${columns}, ${utcNow}, ${utcNow} FROM ${given(flagColumns, profiles)}
      ORDER BY name ON CONFLICT DO NOTHING RETURNING id, name`)
  } catch (error) {
    if (isExhausted(error)) throw new NumbersExhaustedError()
    throw error
  }
}

/**
 * Yeti's migration gave its first profile a number past the sequence, which still has it to give. It is only drawn
 * from, never set: that needs no more rights than an insert, and takes no number back that somebody else has drawn.
 */
async function passTakenNumbers({ query }: Transaction): Promise<void> {
  const numbers = sql`generate_series(currval(${sequence}::regclass) + 1, (SELECT max(id)::bigint FROM ${raw(profileTable)}))`
  await query(sql`SELECT max(nextval(${sequence}::regclass)) FROM ${numbers}`)
}

/** Writes the whole content of profiles that this transaction has locked. Throws `NoColumnError`, `NamesTakenError`. */
export async function updateProfiles(
  transaction: Transaction,
  flagColumns: readonly string[],
  profiles: readonly (ProfileContent & { readonly id: number })[],
): Promise<void> {
  const { query } = transaction
  const written = await writableColumns(transaction, flagColumns, profiles)
  // Asked first: of two that want each other's name, each would wait for the other to let go of it.
  const taken = await query<{ name: string }>(
    sql`SELECT name FROM ${raw(profileTable)} other JOIN ${given([], profiles)} USING (name) WHERE other.id <> given.id`,
  )
  if (taken.length > 0) throw new NamesTakenError(taken.map(({ name }) => name))
  const columns = [sql`name`, ...written.map(quoted)]
  const assignments = join(columns.map((column) => sql`${column} = given.${column}`))
  try {
    await query(sql`
      UPDATE ${raw(profileTable)} profile SET ${assignments}, updated_at = ${utcNow}
      FROM ${given(written, profiles)} WHERE profile.id = given.id`)
  } catch (error) {
    if (sqlStateOf(error) === uniqueViolation) throw new NamesTakenError(profiles.map(({ name }) => name))
    throw error
  }
}

/** How many logins have a profile. */
export async function loginsOf({ query }: Transaction, id: number): Promise<number> {
  const [row] = await query<{ count: number }>(
    sql`SELECT count(*)::int AS count FROM sys.api_access WHERE customer_portal_access_profile_id = ${id}`,
  )
  return row?.count ?? 0
}

/** Throws `ProfileHeldError`. */
export async function deleteProfile({ query }: Transaction, id: number): Promise<void> {
  try {
    await query(sql`DELETE FROM ${raw(profileTable)} WHERE id = ${id}`)
  } catch (error) {
    if (sqlStateOf(error) === foreignKeyViolation) throw new ProfileHeldError()
    throw error
  }
}

/** The time of the statement in Yeti's columns, which are in UTC without saying so. */
const utcNow = sql`statement_timestamp() AT TIME ZONE 'UTC'`

/** What is to be written, as rows called `given`. */
function given(flagColumns: readonly string[], profiles: readonly (ProfileContent & { readonly id?: number })[]): Sql {
  const rows = profiles.map(({ id, name, flags }) => ({ ...flags, id, name }))
  const types = join([sql`id int`, sql`name varchar`, ...flagColumns.map((column) => sql`${quoted(column)} boolean`)])
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS given(${types})`
}

const uniqueViolation = '23505'
const foreignKeyViolation = '23503'
/** The sequence is at its end; or it goes on, past what a smallint holds. */
const exhausted: ReadonlySet<string | null> = new Set(['2200H', '22003'])

function isExhausted(error: unknown): boolean {
  return exhausted.has(sqlStateOf(error))
}

function sqlStateOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}
