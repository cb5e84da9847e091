import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Pool } from 'pg'
import type { Databases, Replica } from '../backends/databases.ts'
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
  if (databases.replica) addReplicaMetrics(registry, databases.replica)
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

function addPoolGauge(registry: Registry, { primary, cdr, replica }: Databases): void {
  const ofReplica = replica && { replica: replica.pool }
  const pools = Object.entries({ primary, ...(cdr !== primary && { cdr }), ...ofReplica })
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

function addReplicaMetrics(registry: Registry, replica: Replica): void {
  const registers = [registry]
  const usable = new Gauge({
    name: 'cdr_replica_usable',
    help: 'Whether calls are read from the replica (1), or from the CDR database in its place (0)',
    registers,
    collect() {
      usable.set(replica.isUsable ? 1 : 0)
    },
  })
  const lag = new Gauge({
    name: 'cdr_replica_lag_seconds',
    help: 'For how long the CDR database has had what its replica has not; NaN: not known',
    registers,
    collect() {
      lag.set(replica.lag === null ? NaN : replica.lag / 1000)
    },
  })
  const fallbacks = new Counter({
    name: 'cdr_replica_fallbacks_total',
    help: 'Reads of calls that the CDR database did in place of its replica',
    registers,
    collect() {
      fallbacks.reset()
      fallbacks.inc(replica.fallbacks)
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
