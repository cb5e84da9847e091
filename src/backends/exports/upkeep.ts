import type { Log } from '../../log.ts'
import { sql, type Databases } from '../databases.ts'
import type { FileStore } from '../file-store.ts'
import { exportFileName } from './columns.ts'
import { exportLocks } from './hold.ts'
import { exportTask, jobOf, keyOf } from './jobs.ts'

export interface UpkeepOptions {
  readonly databases: Databases
  readonly store: FileStore
  readonly log: Log
}

/** Milliseconds between two looks. */
const interval = 10_000

/** Looks after exports that nobody makes any more, and removes files whose time is over. Every process does so. */
export class Upkeep {
  readonly #options: UpkeepOptions
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #round: Promise<void>

  constructor(options: UpkeepOptions) {
    this.#options = options
    this.#round = this.#look()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#round
  }

  async #look(): Promise<void> {
    const { databases, log } = this.#options
    try {
      await requeueLost(databases)
      await removeExpired(this.#options)
    } catch (error) {
      log.warn({ err: error }, 'Exports could not be looked after; trying again')
    }
    if (this.#stopped) return
    this.#timer = setTimeout(() => (this.#round = this.#look()), interval)
  }
}

/** Held by whoever makes it; see `ExportHold`. */
const isHeld = sql`EXISTS (
  SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
  WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.classid = ${exportLocks}::oid AND l.objid = e.id::oid
    AND d.datname = current_database())`

/** graphile-worker gives a job whose process is gone back after four hours; this is the same in seconds. */
export async function requeueLost(databases: Databases): Promise<void> {
  await databases.query(
    'primary',
    sql`SELECT ${jobOf(sql`e.id`)} FROM sys.cdr_exports e JOIN portal.cdr_exports w ON w.export_id = e.id
        WHERE e.status = 'Pending' AND NOT EXISTS (
          SELECT FROM portal.jobs j
          WHERE j.key = ${keyOf(sql`e.id`)} AND j.locked_at IS NULL AND j.attempts < j.max_attempts
        ) AND NOT ${isHeld}`,
  )
  // Jobs that others have taken the place of, and that are not run any more.
  await databases.query(
    'primary',
    sql`SELECT portal.complete_jobs(array_agg(id)) FROM portal.jobs
        WHERE task_identifier = ${exportTask} AND key IS NULL AND attempts >= max_attempts HAVING count(*) > 0`,
  )
}

/** Ours alone: exports without a row in `portal.cdr_exports` are Yeti's. Also those that an administrator has deleted. */
const isOver = sql`(
  e.status = 'Completed' AND w.expires_at <= now()
  OR e.status = 'Deleted' AND w.finished_at IS NOT NULL AND coalesce(w.expires_at > now(), true))`

/** Of one look. */
const atMost = 100

async function removeExpired({ databases, store, log }: UpkeepOptions): Promise<void> {
  const over = await databases.query<{ id: number }>(
    'primary',
    sql`SELECT e.id FROM sys.cdr_exports e JOIN portal.cdr_exports w ON w.export_id = e.id WHERE ${isOver} ORDER BY e.id LIMIT ${atMost}`,
  )
  for (const { id } of over) {
    await removeOne(databases, store, id).catch((error: unknown) =>
      log.warn({ export: id, err: error }, 'The file of an export could not be removed; trying again'),
    )
  }
}

/** Nobody is shown a file that is gone, and no file stays that nobody is shown: the row changes when it is removed. */
async function removeOne(databases: Databases, store: FileStore, id: number): Promise<void> {
  await databases.transaction('primary', async ({ query }) => {
    const mine = await query(
      sql`SELECT FROM portal.cdr_exports w JOIN sys.cdr_exports e ON e.id = w.export_id
          WHERE w.export_id = ${id} AND ${isOver} FOR UPDATE OF w SKIP LOCKED`,
    )
    if (mine.length === 0) return
    await query(
      sql`UPDATE sys.cdr_exports SET status = 'Deleted', updated_at = now() AT TIME ZONE 'UTC' WHERE id = ${id} AND status = 'Completed'`,
    )
    await query(sql`UPDATE portal.cdr_exports SET expires_at = least(expires_at, now()) WHERE export_id = ${id}`)
    await store.remove(exportFileName(id))
  })
}
