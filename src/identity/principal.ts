import type { Sql } from '../backends/databases.ts'
import type { CustomerSubject, LoginSubject, Subject } from './claims.ts'
import type { AdminViewer, CustomerViewer, Session } from './viewer.ts'

/** From where, and in which session, somebody wants to act. */
export interface Presence {
  /** Normalised; null where it is not known, from where nobody may act. */
  readonly address: string | null
  readonly sessionKey: string
}

/** The same for a statement, which may have it as values or as columns. */
export interface PresenceInSql {
  readonly address: Presence['address'] | Sql
  readonly sessionKey: string | Sql
}

/** A viewer as this folder hands them out: it remembers for whom the token spoke, which file links and watches repeat. */
export type Known<V> = V & { readonly subject: Subject }
export type KnownViewer = Known<CustomerViewer | AdminViewer>

/** Somebody who, as the database stands, may act from that address and in that session. */
export interface Principal<V = KnownViewer, S extends CustomerSubject | null = CustomerSubject | null> {
  /** null: nobody signs in as them. */
  readonly passwordDigest: string | null
  /** For their next token; null: they get none. */
  readonly subject: S
  viewer(session: Session): V
}

/** Whether a token was signed in with the password that still holds. Yeti's tokens do not say. */
export function sameSeal(presented: LoginSubject, current: LoginSubject): boolean {
  return presented.seal === undefined || presented.seal === current.seal
}
