import { setTimeout as sleep } from 'node:timers/promises'
import type { Runner } from 'graphile-worker'
import pg from 'pg'
import type { Log } from '../../log.ts'
import type { Databases } from '../databases.ts'
import { exportTask, jobSchema } from './jobs.ts'

export interface QueueOptions {
  readonly databases: Databases
  /** How many exports are made at a time. */
  readonly workers: number
  readonly log: Log
  readonly make: (exportId: number, run: Run) => Promise<void>
}

/** Which of its tries this is. */
export interface Run {
  readonly isFirst: boolean
  /** The queue will not try again when it throws. */
  readonly isLast: boolean
}

/** Milliseconds until a queue that has stopped by itself is started again. */
const restartDelay = 5_000

/** Takes exports out of the queue and makes them. */
export class Queue {
  readonly #options: QueueOptions
  readonly #pool: pg.Pool
  readonly #stop = new AbortController()
  readonly #ended: Promise<void>

  constructor(options: QueueOptions) {
    this.#options = options
    this.#pool = openPool(options, this.#stop.signal)
    this.#ended = this.#runUntilStopped()
  }

  /** Takes no more, and waits for those under way. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#ended
    await this.#pool.end()
  }

  /** graphile-worker stops by itself when it cannot write down how a job went; it is not to stay so. */
  async #runUntilStopped(): Promise<void> {
    const { log } = this.#options
    const { signal } = this.#stop
    while (!signal.aborted) {
      const error: unknown = await this.#run().catch((failure: unknown) => failure)
      if (signal.aborted) return
      log.warn({ err: error }, 'The queue of exports has stopped; it will be started again')
      await sleep(restartDelay, undefined, { signal }).catch(() => undefined)
    }
  }

  async #run(): Promise<void> {
    const runner = await this.#start()
    const stop = (): void => void runner.stop().catch(() => undefined) // it has stopped already
    this.#stop.signal.addEventListener('abort', stop)
    try {
      if (this.#stop.signal.aborted) stop()
      await runner.promise
    } finally {
      this.#stop.signal.removeEventListener('abort', stop)
    }
  }

  async #start(): Promise<Runner> {
    const { workers, log, make } = this.#options
    // Not before it is needed: it takes a tenth of a second to load.
    const [{ run }, { queueLog }] = await Promise.all([import('graphile-worker'), import('./queue-log.ts')])
    return run({
      pgPool: this.#pool,
      schema: jobSchema,
      concurrency: workers,
      logger: queueLog(log),
      noHandleSignals: true,
      parsedCronItems: [],
      // Without a delay, and be it none, it does not wait for what it writes at the end of a job, and if that fails, the
      // process ends.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      taskList: {
        [exportTask]: (payload, { job }) =>
          make(exportIdOf(payload), { isFirst: job.attempts <= 1, isLast: job.attempts >= job.max_attempts }),
      },
    })
  }
}

/** Of its own: one connection listens all the time, and requests shall not wait for the rest. */
function openPool({ databases, workers, log }: QueueOptions, stop: AbortSignal): pg.Pool {
  const pool = new pg.Pool({ ...databases.primary.options, max: workers + 2 })
  const warn = ({ message }: Error): void => {
    if (!stop.aborted) log.warn({ error: message }, 'A connection of the queue broke')
  }
  pool.on('error', warn)
  pool.on('connect', (client) => client.on('error', warn))
  return pool
}

function exportIdOf(payload: unknown): number {
  const id = typeof payload === 'object' && payload !== null && 'id' in payload ? payload.id : null
  if (typeof id !== 'number') throw new TypeError('The job does not say which export it is for')
  return id
}
