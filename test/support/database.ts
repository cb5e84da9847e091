import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/backends/embedded-postgres.ts'
import { migrateQueue } from '../../src/backends/exports/queue-migration.ts'
import { migrate } from '../../src/backends/migrate.ts'
import { fillDemo } from '../../src/demo/index.ts'
import { createLog } from '../../src/log.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Connects to the server itself; `yeti` and `cdr` on it are templates, not to be opened. */
    readonly serverUrl: string
    readonly recordings: string
  }
}

/** One PostgreSQL for the whole run, with a small demo that each test file gets copies of. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'portal-tests-'))
  const log = createLog('error')
  const server = await startEmbeddedPostgres({
    directory: join(directory, 'postgres'),
    databases: ['yeti', 'cdr'],
    log,
  })
  const recordings = join(directory, 'recordings')
  try {
    await prepare(server, recordings)
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  project.provide('serverUrl', server.urlFor('postgres'))
  project.provide('recordings', recordings)
  return async () => {
    await server[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  }
}

async function prepare(server: EmbeddedPostgres, recordings: string): Promise<void> {
  await migrate('primary', server.urlFor('yeti'))
  await migrate('cdr', server.urlFor('cdr'))
  await migrate('portal', server.urlFor('yeti'))
  await migrateQueue(server.urlFor('yeti'))
  const primary = new pg.Pool({ connectionString: server.urlFor('yeti') })
  const cdr = new pg.Pool({ connectionString: server.urlFor('cdr') })
  await fillDemo({ primary, cdr, recordingsDirectory: recordings, now: new Date(), days: 3, callsPerDay: 800 })
  await Promise.all([primary.end(), cdr.end()])
}
