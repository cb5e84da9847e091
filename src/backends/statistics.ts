import type { CallFilter } from './call-filters.ts'

/** The figures of Yeti's reports, by their names there. */
export type Metric =
  'totalCalls' | 'successfulCalls' | 'failedCalls' | 'totalDuration' | 'acd' | 'asr' | 'totalPrice' | 'cps'

export type Sampling = 'minute' | '5minutes' | '15minutes' | 'hour' | 'day' | 'week' | 'month'

export type Direction = 'outgoing' | 'incoming'

export interface StatisticsQuery {
  readonly direction: Direction
  /** `billing.accounts.id` */
  readonly accountId: number
  /** Whose account it is. */
  readonly contractorId: number
  /** ISO 8601; both bounds are inclusive, as in Yeti. */
  readonly from: string
  readonly to: string | null
  readonly sampling: Sampling
  readonly timeZone: string
  /** The column that total durations add up: real or billed seconds. */
  readonly durationColumn: 'duration' | 'customer_duration' | 'vendor_duration'
  /** Conditions on the calls, besides account and period. */
  readonly filters: readonly CallFilter[]
  readonly metrics: readonly Metric[]
  readonly activeCalls: boolean
  readonly series: boolean
  readonly totals: boolean
  /** Also the buckets without a call, up to the end of the period or now. */
  readonly fillGaps: boolean
}

export type Figures = { readonly [M in Metric]?: number | string | null }

export interface StatisticsPoint extends Figures {
  /** Start of the bucket, ISO 8601. */
  readonly time: string
  readonly activeCalls?: number
}

export interface Statistics {
  readonly series: readonly StatisticsPoint[]
  readonly totals: Figures
}

export interface SnapshotsQuery {
  /** Outgoing: the calls that the account originated; incoming: those that it terminated. */
  readonly direction: Direction
  /** `billing.accounts.id` */
  readonly accountId: number
  /** ISO 8601; both bounds are inclusive. */
  readonly from: string
  readonly to: string
  /** Conditions on the calls of each snapshot; none where the source does not filter snapshots. */
  readonly filters: readonly CallFilter[]
  /** Also 0 for each minute without a snapshot that lies within the period and is over. */
  readonly fillGaps: boolean
  /** How many points at most, the earliest. */
  readonly limit: number
}

export interface SnapshotPoint {
  /** When the calls were counted, ISO 8601. */
  readonly time: string
  readonly calls: number
}

/** Where statistics come from; PostgreSQL here, another engine may take its place. */
export interface StatisticsSource {
  statistics(query: StatisticsQuery): Promise<Statistics>
  /** Whether it keeps the single calls of every snapshot, so that they can be counted by conditions. */
  readonly filtersSnapshots: boolean
  /** How many calls an account had in progress, in the order of time. */
  snapshots(query: SnapshotsQuery): Promise<readonly SnapshotPoint[]>
}
