import { z } from 'zod'
import type { CryptomusConfig } from '../config.ts'
import { openSigned, signatureOf } from './cryptomus-signature.ts'

/** What a payment is asked for with. */
export interface CryptomusOrder {
  /** `billing.payments.id`; asking twice with one id makes one payment. */
  readonly orderId: string
  /** In USDT, for instance `100.00`. */
  readonly amount: string
  /** Where the provider reports to. */
  readonly callbackUrl: string
}

/** The provider of payments in USDT. */
export interface Cryptomus {
  /** The page to send the customer to. Throws `CryptomusRefusal`, or `CryptomusSilence`. */
  createPayment(order: CryptomusOrder): Promise<string>
  /** The same for a payment that exists; null once it is final. Throws the same. */
  paymentUrl(orderId: string): Promise<string | null>
  /** What a body reports, when the provider signed it; null for any other body. */
  openNotice(body: string): Readonly<Record<string, unknown>> | null
}

/** The provider did not do what it was asked for, for certain. */
export class CryptomusRefusal extends Error {
  override readonly name = 'CryptomusRefusal'
  /** What it says about the amount, in its own words; null when something else is wrong. */
  readonly aboutAmount: string | null

  constructor(message: string, aboutAmount: string | null, options?: ErrorOptions) {
    super(`Cryptomus refused: ${message}`, options)
    this.aboutAmount = aboutAmount
  }
}

/** There is no answer that could be understood: the provider may have done what it was asked for, or not. */
export class CryptomusSilence extends Error {
  override readonly name = 'CryptomusSilence'
}

export interface CryptomusOptions {
  /** Milliseconds that a whole answer may take. */
  readonly timeout?: number
}

/** Yeti's: the longest that the provider knows, in seconds. */
const lifetime = 43_200

export function createCryptomus(config: CryptomusConfig, { timeout = 10_000 }: CryptomusOptions = {}): Cryptomus {
  async function ask(path: string, question: object, orderId: string): Promise<Payment> {
    const body = JSON.stringify(question)
    const headers = {
      'content-type': 'application/json',
      merchant: config.merchantId,
      sign: signatureOf(body, config.apiKey),
    }
    const url = `${config.url.replace(/\/+$/, '')}${path}`
    // A redirect would take merchant and signature elsewhere.
    const request = { method: 'POST', headers, body, redirect: 'error', signal: AbortSignal.timeout(timeout) } as const
    const { status, text } = await exchange(url, request).catch((error: unknown) => {
      throw asCryptomusError(error)
    })
    return understood(status, text, orderId)
  }
  return {
    async createPayment({ orderId, amount, callbackUrl }) {
      const { url, is_final: isFinal } = await ask(
        '/v1/payment',
        {
          order_id: orderId,
          amount,
          currency: 'USDT',
          network: 'TRON',
          url_callback: callbackUrl,
          ...(config.returnUrl !== null && { url_return: config.returnUrl }),
          lifetime,
          subtract: 100,
          is_payment_multiple: true,
        },
        orderId,
      )
      if (url !== null && isFinal !== true) return url
      throw new CryptomusRefusal(`it knows a payment ${orderId} that is over, from another database?`, null)
    },
    async paymentUrl(orderId) {
      const { url, is_final: isFinal } = await ask('/v1/payment/info', { order_id: orderId }, orderId)
      return isFinal === true ? null : url
    },
    openNotice: (body) => openSigned(body, config.apiKey),
  }
}

/** Bytes of an answer; the provider's have some thousand. */
const maxAnswer = 256 * 1024

async function exchange(url: string, request: RequestInit): Promise<{ status: number; text: string }> {
  const response = await fetch(url, request)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxAnswer) throw new CryptomusSilence('Cryptomus answered too much')
    chunks.push(chunk)
  }
  return { status: response.status, text: Buffer.concat(chunks).toString() }
}

/** Codes of what goes wrong before anything is sent. */
const unsent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])

function asCryptomusError(error: unknown): Error {
  if (error instanceof CryptomusSilence) return error
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  const reason = [cause instanceof Error ? cause.message : String(cause), code].filter(Boolean).join(', ')
  if (unsent.has(code)) return new CryptomusRefusal(`it cannot be reached (${reason})`, null, { cause: error })
  return new CryptomusSilence(`Cryptomus did not answer (${reason})`, { cause: error })
}

const payment = z.object({
  order_id: z.string(),
  url: z.url({ protocol: /^https?$/ }).nullable(),
  is_final: z.boolean().nullish(),
})
type Payment = z.infer<typeof payment>

const accepted = z.object({ state: z.literal(0), result: payment })
const refused = z.object({
  state: z.number().optional(),
  message: z.string().nullish(),
  errors: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
})

/** 408: the provider does not know either whether it has read everything. */
const isRefused = (status: number): boolean => status >= 400 && status < 500 && status !== 408

function understood(status: number, text: string, orderId: string): Payment {
  const answer = parsed(text)
  if (isRefused(status)) throw refusal(status, answer)
  const good = accepted.safeParse(answer)
  if (status < 300 && good.success && good.data.result.order_id === orderId) return good.data.result
  const bad = refused.safeParse(answer)
  if (status < 300 && bad.success && (bad.data.state ?? 0) !== 0) throw refusal(status, answer)
  throw new CryptomusSilence(`Cryptomus answered with status ${status} something that is not understood`)
}

/** Those of a merchant who may not: nothing that a customer could change. */
const aboutMerchant = new Set([401, 403, 404, 405, 429])

function refusal(status: number, answer: unknown): CryptomusRefusal {
  const { message, errors } = refused.safeParse(answer).data ?? {}
  const ofAmount = errors?.['amount']
  const words = errors ? Object.entries(errors).map(([name, each]) => `${name}: ${[each].flat().join(' ')}`) : [message]
  // The amount is all that a customer has a part in.
  const about = aboutMerchant.has(status) ? null : errors ? ofAmount && [ofAmount].flat().join(' ') : message
  return new CryptomusRefusal(`${status} ${printable(words.join('; '))}`, about ? printable(about) : null)
}

/** On one line, and no longer than a sentence or two. */
function printable(text: string): string {
  return text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 200)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
