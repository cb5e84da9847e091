import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { ClickHouseLogLevel, createClient, type ClickHouseClient, type ClickHouseSettings } from '@clickhouse/client'
import type { ClickHouseConfig } from '../../config.ts'
import { UnavailableError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { compiled, type Statement } from './statement.ts'
import { asGatewayError, isConnectionLost, reasonOf } from './errors.ts'

/** Yeti's ClickHouse: read only, and each statement within limits of time, memory and rows. */
export interface ClickHouse extends AsyncDisposable {
  /** Throws `UnavailableError`, `TimeoutError`, `NotOfferedError`, or that it takes more memory than it may. */
  query<R>(statement: Statement): Promise<R[]>
}

/** A poll for all subscribers has the most, a thousand calls of each account at most. */
const maxRows = 1_000_000
const maxConnections = 10
/** Milliseconds beyond the time limit of a statement that its answer may take to come. */
const patience = 1_000
/** Milliseconds that a connection may take to come about. */
const connectLimit = 3_000

/** Nothing is asked of the server yet: it may be away when the gateway starts. */
export function openClickHouse(config: ClickHouseConfig, log: Log): ClickHouse {
  const client = connect(config)
  const stopping = new AbortController()
  // One for each statement under way.
  setMaxListeners(0, stopping.signal)

  async function send<R>(statement: Statement, queryId: string): Promise<R[]> {
    const { text, parameters } = compiled(statement)
    return within(config.timeout + patience, stopping.signal, async (signal) => {
      const result = await client.query({
        query: text,
        query_params: parameters,
        query_id: queryId,
        // One document: half of one, or somebody else's page, is no answer.
        format: 'JSON',
        abort_signal: signal,
      })
      // The client looks at the signal only until the head of the answer is there.
      signal.addEventListener('abort', () => result.close(), { once: true })
      return (await result.json<R>()).data
    })
  }

  return {
    async query<R>(statement: Statement): Promise<R[]> {
      const queryId = `portal-${randomUUID()}`
      try {
        return await send<R>(statement, queryId).catch((error: unknown) => {
          // A server closes idle connections when it likes; what was lost on one is asked once more. The first may still
          // run, and no two statements run under one id.
          if (!isConnectionLost(error) || stopping.signal.aborted) throw error
          return send<R>(statement, `${queryId}-again`)
        })
      } catch (error) {
        log.warn({ error: reasonOf(error), queryId }, 'A statement of ClickHouse failed')
        throw asGatewayError(error)
      }
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await client.close()
    },
  }
}

/** Ends the work, with `UnavailableError`, when the time is over or the gateway stops: whatever hangs then. */
async function within<T>(limit: number, stopping: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController()
  const end = (): void => ending.abort()
  const timer = setTimeout(end, limit)
  stopping.addEventListener('abort', end, { once: true })
  try {
    if (stopping.aborted) throw new UnavailableError()
    const ended = new Promise<never>((_, reject) => {
      const reason = (): void => reject(new UnavailableError(new Error(`No answer within ${limit / 1000} s`)))
      ending.signal.addEventListener('abort', reason, { once: true })
    })
    return await Promise.race([work(ending.signal), ended])
  } finally {
    clearTimeout(timer)
    stopping.removeEventListener('abort', end)
  }
}

export function connect({ url, username, password, database, timeout, maxMemory }: ClickHouseConfig): ClickHouseClient {
  return createClient({
    url,
    username,
    password,
    database,
    application: 'yeti-portal-gateway',
    request_timeout: timeout + patience,
    http_agent: agentFor(url),
    // Lists of accounts are longer than an address may be.
    use_multipart_params_auto: true,
    // It would write to the console, with texts of the server that have our values in them.
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: limits(timeout, maxMemory),
  })
}

/** A host that swallows packets is given up long before the time limit of a statement. */
function agentFor(url: string): HttpAgent {
  const agent = new (url.startsWith('https:') ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: maxConnections })
  const open = agent.createConnection.bind(agent)
  agent.createConnection = (options, callback) => {
    const socket = open(options, callback)
    if (!socket) return socket
    const timer = setTimeout(() => socket.destroy(new Error('No connection came about')), connectLimit)
    for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(timer))
    return socket
  }
  return agent
}

function limits(timeout: number, maxMemory: number): ClickHouseSettings {
  return {
    // Nothing is written; settings may still be made, these for instance.
    readonly: '2',
    max_execution_time: Math.ceil(timeout / 1000),
    max_memory_usage: String(maxMemory),
    max_result_rows: String(maxRows),
    result_overflow_mode: 'throw',
    output_format_json_quote_64bit_integers: 1,
    // What fails while it is answered fails as a whole.
    wait_end_of_query: 1,
    // What nobody waits for any more is not computed.
    cancel_http_readonly_queries_on_client_close: 1,
  }
}
