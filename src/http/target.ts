import type { IncomingMessage } from 'node:http'

/** What of a request's URL the routes look at. Always a path of ours: no scheme, no host, no dot segments. */
export interface Target {
  readonly path: string
  /** With its question mark; empty when there is none. */
  readonly search: string
}

const hostPattern = /^[\w.~:[\]-]+$/

/** Reads where a request wants to go; null when the URL or the Host header is nonsense. */
export function targetOf(req: IncomingMessage): Target | null {
  const { host = 'localhost' } = req.headers
  const url = req.url ?? '/'
  // A proxy's absolute form brings its own authority, which is not looked at.
  const absolute = url.startsWith('/') ? `http://${host}${url}` : url
  if (!hostPattern.test(host) || !URL.canParse(`http://${host}/`) || !URL.canParse(absolute)) return null
  const { pathname, search, protocol } = new URL(absolute)
  return protocol === 'http:' || protocol === 'https:' ? { path: pathname, search } : null
}
