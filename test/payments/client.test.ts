import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createCryptomus, CryptomusRefusal, CryptomusSilence } from '../../src/backends/cryptomus.ts'
import { apiKey, merchantId, startCryptomus, type CryptomusServer } from '../support/cryptomus-server.ts'

let server: CryptomusServer

beforeAll(async () => {
  server = await startCryptomus()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.behaviour = 'answer'
  server.requests.length = 0
})

const order = { orderId: '17', amount: '100.00', callbackUrl: 'https://gateway.example.com/hook?a=1&b=ü' }

function client(more: Partial<Parameters<typeof createCryptomus>[0]> = {}, timeout?: number) {
  const config = { url: server.url, merchantId, apiKey, callbackUrl: null, returnUrl: null, ...more }
  return createCryptomus(config, timeout === undefined ? {} : { timeout })
}

async function errorOf(work: Promise<unknown>): Promise<Error> {
  try {
    await work
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('Nothing was thrown')
}

describe('The client', () => {
  test('MUST make one payment for one order, however often it asks', async () => {
    const first = await client().createPayment(order)
    expect(first).toMatch(/^https:\/\/pay\.cryptomus\.com\/pay\//)
    expect(await client().createPayment(order)).toBe(first)
    expect(await client().paymentUrl('17')).toBe(first)
    expect(server.orders.size).toBe(1)
  })

  test('MAY be given an address with a path or a slash at its end', async () => {
    for (const path of ['/', '//', '/proxy/']) {
      await client({ url: `${server.url}${path}` })
        .paymentUrl('17')
        .catch(() => undefined)
    }
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/v1/payment/info',
      '/v1/payment/info',
      '/proxy/v1/payment/info',
    ])
  })

  test('MUST give up on an answer that takes too long, to begin or to end', async () => {
    server.behaviour = 'hang'
    const hanging = await errorOf(client({}, 100).createPayment({ ...order, orderId: '18' }))
    expect(hanging).toBeInstanceOf(CryptomusSilence)
    expect(server.orders.has('18')).toBe(true)
    server.release()
  })

  test('MUST tell for certain from not known', async () => {
    const thrown = async (behaviour: CryptomusServer['behaviour']): Promise<Error> => {
      server.behaviour = behaviour
      return errorOf(client().createPayment(order))
    }
    for (const status of [400, 401, 403, 404, 422, 429]) {
      expect(await thrown({ status, body: '{"state":1,"message":"no"}' })).toBeInstanceOf(CryptomusRefusal)
    }
    for (const status of [408, 500, 502, 503, 504, 302, 204]) {
      expect(await thrown({ status, body: '' })).toBeInstanceOf(CryptomusSilence)
    }
    expect(await thrown('break off')).toBeInstanceOf(CryptomusSilence)
  })

  const result = { order_id: '17', url: 'https://pay.cryptomus.com/pay/x', is_final: false }

  test('MUST take in no more than 256 KiB of an answer, however good it is', async () => {
    for (const [length, taken] of [
      [200_000, true],
      [300_000, false],
    ] as const) {
      const body = JSON.stringify({ state: 0, result: { ...result, comments: 'x'.repeat(length) } })
      server.behaviour = { status: 200, body }
      const answer = await client()
        .createPayment(order)
        .catch((error: unknown) => error)
      expect(answer === result.url).toBe(taken)
      expect(answer instanceof CryptomusSilence).toBe(!taken)
    }
  })

  test('MUST NOT send anybody to a payment that is over', async () => {
    server.behaviour = { status: 200, body: JSON.stringify({ state: 0, result: { ...result, is_final: true } }) }
    expect(await errorOf(client().createPayment(order))).toBeInstanceOf(CryptomusRefusal)
    expect(await client().paymentUrl('17')).toBe(null)
  })

  test('MUST NOT follow anywhere else', async () => {
    await using elsewhere = await startCryptomus()
    for (const status of [301, 302, 303, 307, 308]) {
      server.behaviour = { status, body: '', headers: { location: `${elsewhere.url}/v1/payment` } }
      expect(await errorOf(client().createPayment(order))).toBeInstanceOf(CryptomusSilence)
    }
    expect(elsewhere.requests).toEqual([])
  })

  test('MUST be refused with another key or merchant', async () => {
    for (const wrong of [{ apiKey: 'another' }, { merchantId: 'another' }]) {
      const error = await errorOf(client(wrong).createPayment(order))
      expect([error.message, error instanceof CryptomusRefusal]).toEqual(['Cryptomus refused: 401 Invalid Sign', true])
    }
  })

  test('MUST name key and merchant in no error', async () => {
    const behaviours: CryptomusServer['behaviour'][] = [
      'break off',
      { status: 422, body: '{"state":1,"message":"no"}' },
      { status: 500, body: '' },
      { status: 307, body: '', headers: { location: 'http://127.0.0.1:1/' } },
      { status: 200, body: 'garbage' },
    ]
    const clients = [client(), client({ url: 'http://127.0.0.1:1' }), client({ url: 'http://nowhere.invalid' })]
    for (const behaviour of behaviours) {
      server.behaviour = behaviour
      for (const each of clients) {
        const shown = inspect(await errorOf(each.createPayment(order)), { depth: 10, showHidden: true })
        expect(shown).not.toContain(apiKey)
        expect(shown).not.toContain(merchantId)
      }
    }
  })

  test('MUST keep what the provider says to one line of 200 characters', async () => {
    server.behaviour = {
      status: 422,
      body: JSON.stringify({ state: 1, message: `a\nb\u0000\u001b[31m${'c'.repeat(5_000)}` }),
    }
    const error = await errorOf(client().createPayment(order))
    expect(error.message).toMatch(/^Cryptomus refused: 422 a b \[31mc{100,200}$/)
    expect(error).toMatchObject({ aboutAmount: expect.stringMatching(/^a b \[31mc{190}/) })
  })
})
