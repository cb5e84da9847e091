import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mayAlterAuditLog } from './backends/audit.ts'
import { openDatabases, sql, type DatabaseName, type Databases } from './backends/databases.ts'
import { startEmbeddedPostgres } from './backends/embedded-postgres.ts'
import { grantToGateway } from './backends/embedded-postgres/gateway-role.ts'
import { migrateQueue } from './backends/exports/queue-migration.ts'
import { migrate, schemaDrift } from './backends/migrate.ts'
import { versionTables } from './backends/yeti-versions.ts'
import type { Config } from './config.ts'
import type { DemoOptions } from './demo/index.ts'
import { UnavailableError } from './errors.ts'
import type { Log } from './log.ts'

/** The databases, ready to be read; disposing closes them and, where it is ours, stops the server. */
export interface DataSources extends AsyncDisposable {
  readonly databases: Databases
}

/** A database that is there, but not one that we can work with. The message says what to do. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
}

/** Opens our own PostgreSQL with demo data, or the databases of an existing Yeti. */
export function openDataSources(config: Config, log: Log, signal?: AbortSignal): Promise<DataSources> {
  const { database } = config
  return database.kind === 'embedded' ? openEmbedded(config, log, signal) : openExternal(config, database, log, signal)
}

async function openEmbedded(config: Config, log: Log, signal?: AbortSignal): Promise<DataSources> {
  const server = await startEmbeddedPostgres({
    directory: join(config.dataDirectory, 'postgres'),
    databases: ['yeti', 'cdr'],
    log,
  })
  const urls = { primaryUrl: server.urlFor('yeti'), cdrUrl: server.urlFor('cdr') }
  const options = { ...config.database, durable: true, log }
  // Only what makes the demo works as the owner: it goes on making partitions.
  const { primary, cdr, [Symbol.asyncDispose]: close } = openDatabases({ ...options, ...urls })
  try {
    await migrateEmbedded(urls)
    // A gateway on Yeti's databases has no use for what makes the demo.
    const { demoRecordings, keepDemoRunning } = await import('./demo/index.ts')
    const demo = { primary, cdr, recordingsDirectory: demoRecordings(config) }
    await orInterrupted(fillWithDemo(demo), signal)
    const databases = openDatabases({
      ...options,
      primaryUrl: server.gatewayUrlFor('yeti'),
      cdrUrl: server.gatewayUrlFor('cdr'),
    })
    databases.versions = await versionTables(databases, log)
    const running = keepDemoRunning({ ...demo, log })
    return {
      databases,
      async [Symbol.asyncDispose]() {
        await running[Symbol.asyncDispose]()
        await Promise.all([databases[Symbol.asyncDispose](), close()])
        await server[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    // The server alone: the pools would wait for whoever still works with them.
    await server[Symbol.asyncDispose]()
    throw error
  }
}

async function migrateEmbedded({ primaryUrl, cdrUrl }: { primaryUrl: string; cdrUrl: string }): Promise<void> {
  await migrate('primary', primaryUrl)
  await migrate('cdr', cdrUrl)
  await migrate('portal', primaryUrl)
  await Promise.all([migrateQueue(primaryUrl).then(() => grantToGateway(primaryUrl)), grantToGateway(cdrUrl)])
}

/** What is interrupted is given up; nobody looks at how it ends. */
async function orInterrupted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return work
  work.catch(() => undefined)
  signal.throwIfAborted()
  await Promise.race([work, once(signal, 'abort').then(() => signal.throwIfAborted())])
}

async function fillWithDemo(demo: Pick<DemoOptions, 'primary' | 'cdr' | 'recordingsDirectory'>): Promise<void> {
  const { demoProgress, fillDemo } = await import('./demo/index.ts')
  const progress = demoProgress()
  try {
    await fillDemo({ ...demo, now: new Date(), onProgress: progress.report })
  } finally {
    progress.stop()
  }
}

async function openExternal(
  config: Config,
  urls: { readonly primaryUrl: string; readonly cdrUrl: string },
  log: Log,
  signal?: AbortSignal,
): Promise<DataSources> {
  const databases = openDatabases({ ...config.database, ...urls, log })
  try {
    await reach(databases, 'primary', 'sys.api_access', log, signal)
    await reach(databases, 'cdr', 'cdr.cdr', log, signal)
    await migrate('portal', urls.primaryUrl)
    await migrateQueue(urls.primaryUrl)
    await reportDrift('primary', urls.primaryUrl, log)
    await reportDrift('cdr', urls.cdrUrl, log)
    await reportAuditLogOwner(databases, log)
    databases.versions = await versionTables(databases, log)
    return { databases, [Symbol.asyncDispose]: () => databases[Symbol.asyncDispose]() }
  } catch (error) {
    await databases[Symbol.asyncDispose]()
    throw error
  }
}

/** Says what a database lacks: the gateway serves the rest. */
async function reportDrift(name: DatabaseName, url: string, log: Log): Promise<void> {
  const drift = await schemaDrift(name, url)
  if (drift !== '')
    log.warn({ drift: drift.split('\n') }, `${settingOf[name]}: some of Yeti's columns are missing or of another type`)
}

/** The triggers hold in any case; whoever owns the table could take them away. */
async function reportAuditLogOwner(databases: Databases, log: Log): Promise<void> {
  if (await mayAlterAuditLog(databases))
    log.warn(
      "DATABASE_URL: its role could alter the audit log; a superuser takes that away with the project's docs/audit-log.sql",
    )
}

const settingOf = { primary: 'DATABASE_URL', cdr: 'CDR_DATABASE_URL' } as const

/** Milliseconds between two tries to reach a database. */
const retryDelay = 2_000

/** Waits until a database answers; throws when it answers that it will not do. */
async function reach(
  databases: Databases,
  name: DatabaseName,
  table: string,
  log: Log,
  signal?: AbortSignal,
): Promise<void> {
  const setting = settingOf[name]
  for (;;) {
    try {
      const [row] = await databases.query<{ found: boolean }>(
        name,
        sql`SELECT to_regclass(${table}) IS NOT NULL AS found`,
      )
      if (row?.found) return
      throw new DatabaseError(
        `${setting}: this is not a database of Yeti, it has no table ${table}. For an empty one, run: npm run migrate`,
      )
    } catch (error) {
      if (error instanceof DatabaseError) throw error
      if (!(error instanceof UnavailableError)) throw new DatabaseError(`${setting}: ${messageOf(error)}`)
      log.warn(
        `${setting}: the database does not answer (${messageOf(error.originalError)}); trying again in ${retryDelay / 1000} s`,
      )
      await sleep(retryDelay, undefined, { ...(signal && { signal }) })
    }
  }
}

function messageOf(error: unknown): string {
  // A refused connection to a name with several addresses is one error around several, with no text of its own.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
