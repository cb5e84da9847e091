import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Pool } from 'pg'
import type { Databases } from '../backends/databases.ts'
import type { Denials } from '../backends/denials.ts'
import type { Route } from './route.ts'

export interface HttpMetrics {
  /** For the counters of other parts. */
  readonly registry: Registry
  /** `status` is null when the client left before the answer was complete. */
  observeRequest(request: { route: string; method: string; status: number | null; seconds: number }): void
}

/** A registry of its own, so that several servers in one process do not share figures. */
export function createMetrics(databases: Databases, denials?: Pick<Denials, 'totals'>): HttpMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  })
  addPoolGauge(registry, databases)
  if (denials) addDeniedCounter(registry, denials)
  return {
    registry,
    observeRequest({ route, method, status, seconds }) {
      duration.observe(
        { route, method, status: status === null ? 'aborted' : `${Math.trunc(status / 100)}xx` },
        seconds,
      )
    },
  }
}

function addPoolGauge(registry: Registry, { primary, cdr }: Databases): void {
  const pools = Object.entries(primary === cdr ? { primary } : { primary, cdr })
  const gauge = new Gauge({
    name: 'database_connections',
    help: 'Connections of a pool (total, idle) and requests that wait for one (waiting)',
    labelNames: ['database', 'state'],
    registers: [registry],
    collect() {
      for (const [database, pool] of pools)
        for (const [state, count] of countsOf(pool)) gauge.set({ database, state }, count)
    },
  })
}

/** Its labels are bounded by the catalogues of flags and capabilities. */
function addDeniedCounter(registry: Registry, denials: Pick<Denials, 'totals'>): void {
  const counter = new Counter({
    name: 'graphql_denied_total',
    help: 'Operations that were denied something, once for each permission that was missing',
    labelNames: ['permission'],
    registers: [registry],
    collect() {
      counter.reset()
      for (const [permission, count] of denials.totals) counter.inc({ permission }, count)
    },
  })
}

function countsOf(pool: Pool): (readonly [string, number])[] {
  return [
    ['total', pool.totalCount],
    ['idle', pool.idleCount],
    ['waiting', pool.waitingCount],
  ]
}

export function metricsRoute({ registry }: HttpMetrics): Route {
  return {
    path: '/metrics',
    methods: ['GET', 'HEAD'],
    async handle(_, res) {
      const text = await registry.metrics()
      res.writeHead(200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' }).end(text)
    },
  }
}
