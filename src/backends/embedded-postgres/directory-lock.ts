import { constants } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { errorCode } from './error-code.ts'

export interface DirectoryLock {
  /** Names the directory whatever path leads to it, so that its server can be told from others. */
  readonly identity: string
  release(): Promise<void>
}

/**
 * One gateway per directory. The lock is something that the kernel takes away when the process ends, however it ends:
 * a file that names a process would survive kill -9, and its pid may belong to somebody else by then.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const { dev, ino } = await stat(directory)
  const identity = `yeti-portal-gateway-${dev}-${ino}`
  const path = await realpath(directory)
  if (process.platform === 'darwin') return { identity, release: await lockFile(path) }
  // An abstract socket on Linux, a named pipe on Windows: neither is a file, so nothing stays behind.
  return {
    identity,
    release: await lockName(process.platform === 'win32' ? `\\\\.\\pipe\\${identity}` : `\0${identity}`, path),
  }
}

async function lockName(name: string, directory: string): Promise<() => Promise<void>> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.end(String(process.pid))
  })
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ path: name, exclusive: true }, resolve)
    })
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') throw inUse(directory, await askHolder(name))
    throw error
  }
  server.unref()
  return () => new Promise((resolve) => server.close(() => resolve()))
}

/** The holder tells its pid to whoever connects; a busy one may not answer in time. */
function askHolder(name: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect({ path: name }).setTimeout(1000, () => socket.destroy())
    socket.on('data', (data) => (answer += data.toString()))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
  })
}

/** macOS has no abstract sockets, but locks a file while opening it; Node has no name for that flag. */
async function lockFile(directory: string): Promise<() => Promise<void>> {
  const O_EXLOCK = 0x20
  const path = join(directory, 'gateway.pid')
  const { O_RDWR, O_CREAT, O_NONBLOCK } = constants
  const file = await open(path, O_RDWR | O_CREAT | O_NONBLOCK | O_EXLOCK, 0o600).catch(async (error: unknown) => {
    if (errorCode(error) !== 'EAGAIN') throw error
    const holder = await open(path, 'r')
    throw inUse(directory, await holder.readFile('utf8').finally(() => holder.close()))
  })
  await file.truncate()
  await file.write(String(process.pid), 0)
  return () => file.close()
}

function inUse(directory: string, pid: string): Error {
  const holder = pid === '' ? 'another gateway' : `another gateway (pid ${pid})`
  return new Error(`${holder} already uses this DATA_DIR: ${directory}`)
}
