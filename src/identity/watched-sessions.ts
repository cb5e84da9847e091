import { GatewayError, UnavailableError } from '../errors.ts'
import type { Watched } from './access-changes.ts'
import { payloadOf } from './access-notification.ts'
import { normalizeAddress } from './address.ts'
import { refused } from './authenticate.ts'
import type { SubjectViewer } from './customers.ts'
import type { Principal } from './principal.ts'
import type { AdminViewer, Session, Viewer } from './viewer.ts'

/** Told what becomes of a viewer for whom something runs. */
export interface AccessListener {
  /** Who it is now: with other rights, or nobody, where the session has ended. */
  changed(viewer: Viewer): void
  /** Nobody looks any more: an error when that was not meant to be, null when the gateway stops. */
  ended(error: GatewayError | null): void
}

/** One session from one address, with all that runs in it. */
export interface WatchedSession extends Watched {
  subject: Watched['subject']
  fingerprint: string | null
  viewer: Viewer
  readonly session: Session
  readonly listeners: Set<AccessListener>
}

/** How many things one session, and how many sessions one process, may have running. */
const maxListeners = 100
const maxSessions = 10_000

/** The sessions in which something runs. */
export class WatchedSessions {
  readonly #sessions = new Map<string, WatchedSession>()

  get size(): number {
    return this.#sessions.size
  }

  all(): WatchedSession[] {
    return [...this.#sessions.values()]
  }

  enter(viewer: SubjectViewer | AdminViewer, address: string, listener: AccessListener): WatchedSession {
    const fresh = newSession(viewer, address)
    const key = keyOf(fresh)
    const session = this.#sessions.get(key) ?? fresh
    if (session === fresh && this.size >= maxSessions) throw new UnavailableError()
    if (session.listeners.size >= maxListeners) {
      throw new GatewayError('RATE_LIMITED', `At most ${maxListeners} subscriptions run in one session.`)
    }
    session.listeners.add(listener)
    this.#sessions.set(key, session)
    return session
  }

  leave(session: WatchedSession, listener: AccessListener): void {
    session.listeners.delete(listener)
    if (session.listeners.size === 0) this.#forget(session)
  }

  /** Tells all who listen who it is now; null: nobody any more, for good. */
  become(session: WatchedSession, principal: Principal<Viewer> | null): void {
    if (session.viewer === refused) return
    if (principal === null) this.#forget(session)
    else session.subject = subjectNow(session.subject, principal)
    session.viewer = principal?.viewer(session.session) ?? refused
    for (const listener of [...session.listeners]) listener.changed(session.viewer)
  }

  clear(): AccessListener[] {
    const listeners = this.all().flatMap((session) => [...session.listeners])
    this.#sessions.clear()
    return listeners
  }

  /** Whether a notification is about any of them. */
  hasAnyOf(payload: string): boolean {
    return payload === '' || this.all().some((session) => isAbout(payload, session))
  }

  #forget(session: WatchedSession): void {
    const key = keyOf(session)
    if (this.#sessions.get(key) === session) this.#sessions.delete(key)
  }
}

function newSession(viewer: SubjectViewer | AdminViewer, address: string): WatchedSession {
  return {
    subject:
      viewer.kind === 'customer'
        ? { audience: 'customer', claims: viewer.subject }
        : { audience: 'admin', claims: { sub: viewer.adminId } },
    address: normalizeAddress(address),
    sessionKey: viewer.session.key,
    session: viewer.session,
    fingerprint: '',
    viewer,
    listeners: new Set(),
  }
}

/** Tokens of one session that last for different times are watched apart. */
function keyOf({ subject, address, session }: WatchedSession): string {
  const { claims, audience } = subject
  return JSON.stringify([audience, claims.sub === 'D' ? claims : claims.sub, address, session.key, session.expiresAt])
}

/** With the password as it was when the watch began, which some tokens do not say. */
function subjectNow(subject: Watched['subject'], principal: Principal<Viewer>): Watched['subject'] {
  if (subject.audience === 'customer') return { ...subject, claims: principal.subject }
  return principal.subject.sub === 'D' ? subject : { ...subject, claims: principal.subject }
}

function isAbout(payload: string, { subject, sessionKey }: WatchedSession): boolean {
  if (payload === payloadOf({ sessionKey })) return true
  const { sub } = subject.claims
  return subject.audience === 'customer' && sub !== 'D' && payload === payloadOf({ loginId: sub })
}
