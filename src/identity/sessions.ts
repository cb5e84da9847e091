import { randomBytes } from 'node:crypto'
import { sql, type Databases, type Sql } from '../backends/databases.ts'
import { accessNotification } from './access-notification.ts'

export function newSessionKey(): string {
  return randomBytes(16).toString('base64url')
}

/** The condition that a session was not ended. */
export function isLive(sessionKey: string | Sql): Sql {
  return sql`NOT EXISTS (SELECT FROM portal.revoked_sessions r WHERE r.key = ${sessionKey})`
}

/** Clocks differ between processes, and a request that began before the sign-out may still renew its cookie. */
const marginSeconds = 300

/** When the last token of a session will have expired that is given out now; null: never. */
export function endOfSession(expiresAt: Date | null, lifetime: number | null): Date | null {
  if (expiresAt === null || lifetime === null) return null
  return new Date(Math.max(expiresAt.getTime(), Date.now() + lifetime * 1000) + marginSeconds * 1000)
}

/** Ends a session on every gateway process, with whatever runs in it, and forgets ended ones whose tokens have all expired by now. */
export async function endSession(databases: Databases, sessionKey: string, until: Date | null): Promise<void> {
  await databases.query(
    'primary',
    sql`
      WITH forgotten AS (
        DELETE FROM portal.revoked_sessions WHERE key IN (
          SELECT key FROM portal.revoked_sessions WHERE expires_at < now() LIMIT 1000 FOR UPDATE SKIP LOCKED
        )
      ), ended AS (
        INSERT INTO portal.revoked_sessions (key, expires_at) VALUES (${sessionKey}, ${until})
        ON CONFLICT (key) DO NOTHING RETURNING key
      )
      SELECT ${accessNotification({ sessionKey })} FROM ended`,
  )
}
