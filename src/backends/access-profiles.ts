import { join, raw, sql, type Row, type Sql } from './databases.ts'

/** Yeti's access profiles. */
export const profileTable = 'sys.customer_portal_access_profiles'

/**
 * The version of a profile's row: the same text as long as name and flags are the same, whoever changed them.
 * `flagColumns`: the columns of the flags, written by us.
 */
export function profileVersion(flagColumns: readonly string[]): Sql {
  const content = join([sql`name`, ...flagColumns.map((column) => raw(`"${column}"`))])
  return sql`left(encode(sha256(convert_to(ROW(${content})::text, 'UTF8')), 'hex'), 32)`
}

/** A profile as it stands. */
export interface ProfileRow extends Row {
  readonly id: number
  readonly name: string
  readonly version: string
  /** Column → on or off. */
  readonly flags: Readonly<Record<string, boolean>>
}

/** What reads profiles: name, version and flags. To be followed by `WHERE`. */
export function selectProfiles(flagColumns: readonly string[]): Sql {
  const flags = join(flagColumns.map((column) => sql`${raw(`'${column}'`)}, ${raw(`"${column}"`)}`))
  return sql`SELECT id, name, ${profileVersion(flagColumns)} AS version, jsonb_build_object(${flags}) AS flags
    FROM ${raw(profileTable)}`
}
