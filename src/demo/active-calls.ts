import type pg from 'pg'
import { type Moment, dayOf, minute, moment, timestamp } from './clock.ts'
import type { Attempt, Call } from './calls/call.ts'
import { cdrColumns } from './calls/cdr-columns.ts'
import { chargesOf } from './calls/charges.ts'
import { type CallPlan, callsOfDay, longestCall } from './calls/day.ts'
import { type Row, insertRows } from './rows.ts'

/** What a CDR has, too, and a call has from its beginning. */
const sharedColumns = [
  'customer_id',
  'customer_acc_id',
  'vendor_id',
  'vendor_acc_id',
  'destination_prefix',
  'destination_initial_interval',
  'destination_initial_rate',
  'destination_next_interval',
  'destination_next_rate',
  'destination_fee',
  'src_name_in',
  'src_prefix_in',
  'dst_prefix_in',
  'src_prefix_routing',
  'dst_prefix_routing',
  'from_domain',
  'to_domain',
  'ruri_domain',
  'diversion_in',
  'pai_in',
  'ppi_in',
  'privacy_in',
  'rpid_in',
  'rpid_privacy_in',
  'auth_orig_transport_protocol_id',
  'auth_orig_ip',
  'auth_orig_port',
  'src_country_id',
  'dst_country_id',
]

/** As the snapshots count them. */
function isActive({ start, end }: Call, at: Moment): boolean {
  return start <= at && at < end
}

/** Where the call is at that moment: each attempt begins when the one before has ended. */
function attemptAt({ attempts }: Call, at: Moment): Attempt | undefined {
  return attempts.find(({ begin, end }) => begin <= at && at < end)
}

function* activeCalls(plan: CallPlan, firstDay: number, at: Moment): Generator<Row> {
  for (let number = Math.max(firstDay, dayOf(at - longestCall)); number <= dayOf(at); number++) {
    for (const call of callsOfDay(plan, number)) {
      const attempt = isActive(call, at) ? attemptAt(call, at) : undefined
      if (attempt) yield activeCallRow(call, attempt, at)
    }
  }
}

function activeCallRow(call: Call, attempt: Attempt, at: Moment): Row {
  const row = { call, attempt, charges: chargesOf(call, attempt) }
  return {
    snapshot_timestamp: timestamp(at),
    id: call.attempts[0]?.id ?? attempt.id,
    start_time: timestamp(call.start),
    connect_time: attempt.connect !== null && attempt.connect <= at ? timestamp(attempt.connect) : null,
    ...Object.fromEntries(sharedColumns.map((name) => [name, cdrColumns[name]?.(row) ?? null])),
  }
}

/** For how long snapshots are kept, in minutes: that there are some says that the switch still reports. */
const kept = 10

/** Adds the calls in progress at the last full minute, which is that of the newest snapshot, and drops old snapshots. */
export async function writeActiveCalls(
  client: pg.ClientBase,
  plan: CallPlan,
  { firstDay, until }: { firstDay: number; until: Date },
): Promise<void> {
  const at = Math.floor(moment(until) / minute) * minute
  await client.query('delete from portal.active_calls where snapshot_timestamp < $1 or snapshot_timestamp >= $2', [
    timestamp(at - kept * minute),
    timestamp(at),
  ])
  await insertRows(client, 'portal.active_calls', [...activeCalls(plan, firstDay, at)])
}
