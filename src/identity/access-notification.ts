import { sql, type Databases, type Sql } from '../backends/databases.ts'

/** The channel on which gateways tell each other that somebody may see less, or more, than before. */
export const accessChannel = 'portal_access_changed'

/** Whom a change is about; `everybody` where that cannot be said shortly. */
export type AccessChange = { readonly loginId: number } | { readonly sessionKey: string } | 'everybody'

/** The notification of a change, to be part of the statement that makes it. */
export function accessNotification(change: AccessChange): Sql {
  return sql`pg_notify(${accessChannel}, ${payloadOf(change)})`
}

/** Tells every gateway process of a change that has been made. It is noticed without too, only later. */
export async function notifyAccessChanged(databases: Databases, change: AccessChange): Promise<void> {
  await databases.query('primary', sql`SELECT ${accessNotification(change)}`)
}

export function payloadOf(change: AccessChange): string {
  if (change === 'everybody') return ''
  return 'loginId' in change ? `login:${change.loginId}` : `session:${change.sessionKey}`
}
