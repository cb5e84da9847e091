import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { apiKey, merchantId, notify, startCryptomus, type CryptomusServer } from '../support/cryptomus-server.ts'
import { allBut, only, startGateway, type Gateway } from '../support/gateway.ts'
import { createCryptomusPayment } from '../../src/backends/cryptomus-payments.ts'
import { encodeGlobalId } from '../../src/schema/resource/global-id.ts'
import {
  accountId,
  balanceOf,
  canceled,
  completed,
  converted,
  create,
  main,
  paymentRow,
  payments,
  pending,
  retail,
  setRates,
  status,
  trimmed,
  trunk,
} from './support/payments.ts'

let cryptomus: CryptomusServer
let gateway: Gateway
let alice: string

beforeAll(async () => {
  cryptomus = await startCryptomus()
  gateway = await startGateway({ ...cryptomus.settings, CRYPTOMUS_RETURN_URL: 'https://portal.example.com/paid' })
  alice = (await gateway.login('anna')).token
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await cryptomus[Symbol.asyncDispose]()
})
beforeEach(async () => {
  cryptomus.behaviour = 'answer'
  cryptomus.requests.length = 0
  await setRates(gateway, '0.9997')
})

async function wanted(more: object = {}): Promise<object> {
  return { accountId: await accountId(gateway, retail), amount: '100', ...more }
}

/** Nothing is written and nothing is asked while this runs. */
async function withoutTrace<T>(work: () => Promise<T>): Promise<T> {
  const before = await payments(gateway)
  const result = await work()
  expect(await payments(gateway)).toEqual(before)
  expect(cryptomus.requests).toEqual([])
  return result
}

describe('createCryptomusPayment', () => {
  test('MUST answer with the page to pay at, and write a pending payment as Yeti does', async () => {
    const before = await balanceOf(gateway, retail)
    const { data, errors } = await create(gateway, alice, await wanted({ amount: '100.50', notes: 'top-up, "März"' }))
    expect(errors).toBeUndefined()
    const { id, uuid, url, createdAt, ...rest } = data.createCryptomusPayment
    expect(rest).toEqual({ status: 'PENDING', amount: '100.50' })
    expect(id).toBe(encodeGlobalId('Payment', uuid))
    expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(60_000)
    const row = (await payments(gateway)).at(-1)
    expect(row).toMatchObject({
      uuid,
      account_id: retail,
      amount: '100.50',
      currency_id: 1,
      status_id: pending,
      type_id: 10,
      notes: 'top-up, "März"',
      private_notes: null,
      balance_before_payment: null,
      metadata: { usdt_rate: 0.9997 },
    })
    expect(url).toBe(`https://pay.cryptomus.com/pay/${cryptomus.orders.get(row?.id ?? '')?.uuid}`)
    expect(await balanceOf(gateway, retail)).toBe(before)
  })

  test('MUST ask Cryptomus for what Yeti asks, signed over the very bytes', async () => {
    await create(gateway, alice, await wanted())
    expect(cryptomus.requests).toHaveLength(1)
    const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = cryptomus.requests
    expect(path).toBe('/v1/payment')
    expect(headers).toMatchObject({ merchant: merchantId, 'content-type': 'application/json' })
    expect(JSON.parse(body)).toEqual({
      order_id: (await payments(gateway)).at(-1)?.id,
      amount: converted('100', '1.1642', '0.9997', 2),
      currency: 'USDT',
      network: 'TRON',
      url_callback: `${gateway.url}/api/cryptomus_callbacks`,
      url_return: 'https://portal.example.com/paid',
      lifetime: 43_200,
      subtract: 100,
      is_payment_multiple: true,
    })
  })

  test('MUST name the settings for where to report to, and leave out where to return to, where they say so', async () => {
    await using other = await gateway.another({
      CRYPTOMUS_CALLBACK_URL: 'https://hooks.example.com/cryptomus',
      CRYPTOMUS_RETURN_URL: '',
    })
    await create(other, alice, await wanted())
    const asked = JSON.parse(cryptomus.requests[0]?.body ?? '')
    expect(asked.url_callback).toBe('https://hooks.example.com/cryptomus')
    expect(asked).not.toHaveProperty('url_return')
  })

  test.each([
    ['100', '0.9997', '1.1642'],
    ['0.5', '1', '1'],
    ['99.999999', '1.0003', '0.3333333333333333'],
    // Seventeen digits, of which PostgreSQL's own cast would drop two.
    ['999999999999', '0.00001', '0.30000000000000004'],
    // More digits than a quotient of PostgreSQL has by itself.
    ['999999999998', '0.0000003', '1'],
    ['123456789012.345678901234567890123456789', '3', '0.00007'],
    // Half a cent, and a little less.
    ['1.005', '1', '1'],
    ['1.00499999999999999999999999999', '1', '1'],
  ])('MUST ask for %s at %s to %s to the cent that is exact', async (amount, usdt, own) => {
    await setRates(gateway, usdt, own)
    const { errors } = await create(gateway, alice, await wanted({ amount }))
    expect(errors).toBeUndefined()
    expect(JSON.parse(cryptomus.requests[0]?.body ?? '').amount).toBe(converted(amount, own, usdt, 2))
  })

  test.each([
    ['0', 'at least 0.01'],
    ['0.00', 'at least 0.01'],
    ['0.009', 'at least 0.01'],
    ['0.009999999999999999999999999999', 'at least 0.01'],
    ['-0', 'at least 0.01'],
    ['-100', 'at least 0.01'],
    ['-0.01', 'at least 0.01'],
    ['1000000000000', 'less than 1000000000000'],
    ['999999999999999999999999999999', 'less than 1000000000000'],
  ])('MUST refuse the amount %s, and write nothing', async (amount, expected) => {
    const input = await wanted({ amount })
    const { data, errors } = await withoutTrace(() => create(gateway, alice, input))
    expect(data).toEqual({ createCryptomusPayment: null })
    expect(errors).toMatchObject([
      {
        message: `input.amount: expected ${expected}.`,
        extensions: { code: 'BAD_USER_INPUT', argument: 'input.amount' },
      },
    ])
  })

  test.each(['1e30', 'NaN', 'Infinity', '', ' 1', '1,5', '0x10', null, true, ['1', '2']])(
    'MUST refuse %j, which is no amount, and write nothing',
    async (amount) => {
      const input = await wanted({ amount })
      const { errors } = await withoutTrace(() => create(gateway, alice, input))
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    },
  )

  test('MUST refuse what is worth less than a cent of USDT, and write nothing', async () => {
    await setRates(gateway, '1', '0.004')
    const input = await wanted({ amount: '1' })
    const { errors } = await withoutTrace(() => create(gateway, alice, input))
    expect(errors).toMatchObject([
      { message: 'input.amount: too little: less than 0.01 USDT.', extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })

  test.each([
    ['longer than 500 characters', 'x'.repeat(501), 'input.notes: at most 500 characters.'],
    ['with a NUL', 'a\0b', 'input.notes: no NUL characters.'],
  ])('MUST refuse notes %s, and write nothing', async (_, notes, message) => {
    const input = await wanted({ notes })
    const { errors } = await withoutTrace(() => create(gateway, alice, input))
    expect(errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT', argument: 'input.notes' } }])
  })

  test('MAY take notes of 500 characters, or none', async () => {
    for (const notes of ['x'.repeat(500), '', null]) {
      const { errors } = await create(gateway, alice, await wanted({ notes }))
      expect(errors).toBeUndefined()
      expect((await payments(gateway)).at(-1)?.notes).toBe(notes)
    }
  })

  test('MUST give one answer for a foreign account and for one that does not exist, and write nothing', async () => {
    const ids = [await accountId(gateway, trunk), encodeGlobalId('Account', '00000000-0000-4000-8000-000000000000')]
    const answers = await withoutTrace(() =>
      Promise.all(ids.map((id) => create(gateway, alice, { accountId: id, amount: '1' }))),
    )
    for (const { data, errors } of answers) {
      expect(data).toEqual({ createCryptomusPayment: null })
      expect(errors).toMatchObject([
        {
          message: 'input.accountId: no such account.',
          extensions: { code: 'BAD_USER_INPUT', argument: 'input.accountId' },
        },
      ])
    }
  })

  test('MUST keep a login that is narrowed to one account to that one', async () => {
    const frank = (await gateway.login('fred', 'frank')).token
    const own = await create(gateway, frank, await wanted())
    expect(own.errors).toBeUndefined()
    cryptomus.requests.length = 0
    const input = await wanted({ accountId: await accountId(gateway, main) })
    const { errors } = await withoutTrace(() => create(gateway, frank, input))
    expect(errors).toMatchObject([{ message: 'input.accountId: no such account.' }])
  })

  test('MUST look whose account it is once more where it is written', async () => {
    const { databases, cryptomus: client } = gateway.app.services
    if (client === null) return expect.unreachable()
    const payment = { accountId: trunk, amount: '1', notes: null, callbackUrl: gateway.url, address: '192.0.2.7' }
    const tenants = [
      { customerId: 101, accountIds: [], numberlistIds: [] },
      { customerId: 102, accountIds: [212], numberlistIds: [] },
    ]
    for (const tenant of tenants) {
      const work = withoutTrace(() => createCryptomusPayment(databases, client, tenant, payment))
      expect(await work).toEqual({ kind: 'no account' })
    }
  })

  test.each(['', 'nonsense', '202', encodeGlobalId('Invoice', '00000000-0000-4000-8000-000000000000')])(
    'MUST refuse %j, which is no id of an account',
    async (id) => {
      const input = await wanted({ accountId: id })
      const { errors } = await withoutTrace(() => create(gateway, alice, input))
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'input.accountId' } }])
    },
  )

  test('MUST need payments_cryptomus, and nothing else', async () => {
    const { token, set } = await gateway.login('flags')
    await set(allBut('paymentsCryptomus'))
    const input = await wanted()
    const denied = await withoutTrace(() => create(gateway, token, input))
    expect(denied.data).toEqual({ createCryptomusPayment: null })
    expect(denied.errors).toMatchObject([
      {
        extensions: {
          code: 'FORBIDDEN',
          permission: 'PAYMENTS_CRYPTOMUS',
          coordinate: 'Mutation.createCryptomusPayment',
        },
      },
    ])
    await set(only('paymentsCryptomus'))
    const allowed = await create(gateway, token, await wanted())
    expect(allowed.errors).toBeUndefined()
    const { errors } = await gateway.ask('{ accounts { totalCount } }', { token })
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })

  test('MUST be refused without a sign-in', async () => {
    const input = await wanted()
    const { errors } = await withoutTrace(() => create(gateway, '', input))
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  })

  test('MUST say that payments are not set up where there is no key, or no currency USDT, and write nothing', async () => {
    await using without = await gateway.another({ CRYPTOMUS_MERCHANT_ID: '', CRYPTOMUS_API_KEY: '' })
    const notSetUp = [{ message: 'Payments by Cryptomus are not set up here.', extensions: { code: 'UNAVAILABLE' } }]
    const input = await wanted()
    expect((await withoutTrace(() => create(without, alice, input))).errors).toMatchObject(notSetUp)
    await gateway.primary.query(`UPDATE billing.currencies SET name = 'XXX' WHERE name = 'USDT'`)
    try {
      expect((await withoutTrace(() => create(gateway, alice, input))).errors).toMatchObject(notSetUp)
    } finally {
      await gateway.primary.query(`UPDATE billing.currencies SET name = 'USDT' WHERE name = 'XXX'`)
    }
  })

  test('MUST bound how often one operation asks Cryptomus', async () => {
    const id = await accountId(gateway, retail)
    const fields = [...Array(25).keys()].map(
      (n) => `p${n}: createCryptomusPayment(input: { accountId: "${id}", amount: 1 }) { id }`,
    )
    const { errors } = await withoutTrace(() => gateway.ask(`mutation { ${fields.join(' ')} }`, { token: alice }))
    expect(errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }])
  })
})

describe('A payment that Cryptomus refuses', () => {
  test.each([
    [422, '{"state":1,"message":"Minimum amount 0.5 USDT"}', 'Minimum amount 0.5 USDT'],
    [422, '{"state":1,"errors":{"amount":["The amount is\\nmuch too large"]}}', 'The amount is much too large'],
    [200, '{"state":1,"message":"Minimum amount 0.5 USDT"}', 'Minimum amount 0.5 USDT'],
  ])('MUST be told in its words where they are about the amount (%i)', async (statusCode, body, words) => {
    cryptomus.behaviour = { status: statusCode, body }
    const { data, errors } = await create(gateway, alice, await wanted())
    expect(data).toEqual({ createCryptomusPayment: null })
    expect(errors).toMatchObject([
      {
        message: `input.amount: Cryptomus says: ${words}`,
        extensions: { code: 'BAD_USER_INPUT', argument: 'input.amount' },
      },
    ])
    expect((await payments(gateway)).at(-1)).toMatchObject({ status_id: canceled, balance_before_payment: null })
  })

  test.each([
    [401, '{"state":1,"message":"Invalid Sign"}'],
    [403, '<html>who are you</html>'],
    [422, '{"state":1,"errors":{"url_callback":["must be a URL"]}}'],
    [422, '{"state":1}'],
    [429, '{"state":1,"message":"Too many"}'],
  ])('MUST be no business of the customer where it is the operator’s (%i %s)', async (statusCode, body) => {
    cryptomus.behaviour = { status: statusCode, body }
    const { errors } = await create(gateway, alice, await wanted())
    expect(errors).toMatchObject([
      { message: 'Cryptomus does not take payments right now.', extensions: { code: 'UNAVAILABLE' } },
    ])
    expect((await payments(gateway)).at(-1)?.status_id).toBe(canceled)
  })

  test('MUST be canceled also where Cryptomus cannot be reached at all', async () => {
    const gone = await startCryptomus()
    await gone[Symbol.asyncDispose]()
    await using away = await gateway.another(gone.settings)
    const { errors } = await create(away, alice, await wanted())
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }])
    expect((await payments(gateway)).at(-1)?.status_id).toBe(canceled)
  })

  test('MUST be canceled where Cryptomus knows its number from another database', async () => {
    const { rows } = await gateway.primary.query(`SELECT last_value + 1 AS next FROM billing.payments_id_seq`)
    cryptomus.orders.set(String(rows[0].next), {
      uuid: 'old',
      asked: { order_id: String(rows[0].next), amount: '7.00', currency: 'USDT' },
      isFinal: true,
    })
    const { errors } = await create(gateway, alice, await wanted())
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }])
    expect((await payments(gateway)).at(-1)).toMatchObject({ id: String(rows[0].next), status_id: canceled })
  })
})

describe('A payment of which Cryptomus says nothing', () => {
  const silences: [string, CryptomusServer['behaviour']][] = [
    ['breaks off', 'break off'],
    ['fails', { status: 500, body: '{"state":1,"message":"Server error, #1"}' }],
    ['is behind a proxy that gives up', { status: 504, body: '<html>' }],
    ['answers garbage', { status: 200, body: 'garbage' }],
    ['answers an array', { status: 200, body: '[]' }],
    ['answers nothing', { status: 200, body: '' }],
    ['names another order', { status: 200, body: '{"state":0,"result":{"order_id":"1","url":"https://pay.test/"}}' }],
    ['gives a page that is none', { status: 200, body: '{"state":0,"result":{"order_id":"1","url":"javascript:1"}}' }],
    ['sends elsewhere', { status: 307, body: '', headers: { location: 'http://127.0.0.1:1/' } }],
    ['answers without end', { status: 200, body: `{"state":0,"x":"${'x'.repeat(300_000)}"}` }],
  ]

  test.each(silences)('MUST stay pending when it %s, and be named to the customer', async (_, behaviour) => {
    cryptomus.behaviour = behaviour
    const { data, errors } = await create(gateway, alice, await wanted())
    expect(data).toEqual({ createCryptomusPayment: null })
    const row = (await payments(gateway)).at(-1)
    expect(row?.status_id).toBe(pending)
    expect(errors).toMatchObject([
      {
        message: 'Cryptomus did not answer in time. The payment may exist: look at it by its id before making another.',
        extensions: { code: 'UNAVAILABLE', id: encodeGlobalId('Payment', row?.uuid ?? '') },
      },
    ])
    expect(JSON.stringify(errors)).not.toContain(apiKey)
  })

  test('MUST be credited by the notice that comes while it is still silent', async () => {
    cryptomus.behaviour = 'hang'
    const creating = create(gateway, alice, await wanted())
    await vi.waitFor(() => expect(cryptomus.orders.size).toBeGreaterThan(0))
    await vi.waitFor(() => expect(cryptomus.requests).toHaveLength(1))
    const { id, uuid } = (await payments(gateway)).at(-1) ?? { id: '', uuid: '' }
    expect(await notify(gateway.url, { order_id: id, merchant_amount: '10' })).toBe(200)
    cryptomus.release()
    expect((await creating).errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }])
    expect(await paymentRow(gateway, id)).toMatchObject({ status_id: completed })
    expect((await status(gateway, alice, uuid)).data).toEqual({ cryptomusPayment: { status: 'COMPLETED' } })
  })

  test('MUST be payable later, since Cryptomus gives its page again', async () => {
    cryptomus.behaviour = 'break off'
    const { errors } = await create(gateway, alice, await wanted())
    cryptomus.behaviour = 'answer'
    const id = errors?.[0]?.extensions['id']
    const { data } = await gateway.ask('query ($id: ID!) { cryptomusPayment(id: $id) { url status } }', {
      token: alice,
      variables: { id },
    })
    expect(data.cryptomusPayment).toMatchObject({
      url: expect.stringMatching(/^https:\/\/pay\.cryptomus\.com\/pay\//),
      status: 'PENDING',
    })
  })
})

describe('cryptomusPayment', () => {
  const all = 'id uuid url status amount createdAt'

  async function made(): Promise<{ id: string; uuid: string; url: string }> {
    const { data } = await create(gateway, alice, await wanted())
    const row = (await payments(gateway)).at(-1)
    cryptomus.requests.length = 0
    return { id: row?.id ?? '', uuid: data.createCryptomusPayment.uuid, url: data.createCryptomusPayment.url }
  }

  test('MUST show a payment with the page that Cryptomus gives for it', async () => {
    const { id, uuid, url } = await made()
    const { data, errors } = await status(gateway, alice, uuid, all)
    expect(errors).toBeUndefined()
    expect(data.cryptomusPayment).toMatchObject({ uuid, url, status: 'PENDING', amount: '100' })
    expect(cryptomus.requests.map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
      ['/v1/payment/info', { order_id: id }],
    ])
  })

  test('MUST ask Cryptomus only where the page is asked for', async () => {
    const { uuid } = await made()
    const { data } = await status(gateway, alice, uuid, 'id uuid status amount createdAt')
    expect(data.cryptomusPayment.status).toBe('PENDING')
    expect(cryptomus.requests).toEqual([])
  })

  test('MUST show no page once the payment is final, here or at Cryptomus', async () => {
    const { id, uuid } = await made()
    const order = cryptomus.orders.get(id)
    if (order) order.isFinal = true
    const there = await status(gateway, alice, uuid, 'url status')
    expect(there).toMatchObject({ data: { cryptomusPayment: { url: null, status: 'PENDING' } }, errors: undefined })
    await notify(gateway.url, { order_id: id, merchant_amount: '116.45' })
    cryptomus.requests.length = 0
    const here = await status(gateway, alice, uuid, 'url status amount')
    const amount = trimmed(converted('116.45', '0.9997', '1.1642', 8))
    expect(here.data.cryptomusPayment).toMatchObject({ url: null, status: 'COMPLETED' })
    expect(trimmed(here.data.cryptomusPayment.amount)).toBe(amount)
    expect(cryptomus.requests).toEqual([])
  })

  test.each<[string, CryptomusServer['behaviour']]>([
    ['breaks off', 'break off'],
    ['refuses', { status: 404, body: '{"state":1,"message":"Not found"}' }],
    ['answers garbage', { status: 200, body: '{"state":0,"result":[]}' }],
  ])('MUST lose nothing but the page when Cryptomus %s', async (_, behaviour) => {
    const { uuid } = await made()
    cryptomus.behaviour = behaviour
    const { data, errors } = await status(gateway, alice, uuid, all)
    expect(data.cryptomusPayment).toMatchObject({ uuid, url: null, status: 'PENDING' })
    expect(errors).toMatchObject([{ path: ['cryptomusPayment', 'url'], extensions: { code: 'UNAVAILABLE' } }])
  })

  test('MUST show payments where Cryptomus is not set up any more, but for the page', async () => {
    const { uuid } = await made()
    await using without = await gateway.another({ CRYPTOMUS_MERCHANT_ID: '', CRYPTOMUS_API_KEY: '' })
    const { data, errors } = await status(without, alice, uuid, 'url status')
    expect(data.cryptomusPayment).toEqual({ url: null, status: 'PENDING' })
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }])
  })

  test('MUST give null for a foreign payment, one of another account, one that is not of Cryptomus, and none', async () => {
    const { uuid } = await made()
    const { uuid: ofMain } = (await create(gateway, alice, await wanted({ accountId: await accountId(gateway, main) })))
      .data.createCryptomusPayment
    const { rows } = await gateway.primary.query(
      `INSERT INTO billing.payments (account_id, amount, currency_id) VALUES ($1, 5, 1) RETURNING uuid`,
      [retail],
    )
    const erin = (await gateway.login('edna', 'erin')).token
    const frank = (await gateway.login('felix', 'frank')).token
    cryptomus.requests.length = 0
    const answers = await Promise.all([
      status(gateway, erin, uuid, all),
      status(gateway, frank, ofMain, all),
      status(gateway, alice, rows[0].uuid, all),
      status(gateway, alice, '00000000-0000-4000-8000-000000000000', all),
    ])
    for (const { data, errors } of answers) expect([data, errors]).toEqual([{ cryptomusPayment: null }, undefined])
    expect(cryptomus.requests).toEqual([])
    expect((await status(gateway, frank, uuid)).data.cryptomusPayment).toEqual({ status: 'PENDING' })
  })

  test.each([
    '',
    'nonsense',
    encodeGlobalId('Account', '00000000-0000-4000-8000-000000000000'),
    encodeGlobalId('Payment', '7'),
  ])('MUST refuse %j, which is no id of a payment', async (id) => {
    const { errors } = await gateway.ask('query ($id: ID!) { cryptomusPayment(id: $id) { status } }', {
      token: alice,
      variables: { id },
    })
    expect(errors).toMatchObject([
      { message: 'id: expected the id of a payment.', extensions: { code: 'BAD_USER_INPUT', argument: 'id' } },
    ])
  })

  test('MUST need payments_cryptomus, and nothing else', async () => {
    const { uuid } = await made()
    const { token, set } = await gateway.login('watcher')
    await set(allBut('paymentsCryptomus'))
    const denied = await status(gateway, token, uuid, all)
    expect(denied.data).toEqual({ cryptomusPayment: null })
    expect(denied.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', permission: 'PAYMENTS_CRYPTOMUS' } }])
    await set(only('paymentsCryptomus'))
    expect((await status(gateway, token, uuid, all)).errors).toBeUndefined()
  })
})
