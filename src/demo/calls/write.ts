import type pg from 'pg'
import { type Moment, day, dayOf, moment } from '../clock.ts'
import { copyInto, copyLine } from '../copy.ts'
import { createPartitions } from '../partitions.ts'
import { advanceBehind, advanceSequence } from '../rows.ts'
import { createSnapshots, snapshotColumns } from '../snapshots.ts'
import { accounts } from '../world/accounts.ts'
import type { Call } from './call.ts'
import { cdrColumns } from './cdr-columns.ts'
import { chargesOf } from './charges.ts'
import { type CallPlan, callsOfDay, longestCall } from './day.ts'

export interface Span {
  /** Calls that ended after this … */
  readonly after: Date
  readonly until: Date
  /** … and did not begin before this day. */
  readonly firstDay: number
}

const daysOfSnapshots = 30

const columns = Object.keys(cdrColumns)
const values = Object.values(cdrColumns)

function* linesOf(call: Call): Generator<string> {
  for (const attempt of call.attempts) {
    const row = { call, attempt, charges: chargesOf(call, attempt) }
    yield copyLine(values.map((value) => value(row)))
  }
}

/** All calls that may have been in progress in the span, in order. */
function* callsAround(
  plan: CallPlan,
  { after, until, firstDay }: Span,
  onDay: (part: number) => void,
): Generator<Call> {
  const first = Math.max(firstDay, dayOf(moment(after) - longestCall))
  const last = dayOf(moment(until))
  for (let number = first; number <= last; number++) {
    yield* callsOfDay(plan, number)
    onDay((number - first + 1) / (last - first + 1))
  }
}

export interface Written {
  /** Rows. */
  readonly cdrs: number
  /** Calls with a recording. */
  readonly recorded: number
}

/** Writes the calls that ended in the span, and the snapshots of those in progress. */
export async function writeCalls(
  client: pg.ClientBase,
  plan: CallPlan,
  span: Span,
  onProgress: (part: number) => void,
): Promise<Written> {
  const after = moment(span.after)
  const until = moment(span.until)
  await createPartitions(client, Math.max(span.firstDay, dayOf(after)), dayOf(until))
  const snapshots = createSnapshots(Math.max(after, until - daysOfSnapshots * day), until)
  let greatestId = 0
  let recorded = 0

  function* lines(): Generator<string> {
    for (const call of callsAround(plan, span, onProgress)) {
      snapshots.count(call)
      if (!isIn(call.end, after, until)) continue
      greatestId = Math.max(greatestId, ...call.attempts.map(({ id }) => id))
      if (call.recorded) recorded++
      yield* linesOf(call)
    }
  }
  const cdrs = await copyInto(client, 'cdr.cdr', columns, lines())
  // Known: to ask for it, every partition has to be looked at.
  if (cdrs > 0) await advanceBehind(client, 'cdr.cdr_id_seq', greatestId)
  await writeSnapshots(client, snapshots.lines, until)
  return { cdrs, recorded }
}

function isIn(at: Moment, after: Moment, until: Moment): boolean {
  return at > after && at <= until
}

/** Yeti, too, forgets snapshots after a month. */
async function writeSnapshots(
  client: pg.ClientBase,
  lines: (firstId: number) => Iterable<string>,
  until: Moment,
): Promise<void> {
  const { rows } = await client.query<{ first: number }>(
    'select coalesce(max(id), 0)::integer + 1 as first from stats.active_call_accounts',
  )
  await copyInto(client, 'stats.active_call_accounts', snapshotColumns, lines(rows[0]?.first ?? 1))
  // The index on the time is one for each account.
  await client.query('delete from stats.active_call_accounts where account_id = any($2) and created_at <= $1', [
    new Date((until - daysOfSnapshots * day) / 1000),
    accounts.map(({ id }) => id),
  ])
  await advanceSequence(client, 'stats.active_call_accounts')
}
