import type pg from 'pg'
import { writeActiveCalls } from './active-calls.ts'
import type { CallPlan } from './calls/day.ts'
import { type Written, writeCalls } from './calls/write.ts'
import { day, dayOf, moment } from './clock.ts'
import { writeInvoices } from './invoices/write.ts'
import { continuePrimary, transactionsSince } from './primary/continue.ts'
import { fillPrimary, scheduleInvoices } from './primary/fill.ts'
import { writeRecordings } from './recordings/write.ts'
import { type Filled, cdrState, primaryState, saveCdrState, savePrimaryState } from './state.ts'
import { inTransaction } from './transaction.ts'

export interface DemoOptions {
  readonly primary: pg.Pool
  readonly cdr: pg.Pool
  readonly recordingsDirectory: string
  readonly now: Date
  readonly days?: number
  /** On an average day; a call has 1.3 rows. Only an empty database asks: a filled one goes on as it began. */
  readonly callsPerDay?: number
  readonly seed?: number
  readonly onProgress?: (done: number, total: number, what: string) => void
}

export interface DemoResult {
  readonly cdrs: number
  readonly invoices: number
  readonly recordings: number
  /** Whether the databases were empty. */
  readonly filled: boolean
}

const defaults = { days: 60, callsPerDay: 2900, seed: 1 }

/** What share of the work is done, in thousandths, when each part ends; as measured. */
const parts = { calls: 870, invoices: 930, recordings: 1000 }

/** Nothing else gives the planner figures on a partitioned table. Only for columns that queries choose by: 1 s, not 15. */
const analyze = `analyze cdr.cdr (id, time_start, customer_id, customer_acc_id, vendor_id, vendor_acc_id, is_last_cdr,
  duration), stats.active_call_accounts`

/**
 * Fills empty databases; on filled ones adds what happened since the last time: calls that ended, snapshots, invoices,
 * renewals of services; and tells anew which calls are in progress. Refuses databases with other data.
 */
export async function fillDemo(options: DemoOptions): Promise<DemoResult> {
  const { cdrs, invoices, filled } = await continueDatabases(options)
  if (filled) await options.cdr.query(analyze)
  const { cdr, recordingsDirectory, now } = options
  const onProgress = progressOf(options, parts.invoices, parts.recordings, 'recordings')
  const recordings = await writeRecordings(cdr, recordingsDirectory, now, onProgress)
  options.onProgress?.(parts.recordings, parts.recordings, 'done')
  return { cdrs, invoices, recordings, filled }
}

/** How long an addition to a running demo waits for others, in milliseconds: whoever reads would wait behind it. */
const patience = 2_000

/** Adds to filled databases what happened since the last time, with less effort than `fillDemo`. */
export async function continueDemo(options: DemoOptions): Promise<void> {
  const { recorded } = await continueDatabases(options, patience)
  if (recorded === 0) return
  await writeRecordings(options.cdr, options.recordingsDirectory, options.now, () => undefined)
}

interface Continued extends Written {
  readonly invoices: number
  readonly filled: boolean
}

/**
 * The primary transaction spans everything, so its lock keeps a second gateway out, and what it says is true of both
 * databases.
 */
function continueDatabases(options: DemoOptions, patience?: number): Promise<Continued> {
  const { primary, cdr, now } = options
  const continuePair = async (client: pg.ClientBase) => {
    await client.query('lock table portal.demo_state in exclusive mode')
    const state = await primaryState(client)
    await (state ? continuePrimary(client, now) : fillPrimary(client, now))
    const seed = state?.seed ?? options.seed ?? defaults.seed
    const { calls, ...written } = await inTransaction(
      cdr,
      (other) => continueCdr(other, client, options, seed),
      patience,
    )
    await writeActiveCalls(client, calls, { firstDay: firstDayOf(options), until: calls.until })
    await scheduleInvoices(client, now)
    await savePrimaryState(client, { until: later(state?.until, now), seed })
    return written
  }
  return inTransaction(primary, continuePair, patience)
}

function firstDayOf({ now, days = defaults.days }: DemoOptions): number {
  return dayOf(moment(now)) - days
}

async function continueCdr(
  client: pg.ClientBase,
  primary: pg.ClientBase,
  options: DemoOptions,
  seed: number,
): Promise<Continued & { readonly calls: CallPlan & Filled }> {
  const { now, callsPerDay = defaults.callsPerDay } = options
  const state = await cdrState(client)
  const plan: CallPlan = state ?? { seed, callsPerDay }
  const firstDay = firstDayOf(options)
  const start = new Date((firstDay * day) / 1000)
  // After a pause longer than the whole window, what lies before the window stays a gap.
  const after = later(state?.until, start)
  if (state && after >= now) return { cdrs: 0, recorded: 0, invoices: 0, filled: false, calls: state }
  const onCall = progressOf(options, 0, parts.calls, 'calls')
  const written = await writeCalls(client, plan, { after, until: now, firstDay }, onCall)
  const onInvoice = progressOf(options, parts.calls, parts.invoices, 'invoices')
  const transactions = () => transactionsSince(primary, start)
  const invoices = await writeInvoices(client, { start, until: now, isFirst: !state, transactions }, onInvoice)
  const calls = { ...plan, until: now, seed: plan.seed }
  await saveCdrState(client, calls)
  return { ...written, invoices, filled: !state, calls }
}

function later(one: Date | undefined, other: Date): Date {
  return one && one > other ? one : other
}

function progressOf({ onProgress }: DemoOptions, from: number, to: number, what: string): (part: number) => void {
  return (part) => onProgress?.(Math.round(from + (to - from) * part), parts.recordings, what)
}
