import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import fresh from 'fresh'
import parseRange from 'range-parser'

/** What conditions and ranges are compared with. */
export interface Representation {
  /** Bytes. */
  readonly size: number
  readonly etag: string
  /** As it stands in the header. */
  readonly lastModified: string
}

export interface ByteRange {
  readonly start: number
  /** Included. */
  readonly end: number
}

/** What of a file a request is answered with (RFC 9110, sections 13 and 14): all of it, a part, or none with that status. */
export type Selection =
  | { readonly status: 200; readonly range?: undefined }
  | { readonly status: 206; readonly range: ByteRange }
  | { readonly status: 304 | 412 | 416 }

const whole: Selection = { status: 200 }

export function selectionOf({ method, headers }: IncomingMessage, file: Representation): Selection {
  if (hasChanged(headers, file)) return { status: 412 }
  if (fresh(headers, { etag: file.etag, 'last-modified': file.lastModified })) return { status: 304 }
  const { range } = headers
  if (method !== 'GET' || range === undefined || !isSame(headers['if-range'], file)) return whole
  return partOf(range, file.size)
}

/** The client asked for what it knows, and for nothing else. */
function hasChanged(headers: IncomingHttpHeaders, { etag, lastModified }: Representation): boolean {
  const match = headers['if-match']
  if (match !== undefined)
    return match !== '*' && !(isStrong(etag) && match.split(',').some((it) => it.trim() === etag))
  return Date.parse(lastModified) > Date.parse(headers['if-unmodified-since'] ?? '')
}

/** Parts are only put together while the file is exactly the same. */
function isSame(condition: string | string[] | undefined, { etag, lastModified }: Representation): boolean {
  if (condition === undefined) return true
  const text = String(condition).trim()
  return text.includes('"') ? isStrong(etag) && text === etag : Date.parse(text) === Date.parse(lastModified)
}

function isStrong(etag: string): boolean {
  return !etag.startsWith('W/')
}

/** One part, or ranges that are one together; to several the whole file is the answer. */
function partOf(header: string, size: number): Selection {
  if (!/^ *bytes=/i.test(header) || asksForMore(header, size)) return whole
  const ranges = parseRange(size, header, { combine: true })
  if (ranges === -1) return { status: 416 }
  const [range, ...others] = ranges === -2 ? [] : ranges
  return range === undefined || others.length > 0
    ? whole
    : { status: 206, range: { start: range.start, end: range.end } }
}

/** The last bytes, more of them than there are: that is all of them, but `range-parser` takes it for a mistake. */
function asksForMore(header: string, size: number): boolean {
  const suffix = /^ *bytes=-(\d+)$/i.exec(header)?.[1]
  return suffix !== undefined && Number(suffix) > size
}
