import type { IncomingMessage, ServerResponse } from 'node:http'
import send from 'send'
import type { InvoiceDocument, StoredFile } from '../backends/files.ts'
import { contentDisposition } from './content-disposition.ts'

/** Milliseconds without progress after which a client that stopped reading is let go. */
const stalled = 60_000

const audioTypes = { mp3: 'audio/mpeg', wav: 'audio/wav' } as const

export function sendDocument(res: ServerResponse, { filename, pdf }: InvoiceDocument): void {
  const name = filename.toLowerCase().endsWith('.pdf') ? filename : `${filename}.pdf`
  res.setTimeout(stalled, () => res.destroy())
  res.setHeader('Accept-Ranges', 'none')
  res.setHeader('Content-Type', 'application/pdf')
  res.setHeader('Content-Disposition', contentDisposition('attachment', name))
  res.setHeader('Content-Length', pdf.length)
  res.end(res.req.method === 'HEAD' ? undefined : pdf)
}

/** Whole or in part, as players ask. False when the file went away meanwhile. */
export function sendRecording(
  req: IncomingMessage,
  res: ServerResponse,
  file: StoredFile,
  format: 'mp3' | 'wav',
): Promise<boolean> {
  res.setTimeout(stalled, () => res.destroy())
  res.setHeader('Content-Type', audioTypes[format])
  res.setHeader('Content-Disposition', contentDisposition('inline', file.name))
  // A player page made by the browser itself has to load this very URL.
  res.setHeader('Content-Security-Policy', "frame-ancestors 'none'")
  if (asksForMore(req, file.size)) delete req.headers.range
  return new Promise((resolve, reject) => {
    res.once('close', () => resolve(true))
    // `send` takes a URL path.
    send(req, encodeURIComponent(file.name), { root: file.directory, cacheControl: false, index: false })
      .on('error', (error: Error & { status: number }) => {
        if (res.headersSent) res.destroy()
        else if (error.status === 404 || error.status === 403) resolve(false)
        else if (error.status < 500) resolve(refuseRange(res, error.status))
        else reject(error)
      })
      .pipe(res)
  })
}

/** The last bytes, more of them than there are: that is all of them, but `send` takes it for a mistake. */
function asksForMore({ headers }: IncomingMessage, size: number): boolean {
  const suffix = /^bytes=-(\d+)$/.exec(headers.range ?? '')?.[1]
  return suffix !== undefined && Number(suffix) > size
}

/** 412 or 416, to a client that knows the file. */
function refuseRange(res: ServerResponse, status: number): true {
  res.removeHeader('Content-Type')
  res.removeHeader('Content-Disposition')
  res.writeHead(status, { 'Content-Length': 0 }).end()
  return true
}
