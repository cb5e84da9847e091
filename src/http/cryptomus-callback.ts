import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { settle } from '../backends/cryptomus-notices.ts'
import type { Cryptomus } from '../backends/cryptomus.ts'
import type { Databases } from '../backends/databases.ts'
import type { Log } from '../log.ts'
import { answerText, refuse, type Refusal } from './answers.ts'
import { bodyLimit } from './body-limit.ts'
import type { Route } from './route.ts'

export interface CryptomusCallbackOptions {
  /** null: there is no such route. */
  readonly cryptomus: Pick<Cryptomus, 'openNotice'> | null
  readonly databases: Databases
  readonly log: Log
}

const path = '/api/cryptomus_callbacks'

/** Bytes of a notice; the provider's have less than two thousand. */
const noticeLimit = 64 * 1024

const noJson: Refusal = { status: 415, code: 'BAD_USER_INPUT', message: 'Expected content-type: application/json' }
const tooLarge: Refusal = {
  status: 413,
  code: 'BAD_USER_INPUT',
  message: `The request is larger than ${noticeLimit} bytes`,
}
const notSigned: Refusal = { status: 400, code: 'BAD_USER_INPUT', message: 'The signature is wrong' }
// The provider comes again for whatever is no success; why is nobody's business but ours.
const notAccepted: Refusal = { status: 500, code: 'INTERNAL_SERVER_ERROR', message: 'Something went wrong' }

/** Where Cryptomus reports what became of a payment. Nothing is asked of the database before the signature is right. */
export function cryptomusCallbackRoutes({ cryptomus, databases, log }: CryptomusCallbackOptions): Route[] {
  if (cryptomus === null) return []
  const complain = complaints(log)
  return [
    {
      path,
      methods: ['POST'],
      async handle(req, res) {
        if (!isJson(req)) return refuse(res, noJson)
        const body = await bodyOf(req)
        if (body === null) return refuse(res, tooLarge)
        const notice = cryptomus.openNotice(body)
        if (notice !== null) return report(res, notice, databases, log)
        complain()
        refuse(res, notSigned)
      },
    },
  ]
}

function isJson({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json'
}

/** null when it is too large; what is left of it is then taken in, within reason, so that the sender reads the answer. */
async function bodyOf(req: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  // Bodies are Buffers as long as nobody sets an encoding.
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= noticeLimit) chunks.push(chunk)
    else if (size > bodyLimit) break
  }
  return size > noticeLimit ? null : Buffer.concat(chunks).toString()
}

async function report(
  res: ServerResponse,
  notice: Readonly<Record<string, unknown>>,
  databases: Databases,
  log: Log,
): Promise<void> {
  const correlationId = randomUUID()
  const logged = { correlationId, ...loggable(notice) }
  // Caught here, since nobody else would know which payment it was.
  const settlement = await settle(databases, notice).catch((error: unknown) => {
    log.error({ ...logged, err: error }, 'What Cryptomus reported could not be written')
    return null
  })
  if (settlement === null || settlement.kind === 'not accepted') {
    if (settlement) log.error(logged, `Cryptomus reported what cannot be done: ${settlement.reason}`)
    return refuse(res, notAccepted, { correlationId })
  }
  const { kind, ...done } = settlement
  if (kind !== 'unchanged') log.info({ ...logged, ...done }, `A Cryptomus payment was ${kind}`)
  answerText(res, 200, '')
}

function loggable(notice: Readonly<Record<string, unknown>>): object {
  const { order_id: payment, status, merchant_amount: merchantAmount } = notice
  return { payment: short(payment), status: short(status), merchantAmount: short(merchantAmount) }
}

/** Longer values are no ids and no amounts. */
function short(value: unknown): string | undefined {
  return (typeof value === 'string' ? value : JSON.stringify(value))?.slice(0, 50)
}

/** Milliseconds between two lines of the log about wrong signatures. */
const complaintInterval = 60_000

/** An operator whose key is wrong has to see it; whoever sends garbage must not fill the log. */
function complaints(log: Log): () => void {
  let last = -Infinity
  return () => {
    const now = performance.now()
    if (now - last < complaintInterval) return
    last = now
    log.warn(`A request to ${path} was not signed with CRYPTOMUS_API_KEY; more of them are not reported for a minute`)
  }
}
