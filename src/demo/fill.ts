import type pg from 'pg'
import { type CallPlan } from './calls/day.ts'
import { writeCalls } from './calls/write.ts'
import { day, dayOf, moment } from './clock.ts'
import { writeInvoices } from './invoices/write.ts'
import { fillPrimary, scheduleInvoices } from './primary/fill.ts'
import { writeRecordings } from './recordings/write.ts'
import { cdrState, primaryState, saveCdrState, savePrimaryState } from './state.ts'
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
 * Fills empty databases; on filled ones adds what happened since the last time: calls that ended, snapshots, invoices.
 * Refuses databases with other data. The primary transaction spans everything, so its lock keeps a second gateway out,
 * and what it says is true of both databases.
 */
export async function fillDemo(options: DemoOptions): Promise<DemoResult> {
  const result = await inTransaction(options.primary, async (client) => {
    await client.query('lock table portal.demo_state in exclusive mode')
    const state = await primaryState(client)
    if (!state) await fillPrimary(client, options.now)
    const seed = state?.seed ?? options.seed ?? defaults.seed
    const written = await inTransaction(options.cdr, (cdr) => continueCdr(cdr, options, seed))
    await scheduleInvoices(client, options.now)
    await savePrimaryState(client, { until: later(state?.until, options.now), seed })
    return written
  })
  if (result.filled) await options.cdr.query(analyze)
  const { cdr, recordingsDirectory, now } = options
  const onProgress = progressOf(options, parts.invoices, parts.recordings, 'recordings')
  const recordings = await writeRecordings(cdr, recordingsDirectory, now, onProgress)
  options.onProgress?.(parts.recordings, parts.recordings, 'done')
  return { ...result, recordings }
}

async function continueCdr(
  client: pg.ClientBase,
  options: DemoOptions,
  seed: number,
): Promise<Omit<DemoResult, 'recordings'>> {
  const { now, days = defaults.days, callsPerDay = defaults.callsPerDay } = options
  const state = await cdrState(client)
  const plan: CallPlan = state ?? { seed, callsPerDay }
  const firstDay = dayOf(moment(now)) - days
  const start = new Date((firstDay * day) / 1000)
  // After a pause longer than the whole window, what lies before the window stays a gap.
  const after = later(state?.until, start)
  if (after >= now) return { cdrs: 0, invoices: 0, filled: false }
  const onCall = progressOf(options, 0, parts.calls, 'calls')
  const cdrs = await writeCalls(client, plan, { after, until: now, firstDay }, onCall)
  const onInvoice = progressOf(options, parts.calls, parts.invoices, 'invoices')
  const invoices = await writeInvoices(client, { start, until: now, isFirst: !state }, onInvoice)
  await saveCdrState(client, { ...plan, until: now })
  return { cdrs, invoices, filled: !state }
}

function later(one: Date | undefined, other: Date): Date {
  return one && one > other ? one : other
}

function progressOf({ onProgress }: DemoOptions, from: number, to: number, what: string): (part: number) => void {
  return (part) => onProgress?.(Math.round(from + (to - from) * part), parts.recordings, what)
}
