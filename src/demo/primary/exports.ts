import { day, hour, moment, timestamp } from '../clock.ts'
import type { Row } from '../rows.ts'
import { uuidOf } from '../uuid.ts'
import { type Account, auroraMain, auroraRetail, borealisTrunk, cascadiaMain } from '../world/accounts.ts'

interface Export {
  readonly id: number
  /** Null: an administrator's. */
  readonly account: Account | null
  readonly status: 'Completed' | 'Failed' | 'Deleted'
  readonly daysAgo: number
  readonly rows: number | null
  readonly timeFormat: 'with_timezone' | 'without_timezone' | 'round_to_seconds'
  readonly timeZone: string | null
}

/** All of them were made by Yeti, so that no gateway has their files. None is pending: nobody would ever make it. */
const cdrExports: readonly Export[] = [
  {
    id: 1,
    account: null,
    status: 'Completed',
    daysAgo: 41,
    rows: 90_210,
    timeFormat: 'with_timezone',
    timeZone: null,
  },
  {
    id: 2,
    account: auroraMain,
    status: 'Deleted',
    daysAgo: 38,
    rows: 12_407,
    timeFormat: 'with_timezone',
    timeZone: 'Europe/Kyiv',
  },
  {
    id: 3,
    account: auroraMain,
    status: 'Failed',
    daysAgo: 20,
    rows: null,
    timeFormat: 'without_timezone',
    timeZone: null,
  },
  {
    id: 4,
    account: cascadiaMain,
    status: 'Completed',
    daysAgo: 9,
    rows: 4_411,
    timeFormat: 'round_to_seconds',
    timeZone: 'America/Los_Angeles',
  },
  {
    id: 5,
    account: auroraRetail,
    status: 'Completed',
    daysAgo: 6,
    rows: 3_120,
    timeFormat: 'round_to_seconds',
    timeZone: 'Europe/Berlin',
  },
  {
    id: 6,
    account: borealisTrunk,
    status: 'Deleted',
    daysAgo: 5,
    rows: 815,
    timeFormat: 'with_timezone',
    timeZone: null,
  },
]

const administrators = ['id', 'time_start', 'customer_id', 'vendor_id', 'customer_price', 'vendor_price', 'profit']

/** What Yeti exports for customers. */
const customers = `time_start time_connect time_end success duration src_name_in src_prefix_in dst_prefix_in from_domain
  to_domain ruri_domain lega_disconnect_code lega_disconnect_reason auth_orig_ip auth_orig_port src_prefix_routing
  dst_prefix_routing destination_prefix destination_initial_interval destination_next_interval
  destination_initial_rate destination_next_rate destination_fee customer_price customer_duration orig_call_id
  local_tag lega_user_agent diversion_in`.split(/\s+/)

export function cdrExportRows(now: Date): Row[] {
  const today = Math.floor(moment(now) / day)
  return cdrExports.map(({ id, account, status, daysAgo, rows, timeFormat, timeZone }) => {
    const created = (today - daysAgo) * day + 10 * hour
    const from = (today - daysAgo - 1) * day
    return {
      id,
      uuid: uuidOf('cdr export', id),
      customer_account_id: account && account.id,
      status,
      type: 'Base',
      fields: account ? customers : administrators,
      filters: {
        time_start_gteq: new Date(from / 1000).toISOString(),
        time_start_lt: new Date((from + day) / 1000).toISOString(),
        ...(account && { customer_acc_id_eq: account.id }),
      },
      rows_count: rows,
      time_format: timeFormat,
      time_zone_name: timeZone,
      callback_url: account ? null : 'https://billing.yeti.example/exports?key=secret-of-the-operator',
      created_at: timestamp(created),
      updated_at: timestamp(created + hour),
    }
  })
}
