import { request, type IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import type { AnswerError } from '../../support/gateway.ts'

/** One answer of a subscription, and when it came. */
export interface Event {
  readonly data: any // eslint-disable-line @typescript-eslint/no-explicit-any -- tests look into answers of any shape
  readonly errors: readonly AnswerError[] | undefined
  readonly at: number
}

/** A running subscription as its client sees it, over either transport. */
export interface Stream extends AsyncDisposable {
  readonly events: readonly Event[]
  /** Over; as the protocol says it, or null while it runs. */
  readonly end: 'complete' | 'error' | 'cut' | null
  /** The event with this number, from 0. */
  event(index: number): Promise<Event>
  ended(): Promise<'complete' | 'error' | 'cut'>
  close(): void
}

export interface StreamOptions {
  readonly token?: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

export type OpenStream = (url: string, query: string, options?: StreamOptions) => Promise<Stream>

const limit = 10_000

export class Recorder implements Stream {
  readonly events: Event[] = []
  end: Stream['end'] = null
  readonly #listeners = new Set<() => void>()
  readonly #close: () => void

  constructor(close: () => void) {
    this.#close = close
  }

  add({ data, errors }: { readonly data?: unknown; readonly errors?: readonly AnswerError[] }): void {
    this.events.push({ data, errors, at: performance.now() })
    this.#tell()
  }

  finish(end: 'complete' | 'error' | 'cut'): void {
    this.end ??= end
    this.#tell()
  }

  async event(index: number): Promise<Event> {
    await this.#until(() => this.events.length > index || this.end !== null)
    const event = this.events[index]
    if (!event) throw new Error(`Ended (${this.end}) with ${this.events.length} events`)
    return event
  }

  async ended(): Promise<'complete' | 'error' | 'cut'> {
    await this.#until(() => this.end !== null)
    return this.end ?? 'cut'
  }

  close(): void {
    this.#close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.ended()
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  #until(isSo: () => boolean): Promise<void> {
    if (isSo()) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#listeners.delete(listener)
        reject(new Error(`Nothing came in ${limit} ms; so far ${JSON.stringify(this.events)}`))
      }, limit)
      const listener = (): void => {
        if (!isSo()) return
        clearTimeout(timer)
        this.#listeners.delete(listener)
        resolve()
      }
      this.#listeners.add(listener)
    })
  }
}

/**
 * Server-sent events, in the "distinct connections" mode of GraphQL over SSE. By plain HTTP: with `fetch`, hundreds of
 * them would keep the test busier than the gateway.
 */
export const openSse: OpenStream = (url, query, { token, variables, headers } = {}) =>
  new Promise((resolve, reject) => {
    const asked = request(`${url}/graphql`, {
      method: 'POST',
      agent: false,
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      },
    })
    asked.on('error', reject)
    asked.on('response', (response) => {
      const recorder = new Recorder(() => asked.destroy())
      readEvents(response, recorder)
      resolve(recorder)
    })
    asked.end(JSON.stringify({ query, variables }))
  })

function readEvents(response: IncomingMessage, recorder: Recorder): void {
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const blocks = (text + chunk).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const [, name, data = ''] = /^event: (\w+)\ndata:(.*)$/.exec(block) ?? []
      if (name === 'next') recorder.add(JSON.parse(data))
      if (name === 'complete') recorder.finish('complete')
    }
  })
  response.on('error', () => recorder.finish('cut'))
  response.on('close', () => recorder.finish('cut'))
}

/** GraphQL over WebSocket, one operation on a socket of its own. */
export const openSocketStream: OpenStream = async (url, query, { token, variables, headers } = {}) => {
  const socket = await connect(url, { ...(token && { authorization: `Bearer ${token}` }), ...headers })
  await acknowledged(socket)
  return subscribeOn(socket, '1', query, variables)
}

export function subscribeOn(
  socket: WebSocket,
  id: string,
  query: string,
  variables?: Readonly<Record<string, unknown>>,
): Stream {
  const recorder = new Recorder(() => socket.close())
  socket.on('message', (data) => {
    const message = JSON.parse(String(data))
    if (message.id !== id) return
    if (message.type === 'next') recorder.add(message.payload)
    if (message.type === 'error') {
      recorder.add({ errors: message.payload })
      recorder.finish('error')
    }
    if (message.type === 'complete') recorder.finish('complete')
  })
  socket.on('close', () => recorder.finish('cut'))
  socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query, variables } }))
  return recorder
}

export function connect(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  protocol = 'graphql-transport-ws',
): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, protocol, { headers })
  socket.setMaxListeners(0)
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket))
    socket.once('unexpected-response', (_req, res) => reject(new Error(String(res.statusCode))))
    socket.once('error', reject)
  })
}

export async function acknowledged(socket: WebSocket, params?: Readonly<Record<string, unknown>>): Promise<void> {
  const answer = messageOf(socket)
  socket.send(JSON.stringify({ type: 'connection_init', payload: params }))
  if ((await answer).type !== 'connection_ack') throw new Error('Not acknowledged')
}

/** The next message; rejects with the code where the socket is closed instead. */
export function messageOf(socket: WebSocket): Promise<{ readonly type: string; readonly payload: unknown }> {
  return new Promise((resolve, reject) => {
    socket.once('message', (data) => resolve(JSON.parse(String(data))))
    socket.once('close', (code) => reject(new Error(String(code))))
  })
}

export function closeCode(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once('close', resolve))
}

export const transports: readonly (readonly [name: string, open: OpenStream])[] = [
  ['SSE', openSse],
  ['WebSocket', openSocketStream],
]
