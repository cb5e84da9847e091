import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const merchantId = '8b03432e-385b-4670-8d06-064591096795'
export const apiKey = 'an API key that only Cryptomus and the operator know'

/** What the provider does with the next requests, once it has found their signature right. */
export type Behaviour =
  | 'answer'
  /** Answers with this. */
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  /** Makes the payment, and says nothing until `release`. */
  | 'hang'
  /** Makes the payment, and closes the connection in the middle of its answer. */
  | 'break off'

export interface Order {
  readonly uuid: string
  /** What was asked for, member by member. */
  readonly asked: Readonly<Record<string, unknown>>
  isFinal: boolean
}

export interface SeenRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A local server that speaks Cryptomus's protocol. */
export interface CryptomusServer extends AsyncDisposable {
  readonly url: string
  /** Settings of a gateway that pays with it. */
  readonly settings: Readonly<Record<string, string>>
  readonly requests: SeenRequest[]
  /** Payments by `order_id`. */
  readonly orders: Map<string, Order>
  behaviour: Behaviour
  /** Ends what hangs, without an answer. */
  release(): void
}

export async function startCryptomus(): Promise<CryptomusServer> {
  const hanging = new Set<ServerResponse>()
  const requests: SeenRequest[] = []
  const orders = new Map<string, Order>()
  const server = createServer((req, res) => void serve(req, res))

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const path = req.url ?? ''
    requests.push({ path, headers: req.headers, body })
    if (req.method !== 'POST' || req.headers.merchant !== merchantId || req.headers['sign'] !== signed(body)) {
      return send(res, 401, { state: 1, message: 'Invalid Sign' })
    }
    const { behaviour } = self
    if (typeof behaviour === 'object')
      return void res.writeHead(behaviour.status, behaviour.headers).end(behaviour.body)
    const [status, answer] = answerTo(path, JSON.parse(body))
    if (behaviour === 'answer') return send(res, status, answer)
    if (behaviour === 'hang') return void hanging.add(res)
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': '10000' })
    res.write('{"state":0,', () => res.destroy())
  }

  function answerTo(path: string, asked: Record<string, unknown>): [number, unknown] {
    const id = String(asked['order_id'])
    if (path === '/v1/payment') {
      const wrong = violations(asked)
      if (Object.keys(wrong).length > 0) return [422, { state: 1, errors: wrong }]
      if (Number(asked['amount']) < 0.5) return [422, { state: 1, message: 'Minimum amount 0.5 USDT' }]
      // Asking twice for one order makes one payment.
      const order = orders.get(id) ?? { uuid: randomUUID(), asked, isFinal: false }
      orders.set(id, order)
      return [200, { state: 0, result: result(order) }]
    }
    const order = path === '/v1/payment/info' ? orders.get(id) : undefined
    return order ? [200, { state: 0, result: result(order) }] : [404, { state: 1, message: 'Not found' }]
  }

  function result({ uuid, asked, isFinal }: Order): object {
    return {
      uuid,
      order_id: asked['order_id'],
      amount: `${String(asked['amount'])}000000`,
      payment_amount: null,
      currency: asked['currency'],
      network: asked['network'],
      payment_status: isFinal ? 'cancel' : 'check',
      url: isFinal ? null : `https://pay.cryptomus.com/pay/${uuid}`,
      expired_at: Math.floor(Date.now() / 1000) + Number(asked['lifetime']),
      is_final: isFinal,
    }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const self: CryptomusServer = {
    url,
    settings: { CRYPTOMUS_URL: url, CRYPTOMUS_MERCHANT_ID: merchantId, CRYPTOMUS_API_KEY: apiKey },
    requests,
    orders,
    behaviour: 'answer',
    release() {
      for (const res of hanging) res.destroy()
      hanging.clear()
    },
    async [Symbol.asyncDispose]() {
      self.release()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return self
}

function send(res: ServerResponse, status: number, answer: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(phpJson(answer))
}

/** What the provider's manual demands of a payment, as far as it matters here. */
function violations(asked: Readonly<Record<string, unknown>>): Record<string, string[]> {
  const rules: Record<string, boolean> = {
    order_id: /^[\w-]{1,128}$/.test(String(asked['order_id'])),
    amount: typeof asked['amount'] === 'string' && /^\d+(\.\d+)?$/.test(asked['amount']),
    currency: asked['currency'] === 'USDT',
    network: asked['network'] === 'TRON',
    url_callback: URL.canParse(String(asked['url_callback'])),
    url_return: asked['url_return'] === undefined || URL.canParse(String(asked['url_return'])),
    lifetime: Number(asked['lifetime']) >= 300 && Number(asked['lifetime']) <= 43_200,
    subtract: Number(asked['subtract']) >= 0 && Number(asked['subtract']) <= 100,
    is_payment_multiple: typeof asked['is_payment_multiple'] === 'boolean',
  }
  return Object.fromEntries(Object.entries(rules).flatMap(([name, ok]) => (ok ? [] : [[name, [`${name} is wrong`]]])))
}

/** A signature as the provider's manual has it. */
export function signed(json: string): string {
  return createHash('md5')
    .update(`${Buffer.from(json).toString('base64')}${apiKey}`)
    .digest('hex')
}

/** How PHP's `json_encode` spells letters beyond ASCII and slashes; by itself it escapes both. */
export interface PhpSpelling {
  readonly unicode: boolean
  readonly slashes: boolean
}

export function phpJson(value: unknown, escape: PhpSpelling = { unicode: true, slashes: true }): string {
  let json = JSON.stringify(value)
  if (escape.slashes) json = json.replaceAll('/', '\\/')
  if (!escape.unicode) return json
  return [...Array(json.length).keys()]
    .map((at) => (json.charCodeAt(at) < 128 ? json[at] : `\\u${json.charCodeAt(at).toString(16).padStart(4, '0')}`))
    .join('')
}

/** What a notice says of an order; what is not given is as it usually is. */
export type Report = Readonly<Record<string, unknown>> & { readonly order_id: unknown }

export function noticeOf(report: Report): Record<string, unknown> {
  return {
    type: 'payment',
    uuid: '62f88b36-a9d5-4fa6-aa26-e040c3dbf26d',
    amount: '100.00',
    payment_amount: '100.00000000',
    payment_amount_usd: '100.00',
    merchant_amount: '100.00000000',
    commission: '0.00000000',
    is_final: true,
    status: 'paid',
    from: 'THgEWubVc8tPKXLJ4VZ5zbiiAK7AgqSeGH',
    wallet_address_uuid: null,
    network: 'tron',
    currency: 'USDT',
    payer_currency: 'USDT',
    additional_data: 'top-up / поповнення 💸',
    txid: '6f0d9c8374db57cac0d806251473de754f361c83a03cd805f74aa9da3193486b',
    ...report,
  }
}

/** The notice as the provider sends it: PHP signs it with letters as they are, and sends them escaped. */
export function signedNotice(report: Report): string {
  const notice = noticeOf(report)
  return phpJson({ ...notice, sign: signed(phpJson(notice, { unicode: false, slashes: true })) })
}

/** Sends a body to a gateway's webhook. */
export function post(
  gatewayUrl: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${gatewayUrl}/api/cryptomus_callbacks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
}

/** Sends a signed notice, and gives back the status of the answer. */
export async function notify(gatewayUrl: string, report: Report): Promise<number> {
  const response = await post(gatewayUrl, signedNotice(report))
  await response.arrayBuffer()
  return response.status
}
