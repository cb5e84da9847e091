import pg from 'pg'
import { settingOf, type Databases } from '../backends/databases.ts'
import { sqlStateOf } from '../backends/databases/errors.ts'
import { migrateQueue } from '../backends/exports/queue-migration.ts'
import { migrate } from '../backends/migrate.ts'
import type { DatabaseUrls } from '../config.ts'
import { UnavailableError } from '../errors.ts'
import type { Log } from '../log.ts'
import { addressIn, DatabaseError } from './database-error.ts'
import { readFacts, tryFacts, type Asking, type Facts } from './facts.ts'
import { objectionsTo } from './objections.ts'

/**
 * Waits until Yeti's databases answer, and makes sure that they are those and let us work. A replica that is away is
 * not waited for. Throws `DatabaseError` with a line for each thing that is wrong.
 */
export async function reachYeti(
  databases: Databases,
  urls: DatabaseUrls,
  log: Log,
  signal?: AbortSignal,
): Promise<Facts> {
  const asking = (server: Asking['server'], url: string): Asking => {
    return { server, address: addressIn(settingOf[server], url), log, signal }
  }
  const ofPrimary = asking('primary', urls.primaryUrl)
  const ofCdr = asking('cdr', urls.cdrUrl)
  const ofReplica = urls.replicaUrl === null ? null : asking('replica', urls.replicaUrl)
  const isOne = databases.primary === databases.cdr
  const primary = await readFacts(databases, ofPrimary)
  const cdr = isOne ? primary : await readFacts(databases, ofCdr)
  const replica = ofReplica && (await tryFacts(databases, ofReplica))
  const objections = objectionsTo({
    primary,
    cdr,
    isOne,
    replica: replica instanceof UnavailableError ? null : replica,
  })
  if (objections.length > 0) throw new DatabaseError(objections.join('\n'))
  await databases.replica?.start()
  return primary
}

/** Brings the schema `portal` up to date. Throws `DatabaseError` where it belongs to somebody else. */
export async function migratePortal(primaryUrl: string, { role, portalOwner, ownsPortal }: Facts): Promise<void> {
  try {
    await migrate('portal', primaryUrl)
    await migrateQueue(primaryUrl)
  } catch (error) {
    if (portalOwner === null || ownsPortal || !isAboutRights(error)) throw error
    const [owner, member] = [portalOwner, role].map((name) => pg.escapeIdentifier(name))
    throw new DatabaseError(
      `DATABASE_URL: the schema portal belongs to the role ${owner}, so the role ${member} cannot bring it up to date: GRANT ${owner} TO ${member};`,
      { cause: error },
    )
  }
}

/** In whatever the error was wrapped on its way. */
function isAboutRights(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (
    sqlStateOf(error) === '42501' || /permission denied|must be owner/.test(error.message) || isAboutRights(error.cause)
  )
}
