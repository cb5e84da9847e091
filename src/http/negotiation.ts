import type { IncomingMessage } from 'node:http'

export type Encoding = 'br' | 'gzip' | 'identity'

export function wantsHtml(req: IncomingMessage): boolean {
  return req.headers.accept?.toLowerCase().includes('text/html') === true
}

/** The smallest encoding that the client takes. */
export function encodingFor(req: IncomingMessage): Encoding {
  const accepted = acceptedEncodings(req.headers['accept-encoding'])
  if (accepted.has('br')) return 'br'
  return accepted.has('gzip') ? 'gzip' : 'identity'
}

function acceptedEncodings(header: string | string[] | undefined): ReadonlySet<string> {
  const items = String(header ?? '')
    .toLowerCase()
    .split(',')
  return new Set(
    items.filter((item) => !/;\s*q=0(?:\.0*)?\s*$/.test(item)).map((item) => item.split(';', 1)[0]?.trim() ?? ''),
  )
}

/** Whether the client has this already (If-None-Match). */
export function isFresh(req: IncomingMessage, etag: string): boolean {
  const known = req.headers['if-none-match']
  return (
    known !== undefined &&
    (known.trim() === '*' || known.split(',').some((item) => item.trim().replace(/^W\//, '') === etag))
  )
}
