import { LRUCache } from 'lru-cache'
import type { Config } from '../config.ts'
import {
  actingSubject,
  claimsOf,
  customerSubject,
  loginSubject,
  sessionClaims,
  type ActingSubject,
  type CustomerSubject,
  type LoginSubject,
  type SessionClaims,
} from './claims.ts'
import { audiencesOf, signJwt, verifyJwt } from './jwt.ts'
import { deriveKey, sha256 } from './keys.ts'
import type { Session } from './viewer.ts'

/** Who signs in. Acting is no audience of these: nobody signs in to it, and no cookie carries it. */
export type Audience = 'customer' | 'admin'

/** A token that is good by itself; whether its subject still exists is for the database to say. */
export type SessionToken =
  | { readonly audience: 'customer'; readonly subject: CustomerSubject; readonly session: Session }
  | { readonly audience: 'admin'; readonly subject: LoginSubject; readonly session: Session }
  | { readonly audience: 'acting'; readonly subject: ActingSubject; readonly session: Session }

export interface IssuedToken {
  readonly token: string
  readonly expiresAt: Date | null
}

export interface ActingToken extends IssuedToken {
  readonly expiresAt: Date
}

export interface Tokens {
  read(token: string): Promise<SessionToken | null>
  issue(audience: Audience, subject: CustomerSubject, sessionKey: string): Promise<IssuedToken>
  /** For the header only; not longer than the administrator's session, in which it is, and never renewed. */
  issueActing(subject: ActingSubject, session: Session): Promise<ActingToken>
  /** Whether a session that is presented as a cookie is due for a fresh token. */
  isDue(token: SessionToken): boolean
}

interface AudienceRow {
  /** As Yeti's tokens name it. */
  readonly name: string
  readonly key: Uint8Array
  /** Seconds; null: for ever. */
  readonly lifetime: number | null
}

/** Characters of tokens that are remembered as good; only tokens that were signed with our keys get there. */
const keptTokens = 4_000_000

export function createTokens(lifetimes: Config['tokens'], secrets: Readonly<Record<Audience, string>>): Tokens {
  const encoder = new TextEncoder()
  const audiences: Readonly<Record<SessionToken['audience'], AudienceRow>> = {
    customer: { name: 'customer-v1', key: encoder.encode(secrets.customer), lifetime: lifetimes.customerLifetime },
    admin: { name: 'admin', key: encoder.encode(secrets.admin), lifetime: lifetimes.adminLifetime },
    // With a key that Yeti does not have, so that nothing of Yeti's ever takes it for a customer's.
    acting: { name: 'portal-acting', key: deriveKey(secrets.admin, 'acting'), lifetime: lifetimes.actingLifetime },
  }
  function verify(token: string, { key, name, lifetime }: AudienceRow): Promise<unknown> {
    return verifyJwt(token, { key, audience: name, mustExpire: lifetime !== null })
  }
  const good = new LRUCache<string, SessionToken>({ maxSize: keptTokens, sizeCalculation: (_, token) => token.length })

  async function verified(token: string): Promise<SessionToken | null> {
    const named = audiencesOf(token)
    const [audience, other] = (['customer', 'admin', 'acting'] as const).filter((each) =>
      named.includes(audiences[each].name),
    )
    // One wall between customers and administrators is the audience: a token does not stand on two sides.
    if (audience === undefined || other !== undefined) return null
    return readers[audience](token, await verify(token, audiences[audience]))
  }
  return {
    async read(token) {
      const known = good.get(token)
      if (known) return hasExpired(known.session) ? null : known
      const read = await verified(token)
      if (read) good.set(token, read)
      return read
    },
    async issue(audience, subject, sessionKey) {
      const { name, key, lifetime } = audiences[audience]
      const iat = now()
      const exp = lifetime === null ? undefined : iat + lifetime
      const token = await signJwt({ aud: [name], ...subject, exp, iat, sid: sessionKey }, key)
      return { token, expiresAt: exp === undefined ? null : new Date(exp * 1000) }
    },
    async issueActing(subject, session) {
      const { name, key } = audiences.acting
      const iat = now()
      const sessionEnd = session.expiresAt?.getTime() ?? Infinity
      const exp = Math.min(iat + lifetimes.actingLifetime, Math.floor(sessionEnd / 1000))
      const claims = { aud: [name], ...claimsOf({ audience: 'acting', claims: subject }), iat, exp, sid: session.key }
      return { token: await signJwt(claims, key), expiresAt: new Date(exp * 1000) }
    },
    isDue({ audience, session: { expiresAt } }) {
      const { lifetime } = audiences[audience]
      if (audience === 'acting' || lifetime === null || expiresAt === null) return false
      // A tenth of it has passed: often enough to slide, too seldom to answer every request with a cookie.
      return expiresAt.getTime() / 1000 - now() <= lifetime * 0.9
    },
  }
}

const readers = { customer: customerToken, admin: adminToken, acting: actingToken }

function customerToken(token: string, claims: unknown): SessionToken | null {
  const subject = customerSubject.safeParse(claims)
  const session = sessionClaims.safeParse(claims)
  if (!subject.success || !session.success) return null
  return { audience: 'customer', subject: subject.data, session: sessionOf(token, session.data) }
}

function adminToken(token: string, claims: unknown): SessionToken | null {
  const subject = loginSubject.safeParse(claims)
  const session = sessionClaims.safeParse(claims)
  if (!subject.success || !session.success) return null
  return { audience: 'admin', subject: subject.data, session: sessionOf(token, session.data) }
}

function actingToken(token: string, claims: unknown): SessionToken | null {
  const subject = actingSubject.safeParse(claims)
  const session = sessionClaims.required().safeParse(claims)
  if (!subject.success || !session.success) return null
  return { audience: 'acting', subject: subject.data, session: sessionOf(token, session.data) }
}

/** Yeti's tokens have no session id; such a token is its own session, and hands its key on when it is renewed. */
function sessionOf(token: string, { sid, exp }: SessionClaims): Session {
  return { key: sid ?? sha256(signedPart(token)), expiresAt: exp === undefined ? null : new Date(exp * 1000) }
}

function hasExpired({ expiresAt }: Session): boolean {
  return expiresAt !== null && expiresAt.getTime() / 1000 <= now()
}

function now(): number {
  return Math.floor(Date.now() / 1000)
}

/** A signature can be written in more than one way, what it signs cannot. */
function signedPart(token: string): string {
  return token.slice(0, token.lastIndexOf('.'))
}
