import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { encodingFor, isFresh, type Encoding } from './negotiation.ts'

/** A text with its compressed forms. */
export interface Compressed {
  readonly etag: string
  readonly contentType: string
  readonly bodies: Readonly<Record<Encoding, Buffer>>
}

const brotliQuality = 6

/** Compresses outside the event loop. */
export async function compressed(text: string, contentType: string): Promise<Compressed> {
  const identity = Buffer.from(text)
  const parameters = {
    [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: identity.length,
  }
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(identity, { params: parameters }),
    promisify(gzip)(identity),
  ])
  const hash = createHash('sha256').update(identity).digest('base64url')
  return { etag: hash, contentType, bodies: { br, gzip: gz, identity } }
}

/** Answers GET and HEAD, with 304 where the client has it. */
export function sendCompressed(
  req: IncomingMessage,
  res: ServerResponse,
  content: Compressed,
  cacheControl: string,
): void {
  const encoding = encodingFor(req)
  // A strong tag names the very bytes, so each encoding has its own.
  const etag = `"${content.etag}-${encoding}"`
  res.appendHeader('Vary', 'Accept-Encoding')
  res.setHeader('ETag', etag)
  res.setHeader('Cache-Control', cacheControl)
  if (isFresh(req, etag)) return void res.writeHead(304).end()
  const body = content.bodies[encoding]
  res.setHeader('Content-Type', content.contentType)
  res.setHeader('Content-Length', body.length)
  if (encoding !== 'identity') res.setHeader('Content-Encoding', encoding)
  res.writeHead(200).end(req.method === 'HEAD' ? undefined : body)
}
