import type { CallFilter, CallFilterColumn } from './call-filters.ts'

/** How many calls an account has in progress. */
export interface ActiveCallsReading {
  /** `billing.accounts.id` */
  readonly accountId: number
  /** When they were counted, ISO 8601; null when there was no count lately, which means that there are none. */
  readonly time: string | null
  readonly count: number
}

/** What a source tells of a call in progress, by the names that it has in all of them, and what kind of value it is. */
export const activeCallColumns = {
  id: 'bigint',
  snapshot_timestamp: 'time',
  start_time: 'time',
  connect_time: 'time',
  customer_id: 'integer',
  destination_prefix: 'text',
  destination_initial_interval: 'integer',
  destination_initial_rate: 'decimal',
  destination_next_interval: 'integer',
  destination_next_rate: 'decimal',
  destination_fee: 'decimal',
  src_name_in: 'text',
  src_prefix_in: 'text',
  dst_prefix_in: 'text',
  src_prefix_routing: 'text',
  dst_prefix_routing: 'text',
  from_domain: 'text',
  to_domain: 'text',
  ruri_domain: 'text',
  diversion_in: 'text',
  pai_in: 'text',
  ppi_in: 'text',
  privacy_in: 'text',
  rpid_in: 'text',
  rpid_privacy_in: 'text',
  auth_orig_transport_protocol_id: 'integer',
  auth_orig_ip: 'text',
  auth_orig_port: 'integer',
} as const

export type ActiveCallColumn = keyof typeof activeCallColumns

/** A call with the columns that were asked for: integers as numbers, times in ISO 8601, everything else as text. */
export type ActiveCall = { readonly [C in ActiveCallColumn]?: string | number | null }

export type ActiveCallFilter = CallFilter<ActiveCallColumn & CallFilterColumn>

export interface ActiveCallsQuery {
  readonly accountIds: readonly number[]
  readonly columns: readonly ActiveCallColumn[]
  readonly filters: readonly ActiveCallFilter[]
  /** How many of each account at most. */
  readonly limit: number
}

/** The calls in progress when the switch told of them last, in the last two minutes. */
export interface CallsSnapshot {
  /** Whether it told of anybody's in the last ten minutes: it tells nothing while there are none, or if nobody asked it to. */
  readonly isTold: boolean
  /** By account; those that began last come first. */
  readonly calls: ReadonlyMap<number, readonly ActiveCall[]>
}

/** Where calls in progress are told; PostgreSQL here, another engine may take its place. One question to it each. */
export interface ActiveCallsSource {
  counts(accountIds: readonly number[]): Promise<readonly ActiveCallsReading[]>
  calls(query: ActiveCallsQuery): Promise<CallsSnapshot>
}
