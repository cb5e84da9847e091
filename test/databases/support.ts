import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { pino } from 'pino'
import type { Log } from '../../src/log.ts'
import type { Copy } from '../support/copies.ts'

/** Runs statements as a superuser, on a connection of their own. */
export async function run(url: string, ...statements: readonly string[]): Promise<pg.QueryResult[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const results: pg.QueryResult[] = []
    for (const statement of statements) results.push(await client.query(statement))
    return results
  } finally {
    await client.end()
  }
}

/** The same server, another database. */
export function at(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${database}` }).href
}

function nameIn(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1))
}

/** Lets nobody in any more, and throws out who is there, as a server does that is being shut down. */
export async function close({ url }: Copy): Promise<void> {
  const name = nameIn(url)
  await run(
    at(url, 'postgres'),
    `ALTER DATABASE "${name}" ALLOW_CONNECTIONS false`,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
  )
}

export async function open({ url }: Copy): Promise<void> {
  await run(at(url, 'postgres'), `ALTER DATABASE "${nameIn(url)}" ALLOW_CONNECTIONS true`)
}

/** Waits until something is so; the test's own time limit ends it. */
export async function until<T>(look: () => Promise<T> | T, isSo: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look()
    if (isSo(seen)) return seen
    await sleep(25)
  }
}

/** A log that is kept, a record each. */
export function keptLog(): { log: Log; records: { level: number; msg: string }[] } {
  const records: { level: number; msg: string }[] = []
  return { log: pino({ level: 'debug', base: null }, { write: (line: string) => void records.push(JSON.parse(line)) }), records }
} // prettier-ignore

/** The way to a server, which can swallow everything without a word, as a firewall does or a machine that lost its power. */
export interface Wire extends AsyncDisposable {
  /** As it was given, but by this way. */
  readonly url: string
  cut(): void
  mend(): void
}

/** `here`: the port that leads there; any free one unless it is said. */
export async function wireTo(target: string, here = 0): Promise<Wire> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let isCut = false
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
  }
  const server = createServer((near) => {
    keep(near)
    // Let in by the system, and never answered.
    if (isCut) return void near.resume()
    const far = keep(connect(Number(port), hostname))
    near.on('data', (data) => isCut || far.write(data))
    far.on('data', (data) => isCut || near.write(data))
    near.on('close', () => far.destroy())
    far.on('close', () => isCut || near.destroy())
  })
  await new Promise<void>((resolve) => server.listen(here, '127.0.0.1', resolve))
  const near = server.address() as AddressInfo // it listens on a port
  return {
    url: Object.assign(new URL(target), { hostname: '127.0.0.1', port: String(near.port) }).href,
    cut: () => void (isCut = true),
    mend() {
      isCut = false
      for (const socket of sockets) socket.destroy()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
