import { sql, type Databases, type Row, type Sql } from '../backends/databases.ts'
import { adminScopes } from '../permissions/scopes.ts'
import type { LoginSubject } from './claims.ts'
import type { Seal } from './keys.ts'
import { sameSeal, type Presence, type Principal } from './principal.ts'
import { isLive } from './sessions.ts'
import type { AdminViewer } from './viewer.ts'

export interface Admins {
  named(username: string, presence: Presence): Promise<Principal<AdminViewer> | null>
  of(subject: LoginSubject, presence: Presence): Promise<Principal<AdminViewer> | null>
}

interface AdminRow extends Row {
  readonly id: number
  readonly username: string
  readonly encrypted_password: string
  readonly roles: readonly string[]
}

export function createAdmins(databases: Databases, seal: Seal): Admins {
  async function admin(who: Sql, presence: Presence): Promise<Principal<AdminViewer, LoginSubject> | null> {
    const [row] = await databases.query<AdminRow>('primary', adminStatement(who, presence))
    return row === undefined ? null : adminPrincipal(row, seal)
  }
  return {
    named: (username, presence) => admin(sql`u.username = ${username}`, presence),
    async of(subject, presence) {
      const found = await admin(sql`u.id = ${subject.sub}`, presence)
      return found !== null && sameSeal(subject, found.subject) ? found : null
    },
  }
}

/** Yeti's admin API lets the disabled in as well; here they are out, and no list of addresses still means any. */
function adminStatement(who: Sql, { address, sessionKey }: Presence): Sql {
  return sql`
    SELECT u.id, u.username, u.encrypted_password, u.roles
    FROM gui.admin_users u
    WHERE ${who} AND u.enabled AND ${isLive(sessionKey)}
      AND ${address}::inet <<= ANY (
        CASE WHEN cardinality(u.allowed_ips) > 0 THEN u.allowed_ips ELSE '{0.0.0.0/0, ::/0}' END
      )`
}

function adminPrincipal(row: AdminRow, seal: Seal): Principal<AdminViewer, LoginSubject> {
  return {
    passwordDigest: row.encrypted_password,
    subject: { sub: row.id, seal: seal(row.id, row.encrypted_password) },
    viewer: (session) => ({
      kind: 'admin',
      scopes: adminScopes,
      adminId: row.id,
      username: row.username,
      roles: row.roles,
      session,
    }),
  }
}
