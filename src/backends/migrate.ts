import { join } from 'node:path'
import { noFilters, withEngine } from './migrate/engine.ts'
import { pendingMigrations } from './migrate/history.ts'
import { prismaFolder, readMigrations, type Migration } from './migrate/migrations.ts'
import { inTransaction } from './migrate/transaction.ts'

/**
 * The history of a set is kept in a schema of its own, so that two sets may share one database, and the portal set may
 * go into a Yeti database that is far from empty.
 */
const historySchema = { primary: 'public', cdr: 'cdr', portal: 'portal' } as const

/** The tables of Yeti's primary and CDR databases, for databases of our own; and those of the gateway itself. */
export type MigrationSet = keyof typeof historySchema

/**
 * Applies what is missing, all or nothing, and returns the names of what it applied. Gateways that start at the same time
 * wait for each other. Nothing to do costs one look at the history.
 */
export async function migrate(
  set: MigrationSet,
  databaseUrl: string,
  folder: string = join(prismaFolder(), 'migrations', set),
): Promise<readonly string[]> {
  const schema = historySchema[set]
  const migrations = await readMigrations(folder)
  const pending = await pendingMigrations(migrations, schema, databaseUrl)
  return pending.length === 0 ? [] : apply(set, databaseUrl, folder, migrations)
}

async function apply(
  set: MigrationSet,
  databaseUrl: string,
  folder: string,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  const schema = historySchema[set]
  const datasource = `datasource db {\n  provider = "postgresql"\n  schemas = ["${schema}"]\n}\n`
  return inTransaction(databaseUrl, schema, async ({ factory, failure }) => {
    try {
      const { appliedMigrationNames } = await withEngine([['schema.prisma', datasource]], factory, (engine) =>
        engine.applyMigrations({ migrationsList: listed(folder, migrations), filters: noFilters }),
      )
      return appliedMigrationNames
    } catch (error) {
      throw explained(set, error, failure(), migrations)
    }
  })
}

/** The files in the engine's own words. */
function listed(baseDir: string, migrations: readonly Migration[]) {
  return {
    baseDir,
    shadowDbInitScript: '',
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: sql } },
    })),
  }
}

function explained(
  set: MigrationSet,
  error: unknown,
  failure: { readonly script: string; readonly reason: string } | null,
  migrations: readonly Migration[],
): Error {
  if (failure !== null) {
    const name = migrations.find(({ sql }) => sql === failure.script)?.name ?? 'unknown'
    return new Error(`migration ${name} of the ${set} set failed, nothing was changed: ${failure.reason}`, {
      cause: error,
    })
  }
  if (error instanceof Error && 'code' in error && error.code === 'P3005') {
    const where = `the schema ${historySchema[set]} has tables but no history of migrations`
    return new Error(`${where}: the ${set} set is for a database of the gateway's own, not for an existing one`, {
      cause: error,
    })
  }
  return new Error(
    `migrations of the ${set} set could not be applied: ${error instanceof Error ? error.message : String(error)}`,
    { cause: error },
  )
}
