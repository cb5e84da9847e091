import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { GatewayError, type ErrorCode } from '../errors.ts'
import type { Log } from '../log.ts'
import { refuse } from './answers.ts'

/** Chosen errors that a route may end with. Whatever else it throws is a fault of ours, and masked. */
const statuses: Partial<Record<ErrorCode, number>> = { UNAVAILABLE: 503, TIMEOUT: 504, RATE_LIMITED: 429 }

/** The answer to a request whose handler threw. */
export function answerFailure(res: ServerResponse, error: unknown, log: Log): void {
  // A request is destroyed, too, when all of it has been read; so it is the connection that says whether the client left.
  if (res.destroyed || res.req.socket.destroyed) return log.debug({ err: error }, 'The client left')
  const correlationId = randomUUID()
  const known = error instanceof GatewayError ? statuses[error.code] : undefined
  log.error({ correlationId, err: error }, 'A request failed')
  // Half an answer must not pass for a whole one.
  if (res.headersSent) return void res.destroy()
  if (error instanceof GatewayError && known !== undefined) {
    return refuse(
      res,
      { status: known, code: error.code, message: error.message },
      { ...error.extensions, correlationId },
    )
  }
  refuse(res, { status: 500, code: 'INTERNAL_SERVER_ERROR', message: 'Something went wrong' }, { correlationId })
}
