import { PrismaPg } from '@prisma/adapter-pg'
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory, Transaction } from '@prisma/driver-adapter-utils'

export interface MigrationTransaction {
  readonly factory: SqlMigrationAwareDriverAdapterFactory
  /** The script that the database refused and its own words, which the engine's error may hide. */
  failure(): { readonly script: string; readonly reason: string } | null
}

/**
 * Gives the engine one connection with one open transaction, so that a set of migrations is applied wholly or not at
 * all, also when the process is killed, and nobody ever has to tidy a half applied one by hand.
 */
export async function inTransaction<T>(
  databaseUrl: string,
  schema: string,
  use: (transaction: MigrationTransaction) => Promise<T>,
): Promise<T> {
  const factory = new PrismaPg({ connectionString: databaseUrl, max: 1 }, { schema })
  const adapter = await factory.connect()
  try {
    const transaction = await adapter.startTransaction()
    const run = (sql: string): Promise<number> => transaction.executeRaw({ sql, args: [], argTypes: [] })
    try {
      await run(`SELECT pg_advisory_xact_lock(${engineLock})`)
      // Checked first: IF NOT EXISTS needs the right to create schemas even where there is nothing to create.
      await run(`DO $$ BEGIN IF to_regnamespace('${schema}') IS NULL THEN CREATE SCHEMA ${schema}; END IF; END $$`)
      // The engine keeps its history table in the first schema of the search path.
      await run(`SET LOCAL search_path TO ${schema}`)
      const result = await use(boundTo(transaction, adapter, factory))
      await run('COMMIT')
      return result
    } catch (error) {
      await run('ROLLBACK').catch(() => undefined)
      throw error
    } finally {
      await transaction.commit() // gives the connection back; sends nothing
    }
  } finally {
    await adapter.dispose()
  }
}

/** Prisma's own number: serialises with its command line tools too. Taken here, since the engine's lasts as long as the session. */
const engineLock = 72707369

function boundTo(transaction: Transaction, adapter: SqlDriverAdapter, factory: PrismaPg): MigrationTransaction {
  let failure: { script: string; reason: string } | null = null
  const bound: SqlDriverAdapter = {
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    queryRaw: (query) => transaction.queryRaw(query),
    executeRaw: (query) =>
      transaction.executeRaw({ ...query, sql: query.sql.replace('pg_advisory_lock', 'pg_advisory_xact_lock') }),
    // adapter-pg splits a script at every semicolon, also inside function bodies and strings: send it whole.
    executeScript: async (script) => {
      try {
        await transaction.executeRaw({ sql: script, args: [], argTypes: [] })
      } catch (error) {
        failure = { script, reason: reasonOf(error) }
        throw error
      }
    },
    startTransaction: () => Promise.reject(new Error('migrations run in one transaction already')),
    getConnectionInfo: () => adapter.getConnectionInfo?.() ?? { supportsRelationJoins: true },
    dispose: () => Promise.resolve(),
  }
  return {
    factory: {
      provider: factory.provider,
      adapterName: factory.adapterName,
      connect: () => Promise.resolve(bound),
      connectToShadowDb: () => Promise.reject(new Error('no shadow database is needed to apply migrations')),
    },
    failure: () => failure,
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  const words = typeof cause === 'object' && cause !== null && 'originalMessage' in cause ? cause.originalMessage : null
  return typeof words === 'string' ? words : error.message
}
