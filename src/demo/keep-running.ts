import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { type DemoOptions, continueDemo } from './fill.ts'

export interface RunningDemoOptions extends Pick<DemoOptions, 'primary' | 'cdr' | 'recordingsDirectory'> {
  readonly log: Pick<Log, 'warn'>
  /** Milliseconds from one addition to the next; they are made at whole multiples of it. */
  readonly interval?: number
}

/** Calls are counted at full minutes. */
const aMinute = 60_000

/** Lets the time pass in filled databases: adds, shortly after each full minute, what happened in it. */
export function keepDemoRunning({ interval = aMinute, ...options }: RunningDemoOptions): AsyncDisposable {
  const stop = new AbortController()
  const ended = run(options, interval, stop.signal)
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await ended
    },
  }
}

async function run(
  { log, ...options }: Omit<RunningDemoOptions, 'interval'>,
  interval: number,
  signal: AbortSignal,
): Promise<void> {
  while (await nextTick(interval, signal)) {
    try {
      await continueDemo({ ...options, now: new Date() })
    } catch (error) {
      log.warn({ error: error instanceof Error ? error.message : error }, 'Could not go on with the demo data')
    }
  }
}

/** Whether it goes on. */
async function nextTick(interval: number, signal: AbortSignal): Promise<boolean> {
  // A little late, since a timer may be a little early.
  const wait = interval - (Date.now() % interval) + interval / 60
  await sleep(wait, undefined, { signal }).catch(() => undefined)
  return !signal.aborted
}
