import type DataLoader from 'dataloader'
import type { TextRow } from '../backends/text-row.ts'
import type { RunningSubscriptions } from '../backends/running-subscriptions.ts'
import type { ActiveCalls } from '../backends/active-calls/watch.ts'
import type { Denials } from '../backends/denials.ts'
import type { Cryptomus } from '../backends/cryptomus.ts'
import type { FileStores } from '../backends/file-store.ts'
import type { StatisticsSource } from '../backends/statistics.ts'
import type { Foresight } from './admin/foresight.ts'
import type { Cursors } from './resource/cursors.ts'
import type { NestedList } from './resource/nested-list.ts'
import type { Config } from '../config.ts'
import type { Databases } from '../backends/databases.ts'
import { UnauthenticatedError } from '../errors.ts'
import type { IssueCallToken } from '../identity/call-tokens.ts'
import type { Identity } from '../identity/identity.ts'
import type { AdminViewer, CustomerViewer, Tenant, Viewer } from '../identity/viewer.ts'
import type { Log } from '../log.ts'

/** What the whole process shares. */
export interface Services {
  readonly config: Config
  readonly log: Log
  readonly databases: Databases
  readonly identity: Identity
  readonly cursors: Cursors
  readonly statistics: StatisticsSource
  readonly activeCalls: ActiveCalls
  readonly runningSubscriptions: RunningSubscriptions
  /** null: customers cannot pay with it. */
  readonly cryptomus: Cryptomus | null
  readonly stores: FileStores
  readonly denials: Denials
  /** null: there is no key to sign them with. */
  readonly issueCallToken: IssueCallToken | null
  readonly foresight: Foresight
}

/** What one operation knows: who asks, and from where. A fresh one for each, so that nothing decided outlives it. */
export interface Context extends Services {
  readonly viewer: Viewer
  /** The client's IP address. */
  readonly address: string
  /** Where browsers reach the gateway, for links: `https://portal.example.com`. */
  readonly origin: string
  /** Set-Cookie values that go out with the answer. */
  readonly setCookies: string[]
  /** Batched reads by table, columns and key; see `loading.ts`. */
  readonly loaders: Map<string, DataLoader<string, TextRow | null>>
  /** Lists below rows of other lists, by the field that asks for them; see `nested-list.ts`. */
  readonly nestedLists: Map<string, Promise<NestedList>>
}

/** What is read for one operation is remembered for that operation alone. */
export function emptyCaches(): Pick<Context, 'loaders' | 'nestedLists'> {
  return { loaders: new Map(), nestedLists: new Map() }
}

/** After a write: what was read before in the same operation may have changed. */
export function forgetRead({ loaders, nestedLists }: Context): void {
  loaders.clear()
  nestedLists.clear()
}

/** The customer who asks. The rules let nobody else come this far; if somebody does, it is refused here. */
export function customerOf(context: Context): CustomerViewer {
  if (context.viewer.kind !== 'customer') throw new UnauthenticatedError()
  return context.viewer
}

export function tenantOf(context: Context): Tenant {
  return customerOf(context).tenant
}

/** The administrator who asks; the same wall. */
export function administratorOf(context: Context): AdminViewer {
  if (context.viewer.kind !== 'admin') throw new UnauthenticatedError()
  return context.viewer
}
