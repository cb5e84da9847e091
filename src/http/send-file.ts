import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { InvoiceDocument } from '../backends/files.ts'
import type { StoredFile } from '../backends/file-store.ts'
import { UnavailableError } from '../errors.ts'
import { contentDisposition } from './content-disposition.ts'
import { selectionOf, type ByteRange } from './selection.ts'

/** Milliseconds without progress after which a client that stopped reading is let go. */
const stalled = 60_000

/** A file of a store and how it goes out. */
export interface Delivery {
  readonly file: StoredFile
  readonly name: string
  readonly type: string
  /** `inline` is played by the browser itself, `attachment` saved. */
  readonly disposition: 'inline' | 'attachment'
}

export function sendDocument(res: ServerResponse, { filename, pdf }: InvoiceDocument): void {
  const name = filename.toLowerCase().endsWith('.pdf') ? filename : `${filename}.pdf`
  res.setTimeout(stalled, () => res.destroy())
  res.setHeader('Accept-Ranges', 'none')
  res.setHeader('Content-Type', 'application/pdf')
  res.setHeader('Content-Disposition', contentDisposition('attachment', name))
  res.setHeader('Content-Length', pdf.length)
  res.end(res.req.method === 'HEAD' ? undefined : pdf)
}

/** Whole or in part, as players ask. False, and nothing sent, when the file went away meanwhile. */
export async function sendFile(req: IncomingMessage, res: ServerResponse, delivery: Delivery): Promise<boolean> {
  const { file } = delivery
  const lastModified = file.lastModified.toUTCString()
  const selection = selectionOf(req, { size: file.size, etag: file.etag, lastModified })
  res.setTimeout(stalled, () => res.destroy())
  res.setHeader('Accept-Ranges', 'bytes')
  res.setHeader('ETag', file.etag)
  res.setHeader('Last-Modified', lastModified)
  if (selection.status === 200 || selection.status === 206) return sendBytes(res, delivery, selection.range)
  if (selection.status === 416) res.setHeader('Content-Range', `bytes */${file.size}`)
  if (selection.status !== 304) res.setHeader('Content-Length', 0)
  res.writeHead(selection.status).end()
  return true
}

async function sendBytes(
  res: ServerResponse,
  { file, name, type, disposition }: Delivery,
  range: ByteRange | undefined,
): Promise<boolean> {
  const length = range ? range.end - range.start + 1 : file.size
  res.setHeader('Content-Type', type)
  res.setHeader('Content-Disposition', contentDisposition(disposition, name))
  res.setHeader('Content-Length', length)
  if (range) res.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${file.size}`)
  // A player page made by the browser itself has to load this very URL.
  if (disposition === 'inline') res.setHeader('Content-Security-Policy', "frame-ancestors 'none'")
  if (res.req.method === 'HEAD') {
    res.end()
    return true
  }
  const content = await file.read(range)
  if (content === null) return false
  res.statusCode = range ? 206 : 200
  await transfer(content, res, length)
  return true
}

/** Throws `UnavailableError` when the content breaks off; a client that leaves is no error. Nothing stays open. */
function transfer(content: Readable, res: ServerResponse, length: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0
    const fail = (error: Error): void => reject(new UnavailableError(error))
    const leave = (): void => {
      content.destroy()
      resolve()
    }
    content.on('error', fail)
    if (res.closed) return leave()
    res.once('close', leave)
    content.on('data', (chunk: Buffer) => (sent += chunk.length))
    content.once('end', () => {
      // The client would take what comes next on the connection for the rest.
      if (sent === length) res.end()
      else fail(new Error(`A file ended after ${sent} of ${length} bytes`))
    })
    content.pipe(res, { end: false })
  })
}
