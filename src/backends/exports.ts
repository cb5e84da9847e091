import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import type { Databases } from './databases.ts'
import { makeExport } from './exports/make.ts'
import { Queue } from './exports/queue.ts'
import { Upkeep } from './exports/upkeep.ts'
import type { FileStore } from './file-store.ts'

export interface ExportMakerOptions {
  readonly config: Pick<Config, 'exports' | 'hiddenFields'>
  readonly databases: Databases
  readonly store: FileStore
  readonly log: Log
}

/**
 * Makes CDR exports in the background, and removes those whose time is over, until it is disposed. What is under way
 * then is left to another process, or to the next start. To be disposed before the databases and the store are.
 */
export function makeExports({ config, databases, store, log }: ExportMakerOptions): AsyncDisposable {
  const { workers } = config.exports
  if (workers === 0) return { [Symbol.asyncDispose]: () => Promise.resolve() }
  const stop = new AbortController()
  const upkeep = new Upkeep({ databases, store, log })
  const queue = new Queue({
    databases,
    workers,
    log,
    make: (id, run) => makeExport({ databases, store, config, log, stop: stop.signal }, id, run),
  })
  return {
    async [Symbol.asyncDispose]() {
      // The queue first, so that it does not take again what is given back.
      const ended = queue.stop()
      stop.abort(new Error('The gateway stops'))
      await Promise.all([ended, upkeep.stop()])
    },
  }
}
