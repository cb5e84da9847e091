import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { prepareCluster, superuser, type Cluster } from './embedded-postgres/cluster.ts'
import { lockDirectory } from './embedded-postgres/directory-lock.ts'
import { createGatewayRole, gatewayPassword, gatewayRole } from './embedded-postgres/gateway-role.ts'
import { stopOrphan } from './embedded-postgres/orphan.ts'
import { LaunchError, launchServer, type Server, type ServerLog } from './embedded-postgres/server.ts'
import { supervise } from './embedded-postgres/supervisor.ts'

export interface EmbeddedPostgres extends AsyncDisposable {
  /** The same for as long as this gateway runs, also when the server had to be started again. */
  readonly port: number
  /** For the owner of everything, who migrates and makes the demo. */
  urlFor(database: string): string
  /** For the gateway itself: `portal_gateway`, once `grantToGateway` has given it its rights there. */
  gatewayUrlFor(database: string): string
}

export interface EmbeddedPostgresOptions {
  /** DATA_DIR/postgres */
  readonly directory: string
  readonly databases: readonly string[]
  readonly log: ServerLog
}

/** A real PostgreSQL from npm, for running without an existing Yeti. One gateway per directory, others are refused. */
export async function startEmbeddedPostgres({
  directory,
  databases,
  log,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const lock = await lockDirectory(directory)
  try {
    const cluster = await prepareCluster(directory, lock.identity, log)
    await stopOrphan(cluster, log)
    const { port, server } = await launchOnFreePort(cluster, log)
    const urlOf = (role: string, password: string, database: string): string =>
      `postgresql://${role}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`
    const urlFor = (database: string): string => urlOf(superuser, cluster.password, database)
    const gatewayUrlFor = (database: string): string => urlOf(gatewayRole, gatewayPassword(cluster.password), database)
    await createMissing(databases, cluster, urlFor('postgres')).catch(async (error: unknown) => {
      await server.stop()
      throw error
    })
    const stop = supervise(server, () => relaunch(cluster, port, log), log)
    let stopped: Promise<void> | null = null
    return {
      port,
      urlFor,
      gatewayUrlFor,
      [Symbol.asyncDispose]: () => (stopped ??= stop().finally(() => lock.release())),
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function relaunch(cluster: Cluster, port: number, log: ServerLog): Promise<Server> {
  await stopOrphan(cluster, log)
  return launchServer(cluster, port, log)
}

async function launchOnFreePort(cluster: Cluster, log: ServerLog): Promise<{ port: number; server: Server }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    try {
      return { port, server: await launchServer(cluster, port, log) }
    } catch (error) {
      if (attempt === 10 || !(error instanceof LaunchError && error.passing)) throw error
      await delay(attempt * 50)
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => {
      const address = probe.address()
      probe.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no free port')),
      )
    })
  })
}

async function createMissing(databases: readonly string[], { password }: Cluster, url: string): Promise<void> {
  // A role that is lost with the server would leave the gateway outside.
  const client = new pg.Client({ connectionString: url, options: '-c synchronous_commit=on' })
  await client.connect()
  try {
    await createGatewayRole(client, password)
    for (const name of databases) {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
      if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
    }
  } finally {
    await client.end()
  }
}
