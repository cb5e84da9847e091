import { NotOfferedError, TimeoutError, UnavailableError } from '../../errors.ts'

/** SQLSTATE of an error that PostgreSQL answered with; empty where it did not come to an answer. */
export function sqlStateOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  return /^[\dA-Z]{5}$/.test(code) && !unreachable.has(code) ? code : ''
}

/**
 * SQLSTATE of a name that is not known, or known already: a pooler between us changes the connection's server; and of
 * one whose columns have changed their type since.
 */
const aboutNames = new Set(['26000', '42P05', '0A000'])

export function isAboutName(error: unknown): boolean {
  return aboutNames.has(sqlStateOf(error))
}

/** SQLSTATE 57014: the statement ran into its time limit. */
const queryCanceled = '57014'
/** SQLSTATEs that mean "not now": connection, resources, operator intervention; and that a server lets nobody in. */
const unavailable = /^(08|53|57|28|3D000)/
/** SQLSTATE 55000: a database that is closed to connections; other errors have it too. */
const closed = '55000'
const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'EAI_AGAIN',
])
/** A right that was not granted; a column, table, schema or operator that an older or another Yeti has not. */
const notOffered = new Set(['42501', '42703', '42P01', '3F000', '42883'])

/** Whether the connection broke, or there was none. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isConnectionLost)
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const words =
    /timeout exceeded when trying to connect|Connection terminated|timeout expired|Query read timeout|not queryable/
  return unreachable.has(code) || words.test(error.message)
}

/** SQLSTATEs of a statement that a standby gave up because of what it replays. */
const recoveryConflicts = new Set(['40001', '40P01'])

/**
 * Whether a statement failed for a reason that lies with the server: it is being stopped or started, it replays what the
 * statement was reading, it cannot read its disk. All else would fail on the primary too, and cost it as much: what is
 * wrong with the statement, its time limit (57014), and that it needs more memory or disk than there is (53).
 */
export function isOfServer(error: unknown): boolean {
  const state = sqlStateOf(error)
  if (state === '') return isConnectionLost(error)
  return recoveryConflicts.has(state) || /^(08|57P|58|XX00[12])/.test(state)
}

/**
 * Turns a driver error into one the caller may see, where there is a fitting one. `setting`: which database it came
 * from, for the log.
 */
export function asGatewayError(error: unknown, setting?: string): unknown {
  if (!(error instanceof Error) || error instanceof UnavailableError) return error
  const state = sqlStateOf(error)
  if (state === queryCanceled) return new TimeoutError(error)
  if (notOffered.has(state)) return new NotOfferedError(whatIsMissing(error, setting))
  const isClosed = state === closed && error.message.includes('accepting connections')
  return isConnectionLost(error) || unavailable.test(state) || isClosed ? new UnavailableError(error) : error
}

/** What the operator can do about it; PostgreSQL names the table or the column. */
function whatIsMissing(error: Error, setting?: string): Error {
  const where = setting === undefined ? '' : `${setting}: `
  return new Error(`${where}${error.message}; npm run yeti -- check says what is missing`, { cause: error })
}

export function messageOf(error: unknown): string {
  // A refused connection to a name with several addresses is one error around several, with no text of its own.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
