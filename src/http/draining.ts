import type { Server, ServerResponse } from 'node:http'

/** Milliseconds that requests in flight have to finish once the server stops. */
const drainLimit = 10_000

export interface Draining {
  readonly started: boolean
  /** Every answer passes here before it is written. */
  track(res: ServerResponse): void
  /** Stops accepting, waits for what is in flight, cuts what takes longer than the limit. */
  drain(): Promise<void>
}

export function createDraining(server: Server, limit = drainLimit): Draining {
  const open = new Set<ServerResponse>()
  let drained: Promise<void> | null = null

  function track(res: ServerResponse): void {
    open.add(res)
    if (drained !== null) res.shouldKeepAlive = false
    res.once('close', () => {
      open.delete(res)
      // Its connection falls idle only after this event.
      if (drained !== null) setImmediate(() => server.closeIdleConnections())
    })
  }

  async function stop(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve))
    open.forEach(hurry)
    const timer = setTimeout(() => server.closeAllConnections(), limit)
    await closed
    clearTimeout(timer)
  }

  return {
    get started() {
      return drained !== null
    },
    track,
    drain: () => (drained ??= stop()),
  }
}

/** Milliseconds that an event stream has to end by itself. */
const lastWords = 250

/** An event stream has no end to wait for; a cut one makes its client connect again, to another process. */
function hurry(res: ServerResponse): void {
  if (String(res.getHeader('content-type')).startsWith('text/event-stream')) setTimeout(() => res.destroy(), lastWords)
  else if (!res.headersSent) res.shouldKeepAlive = false
}
