import pg from 'pg'
import { hasChecksum, type Migration } from './migrations.ts'

interface Row {
  readonly migration_name: string
  readonly checksum: string
  readonly finished_at: Date | null
}

/** What the database says has been done, compared with the files; throws where they contradict each other. */
export async function pendingMigrations(
  migrations: readonly Migration[],
  schema: string,
  databaseUrl: string,
): Promise<readonly Migration[]> {
  const applied = new Map((await readHistory(schema, databaseUrl)).map((row) => [row.migration_name, row]))
  return migrations.filter((migration) => {
    const row = applied.get(migration.name)
    if (row === undefined) return true
    if (row.finished_at === null) {
      throw new Error(
        `migration ${migration.name} was begun by another program and never finished: bring the schema ${schema} in order, ` +
          `then set finished_at (it is done) or rolled_back_at (do it again) of its row in ${schema}._prisma_migrations`,
      )
    }
    if (hasChecksum(migration, row.checksum)) return false
    throw new Error(
      `migration ${migration.name} was edited after it had been applied (schema ${schema}): restore the file and put the change into a new migration`,
    )
  })
}

async function readHistory(schema: string, databaseUrl: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const table = `${client.escapeIdentifier(schema)}._prisma_migrations`
    const { rows } = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [table])
    if (rows[0]?.found !== true) return []
    const history = await client.query<Row>(
      `SELECT migration_name, checksum, finished_at FROM ${table} WHERE rolled_back_at IS NULL ORDER BY started_at`,
    )
    return history.rows
  } finally {
    await client.end()
  }
}
