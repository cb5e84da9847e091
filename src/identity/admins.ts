import { sql, type Databases, type Row, type Sql } from '../backends/databases.ts'
import type { LoginSubject } from './claims.ts'
import type { Seal } from './keys.ts'
import { sameSeal, type Known, type Presence, type PresenceInSql, type Principal } from './principal.ts'
import { isLive } from './sessions.ts'
import type { RolePolicy } from './role-policy.ts'
import type { ActingAdministrator, AdminViewer } from './viewer.ts'

export interface Admins {
  named(username: string, presence: Presence): Promise<Principal<Known<AdminViewer>, LoginSubject> | null>
  /** The subject as this row has it; null when the password is another by now. */
  principal(subject: LoginSubject, row: AdminRow): Principal<Known<AdminViewer>, LoginSubject> | null
  /** The same of one who acts as a login; null also when the roles do not allow that any more. */
  actor(subject: LoginSubject, row: AdminRow): ActingAdministrator | null
}

export interface AdminRow extends Row {
  readonly id: number
  readonly username: string
  readonly encrypted_password: string
  readonly roles: readonly string[]
}

export function createAdmins(databases: Databases, seal: Seal, policy: RolePolicy): Admins {
  const principal: Admins['principal'] = (subject, row) => {
    const found = adminPrincipal(row, seal, policy)
    return sameSeal(subject, found.subject) ? found : null
  }
  return {
    async named(username, presence) {
      const [row] = await databases.query<AdminRow>('primary', adminStatement(sql`u.username = ${username}`, presence))
      return row === undefined ? null : adminPrincipal(row, seal, policy)
    },
    principal,
    actor(subject, row) {
      const { id: adminId, username, roles } = row
      return principal(subject, row) && policy(roles).actAsCustomer ? { adminId, username } : null
    },
  }
}

/** Yeti's admin API lets the disabled in as well; here they are out, and no list of addresses still means any. */
export function adminStatement(who: Sql, { address, sessionKey }: PresenceInSql): Sql {
  return sql`
    SELECT u.id, u.username, u.encrypted_password, u.roles
    FROM gui.admin_users u
    WHERE ${who} AND u.enabled AND ${isLive(sessionKey)}
      AND ${address}::inet <<= ANY (
        CASE WHEN cardinality(u.allowed_ips) > 0 THEN u.allowed_ips ELSE '{0.0.0.0/0, ::/0}' END
      )`
}

function adminPrincipal(row: AdminRow, seal: Seal, policy: RolePolicy): Principal<Known<AdminViewer>, LoginSubject> {
  const subject: LoginSubject = { sub: row.id, seal: seal(row.id, row.encrypted_password) }
  return {
    passwordDigest: row.encrypted_password,
    subject,
    viewer: (session) => ({
      kind: 'admin',
      subject: { audience: 'admin', claims: subject },
      scopes: policy(row.roles),
      adminId: row.id,
      username: row.username,
      roles: row.roles,
      session,
    }),
  }
}
