import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { Databases } from '../databases.ts'
import type { FileStore } from '../file-store.ts'
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

/** Milliseconds. */
const connectLimit = 5_000
const silenceLimit = 10_000

/**
 * Writes the calls from the database to the file, and returns how many they are. Nothing waits anywhere but for the
 * next one to take it, so that it needs the same few megabytes for any number of calls. Throws what failed first.
 */
export async function writeExport(
  databases: Databases,
  content: ExportContent,
  { store, name, meter, signal }: ExportTarget,
): Promise<number> {
  const { settings, copy } = exportStatements(content)
  signal.throwIfAborted()
  const client = new pg.Client({
    ...databases.cdr.options,
    connectionTimeoutMillis: connectLimit,
    keepAlive: true,
    keepAliveInitialDelayMillis: silenceLimit,
  })
  client.on('error', () => undefined) // the stream fails with it
  try {
    await client.connect()
    await client.query('BEGIN READ ONLY')
    databases.onStatement?.('cdr', settings.text)
    await client.query({ text: settings.text, values: settings.values })
    databases.onStatement?.('cdr', copy)
    const rows = client.query(copyTo(copy))
    rows.on('error', () => undefined) // also after the others have let go of it
    await pour(rows, { store, name, meter, signal })
    await client.query('COMMIT')
    return rows.rowCount
  } finally {
    await client.end().catch(() => undefined) // it was broken already
  }
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
