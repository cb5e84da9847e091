import { ClickHouseError } from '@clickhouse/client'
import { GatewayError, NotOfferedError, TimeoutError, UnavailableError } from '../../errors.ts'

/** Codes of ClickHouse's `ErrorCodes.cpp`. */
const timeLimit = new Set(['159', '160'])
const memoryLimit = '241'
const sizeLimit = new Set([memoryLimit, '396', '158', '307'])
/** Columns, tables, databases and rights that are not there, types that do not fit, settings that the user may not make. */
const notOffered = new Set(['47', '16', '60', '81', '497', '164', '452', '43', '386', '53'])

const lostCodes = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])

function systemCodes(error: unknown): string[] {
  if (error instanceof AggregateError) return error.errors.flatMap(systemCodes)
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? [error.code] : []
}

/** Whether the connection broke in the midst of it: the same statement may do on a new one. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof ClickHouseError || error instanceof GatewayError) return false
  if (systemCodes(error).some((code) => lostCodes.has(code))) return true
  return error instanceof Error && /^(socket hang up|aborted|premature close)$/i.test(error.message)
}

/**
 * What went wrong, for the log. Not in the server's words: those repeat the statement with its values. It keeps them
 * under the id of the query, in its own log.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof ClickHouseError) return `ClickHouse answers ${error.code} ${error.type ?? ''}`.trimEnd()
  if (error instanceof GatewayError) return error.originalError?.message ?? error.message
  const codes = systemCodes(error)
  if (codes.length > 0) return `ClickHouse does not answer: ${[...new Set(codes)].join(', ')}`
  const text = error instanceof Error ? error.message : ''
  if (isConnectionLost(error) || /^(Timeout error\.|No connection came about)$/.test(text))
    return `ClickHouse does not answer: ${text}`
  // A proxy says it in its own words.
  const title = /<title>([\w ]{1,60})<\/title>/i.exec(text)?.[1]
  return `What answers is not ClickHouse${title === undefined ? '' : `: ${title}`}`
}

/** Turns an error of the client into one that the caller may see. */
export function asGatewayError(error: unknown): unknown {
  if (error instanceof GatewayError || error instanceof TypeError) return error
  const reason = new Error(reasonOf(error))
  return error instanceof ClickHouseError ? ofServer(error, reason) : new UnavailableError(reason)
}

function ofServer(error: ClickHouseError, reason: Error): Error {
  if (timeLimit.has(error.code)) return new TimeoutError(reason)
  if (sizeLimit.has(error.code) && !isServersMemory(error)) {
    const message = 'This takes more than one statement may: ask for a shorter period, or with more filters.'
    return new GatewayError('QUERY_TOO_COMPLEX', message, {}, { originalError: reason })
  }
  if (!notOffered.has(error.code)) return new UnavailableError(reason)
  return new NotOfferedError(new Error(`CLICKHOUSE_URL: ${reason.message}; npm run yeti -- check says what is missing`))
}

/** Whether it is the memory of all together that is used up, and not that of the statement. */
function isServersMemory({ code, message }: ClickHouseError): boolean {
  return code === memoryLimit && !/^(Query memory limit|Memory limit \(for query\)|\(for query\))/i.test(message)
}
