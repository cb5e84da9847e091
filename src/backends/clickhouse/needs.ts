import type { Level } from '../needs/finding.ts'

export interface ColumnNeed {
  /** What Yeti's writers suit. */
  readonly type: string
  /** The types that do as well. */
  readonly fits: RegExp
  readonly level?: Level
  readonly then: string
}

export interface TableNeed {
  readonly table: string
  /** What does not work without the table. */
  readonly then: string
  readonly columns: Readonly<Record<string, ColumnNeed>>
}

function of(type: string, name: RegExp) {
  const fits = new RegExp(`^(?:LowCardinality\\()?(?:Nullable\\()?(?:${name.source})`)
  return (then: string, level?: Level): ColumnNeed => ({ type, fits, then, ...(level && { level }) })
}

const time = of('DateTime', /DateTime/)
const integer = of('Int32', /U?Int\d/)
const flag = of('UInt8', /U?Int8|Bool/)
const decimal = of('Float64', /Float|Decimal/)
const text = of('String', /String|FixedString/)

const noStatistics = 'statistics and quality do not work'
const noFilter = 'statistics cannot be filtered by it'
const noChartFilter = 'charts of calls in progress cannot be filtered by it'
const noCalls = 'the list of calls in progress does not work'
const notShown = 'calls in progress cannot be asked for it'

/** What is read in Yeti's ClickHouse: the columns of its reports. */
export const tableNeeds: readonly TableNeed[] = [
  {
    table: 'cdrs',
    then: noStatistics,
    columns: {
      time_start: time(noStatistics),
      customer_acc_id: integer('outgoing statistics do not work'),
      vendor_acc_id: integer('incoming statistics do not work'),
      is_last_cdr: flag('outgoing statistics do not work'),
      duration: integer(noStatistics),
      customer_duration: integer('OUTGOING_STATISTICS_USE_CUSTOMER_DURATION does not work', 'without'),
      vendor_duration: integer('INCOMING_STATISTICS_USE_VENDOR_DURATION does not work', 'without'),
      customer_price: decimal('outgoing statistics have no total price'),
      vendor_price: decimal('incoming statistics have no total price'),
      src_country_id: integer(noFilter, 'without'),
      dst_country_id: integer(noFilter, 'without'),
      src_prefix_routing: text(noFilter, 'without'),
      dst_prefix_routing: text(noFilter, 'without'),
      auth_orig_ip: text(noFilter, 'without'),
    },
  },
  {
    table: 'active_calls',
    then: 'calls in progress, and their charts, do not work',
    columns: {
      snapshot_timestamp: time(noCalls),
      customer_acc_id: integer(noCalls),
      vendor_acc_id: integer('the chart of incoming calls in progress does not work'),
      customer_id: integer(noCalls),
      id: integer(noCalls),
      start_time: time(noCalls),
      connect_time: time(notShown),
      src_country_id: integer(noChartFilter, 'without'),
      dst_country_id: integer(noChartFilter, 'without'),
      duration: integer(noChartFilter, 'hint'),
      customer_price: decimal(noChartFilter, 'hint'),
      vendor_price: decimal(noChartFilter, 'hint'),
      destination_prefix: text(notShown, 'without'),
      destination_initial_interval: integer(notShown, 'without'),
      destination_initial_rate: decimal(notShown, 'without'),
      destination_next_interval: integer(notShown, 'without'),
      destination_next_rate: decimal(notShown, 'without'),
      destination_fee: decimal(notShown, 'without'),
      src_name_in: text(notShown, 'without'),
      src_prefix_in: text(notShown, 'without'),
      dst_prefix_in: text(notShown, 'without'),
      src_prefix_routing: text(notShown, 'without'),
      dst_prefix_routing: text(notShown, 'without'),
      from_domain: text(notShown, 'without'),
      to_domain: text(notShown, 'without'),
      ruri_domain: text(notShown, 'without'),
      diversion_in: text(notShown, 'without'),
      pai_in: text(notShown, 'without'),
      ppi_in: text(notShown, 'without'),
      privacy_in: text(notShown, 'without'),
      rpid_in: text(notShown, 'without'),
      rpid_privacy_in: text(notShown, 'without'),
      auth_orig_transport_protocol_id: integer(notShown, 'without'),
      auth_orig_ip: text(notShown, 'without'),
      auth_orig_port: integer(notShown, 'without'),
    },
  },
]
