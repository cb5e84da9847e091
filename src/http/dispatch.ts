import type { RequestListener, ServerResponse } from 'node:http'
import type { Log } from '../log.ts'
import { badRequest, notFound, refuse, type Refusal } from './answers.ts'
import { answerOptions, setCorsHeaders } from './cors.ts'
import type { Draining } from './draining.ts'
import { answerFailure } from './failure.ts'
import type { HttpMetrics } from './metrics.ts'
import { findRoute, type Route } from './route.ts'
import { setSecurityHeaders } from './security-headers.ts'
import { targetOf } from './target.ts'

export interface DispatchOptions {
  readonly routes: readonly Route[]
  readonly corsOrigins: readonly string[]
  readonly draining: Draining
  readonly metrics: HttpMetrics
  readonly log: Log
}

const wrongMethod: Refusal = { status: 405, code: 'BAD_USER_INPUT', message: 'Method not allowed' }

/** Finds each request its route, and sees to what is the same for all of them. */
export function createDispatch(options: DispatchOptions): RequestListener {
  return (req, res) => {
    const target = targetOf(req)
    const route = target === null ? undefined : findRoute(options.routes, target.path)
    // The route, never the URL: that one may carry a token.
    const logged = { route: route?.path ?? 'other', method: req.method ?? '' }
    options.draining.track(res)
    observe(res, logged, options)
    setSecurityHeaders(res)
    if (target === null) return refuse(res, badRequest)
    if (route === undefined) return refuse(res, notFound)
    req.url = target.path + target.search
    if (route.cors) setCorsHeaders(req, res, options.corsOrigins)
    const method = req.method ?? ''
    const allow = [...route.methods, 'OPTIONS'].join(', ')
    if (method === 'OPTIONS') return answerOptions(req, res, allow)
    if (!route.methods.includes(method)) return refuse(res.setHeader('Allow', allow), wrongMethod)
    handled(() => route.handle(req, res, target)).catch((error: unknown) =>
      answerFailure(res, error, options.log.child(logged)),
    )
  }
}

/** Also what a handler throws before it waits for anything. */
async function handled(handle: () => unknown): Promise<void> {
  await handle()
}

interface Logged {
  readonly route: string
  readonly method: string
}

function observe(res: ServerResponse, logged: Logged, { metrics, log }: DispatchOptions): void {
  const start = performance.now()
  // Node ends the process for an 'error' event without a listener, and a client may leave at any time.
  res.on('error', (error) => log.debug({ ...logged, err: error }, 'An answer was not sent'))
  res.once('close', () => {
    const seconds = (performance.now() - start) / 1000
    const status = res.writableFinished ? res.statusCode : null
    metrics.observeRequest({ ...logged, status, seconds })
    log.debug({ ...logged, status, seconds }, 'Request')
  })
}
