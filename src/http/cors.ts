import type { IncomingMessage, ServerResponse } from 'node:http'

const exposedHeaders = 'Content-Disposition, Content-Range, Accept-Ranges, Retry-After'
const preflightSeconds = '600'

/**
 * Lets the listed origins, and no other, read answers with the session cookie. Says so on every answer (`Vary`), so
 * that no cache gives one origin's answer to another.
 */
export function setCorsHeaders(req: IncomingMessage, res: ServerResponse, origins: readonly string[]): void {
  if (origins.length === 0) return
  res.appendHeader('Vary', 'Origin')
  const { origin } = req.headers
  if (origin === undefined || !origins.includes(origin)) return
  res.setHeader('Access-Control-Allow-Origin', origin)
  res.setHeader('Access-Control-Allow-Credentials', 'true')
  res.setHeader('Access-Control-Expose-Headers', exposedHeaders)
}

/** Answers OPTIONS, a preflight or not. */
export function answerOptions(req: IncomingMessage, res: ServerResponse, allow: string): void {
  if (res.hasHeader('Access-Control-Allow-Origin') && req.headers['access-control-request-method'] !== undefined) {
    const { 'access-control-request-headers': headers } = req.headers
    res.setHeader('Access-Control-Allow-Methods', allow)
    // A listed origin is trusted with the session; there is no header left to keep from it.
    if (headers !== undefined) res.setHeader('Access-Control-Allow-Headers', headers)
    res.setHeader('Access-Control-Max-Age', preflightSeconds)
    res.appendHeader('Vary', 'Access-Control-Request-Headers')
  }
  res.writeHead(204, { Allow: allow }).end()
}
