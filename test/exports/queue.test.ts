import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { inject, describe, expect, test } from 'vitest'
import { latestQueueMigration, migrateQueue } from '../../src/backends/exports/queue-migration.ts'
import { migrate } from '../../src/backends/migrate.ts'

/** An empty database of its own, with the portal's tables, for a role that may do nothing else. */
async function emptyDatabase(role: string): Promise<string> {
  const client = new pg.Client({ connectionString: inject('serverUrl') })
  await client.connect()
  await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'modest'`)
  await client.query(`CREATE DATABASE ${role}`)
  await client.end()
  const url = new URL(inject('serverUrl'))
  url.pathname = `/${role}`
  const owner = new pg.Client({ connectionString: url.href })
  await owner.connect()
  await owner.query(`CREATE SCHEMA portal AUTHORIZATION ${role}; REVOKE ALL ON DATABASE ${role} FROM PUBLIC; GRANT CONNECT ON DATABASE ${role} TO ${role}`)
  await owner.end()
  url.username = role
  url.password = 'modest'
  await migrate('portal', url.href)
  return url.href
} // prettier-ignore

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

const migrations = 'SELECT id FROM portal.migrations ORDER BY id'

describe('The tables of the queue', () => {
  test('MUST be made by a role that owns the schema portal and may do nothing else, and twice do no harm', async () => {
    const url = await emptyDatabase('queue_modest')
    await migrateQueue(url)
    const made = await query(url, migrations)
    expect(made).toHaveLength(latestQueueMigration)
    await migrateQueue(url)
    expect(await query(url, migrations)).toEqual(made)
    expect(await query(url, `SELECT portal.add_job('x', '{}')`)).toHaveLength(1)
  })

  test('MUST be made once when several gateways start together', async () => {
    const url = await emptyDatabase('queue_together')
    await Promise.all(Array.from({ length: 5 }, () => migrateQueue(url)))
    expect(await query(url, migrations)).toHaveLength(latestQueueMigration)
  })

  test('MUST be as the installed graphile-worker has them: an update says so here', async () => {
    const folder = fileURLToPath(new URL('../../node_modules/graphile-worker/sql', import.meta.url))
    expect((await readdir(folder)).sort().at(-1)).toBe(`${String(latestQueueMigration).padStart(6, '0')}.sql`)
  })
})
