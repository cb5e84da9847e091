import { randomUUID } from 'node:crypto'
import { createClient, type ClickHouseClient, type ClickHouseSettings } from '@clickhouse/client'
import type { ClickHouseConfig } from '../../config.ts'
import type { Log } from '../../log.ts'
import { compiled, type Statement } from './statement.ts'
import { asGatewayError, isConnectionLost } from './errors.ts'

/** Yeti's ClickHouse: read only, and each statement within limits of time, memory and rows. */
export interface ClickHouse extends AsyncDisposable {
  /** Throws `UnavailableError`, `TimeoutError`, `NotOfferedError`, or that it takes more memory than it may. */
  query<R>(statement: Statement): Promise<R[]>
}

/** No report of ours has as many rows. */
const maxRows = 200_000
const maxConnections = 10
/** Milliseconds beyond the time limit of a statement that its answer may take to come. */
const patience = 1_000

/** Nothing is asked of the server yet: it may be away when the gateway starts. */
export function openClickHouse(config: ClickHouseConfig, log: Log): ClickHouse {
  const client = connect(config)
  const stopping = new AbortController()

  async function send<R>(statement: Statement, queryId: string): Promise<R[]> {
    const { text, parameters } = compiled(statement)
    const result = await client.query({
      query: text,
      query_params: parameters,
      query_id: queryId,
      format: 'JSONEachRow',
      abort_signal: stopping.signal,
    })
    return result.json<R>()
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
        const message = error instanceof Error ? error.message : String(error)
        log.warn({ error: message, queryId }, 'A statement of ClickHouse failed')
        throw asGatewayError(error)
      }
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await client.close()
    },
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
    max_open_connections: maxConnections,
    // Lists of accounts are longer than an address may be.
    use_multipart_params_auto: true,
    clickhouse_settings: limits(timeout, maxMemory),
  })
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
  }
}
