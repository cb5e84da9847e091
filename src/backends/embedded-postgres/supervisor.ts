import { setTimeout as delay } from 'node:timers/promises'
import { errorText } from './error-code.ts'
import type { Server, ServerLog } from './server.ts'

const firstPause = 100
const longestPause = 10_000
/** Once it has run this long, the next death is news again. */
const settled = 60_000

/** Starts the server again whenever it dies. Returns what stops it for good. */
export function supervise(first: Server, relaunch: () => Promise<Server>, log: ServerLog): () => Promise<void> {
  const stopping = new AbortController()
  let running: Server | null = first

  async function watch(server: Server): Promise<void> {
    let pause = firstPause
    for (let current: Server | null = server; current !== null;) {
      const since = Date.now()
      const end = await current.ended
      running = null
      if (stopping.signal.aborted) return
      log.warn({ end }, 'embedded PostgreSQL died; starting it again on the same port')
      if (Date.now() - since > settled) pause = firstPause
      current = await startAgain()
    }

    async function startAgain(): Promise<Server | null> {
      while (!stopping.signal.aborted) {
        await delay(pause, undefined, { signal: stopping.signal }).catch(() => undefined)
        if (stopping.signal.aborted) return null
        pause = Math.min(pause * 2, longestPause)
        try {
          running = await relaunch()
          if (stopping.signal.aborted) await running.stop()
          else log.info({}, 'embedded PostgreSQL is back')
          return running
        } catch (error) {
          log.error({ reason: errorText(error), pause }, 'embedded PostgreSQL does not start; trying again')
        }
      }
      return null
    }
  }

  const watching = watch(first)
  return async () => {
    stopping.abort()
    await running?.stop()
    await watching
  }
}
