import type { Readable } from 'node:stream'
import { isFileName } from './names.ts'

/** Writes a file from a stream. Whether that succeeds or not, whoever fills the stream is not left waiting. */
export async function usingUp(name: string, content: Readable, write: () => Promise<void>): Promise<void> {
  // It may fail while nobody reads yet, and Node ends the process for that; `write` hears of it when it reads.
  content.on('error', () => undefined)
  try {
    if (!isFileName(name)) throw new TypeError(`No file can be called ${JSON.stringify(name)}`)
    await write()
  } finally {
    content.destroy()
  }
}
