import type { Server, ServerResponse } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Draining {
  /** Whether others should be asked instead. */
  readonly started: boolean
  /** Every answer passes here before it is written. */
  track(res: ServerResponse): void
  /** Not ready from now on, and every answer ends its connection; but everything is served. */
  announce(): void
  /**
   * Stops accepting, ends event streams and, by `endOthers`, what else has no end, waits for what is in flight, and cuts
   * what takes longer than the limit.
   */
  drain(endOthers?: () => Promise<void>): Promise<void>
}

/** Milliseconds between two looks for event streams that have begun since. */
const sweep = 100

/** Milliseconds that those have who are connected and have asked nothing yet. */
const lastCall = 250

/** `limit`: milliseconds that requests in flight have to finish once the server accepts nobody any more. */
export function createDraining(server: Server, limit: number): Draining {
  const open = new Set<ServerResponse>()
  let started = false
  let cutsIdle = false
  let drained: Promise<void> | null = null

  function track(res: ServerResponse): void {
    open.add(res)
    if (started) res.shouldKeepAlive = false
    res.once('close', () => {
      open.delete(res)
      // Its connection falls idle only after this event.
      if (cutsIdle) setImmediate(() => server.closeIdleConnections())
    })
  }

  function announce(): void {
    started = true
    for (const res of open) if (!res.headersSent) res.shouldKeepAlive = false
  }

  async function stop(endOthers?: () => Promise<void>): Promise<void> {
    announce()
    await quietTurn(server)
    // Without what an HTTP server adds to it: that would cut connections whose first request is on its way.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(server, resolve))
    open.forEach(endStream)
    const streams = setInterval(() => open.forEach(endStream), sweep)
    const timer = setTimeout(() => server.closeAllConnections(), limit)
    const others = endOthers?.()
    await sleep(lastCall)
    await quietTurn(server)
    server.close()
    cutsIdle = true
    await Promise.all([closed, others])
    clearInterval(streams)
    clearTimeout(timer)
  }

  return {
    get started() {
      return started
    },
    track,
    announce,
    drain: (endOthers) => (drained ??= stop(endOthers)),
  }
}

/**
 * An event stream has no end to wait for. Without the word that it is complete its client connects again, and by then
 * nobody listens here any more.
 */
function endStream(res: ServerResponse): void {
  if (!res.writableEnded && String(res.getHeader('content-type')).startsWith('text/event-stream')) res.end()
}

/** Milliseconds of a turn of the event loop in which next to nothing happened; and how many are waited for. */
const quiet = 0.5
const maxTurns = 2_000

/**
 * Closing resets connections that the system has accepted and we have not, of which Node takes one in each turn of its
 * loop, and cuts idle ones with a request that we have not read. Right after a short turn without any there are none.
 */
async function quietTurn(server: Server): Promise<void> {
  let accepted = 0
  const count = (): void => void (accepted += 1)
  server.on('connection', count)
  // Up to where the next turn begins.
  await turnEnds()
  for (let turn = 0; turn < maxTurns; turn++) {
    const [start, before] = [performance.now(), accepted]
    await turnEnds()
    if (accepted === before && performance.now() - start < quiet) break
  }
  server.off('connection', count)
}

function turnEnds(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
