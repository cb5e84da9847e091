import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { findBinaries, type Binaries } from './binaries.ts'
import { errorCode, errorText } from './error-code.ts'
import { chooseIdentity, environment, type Identity } from './os-user.ts'
import type { ServerLog } from './server.ts'

/** A data directory and what it takes to serve it. */
export interface Cluster {
  readonly data: string
  readonly binaries: Binaries
  readonly identity: Identity
  readonly password: string
  /** Shown in the server's command line, by which an orphan of this directory is recognised. */
  readonly marker: string
}

export const superuser = 'gateway'

export async function prepareCluster(directory: string, marker: string, log: ServerLog): Promise<Cluster> {
  const data = join(directory, 'data')
  const identity = await chooseIdentity(data, log)
  if (identity.uid !== undefined) await handOver(directory, identity.uid, identity.gid)
  const binaries = await findBinaries(identity)
  await removeUnfinished(directory)
  const made = await readOr(join(data, 'PG_VERSION'), null)
  if (made !== null && made.trim() !== binaries.major) {
    const versions = `${data} was made by PostgreSQL ${made.trim()}, this gateway brings ${binaries.major}`
    throw new Error(`${versions}: remove the directory for fresh demo data, or choose another DATA_DIR`)
  }
  const password = await readOr(join(directory, 'password'), null)
  if (made !== null && password !== null) return { data, binaries, identity, password: password.trim(), marker }
  if (made !== null)
    throw new Error(`${join(directory, 'password')} is missing: restore it, or remove ${directory} for fresh demo data`)
  return { data, binaries, identity, password: await initialise(directory, data, binaries, identity), marker }
}

async function handOver(directory: string, uid: number, gid: number): Promise<void> {
  try {
    await chown(directory, uid, gid)
  } catch (error) {
    const reason = `${directory} cannot be given to the user (uid ${uid}) that runs it`
    throw new Error(`embedded PostgreSQL does not run as root, and ${reason}: ${errorText(error)}`, { cause: error })
  }
}

/**
 * The path that the server is given. On Linux root can hand it a working directory that its user could not walk to (one
 * below /root, say); elsewhere, and when the gateway is not root, it is just the path.
 */
export function dataArgument(data: string, identity: Identity): string {
  return process.platform === 'linux' && identity.uid !== undefined ? '/proc/self/cwd' : data
}

/** Works in a directory of its own and renames it at the end: what exists under the final name is complete. */
async function initialise(directory: string, data: string, binaries: Binaries, identity: Identity): Promise<string> {
  const password = randomBytes(24).toString('hex')
  const staging = await mkdtemp(join(directory, 'initdb-'))
  const secret = join(staging, 'password')
  const target = join(staging, 'data')
  await mkdir(target, { mode: 0o700 })
  await writeFile(secret, `${password}\n`, { mode: 0o600 })
  if (identity.uid !== undefined) {
    for (const path of [staging, target, secret]) await chown(path, identity.uid, identity.gid)
  }
  const options = ['--username', superuser, '--auth', 'scram-sha-256', '--pwfile', '../password', '--encoding', 'UTF8']
  const locale = ['--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--locale', 'C'] // needs none of the system's
  const where = { ...identity, cwd: target, env: environment }
  try {
    await promisify(execFile)(
      binaries.initdb,
      ['--pgdata', dataArgument(target, identity), ...options, ...locale],
      where,
    )
  } catch (error) {
    throw new Error(`embedded PostgreSQL could not make its data directory: ${errorText(error).trim()}`)
  }
  await rename(secret, join(directory, 'password'))
  await rename(target, data)
  await rm(staging, { recursive: true, force: true })
  return password
}

async function removeUnfinished(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    // An initdb whose gateway was killed may still write there, so one attempt is not always enough.
    if (name.startsWith('initdb-')) await rm(join(directory, name), { recursive: true, force: true, maxRetries: 10 })
  }
}

async function readOr<T>(path: string, otherwise: T): Promise<string | T> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return otherwise
    throw error
  }
}
