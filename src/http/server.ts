import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import type { Cryptomus } from '../backends/cryptomus.ts'
import type { Databases } from '../backends/databases.ts'
import type { Denials } from '../backends/denials.ts'
import type { FileStores } from '../backends/file-store.ts'
import type { Config } from '../config.ts'
import type { Identity } from '../identity/identity.ts'
import type { Log } from '../log.ts'
import { cryptomusCallbackRoutes } from './cryptomus-callback.ts'
import { createDispatch } from './dispatch.ts'
import { createDraining } from './draining.ts'
import { filesRoute } from './files.ts'
import { createGraphiql, type GraphiqlTabs } from './graphiql.ts'
import { graphqlRoute } from './graphql.ts'
import { healthRoutes } from './health.ts'
import { homeRoute } from './home.ts'
import { createMetrics, metricsRoute } from './metrics.ts'
import type { Route } from './route.ts'
import type { Sockets } from './sockets.ts'

export interface HttpServerOptions {
  readonly config: Pick<Config, 'http' | 'recordings' | 'hiddenFields' | 'shutdown'>
  readonly log: Log
  readonly databases: Databases
  readonly identity: Pick<Identity, 'openFileLink'>
  readonly stores: FileStores
  /** Yoga's handler of Node requests. */
  readonly graphql: (req: IncomingMessage, res: ServerResponse) => unknown
  /** Who reports what became of payments; none: nobody does. */
  readonly cryptomus?: Cryptomus | null
  /** Takes connections that are to become sockets. */
  readonly sockets?: Sockets
  /** What was denied, for the metrics. */
  readonly denials?: Pick<Denials, 'totals'>
  /** What GraphiQL opens with; asked for each time the page is. */
  readonly graphiqlTabs?: GraphiqlTabs
}

export interface HttpServer extends AsyncDisposable {
  readonly server: Server
  /** What `/metrics` shows. */
  readonly metrics: Registry
  /** Rejects when the port is taken. */
  listen(): Promise<{ url: string; port: number }>
  /** Sends balancers elsewhere, while everything is still served. */
  retire(): void
}

/** The time limits of one request: its headers, all of it; and of a connection between two. */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Longer than a reverse proxy keeps one: whoever closes an idle connection should be the client.
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
  // Where Node knows this, requests that offer another protocol (HTTP/2, by some clients) are served as they are.
  shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { config, log } = options
  const metrics = createMetrics(options.databases, options.denials)
  const server = createServer(limits)
  const draining = createDraining(server, config.shutdown.limit)
  const routes = [...routesOf(options, () => draining.started), metricsRoute(metrics)]
  server.on('request', createDispatch({ routes, corsOrigins: config.http.corsOrigins, draining, metrics, log }))
  const { sockets } = options
  if (sockets) server.on('upgrade', sockets.upgrade)
  return {
    server,
    metrics: metrics.registry,
    listen: () => listen(server, config.http),
    retire: () => draining.announce(),
    [Symbol.asyncDispose]: () => draining.drain(async () => sockets?.[Symbol.asyncDispose]()),
  }
}

function routesOf(
  { config, databases, identity, stores, graphql, graphiqlTabs, cryptomus, log }: HttpServerOptions,
  isDraining: () => boolean,
): Route[] {
  const graphiql = config.http.graphiql ? createGraphiql(graphiqlTabs) : null
  return [
    graphqlRoute({ trusted: config.http, graphql, page: graphiql?.page ?? null }),
    filesRoute({ config, databases, identity, stores, log }),
    ...cryptomusCallbackRoutes({ cryptomus: cryptomus ?? null, databases, log }),
    homeRoute,
    ...(graphiql === null ? [] : [graphiql.assets]),
    ...healthRoutes(databases, isDraining),
  ]
}

async function listen(
  server: Server,
  { host, port, publicUrl }: Config['http'],
): Promise<{ url: string; port: number }> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve(void server.off('error', reject)))
  })
  const { port: actual } = server.address() as AddressInfo // a string only for a pipe, which we never listen on
  return { url: publicUrl ?? `http://${hostInUrl(host)}:${actual}`, port: actual }
}

/** "Every address" is none that a browser could open. */
function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
