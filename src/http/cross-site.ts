import type { IncomingMessage } from 'node:http'
import type { Refusal } from './answers.ts'

/** Whom a browser may be working for: ourselves, and the listed portals. */
export interface TrustedOrigins {
  /** Null: our own origin is the request's Host. */
  readonly publicUrl: string | null
  readonly corsOrigins: readonly string[]
}

const sessionCookies = /(?:^|;)\s*_yeti_(?:customer_v1|admin)_session\s*=/

const refusal: Refusal = { status: 403, code: 'FORBIDDEN', message: 'Requests from other sites are not accepted' }

/**
 * Refuses what a page of another site makes a browser send: every POST (it might act, or sign the browser in as
 * somebody else), and what would ride on the session cookie. Programs send neither Origin nor Sec-Fetch-Site.
 */
export function crossSiteRefusal(req: IncomingMessage, trusted: TrustedOrigins): Refusal | null {
  return (req.method === 'POST' || ridesOnCookie(req)) && isForeign(req, trusted) ? refusal : null
}

function ridesOnCookie({ headers }: IncomingMessage): boolean {
  return headers.authorization === undefined && sessionCookies.test(headers.cookie ?? '')
}

/** Whether a page of another site sent it. */
export function isForeign({ headers }: IncomingMessage, { publicUrl, corsOrigins }: TrustedOrigins): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers
  if (origin !== undefined && corsOrigins.includes(origin)) return false
  const own = origin === undefined || origin === publicUrl || isOriginOf(origin, host)
  return !own || site === 'cross-site' || site === 'same-site'
}

/** The scheme is left out: behind a proxy that ends TLS we do not know our own. */
function isOriginOf(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()
}
