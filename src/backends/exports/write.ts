import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { FileStore } from '../file-store.ts'
import type { CallsConnection } from './calls.ts'
import type { Meter } from './meter.ts'
import { exportStatements, type ExportContent } from './statement.ts'

export interface ExportTarget {
  readonly store: FileStore
  /** Of the file. */
  readonly name: string
  readonly meter: Meter
  /** Gives the work up. */
  readonly signal: AbortSignal
}

/** Half the processor time of the usual 6, for files that are a seventh larger. */
const level = 1

/**
 * Writes the calls from the database to the file, and returns how many they are. Nothing waits anywhere but for the
 * next one to take it, so that it needs the same few megabytes for any number of calls. Throws what failed first.
 */
export async function writeExport(
  calls: CallsConnection,
  content: ExportContent,
  target: ExportTarget,
): Promise<number> {
  target.signal.throwIfAborted()
  const rows = await calls.read(exportStatements(content))
  await pour(rows, target)
  await calls.finish()
  return rows.rowCount
}

async function pour(rows: Readable, { store, name, meter, signal }: ExportTarget): Promise<void> {
  const gzip = createGzip({ level })
  // Both are waited for, so that no remains of this try are left when the next one begins.
  const [poured, written] = await Promise.allSettled([
    pipeline(rows, meter, gzip, { signal }),
    store.write(name, gzip).catch((error: unknown) => {
      gzip.destroy(error instanceof Error ? error : new Error(String(error)))
      throw error
    }),
  ])
  if (signal.aborted) throw signal.reason
  for (const result of [poured, written]) if (result.status === 'rejected') throw result.reason
}
