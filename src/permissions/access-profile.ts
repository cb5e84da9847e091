import { mapPermissions, permissionKeys, type Permission } from './permissions.ts'

/** What one profile allows: every flag, on or off. */
export type AccessProfile = Readonly<Record<Permission, boolean>>

/** The profile of somebody who may see nothing. */
export const nothingAllowed: AccessProfile = Object.freeze(mapPermissions(() => false))

/** The profile that Yeti gives when nothing else is said. */
export const defaultProfile: AccessProfile = Object.freeze(mapPermissions((_, row) => row.default))

/**
 * Reads a profile from the text of a `boolean[]` with the flags in the order of the catalogue: `{t,f,…}`. Only `t`
 * allows: `f`, `NULL`, a value that is missing or anything else denies.
 */
export function profileFromArray(text: string): AccessProfile {
  const values = /^\{(.*)\}$/.exec(text)?.[1]?.split(',') ?? []
  // Of a list of another length nobody knows which value is whose.
  if (values.length !== permissionKeys.length) return nothingAllowed
  return Object.freeze(mapPermissions((permission) => values[position.get(permission) ?? -1] === 't'))
}

const position: ReadonlyMap<Permission, number> = new Map(
  permissionKeys.map((permission, index) => [permission, index]),
)
