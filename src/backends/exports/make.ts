import type { Config } from '../../config.ts'
import { UnavailableError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { asGatewayError, type Databases } from '../databases.ts'
import type { FileStore } from '../file-store.ts'
import { CallsConnection } from './calls.ts'
import { exportFileName } from './columns.ts'
import { ExportHold } from './hold.ts'
import { Meter } from './meter.ts'
import type { Run } from './queue.ts'
import { beginWork, completeWork, discountWork, failWork, giveBackWork, tellProgress, type ExportWork } from './work.ts'
import { writeExport } from './write.ts'

export interface MakerOptions {
  readonly databases: Databases
  readonly store: FileStore
  readonly config: Pick<Config, 'exports' | 'hiddenFields'>
  readonly log: Log
  /** Aborted when the process stops. */
  readonly stop: AbortSignal
}

/** How often an export is begun, before it counts as failed. */
export const maxAttempts = 3

/** Milliseconds between two reports of how far it is. */
const reportInterval = 1_000

/**
 * Makes an export, if there is still something to make and no other process is at it. Throws when it shall be tried
 * again.
 */
export async function makeExport(options: MakerOptions, id: number, { isFirst, isLast }: Run): Promise<void> {
  // Connects while the other database is asked what there is to make.
  await using calls = new CallsConnection(options.databases, isFirst)
  await using hold = await ExportHold.take(options.databases, id)
  const work = hold && (await beginWork(hold, id))
  if (!work) return
  try {
    // It was begun as often as it may be, by processes that did not live to say how it went.
    if (work.attempt > maxAttempts) throw new Error('The processes that made the export came to their end with it')
    await writeAndTell(options, hold, calls, visible(work, options.config))
  } catch (error) {
    // Waited for, since the hold ends with this function.
    if (options.stop.aborted) await giveBackWork(hold, id)
    else await decideAfter(options, hold, work, error, isLast)
  }
}

async function writeAndTell(
  { store, config, stop }: MakerOptions,
  hold: ExportHold,
  calls: CallsConnection,
  work: ExportWork,
): Promise<void> {
  const name = exportFileName(work.id)
  // The file appears only if the right to make it was still ours when the last row had passed.
  const meter = new Meter(() => hold.check())
  const reports = setInterval(() => {
    tellProgress(hold, work, meter.rows, meter.newest).catch(() => undefined) // then the hold is lost
  }, reportInterval)
  try {
    const signal = AbortSignal.any([stop, hold.lost])
    const rows = await writeExport(calls, work, { store, name, meter, signal })
    clearInterval(reports)
    if (!(await completeWork(hold, work, rows, config.exports.lifetime))) await store.remove(name)
  } finally {
    clearInterval(reports)
  }
}

/** Without what the operator has hidden since it was asked for. */
function visible(work: ExportWork, { hiddenFields }: MakerOptions['config']): ExportWork {
  return { ...work, fields: work.fields.filter((field) => !hiddenFields.outgoingCdr.includes(field)) }
}

async function decideAfter(
  { log }: MakerOptions,
  hold: ExportHold,
  { id, attempt }: ExportWork,
  error: unknown,
  isLast: boolean,
): Promise<void> {
  const isAway = asGatewayError(error) instanceof UnavailableError
  if (isLast || (attempt >= maxAttempts && !isAway)) {
    log.error({ export: id, attempt, err: error }, 'A CDR export failed')
    return failWork(hold, id)
  }
  // Where the primary database is away, too, it counts; what is thrown is what went wrong first.
  if (isAway) await discountWork(hold, id).catch(() => undefined)
  throw error
}
