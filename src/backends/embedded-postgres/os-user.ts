import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import process from 'node:process'
import { promisify } from 'node:util'
import { errorText } from './error-code.ts'
import type { ServerLog } from './server.ts'

/** As whom the server runs; empty: as whoever runs the gateway. */
export type Identity = { readonly uid: number; readonly gid: number } | Record<string, never>

/** All that the programs of the server get to see: nothing of the gateway's secrets, no PG… variables. */
export const environment = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/local/bin:/usr/bin:/bin' }

const run = promisify(execFile)
const ownUser = 'yeti-gateway'

/** PostgreSQL refuses to run as root: it gets the system's postgres user, or one made for it. */
export async function chooseIdentity(data: string, log: ServerLog): Promise<Identity> {
  const self = process.getuid?.()
  if (self === undefined) return {}
  const owner = await stat(data).catch(() => null)
  if (self !== 0) {
    if (owner !== null && owner.uid !== self) {
      throw new Error(
        `${data} belongs to another user (uid ${owner.uid}): run the gateway as that one, or choose another DATA_DIR`,
      )
    }
    return {}
  }
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  return (await lookUp('postgres')) ?? (await lookUp(ownUser)) ?? (await create(log))
}

async function lookUp(name: string): Promise<Identity | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return null
  }
}

async function create(log: ServerLog): Promise<Identity> {
  const advice = 'start the gateway as a normal user, make a user named postgres, or set DATABASE_URL'
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', ownUser])
  } catch (error) {
    throw new Error(
      `embedded PostgreSQL does not run as root, and no user could be made for it (${errorText(error).trim()}): ${advice}`,
    )
  }
  log.info({ user: ownUser }, 'made a system user for the embedded PostgreSQL, which does not run as root')
  const made = await lookUp(ownUser)
  if (made === null)
    throw new Error(`embedded PostgreSQL does not run as root, and the user ${ownUser} is not found: ${advice}`)
  return made
}
