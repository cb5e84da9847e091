import { once } from 'node:events'
import { join } from 'node:path'
import { mayAlterAuditLog } from './backends/audit.ts'
import { openDatabases, type Databases } from './backends/databases.ts'
import { startEmbeddedPostgres } from './backends/embedded-postgres.ts'
import { grantToGateway } from './backends/embedded-postgres/gateway-role.ts'
import { migrateQueue } from './backends/exports/queue-migration.ts'
import { migrate } from './backends/migrate.ts'
import { versionTables } from './backends/yeti-versions.ts'
import type { Config, DatabaseUrls } from './config.ts'
import { migratePortal, reachYeti } from './data-sources/external.ts'
import { reportNeeds } from './data-sources/needs.ts'
import type { DemoOptions } from './demo/index.ts'
import type { Log } from './log.ts'

/** The databases, ready to be read; disposing closes them and, where it is ours, stops the server. */
export interface DataSources extends AsyncDisposable {
  readonly databases: Databases
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

async function openExternal(config: Config, urls: DatabaseUrls, log: Log, signal?: AbortSignal): Promise<DataSources> {
  const databases = openDatabases({ ...config.database, ...urls, log })
  try {
    await migratePortal(urls.primaryUrl, await reachYeti(databases, urls, log, signal))
    await reportNeeds('primary', urls.primaryUrl, log)
    await reportNeeds('cdr', urls.cdrUrl, log)
    await reportAuditLogOwner(databases, log)
    databases.versions = await versionTables(databases, log)
    return { databases, [Symbol.asyncDispose]: () => databases[Symbol.asyncDispose]() }
  } catch (error) {
    await databases[Symbol.asyncDispose]()
    throw error
  }
}

/** The triggers hold in any case; whoever owns the table could take them away. */
async function reportAuditLogOwner(databases: Databases, log: Log): Promise<void> {
  if (await mayAlterAuditLog(databases))
    log.warn(
      "DATABASE_URL: its role could alter the audit log; a superuser takes that away with the project's docs/audit-log.sql",
    )
}
