import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { refusalBody, type Refusal } from './answers.ts'

/** Bytes of a request body. */
export const bodyLimit = 1024 * 1024

const tooLarge: Refusal = {
  status: 413,
  code: 'BAD_USER_INPUT',
  message: `The request is larger than ${bodyLimit} bytes`,
}

/**
 * Whether the body keeps the limit; nothing is parsed, and never more than the limit is held. A body of declared length
 * is left on the stream, where Node ends it at that length. A chunked one is read here and handed on as `req.body`,
 * which is where Yoga's adapter looks first.
 */
export async function keepsBodyLimit(req: IncomingMessage): Promise<boolean> {
  if (req.headers['transfer-encoding'] === undefined) return Number(req.headers['content-length'] ?? 0) <= bodyLimit
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of chunksOf(req)) {
    size += chunk.length
    if (size > bodyLimit) return false
    chunks.push(chunk)
  }
  Object.assign(req, { body: Readable.from(chunks) })
  return true
}

/** Leaves the request open when the reader stops, so that it can still be answered. */
function chunksOf(req: IncomingMessage): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => req.iterator({ destroyOnReturn: false }) }
}

/** How long a client that was told 413 may go on sending. */
const lingerMilliseconds = 2_000

/**
 * Answers at once, then takes in what is still on its way without keeping it: closing earlier would reset the
 * connection, and a client that is still sending would never read the answer.
 */
export function refuseBody(req: IncomingMessage, res: ServerResponse): void {
  res.shouldKeepAlive = false
  res.write(refusalBody(res, tooLarge))
  const timer = setTimeout(end, lingerMilliseconds)
  req.once('end', end)
  req.once('close', end)
  req.resume()

  function end(): void {
    clearTimeout(timer)
    if (!res.writableEnded) res.end()
  }
}
