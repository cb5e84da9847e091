import { normalizeAddress } from './address.ts'
import type { Subject } from './claims.ts'
import { cookieToken, sessionCookie } from './cookies.ts'
import type { Principal } from './principal.ts'
import type { Principals } from './principals.ts'
import type { Audience, SessionToken, Tokens } from './tokens.ts'
import { anonymous, type Session, type Viewer } from './viewer.ts'

/** What a request carries to say who asks. */
export interface Credentials {
  readonly authorization: string | null
  /** The whole `Cookie` header. */
  readonly cookie: string | null
  /** The client's, behind whatever proxies. */
  readonly address: string
  /** false where no cookie can be set: then a session lasts as long as the cookie that was sent. */
  readonly renews?: boolean
}

export interface Authenticated {
  readonly viewer: Viewer
  /** How a token was presented, good or not. */
  readonly by: 'header' | 'cookie' | null
  /** `Set-Cookie` values; usually none. What a sign-in or sign-out in the same request sets comes after them. */
  readonly setCookies: readonly string[]
}

export interface AuthenticationServices {
  readonly tokens: Tokens
  readonly principals: Principals
  readonly secureCookies: boolean
}

/** One text for all reasons, so that it tells nothing about what would have been accepted. */
export const refused: Viewer = Object.freeze({ ...anonymous, refusal: 'Authorization token expired or incorrect.' })

/** Who asks. Throws only when that cannot be found out, never because of what was presented. */
export async function authenticate(services: AuthenticationServices, credentials: Credentials): Promise<Authenticated> {
  const presented = presentedToken(credentials)
  if (presented === null) return { viewer: anonymous, by: null, setCookies: [] }

  const { by } = presented
  const token = await services.tokens.read(presented.token)
  const expected = presented.audience ?? token?.audience
  const principal =
    token !== null && token.audience === expected ? await principalOf(services, token, credentials) : null
  if (token === null || principal === null) return { viewer: refused, by, setCookies: [] }

  const fresh = by === 'cookie' && credentials.renews !== false ? await renewed(services, token, principal) : null
  if (fresh === null) return { viewer: principal.viewer(token.session), by, setCookies: [] }
  return { viewer: principal.viewer(fresh.session), by, setCookies: [fresh.setCookie] }
}

interface PresentedToken {
  readonly by: 'header' | 'cookie'
  readonly token: string
  /** The only one that is accepted there; null: all are. */
  readonly audience: Audience | null
}

/** As Yeti reads it: the header's last word, and the cookie only when there is no header. */
function presentedToken({ authorization, cookie }: Credentials): PresentedToken | null {
  const words = (authorization ?? '').split(/\s+/).filter((word) => word !== '')
  const last = words.at(-1)
  if (last !== undefined) return { by: 'header', token: last, audience: null }
  const found = cookieToken(cookie ?? '')
  return found && { by: 'cookie', ...found }
}

function principalOf(
  { principals }: AuthenticationServices,
  token: SessionToken,
  credentials: Credentials,
): Promise<Principal | null> {
  const presence = { address: normalizeAddress(credentials.address), session: token.session }
  return principals.of({ subject: subjectOf(token), ...presence })
}

/** Apart, since only so the compiler sees which claims go with which audience. */
function subjectOf(token: SessionToken): Subject {
  switch (token.audience) {
    case 'customer':
      return { audience: token.audience, claims: token.subject }
    case 'admin':
      return { audience: token.audience, claims: token.subject }
    case 'acting':
      return { audience: token.audience, claims: token.subject }
  }
}

/** A cookie slides along with its use, within the same session; a header's token is its owner's to renew. */
async function renewed(
  { tokens, secureCookies }: AuthenticationServices,
  token: SessionToken,
  { subject }: Principal,
): Promise<{ readonly session: Session; readonly setCookie: string } | null> {
  if (token.audience === 'acting' || subject === null || !tokens.isDue(token)) return null
  const { audience, session } = token
  const issued = await tokens.issue(audience, subject, session.key)
  return {
    session: { key: session.key, expiresAt: issued.expiresAt },
    setCookie: sessionCookie(audience, issued, secureCookies),
  }
}
