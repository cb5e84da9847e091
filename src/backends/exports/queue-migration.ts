import pg from 'pg'
import { jobSchema } from './jobs.ts'

/** The last migration of the graphile-worker that we use. */
export const latestQueueMigration = 19

/** So that gateways that start at the same time wait for each other; any number that nobody else uses. */
const migrationLock = 0x706f7274

/**
 * Makes the tables of the job queue in the schema `portal`, after the migrations of the set `portal`. Nothing to do
 * costs one look at their history. Throws what the database or graphile-worker throws.
 */
export async function migrateQueue(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  client.on('error', () => undefined) // the statement fails with it
  await client.connect()
  try {
    const { rows } = await client.query<{ latest: number | null }>('SELECT max(id) AS latest FROM portal.migrations')
    // Loading graphile-worker takes longer than everything else here.
    if ((rows[0]?.latest ?? 0) >= latestQueueMigration) return
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock])
    await applyMigrations(databaseUrl)
  } finally {
    await client.end()
  }
}

async function applyMigrations(databaseUrl: string): Promise<void> {
  const { Logger, runMigrations } = await import('graphile-worker')
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  // Without listeners of ours it would add its own, and say so.
  for (const event of ['error', 'connect'] as const) pool.on(event, () => undefined)
  try {
    await runMigrations({ pgPool: pool, schema: jobSchema, logger: new Logger(() => () => undefined) })
  } finally {
    await pool.end()
  }
}
