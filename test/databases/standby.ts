import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import pg from 'pg'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/backends/embedded-postgres.ts'
import { findBinaries } from '../../src/backends/embedded-postgres/binaries.ts'
import { dataArgument } from '../../src/backends/embedded-postgres/cluster.ts'
import { chooseIdentity, environment, type Identity } from '../../src/backends/embedded-postgres/os-user.ts'
import { createLog } from '../../src/log.ts'

/** A server of its own, and a standby that follows it by streaming replication. */
export interface ReplicatedServer extends AsyncDisposable {
  readonly primary: EmbeddedPostgres
  /** On the standby, as a superuser. */
  standbyUrl(database: string): string
  startStandby(): Promise<void>
  /** A fast shutdown: whoever is connected is thrown out. */
  stopStandby(): Promise<void>
}

/** `fill` is done before the standby is made. */
export async function startReplicated(fill: (primary: EmbeddedPostgres) => Promise<void>): Promise<ReplicatedServer> {
  const directory = await mkdtemp(join(tmpdir(), 'portal-standby-'))
  const log = createLog('error')
  const primary = await startEmbeddedPostgres({
    directory: join(directory, 'primary'),
    databases: ['yeti', 'cdr'],
    log,
  })
  try {
    await fill(primary)
    const data = join(directory, 'standby')
    const identity = await chooseIdentity(join(directory, 'primary', 'data'), log)
    await copyRunning(join(directory, 'primary', 'data'), data, primary.urlFor('postgres'), identity)
    const { postgres } = await findBinaries(identity)
    const port = await freePort()
    let running: ChildProcess | null = null
    const stopStandby = async (): Promise<void> => {
      const child = running
      running = null
      if (!child?.kill('SIGINT')) return
      await once(child, 'exit')
    }
    return {
      primary,
      standbyUrl: (database) => Object.assign(new URL(primary.urlFor(database)), { port: String(port) }).href,
      async startStandby() {
        running = await launch(postgres, data, port, identity)
      },
      stopStandby,
      async [Symbol.asyncDispose]() {
        await stopStandby()
        await primary[Symbol.asyncDispose]()
        await rm(directory, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await primary[Symbol.asyncDispose]()
    throw error
  }
}

/** A base backup by PostgreSQL's own functions: the program that usually makes one does not come by npm. */
async function copyRunning(from: string, to: string, url: string, { uid, gid }: Identity): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query("SELECT pg_backup_start('standby', true)")
    await promisify(execFile)('cp', ['-a', from, to])
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)')
    for (const name of ['postmaster.pid', 'postmaster.opts', 'pg_wal']) await rm(join(to, name), { recursive: true, force: true })
    const { hostname, port, username, password } = new URL(url)
    const files = {
      backup_label: rows[0]?.labelfile ?? '',
      'standby.signal': '',
      'postgresql.auto.conf': `primary_conninfo = 'host=${hostname} port=${port} user=${username} password=${password}'\n`,
    }
    for (const [name, content] of Object.entries(files)) await writeFile(join(to, name), content)
    await mkdir(join(to, 'pg_wal'), { mode: 0o700 })
    if (uid === undefined || gid === undefined) return
    for (const name of [...Object.keys(files), 'pg_wal']) await chown(join(to, name), uid, gid)
  } finally {
    await client.end()
  }
} // prettier-ignore

async function launch(postgres: string, data: string, port: number, identity: Identity): Promise<ChildProcess> {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    hot_standby: 'on',
    // Who reads what is being replayed is in the way at once.
    max_standby_streaming_delay: '0',
    timezone: 'UTC',
  }
  const child = spawn(
    postgres,
    ['-D', dataArgument(data, identity), ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...identity, cwd: data, env: environment, stdio: ['ignore', 'ignore', 'pipe'] },
  ) // prettier-ignore
  const said: string[] = []
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line)
    if (!line.includes('ready to accept read-only connections')) continue
    child.stderr.resume()
    return child
  }
  throw new Error(`The standby did not start:\n${said.join('\n')}`)
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo // it listens on a port
  await new Promise((resolve) => probe.close(resolve))
  return port
}
