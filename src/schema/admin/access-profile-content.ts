import type { ProfileContent, ProfileRow } from '../../backends/access-profiles.ts'
import { permissionKeys, permissions } from '../../permissions/permissions.ts'

/** What somebody says of a profile, which can be a part of it. */
export interface GivenContent {
  readonly name?: string
  /** Column → on or off. */
  readonly flags: ProfileContent['flags']
}

/** A profile as it would be with what is wanted. */
export function changedContent(
  { id, name, flags }: ProfileRow,
  wanted: GivenContent,
): ProfileContent & { readonly id: number } {
  return { id, name: wanted.name ?? name, flags: { ...flags, ...wanted.flags } }
}

/** What of `wanted` is not so in `current`. */
export function differing(current: ProfileContent, { name, flags }: GivenContent): GivenContent {
  const others = Object.entries(flags).filter(([column, value]) => current.flags[column] !== value)
  return { ...(name !== undefined && name !== current.name && { name }), flags: Object.fromEntries(others) }
}

/** The columns that are to change, before and after; null when there are none. */
export function columnChanges(
  current: ProfileContent,
  wanted: GivenContent,
): { readonly before: Record<string, unknown>; readonly after: Record<string, unknown> } | null {
  const after = columnsOf(differing(current, wanted))
  const now = columnsOf(current)
  const columns = Object.keys(after)
  return columns.length === 0
    ? null
    : { before: Object.fromEntries(columns.map((column) => [column, now[column]])), after }
}

/** By Yeti's names, as the audit log has them. */
export function columnsOf({ name, flags }: GivenContent): Record<string, unknown> {
  return { ...(name !== undefined && { name }), ...flags }
}

/** By GraphQL's names, in the catalogue's order. */
export function attributesOf({ name, flags }: GivenContent): Readonly<Record<string, string | boolean>> {
  const given = permissionKeys.flatMap((key) => {
    const value = flags[permissions[key].column]
    return value === undefined ? [] : [[key, value] as const]
  })
  return { ...(name !== undefined && { name }), ...Object.fromEntries(given) }
}
