import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import bcrypt from 'bcrypt'
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
  await cheapenPasswords(primary)
  await Promise.all([primary.end(), cdr.end()])
}

/**
 * The same passwords at bcrypt's least cost: thousands of tests sign in, and the demo's own cost would be a third of what
 * the whole run takes.
 */
async function cheapenPasswords(primary: pg.Pool): Promise<void> {
  for (const [table, name, digest] of [
    ['sys.api_access', 'login', 'password_digest'],
    ['gui.admin_users', 'username', 'encrypted_password'],
  ]) {
    const { rows } = await primary.query<{ name: string }>(`SELECT ${name} AS name FROM ${table}`)
    for (const row of rows) {
      const cheap = await bcrypt.hash(`${row.name}-demo`, 4)
      await primary.query(`UPDATE ${table} SET ${digest} = $2 WHERE ${name} = $1`, [row.name, cheap])
    }
  }
}
