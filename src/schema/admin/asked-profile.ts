import { selectProfiles, type ProfileRow } from '../../backends/access-profiles.ts'
import { sql } from '../../backends/databases.ts'
import { NotFoundError } from '../../errors.ts'
import type { AccessProfile } from '../../permissions/access-profile.ts'
import { mapPermissions } from '../../permissions/permissions.ts'
import type { Context } from '../context.ts'
import { keyOf } from '../resource/list-query.ts'
import { accessProfiles, flagColumns } from './access-profiles.ts'
import { portalLogins } from './portal-logins.ts'

/** The flags of the profile with this id, which `argument` has named. */
export async function askedProfile(context: Context, id: string, argument: string): Promise<AccessProfile> {
  const key = keyOf(accessProfiles, id, argument)
  const profile = (await profilesByKey(context, [key])).get(Number(key))
  if (!profile) throw new NotFoundError(argument, 'no such access profile.')
  return profile
}

/** The flags of two profiles, with one statement. */
export async function askedProfiles(
  context: Context,
  ids: { readonly a: string; readonly b: string },
): Promise<{ readonly a: AccessProfile; readonly b: AccessProfile }> {
  const keys = { a: keyOf(accessProfiles, ids.a, 'a'), b: keyOf(accessProfiles, ids.b, 'b') }
  const found = await profilesByKey(context, Object.values(keys))
  const [a, b] = [found.get(Number(keys.a)), found.get(Number(keys.b))]
  if (!a || !b) throw new NotFoundError(a ? 'b' : 'a', 'no such access profile.')
  return { a, b }
}

async function profilesByKey(
  { databases }: Context,
  keys: readonly string[],
): Promise<ReadonlyMap<number, AccessProfile>> {
  const rows = await databases.query<ProfileRow>(
    'primary',
    sql`${selectProfiles(databases, flagColumns)} WHERE id = ANY (${keys}::bigint[])`,
  )
  return new Map(rows.map((row) => [row.id, profileOf(row)]))
}

/** The flags of the login with this id. */
export async function askedLoginsProfile({ databases }: Context, id: string, argument: string): Promise<AccessProfile> {
  const key = keyOf(portalLogins, id, argument)
  const [row] = await databases.query<ProfileRow>(
    'primary',
    sql`${selectProfiles(databases, flagColumns)} WHERE id =
      (SELECT login.customer_portal_access_profile_id FROM sys.api_access login WHERE login.id = ${key}::bigint)`,
  )
  if (!row) throw new NotFoundError(argument, 'no such login.')
  return profileOf(row)
}

function profileOf({ flags }: ProfileRow): AccessProfile {
  return mapPermissions((_, { column }) => flags[column] === true)
}
