import { mapPermissions, type Permission } from './permissions.ts'

/** What one profile allows: every flag, on or off. */
export type AccessProfile = Readonly<Record<Permission, boolean>>

/** The profile of somebody who may see nothing. */
export const nothingAllowed: AccessProfile = Object.freeze(mapPermissions(() => false))

/** The profile that Yeti gives when nothing else is said. */
export const defaultProfile: AccessProfile = Object.freeze(mapPermissions((_, row) => row.default))

/**
 * Reads a profile from a database row, keyed by the flags' columns. Only a real `true` allows: a missing
 * column, a null or a text "false" denies.
 */
export function profileFromRow(row: Readonly<Record<string, unknown>>): AccessProfile {
  return Object.freeze(mapPermissions((_, { column }) => row[column] === true))
}
