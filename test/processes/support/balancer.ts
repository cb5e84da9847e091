import { once } from 'node:events'
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

/** One process behind the balancer, and what became of the requests that were sent to it. */
export interface Backend {
  readonly url: string
  /** As its `/readyz` says, unless it refuses connections. */
  ready: boolean
  answered: number
  /** Sent, and not answered. Nobody knows what became of them, so they are not sent again. */
  lost: number
  /** Sent, and to be answered yet. */
  inFlight: number
}

/**
 * A reverse proxy as they commonly are: takes turns, keeps connections, asks each process whether it is ready. A request
 * goes to another one only if its connection was refused, so before anything of it was sent.
 */
export interface Balancer extends AsyncDisposable {
  readonly url: string
  /** Behind it once it is ready. */
  add(url: string): Backend
}

/** Milliseconds between two questions whether a process is ready. */
const interval = 100

export async function startBalancer(): Promise<Balancer> {
  const backends: Backend[] = []
  const agent = new Agent({ keepAlive: true })
  const stop = new AbortController()
  let turn = 0

  /** Those that are ready, beginning with the one whose turn it is. */
  function candidates(): Backend[] {
    const ready = backends.filter((backend) => backend.ready)
    const first = ready.length > 0 ? turn++ % ready.length : 0
    return [...ready.slice(first), ...ready.slice(0, first)]
  }

  const server = createServer((req, res) => void forward(req, res, candidates(), agent))
  server.on('upgrade', (req, connection, head) => upgrade(req, connection, head, candidates()[0]))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: urlOf(server),
    add(url) {
      const backend = { url, ready: false, answered: 0, lost: 0, inFlight: 0 }
      backends.push(backend)
      void watch(backend, stop.signal)
      return backend
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      agent.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function urlOf(server: Server): string {
  const { port } = server.address() as AddressInfo // it listens on no pipe
  return `http://127.0.0.1:${port}`
}

async function watch(backend: Backend, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    backend.ready = await isReady(backend)
    await delay(interval)
  }
}

function isReady({ url }: Backend): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(`${url}/readyz`, { agent: false }, (res) => resolve(res.resume().statusCode === 200))
    asked.on('error', () => resolve(false)).end()
  })
}

async function forward(
  req: IncomingMessage,
  res: ServerResponse,
  candidates: readonly Backend[],
  agent: Agent,
): Promise<void> {
  const body = await text(req)
  for (const backend of candidates) {
    backend.inFlight += 1
    const answer = await send(req, body, backend, agent)
    backend.inFlight -= 1
    if (answer === 'refused') {
      backend.ready = false
      continue
    }
    if (answer !== 'lost' && (await deliver(answer, res))) backend.answered += 1
    else {
      backend.lost += 1
      if (res.headersSent) res.destroy()
      else res.writeHead(502).end('lost')
    }
    return
  }
  res.writeHead(503).end('nobody is ready')
}

function send(
  { method, url, headers }: IncomingMessage,
  body: string,
  backend: Backend,
  agent: Agent,
): Promise<IncomingMessage | 'refused' | 'lost'> {
  return new Promise((resolve) => {
    const { connection: _own, 'transfer-encoding': _chunked, ...rest } = headers
    const sent = request(
      new URL(url ?? '/', backend.url),
      { method, agent, headers: { ...rest, 'content-length': Buffer.byteLength(body) } },
      resolve,
    )
    sent.on('error', (error) => resolve('code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'lost'))
    sent.end(body)
  })
}

/** Whether all of it came. */
function deliver(answer: IncomingMessage, res: ServerResponse): Promise<boolean> {
  const { connection: _own, 'keep-alive': _timeout, ...headers } = answer.headers
  res.writeHead(answer.statusCode ?? 502, headers)
  res.flushHeaders()
  return new Promise((resolve) => {
    answer.on('data', (chunk) => res.write(chunk))
    answer.on('end', () => res.end(() => resolve(true)))
    answer.on('error', () => resolve(false))
    res.once('close', () => resolve(res.writableFinished))
  })
}

/** Bytes in both directions, once the request that asks for a socket was passed on. */
function upgrade(req: IncomingMessage, client: Duplex, head: Buffer, backend: Backend | undefined): void {
  client.on('error', () => undefined)
  if (!backend) return void client.end('HTTP/1.1 503 Service Unavailable\r\n\r\n')
  const { hostname, port } = new URL(backend.url)
  const upstream = connect(Number(port), hostname)
  upstream.on('error', () => client.destroy())
  upstream.once('connect', () => {
    const lines = req.rawHeaders.flatMap((name, n, all) => (n % 2 === 0 ? [`${name}: ${all[n + 1] ?? ''}`] : []))
    upstream.write([`${req.method ?? ''} ${req.url ?? ''} HTTP/1.1`, ...lines, '', ''].join('\r\n'))
    upstream.write(head)
    client.pipe(upstream).pipe(client)
  })
  upstream.on('close', () => client.destroy())
  client.on('close', () => upstream.destroy())
}
