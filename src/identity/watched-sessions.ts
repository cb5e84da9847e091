import { GatewayError, UnavailableError } from '../errors.ts'
import type { Watched } from './access-changes.ts'
import { payloadOf } from './access-notification.ts'
import { normalizeAddress } from './address.ts'
import { refused } from './authenticate.ts'
import type { Subject } from './claims.ts'
import type { KnownViewer, Principal } from './principal.ts'
import type { Viewer } from './viewer.ts'

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

  enter(viewer: KnownViewer, address: string, listener: AccessListener): WatchedSession {
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
  become(session: WatchedSession, principal: Principal | null): void {
    if (session.viewer === refused) return
    const viewer = principal?.viewer(session.session)
    // With the password as it was when the watch began, which some tokens do not say.
    if (viewer) session.subject = viewer.subject
    else this.#forget(session)
    session.viewer = viewer ?? refused
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

function newSession(viewer: KnownViewer, address: string): WatchedSession {
  return {
    subject: viewer.subject,
    address: normalizeAddress(address),
    session: viewer.session,
    fingerprint: '',
    viewer,
    listeners: new Set(),
  }
}

/** Tokens of one session that last for different times are watched apart. */
function keyOf({ subject, address, session }: WatchedSession): string {
  return JSON.stringify([subject.audience, whoIs(subject), address, session.key, session.expiresAt])
}

/** Without what may change while a session is watched. */
function whoIs({ audience, claims }: Subject): unknown {
  if (audience === 'acting') return [claims.loginId, claims.administrator.sub]
  return claims.sub === 'D' ? claims : claims.sub
}

function isAbout(payload: string, { subject, session }: WatchedSession): boolean {
  if (payload === payloadOf({ sessionKey: session.key })) return true
  const loginId = loginOf(subject)
  return loginId !== null && payload === payloadOf({ loginId })
}

/** The login that somebody is, or is looked at as. */
function loginOf({ audience, claims }: Subject): number | null {
  if (audience === 'acting') return claims.loginId
  return audience === 'customer' && claims.sub !== 'D' ? claims.sub : null
}
