import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Cluster } from './cluster.ts'
import { errorCode } from './error-code.ts'
import type { ServerLog } from './server.ts'

/**
 * A gateway that was killed leaves its server running, or a pid file whose number means somebody else by now (in a
 * container pids start anew). The caller holds the lock of the directory, so no living gateway owns that server.
 */
export async function stopOrphan({ data, marker }: Cluster, log: ServerLog): Promise<void> {
  const pidFile = join(data, 'postmaster.pid')
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0])
  // PostgreSQL copes with the file of a dead process, and looks for surviving backends before it starts.
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return
  if (!(await isServer(pid, marker))) return rm(pidFile, { force: true })
  log.warn({ pid }, 'stopping the embedded PostgreSQL of a gateway that was killed')
  for (const [signal, seconds] of [
    ['SIGINT', 30],
    ['SIGQUIT', 10],
  ] as const) {
    send(pid, signal)
    for (let waited = 0; waited < seconds * 50; waited++) {
      if (!(await isServer(pid, marker))) return
      await delay(20)
    }
  }
  throw new Error(`the embedded PostgreSQL of a killed gateway (pid ${pid}) does not stop: end it, then start again`)
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}

function isAlive(pid: number): boolean {
  return send(pid, 0)
}

/** A zombie, which nobody may ever reap in a container, has no command line and counts as gone. */
async function isServer(pid: number, marker: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  if (process.platform === 'win32') return true
  return (await commandOf(pid)).includes(marker)
}

async function commandOf(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux') return await readFile(`/proc/${pid}/cmdline`, 'utf8')
    const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'command='])
    return stdout
  } catch {
    return ''
  }
}
