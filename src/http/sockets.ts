import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { CloseCode, handleProtocols } from 'graphql-ws'
import { WebSocketServer, type WebSocket } from 'ws'
import { GatewayError } from '../errors.ts'
import type { Log } from '../log.ts'
import { badRequest, notFound, type Refusal } from './answers.ts'
import { isForeign, type TrustedOrigins } from './cross-site.ts'
import { refuseUpgrade } from './refuse-upgrade.ts'
import {
  createSocketProtocol,
  type RunOperation,
  type SocketOperation,
  type SocketProtocol,
  type SocketProtocolOptions,
} from './socket-protocol.ts'
import { targetOf } from './target.ts'

/** GraphQL over WebSocket, at the same path as over HTTP. */
export interface Sockets extends AsyncDisposable {
  upgrade(req: IncomingMessage, connection: Duplex, head: Buffer): void
  readonly size: number
}

export interface SocketsOptions extends Omit<SocketProtocolOptions, 'maxOperations'> {
  readonly trusted: TrustedOrigins
  readonly log: Log
  readonly maxSockets: number
  /** Milliseconds that operations under way have to be answered when the gateway stops. */
  readonly answerLimit?: number
  readonly maxOperations?: number
}

/** Bytes of one message: an operation and its variables. */
const maxPayload = 64 * 1024
/** Bytes that wait to be sent, above which nothing more is read from that client. */
const maxBuffered = 256 * 1024
/** Milliseconds between two pings; whoever does not answer one until the next is gone. */
const keepAlive = 12_000
/** Milliseconds that a client has to say goodbye. */
const closeLimit = 1_000

const foreign: Refusal = { status: 403, code: 'FORBIDDEN', message: 'Requests from other sites are not accepted' }
const noSocket: Refusal = { status: 426, code: 'BAD_USER_INPUT', message: 'Only WebSocket is spoken here' }
const full: Refusal = { status: 503, code: 'UNAVAILABLE', message: 'Too many connections. Try again later' }

export function createSockets({
  trusted,
  log,
  maxOperations = 50,
  answerLimit = 10_000,
  ...options
}: SocketsOptions): Sockets {
  const server = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false, handleProtocols })
  const underWay = new Set<Promise<unknown>>()
  const run = (operation: SocketOperation): ReturnType<RunOperation> => {
    const answer = options.run(operation)
    underWay.add(answer)
    const done = (): void => void underWay.delete(answer)
    answer.then(done, done)
    return answer
  }
  const protocol = createSocketProtocol({ ...options, run, maxOperations })
  let closing = false

  function refusalOf(req: IncomingMessage): Refusal | null {
    const target = targetOf(req)
    if (target === null) return badRequest
    if (target.path !== '/graphql') return notFound
    if (req.headers.upgrade?.toLowerCase() !== 'websocket') return noSocket
    if (isForeign(req, trusted)) return foreign
    return closing || server.clients.size >= options.maxSockets ? full : null
  }

  return {
    get size() {
      return server.clients.size
    },
    upgrade(req, connection, head) {
      connection.on('error', (error) => log.debug({ err: error }, 'A connection broke'))
      const refusal = refusalOf(req)
      if (refusal) return refuseUpgrade(connection, refusal)
      server.handleUpgrade(req, connection, head, (socket) => serve(socket, req, protocol, log))
    },
    async [Symbol.asyncDispose]() {
      closing = true
      const clients = [...server.clients]
      // What has been asked is answered, and nothing more is read: a client asks another process what it got no answer to.
      for (const socket of clients) socket.pause()
      await Promise.race([Promise.allSettled(underWay), sleep(answerLimit, undefined, { ref: false })])
      await new Promise(setImmediate)
      for (const socket of clients) socket.resume()
      const closed = Promise.all(clients.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
      for (const socket of clients) socket.close(1001, 'Going away')
      const timer = setTimeout(() => clients.forEach((socket) => socket.terminate()), closeLimit)
      await closed
      clearTimeout(timer)
    },
  }
}

function serve(socket: WebSocket, req: IncomingMessage, protocol: SocketProtocol, log: Log): void {
  let alive = true
  const pings = setInterval(() => {
    if (!alive) return socket.terminate()
    alive = false
    socket.ping()
  }, keepAlive)
  socket.on('pong', () => (alive = true))
  // Among them what is larger than allowed; ws closes by itself then.
  socket.on('error', (error) => log.debug({ err: error }, 'A socket failed'))

  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (data) => send(socket, data),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (read) =>
        socket.on('message', (data) => {
          // Whoever asks without reading the answers waits.
          if (socket.bufferedAmount > maxBuffered) socket.pause()
          read(String(data)).catch((error: unknown) => fail(socket, error, log))
        }),
    },
    { req },
  )
  socket.once('close', (code, reason) => {
    clearInterval(pings)
    Promise.resolve(closed(code, String(reason))).catch((error: unknown) => log.error({ err: error }, 'Unexpected'))
  })
}

/** Done when it was sent, so that a subscription goes no faster than its reader. */
function send(socket: WebSocket, data: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) return resolve()
    socket.send(data, () => {
      if (socket.isPaused && socket.bufferedAmount <= maxBuffered) socket.resume()
      resolve()
    })
  })
}

function fail(socket: WebSocket, error: unknown, log: Log): void {
  if (error instanceof GatewayError && error.code === 'UNAVAILABLE') return socket.close(1013, 'Try again later')
  log.error({ err: error }, 'A message failed')
  socket.close(CloseCode.InternalServerError, 'Internal server error')
}
