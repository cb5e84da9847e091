import bcrypt from 'bcrypt'
import pg from 'pg'
import { migrateQueue } from '../../src/backends/exports/queue-migration.ts'
import { migrate } from '../../src/backends/migrate.ts'
import { fillDemo } from '../../src/demo/index.ts'

/** Where the databases are that each test file gets copies of; no name of a database in the URLs' paths counts. */
export interface Templates extends AsyncDisposable {
  /** As a superuser. */
  readonly serverUrl: string
  readonly cdrServerUrl: string
  /** As whom the gateways connect. */
  readonly gatewayUrl: string
  readonly gatewayCdrUrl: string
}

/** Our own tables, as in embedded mode. */
export async function migrateTemplates(primaryUrl: string, cdrUrl: string): Promise<void> {
  await migrate('primary', primaryUrl)
  await migrate('cdr', cdrUrl)
  await migrate('portal', primaryUrl)
  await migrateQueue(primaryUrl)
}

/** A small demo, with the schema `portal` there. */
export async function fillTemplates(primaryUrl: string, cdrUrl: string, recordings: string): Promise<void> {
  const primary = new pg.Pool({ connectionString: primaryUrl })
  const cdr = new pg.Pool({ connectionString: cdrUrl })
  try {
    await fillDemo({ primary, cdr, recordingsDirectory: recordings, now: new Date(), days: 3, callsPerDay: 800 })
    await cheapenPasswords(primary)
  } finally {
    await Promise.all([primary.end(), cdr.end()])
  }
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
