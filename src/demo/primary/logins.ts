import type pg from 'pg'
import { moment, timestamp } from '../clock.ts'
import { type Row, insertRows } from '../rows.ts'
import { admin, logins, profiles } from '../world/logins.ts'

/** The flags as this database has them: a flag that is added later needs no word here. */
async function flagColumns(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select column_name as name from information_schema.columns
     where table_schema = 'sys' and table_name = 'customer_portal_access_profiles' and data_type = 'boolean'`,
  )
  return rows.map(({ name }) => name)
}

export async function insertProfiles(client: pg.ClientBase, now: Date): Promise<void> {
  const flags = await flagColumns(client)
  const created = now.toISOString()
  for (const { id, name, allows } of profiles) {
    const chosen = allows ? Object.fromEntries(flags.map((flag) => [flag, allows(flag)])) : {}
    await insertRows(client, 'sys.customer_portal_access_profiles', [
      { id, name, created_at: created, updated_at: created, ...chosen },
    ])
  }
}

export function loginRows(now: Date): Row[] {
  const created = timestamp(moment(now))
  return logins.map(({ id, login, contractor, profile, accountIds, numberlists, gateway, digest }) => ({
    id,
    customer_id: contractor.id,
    login,
    password_digest: digest,
    account_ids: accountIds,
    customer_portal_access_profile_id: profile.id,
    allow_outgoing_numberlists_ids: numberlists.map((list) => list.id),
    provision_gateway_id: gateway && gateway.id,
    created_at: created,
    updated_at: created,
  }))
}

export function adminRows(now: Date): Row[] {
  const created = timestamp(moment(now))
  return [
    {
      id: admin.id,
      username: admin.login,
      encrypted_password: admin.digest,
      roles: ['root'],
      created_at: created,
      updated_at: created,
    },
  ]
}
