/** A way in which an installation may have made Yeti's two tables. */
export interface Variant {
  readonly name: string
  /** Of the server's clock, and of columns that name none. */
  readonly timeZone: string
  readonly cdrs: string
  readonly activeCalls: string
}

const shownTexts = [
  'destination_prefix', 'src_name_in', 'src_prefix_in', 'dst_prefix_in', 'src_prefix_routing', 'dst_prefix_routing',
  'from_domain', 'to_domain', 'ruri_domain',
] // prettier-ignore
const headers = ['diversion_in', 'pai_in', 'ppi_in', 'privacy_in', 'rpid_in', 'rpid_privacy_in']

function columns(names: readonly string[], type: string): string {
  return names.map((name) => `${name} ${type}`).join(', ')
}

/** The types that Yeti's reports bind their parameters to. */
export const plain: Variant = {
  name: 'the types of the reports',
  timeZone: 'UTC',
  cdrs: `CREATE TABLE cdrs (
      time_start DateTime, date_start Date, customer_acc_id UInt32, vendor_acc_id UInt32, is_last_cdr UInt8,
      duration Int32, customer_duration Int32, vendor_duration Int32, customer_price Float64, vendor_price Float64,
      src_country_id UInt32, dst_country_id UInt32, src_prefix_routing String, dst_prefix_routing String,
      auth_orig_ip String
    ) ENGINE = MergeTree PARTITION BY toYYYYMM(date_start) ORDER BY (customer_acc_id, time_start)`,
  activeCalls: `CREATE TABLE active_calls (
      snapshot_timestamp DateTime, snapshot_date Date, id UInt64, start_time DateTime, connect_time Nullable(DateTime),
      customer_id Int32, customer_acc_id UInt32, vendor_id UInt32, vendor_acc_id UInt32, ${columns(shownTexts, 'String')},
      ${columns(headers, 'Nullable(String)')}, ${columns(['destination_initial_rate', 'destination_next_rate', 'destination_fee'], 'Float64')},
      destination_initial_interval Int32, destination_next_interval Int32, auth_orig_transport_protocol_id Int8,
      auth_orig_ip String, auth_orig_port Int32, src_country_id UInt32, dst_country_id UInt32
    ) ENGINE = MergeTree PARTITION BY toYYYYMM(snapshot_date) ORDER BY snapshot_timestamp`,
}

/** What else they may be: missing values, exact numbers, fractions of seconds, more columns, another clock. */
export const other: Variant = {
  name: 'other types and columns, on a server with another clock',
  timeZone: 'America/St_Johns',
  cdrs: `CREATE TABLE cdrs (
      id Int64, uuid Nullable(UUID), time_start DateTime64(3, 'UTC'), time_connect Nullable(DateTime64(3, 'UTC')),
      date_start Date32, customer_id Nullable(Int32), customer_acc_id Nullable(Int32), vendor_id Nullable(Int32),
      vendor_acc_id Nullable(Int32), is_last_cdr Bool, success Nullable(Int8), duration Nullable(Int32),
      customer_duration Nullable(Int32), vendor_duration Nullable(Int32), customer_price Nullable(Decimal(18, 6)),
      vendor_price Nullable(Decimal(18, 6)), profit Nullable(Float64), src_country_id Nullable(Int32),
      dst_country_id Nullable(Int32), src_prefix_routing LowCardinality(String), dst_prefix_routing Nullable(String),
      auth_orig_ip LowCardinality(String), node_id UInt16 DEFAULT 7
    ) ENGINE = ReplacingMergeTree ORDER BY (time_start, id)`,
  activeCalls: `CREATE TABLE active_calls (
      snapshot_timestamp DateTime64(3, 'UTC'), snapshot_date Date32, id Int64, node_id UInt16 DEFAULT 7,
      buffered Bool DEFAULT false, start_time DateTime64(6, 'UTC'), connect_time Nullable(DateTime64(6, 'UTC')),
      customer_id Nullable(Int32), customer_acc_id Nullable(Int32), vendor_id Nullable(Int32),
      vendor_acc_id Nullable(Int32), ${columns([...shownTexts, ...headers], 'Nullable(String)')},
      ${columns(['destination_initial_rate', 'destination_next_rate', 'destination_fee'], 'Nullable(Decimal(18, 6))')},
      destination_initial_interval Nullable(Int32), destination_next_interval Nullable(Int32),
      auth_orig_transport_protocol_id Nullable(Int8), auth_orig_ip String, auth_orig_port Nullable(Int32),
      src_country_id Nullable(Int32), dst_country_id Nullable(Int32)
    ) ENGINE = MergeTree ORDER BY (snapshot_timestamp, id)`,
}

export const variants = [plain, other] as const
