import type { Databases } from '../backends/databases.ts'
import { UnavailableError, type GatewayError } from '../errors.ts'
import type { Log } from '../log.ts'
import { readChanges } from './access-changes.ts'
import type { Admins } from './admins.ts'
import { refused } from './authenticate.ts'
import type { Customers } from './customers.ts'
import type { KnownViewer } from './principal.ts'
import { Rounds, type Query } from './rounds.ts'
import { WatchedSessions, type AccessListener, type WatchedSession } from './watched-sessions.ts'
import type { Viewer } from './viewer.ts'

/** A viewer whose changes are noticed for as long as something runs for them. */
export interface AccessWatch {
  /** As the database has them now. All who ask at the same time cost one statement. Throws `UnavailableError`. */
  verify(): Promise<Viewer>
  stop(): void
}

export interface AccessWatcher extends AsyncDisposable {
  /** The first look has been taken by then. Throws `UnavailableError` while changes would go unnoticed. */
  watch(viewer: Viewer, address: string, listener: AccessListener): Promise<AccessWatch>
  /** How many sessions are watched. */
  readonly size: number
}

export interface AccessWatcherOptions {
  readonly databases: Databases
  readonly customers: Customers
  readonly admins: Admins
  readonly log: Log
}

/** Connects when there is somebody to watch for the first time. */
export function createAccessWatcher({ databases, log, ...readers }: AccessWatcherOptions): AccessWatcher {
  const sessions = new WatchedSessions()
  const strangers = new Set<AccessListener>()
  let rounds: Rounds | null = null
  let disposed = false

  async function look(query: Query): Promise<void> {
    const asked = sessions.all()
    for (const { watched, fingerprint, principal } of await readChanges(query, readers, asked)) {
      watched.fingerprint = fingerprint
      sessions.become(watched, principal)
    }
    for (const session of asked.filter(isExpired)) sessions.become(session, null)
  }

  function endAll(error: GatewayError | null): void {
    const listeners = [...strangers, ...sessions.clear()]
    strangers.clear()
    for (const listener of listeners) listener.ended(error)
  }

  function started(): Rounds {
    return (rounds ??= new Rounds({
      databases,
      log,
      look,
      isNeeded: () => sessions.size > 0,
      concerns: (payload) => sessions.hasAnyOf(payload),
      onLost: () => endAll(new UnavailableError()),
    }))
  }

  async function watchKnown(viewer: KnownViewer, address: string, listener: AccessListener): Promise<AccessWatch> {
    const session = sessions.enter(viewer, address, listener)
    const stop = (): void => sessions.leave(session, listener)
    const verify = async (): Promise<Viewer> => {
      if (session.viewer !== refused) await started().look()
      return session.viewer
    }
    try {
      await verify()
    } catch (error) {
      stop()
      throw error
    }
    return { verify, stop }
  }

  return {
    get size() {
      return sessions.size + strangers.size
    },
    async watch(viewer, address, listener) {
      if (disposed) throw new UnavailableError()
      if (isKnown(viewer)) return watchKnown(viewer, address, listener)
      strangers.add(listener)
      return { verify: async () => viewer, stop: () => void strangers.delete(listener) }
    },
    async [Symbol.asyncDispose]() {
      disposed = true
      endAll(null)
      await rounds?.[Symbol.asyncDispose]()
    },
  }
}

/** Everybody but the anonymous, of whom nothing can change. */
function isKnown(viewer: Viewer): viewer is KnownViewer {
  if (viewer.kind === 'anonymous') return false
  if (!('subject' in viewer)) throw new TypeError('Take the viewer that authenticate gave')
  return true
}

function isExpired({ session: { expiresAt } }: WatchedSession): boolean {
  return expiresAt !== null && expiresAt.getTime() <= Date.now()
}
