import type { Log } from '../log.ts'
import { sql, type Databases } from './databases.ts'

export const deniedViewerKinds = ['login', 'dynamic_token', 'admin', 'acting_admin', 'anonymous'] as const
export type DeniedViewerKind = (typeof deniedViewerKinds)[number]

/** Who was denied something. */
export interface DeniedViewer {
  readonly kind: DeniedViewerKind
  /** `sys.api_access.id`; null but for a login. */
  readonly loginId: number | null
  /** `gui.admin_users.id`; null but for administrators. */
  readonly adminId: number | null
  /** Empty for nobody. */
  readonly name: string
}

interface Counted extends DeniedViewer {
  /** `2026-11-24`, in UTC. */
  readonly day: string
  readonly permission: string
  count: number
}

export interface DenialsOptions {
  readonly databases: Databases
  readonly log: Log
  /** Milliseconds from the first denial to its being written down, with all others until then. */
  readonly interval?: number
}

/** Who is told apart in one interval; what is denied to more is in the metrics only. */
const maxKept = 10_000

/** Days after which a count is removed. */
const keptDays = 400

/** Counts what is denied to whom, in memory at first: no request waits for that, or fails with it. */
export class Denials implements AsyncDisposable {
  readonly #options: DenialsOptions
  readonly #totals = new Map<string, number>()
  #counts = new Map<string, Counted>()
  #left = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()
  #tidied = ''

  constructor(options: DenialsOptions) {
    this.#options = options
  }

  /** How many operations were denied each permission since the start. */
  get totals(): ReadonlyMap<string, number> {
    return this.#totals
  }

  /** One operation that was denied these. */
  count(viewer: DeniedViewer, permissions: Iterable<string>): void {
    const day = new Date().toISOString().slice(0, 10)
    for (const permission of permissions) {
      this.#totals.set(permission, (this.#totals.get(permission) ?? 0) + 1)
      this.#keep({ ...viewer, day, permission, count: 1 })
    }
    if (this.#counts.size > 0) this.#schedule()
  }

  /** Writes down what has been counted; what cannot be written is kept for the next time. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    return (this.#writing = this.#writing.then(() => this.#write()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush()
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => void this.flush(), this.#options.interval ?? 5_000).unref()
  }

  #keep(counted: Counted): void {
    const { kind, loginId, adminId, name, day, permission } = counted
    const key = `${day} ${kind} ${loginId} ${adminId} ${permission} ${name}`
    const known = this.#counts.get(key)
    if (known) known.count += counted.count
    else if (this.#counts.size < maxKept) this.#counts.set(key, { ...counted })
    else this.#left += counted.count
  }

  async #write(): Promise<void> {
    const { databases, log } = this.#options
    const counts = [...this.#counts.values()]
    if (counts.length === 0) return
    this.#counts = new Map()
    try {
      await databases.query('primary', addition(counts))
    } catch (error) {
      for (const counted of counts) this.#keep(counted)
      this.#schedule()
      log.warn({ err: error }, 'Counts of denied requests could not be written; trying again')
      return
    }
    if (this.#left > 0) log.warn({ count: this.#left }, 'More was denied to more logins than is kept apart')
    this.#left = 0
    await this.#tidy().catch((error: unknown) => log.warn({ err: error }, 'Old counts of denials could not be removed'))
  }

  /** Once a day. */
  async #tidy(): Promise<void> {
    const today = new Date().toISOString().slice(0, 10)
    if (this.#tidied === today) return
    await this.#options.databases.query(
      'primary',
      sql`DELETE FROM portal.denials WHERE day < ${today}::date - ${keptDays}::int`,
    )
    this.#tidied = today
  }
}

/** In the order of the key, so that processes that write together do not wait in a circle. */
function addition(counts: readonly Counted[]) {
  return sql`
    INSERT INTO portal.denials (day, viewer_kind, login_id, admin_id, viewer_name, permission, count)
    SELECT day, kind, login_id, admin_id, name, permission, count FROM unnest(
      ${counts.map(({ day }) => day)}::date[], ${counts.map(({ kind }) => kind)}::text[],
      ${counts.map(({ loginId }) => loginId)}::int[], ${counts.map(({ adminId }) => adminId)}::int[],
      ${counts.map(({ name }) => name)}::text[], ${counts.map(({ permission }) => permission)}::text[],
      ${counts.map(({ count }) => count)}::bigint[]
    ) AS counted (day, kind, login_id, admin_id, name, permission, count)
    ORDER BY day, kind, coalesce(login_id, admin_id, 0), name, permission
    ON CONFLICT (day, viewer_kind, (coalesce(login_id, admin_id, 0)), viewer_name, permission)
    DO UPDATE SET count = denials.count + excluded.count`
}
