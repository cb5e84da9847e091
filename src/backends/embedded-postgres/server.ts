import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { dataArgument, type Cluster } from './cluster.ts'
import { environment } from './os-user.ts'

export interface ServerLog {
  info(o: object, m: string): void
  warn(o: object, m: string): void
  error(o: object, m: string): void
}

/** A running postmaster. */
export interface Server {
  /** How it ended; never rejects. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

/** It did not become ready; its own words are in the message. */
export class LaunchError extends Error {
  /** Another attempt may succeed: the port was lost to somebody else, or backends of a killed server are still ending. */
  readonly passing: boolean

  constructor(reason: string, output: string) {
    super(`embedded PostgreSQL did not start (${reason})${output === '' ? '' : `:\n${output}`}`)
    this.passing = /could not create any TCP\/IP sockets|pre-existing shared memory block/.test(output)
  }
}

const readyWithin = 120_000 // recovery after a crash may take its time
const fastStopWithin = 30_000

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '128MB',
  max_connections: '100',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // For tests; the gateway's own connections wait for the disk (`durable`).
  synchronous_commit: 'off',
  log_checkpoints: 'off',
  log_line_prefix: '',
  // Failing statements are the business of whoever sent them.
  log_min_messages: 'log',
}

/** Lines that an operator should see; the rest is kept only to explain a failed start. */
const notable = /PANIC:|terminated by signal|No space left on device/

export async function launchServer(cluster: Cluster, port: number, log: ServerLog): Promise<Server> {
  const { data, identity, binaries, marker } = cluster
  const assignments = Object.entries({ ...settings, port, cluster_name: marker }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const child = spawn(binaries.postgres, ['-D', dataArgument(data, identity), ...assignments], {
    ...identity,
    cwd: data,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
    // In a process group of its own Ctrl-C reaches the gateway only, which then stops the server when it no longer needs it.
    detached: true,
  })
  const output: string[] = []
  const ended = whenEnded(child)
  const ready = new Promise<'ready'>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      output.push(line)
      if (output.length > 30) output.shift()
      if (line.endsWith('database system is ready to accept connections')) resolve('ready')
      if (notable.test(line)) log.warn({ pid: child.pid }, `embedded PostgreSQL: ${line}`)
    })
  })
  const timer = new AbortController()
  const late = delay(readyWithin, 'not ready in time', { signal: timer.signal, ref: false }).catch(() => 'cancelled')
  const outcome = await Promise.race([ready, ended, late])
  timer.abort()
  if (outcome === 'ready') return { ended, stop: () => stopChild(child, ended) }
  await stopChild(child, ended)
  throw new LaunchError(outcome, output.join('\n'))
}

function whenEnded(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => {
      const end = signal === null ? `exit code ${code}` : `signal ${signal}`
      // The last words come before 'close'; but backends that outlive a killed postmaster may hold the pipe for long.
      child.once('close', () => resolve(end))
      setTimeout(() => resolve(end), 500).unref()
    })
  })
}

/** Fast shutdown: open transactions are rolled back, data are written. One that hangs is made to quit without cleaning up. */
async function stopChild(child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || !child.kill('SIGINT')) return
  const timer = new AbortController()
  const late = delay(fastStopWithin, 'late', { signal: timer.signal }).catch(() => 'cancelled')
  if ((await Promise.race([ended, late])) === 'late') child.kill('SIGQUIT')
  timer.abort()
  await ended
}
