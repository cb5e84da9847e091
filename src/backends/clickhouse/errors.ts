import { ClickHouseError } from '@clickhouse/client'
import { GatewayError, NotOfferedError, TimeoutError, UnavailableError } from '../../errors.ts'

/** Codes of ClickHouse's `ErrorCodes.cpp`. */
const timeLimit = new Set(['159', '160'])
const sizeLimit = new Set(['241', '396', '158', '307'])
/** Columns, tables, databases and rights that are not there, and settings that the user may not make. */
const notOffered = new Set(['47', '16', '60', '81', '497', '164', '452'])
/** Who may come in, and what comes and goes: too many at a time, the network, a stop, what is being loaded. */
const unavailable = new Set(['516', '192', '193', '194', '195', '202', '209', '210', '198', '236', '394', '735'])

const lostCodes = new Set(['ECONNRESET', 'EPIPE', 'ECONNREFUSED', 'ECONNABORTED'])
const unreachableCodes = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'])

function systemCodes(error: unknown): string[] {
  if (error instanceof AggregateError) return error.errors.flatMap(systemCodes)
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? [error.code] : []
}

/** Whether the connection broke, or none came about: the same statement may do on a new one. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof ClickHouseError) return false
  if (systemCodes(error).some((code) => lostCodes.has(code))) return true
  return error instanceof Error && /socket hang up|aborted|premature close/i.test(error.message)
}

/** Turns an error of the client into one that the caller may see, where there is a fitting one. */
export function asGatewayError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  if (error instanceof ClickHouseError) return ofServer(error)
  if (/^Timeout error/.test(error.message)) return new TimeoutError(error)
  const isAway = isConnectionLost(error) || systemCodes(error).some((code) => unreachableCodes.has(code))
  // A proxy before it answers in its own words while nobody is behind it.
  return isAway || /^(5\d\d|<html)/i.test(error.message) ? new UnavailableError(error) : error
}

function ofServer(error: ClickHouseError): Error {
  if (timeLimit.has(error.code)) return new TimeoutError(error)
  if (sizeLimit.has(error.code)) {
    const message = 'This takes more than one statement may: ask for a shorter period, or with more filters.'
    return new GatewayError('QUERY_TOO_COMPLEX', message, {}, { originalError: error })
  }
  if (unavailable.has(error.code)) return new UnavailableError(error)
  if (!notOffered.has(error.code)) return error
  return new NotOfferedError(
    new Error(`CLICKHOUSE_URL: ${error.message}; npm run yeti -- check says what is missing`, { cause: error }),
  )
}
