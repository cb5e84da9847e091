import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createCryptomus } from '../../src/backends/cryptomus.ts'
import { openDatabases } from '../../src/backends/databases.ts'
import {
  apiKey,
  merchantId,
  noticeOf,
  notify,
  phpJson,
  post,
  signed,
  signedNotice,
  startCryptomus,
  type CryptomusServer,
} from '../support/cryptomus-server.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { startServer } from '../http/support/server.ts'
import {
  balanceOf,
  canceled,
  completed,
  converted,
  difference,
  newPayment,
  paymentRow,
  payments,
  pending,
  retail,
  rolledBack,
  setRates,
  trimmed,
} from './support/payments.ts'

let cryptomus: CryptomusServer
let gateway: Gateway
let alice: string

beforeAll(async () => {
  cryptomus = await startCryptomus()
  gateway = await startGateway(cryptomus.settings)
  alice = (await gateway.login('anna')).token
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await cryptomus[Symbol.asyncDispose]()
})
beforeEach(() => setRates(gateway, '0.9997'))

/** All that a notice could change. */
async function state(): Promise<unknown> {
  return [await payments(gateway), (await gateway.primary.query('SELECT * FROM billing.accounts ORDER BY id')).rows]
}

/** Nothing is changed while this runs. */
async function withoutTrace<T>(work: () => Promise<T>): Promise<T> {
  const before = await state()
  const result = await work()
  expect(await state()).toEqual(before)
  return result
}

async function setStatus(id: string, status: number): Promise<void> {
  await gateway.primary.query('UPDATE billing.payments SET status_id = $2 WHERE id = $1', [id, status])
}

/** The statements that this gateway runs meanwhile. */
async function statements(work: () => Promise<unknown>): Promise<string[]> {
  const { databases } = gateway.app.services
  const seen: string[] = []
  databases.onStatement = (_, text) => seen.push(text)
  try {
    await work()
  } finally {
    databases.onStatement = null
  }
  return seen
}

describe('A final notice that a payment was paid', () => {
  test.each(['paid', 'paid_over'])('MUST credit it (%s)', async (status) => {
    const before = await balanceOf(gateway, retail)
    const { id } = await newPayment(gateway, alice)
    expect(await notify(gateway.url, { order_id: id, status, merchant_amount: '116.45000000' })).toBe(200)
    const amount = converted('116.45', '0.9997', '1.1642', 8)
    const row = await paymentRow(gateway, id)
    expect(row).toMatchObject({
      status_id: completed,
      amount,
      balance_before_payment: before,
      metadata: { usdt_rate: 0.9997, merchant_amount: 116.45 },
    })
    expect(difference(before, await balanceOf(gateway, retail))).toBe(trimmed(amount))
  })

  test('MUST NOT touch any other payment or account', async () => {
    const { id } = await newPayment(gateway, alice)
    const others = async (): Promise<unknown> => [
      (await gateway.primary.query('SELECT * FROM billing.payments WHERE id <> $1 ORDER BY id', [id])).rows,
      (await gateway.primary.query('SELECT * FROM billing.accounts WHERE id <> $1 ORDER BY id', [retail])).rows,
      (await gateway.primary.query('SELECT *, NULL AS balance FROM billing.accounts WHERE id = $1', [retail])).rows,
    ]
    const before = await others()
    expect(await notify(gateway.url, { order_id: id })).toBe(200)
    expect(await others()).toEqual(before)
  })

  test.each([
    // merchant_amount, rate of USDT when it was asked for, rate of the account's currency now
    ['100.55', '1', '1'],
    ['100.55', '1', '1.08'],
    ['0.00000001', '1', '0.5'],
    ['33.333333333333333333', '0.3333333333333333', '1.1642'],
    ['999999999999999', '0.30000000000000004', '0.024093'],
    ['123456789012345.123456789', '0.9997', '0.1'],
    ['1', '1', '3'],
    ['2', '1', '3'],
    ['0.000000015', '1', '1'],
    ['0.0000000149999999', '1', '1'],
    ['12.5', '0.00007', '1.0000000000000002'],
    ['999999999999998', '1', '0.30000000000000004'],
    // More digits than a quotient of PostgreSQL has by itself.
    ['999999999999998', '1', '3'],
  ])('MUST be converted as Yeti does: %s at %s to %s', async (merchantAmount, usdt, own) => {
    await setRates(gateway, usdt)
    const { id } = await newPayment(gateway, alice, '999999')
    // The rate of USDT is that of the time it was asked for, that of the currency is of today.
    await setRates(gateway, '77', own)
    const before = await balanceOf(gateway, retail)
    expect(await notify(gateway.url, { order_id: id, merchant_amount: merchantAmount })).toBe(200)
    const amount = converted(merchantAmount, usdt, own, 8)
    expect((await paymentRow(gateway, id)).amount).toBe(amount)
    expect(difference(before, await balanceOf(gateway, retail))).toBe(trimmed(amount))
  })

  test('MUST keep merchant_amount as a number with all its digits', async () => {
    const { id } = await newPayment(gateway, alice)
    await notify(gateway.url, { order_id: id, merchant_amount: '0.123456789012345678' })
    const { rows } = await gateway.primary.query(
      `SELECT jsonb_typeof(metadata->'merchant_amount') AS type, metadata->>'merchant_amount' AS text
       FROM billing.payments WHERE id = $1`,
      [id],
    )
    expect(rows).toEqual([{ type: 'number', text: '0.123456789012345678' }])
  })

  test('MUST be harmless again, also when the rates have changed since', async () => {
    const { id } = await newPayment(gateway, alice)
    expect(await notify(gateway.url, { order_id: id, merchant_amount: '50.10' })).toBe(200)
    await setRates(gateway, '5', '9')
    for (const merchantAmount of ['50.10', '50.1', '50.10000000', 50.1]) {
      const notice = { order_id: id, status: 'paid_over', merchant_amount: merchantAmount }
      expect(await withoutTrace(() => notify(gateway.url, notice))).toBe(200)
    }
  })

  test('MUST NOT be accepted with another amount once it is credited', async () => {
    const { id } = await newPayment(gateway, alice)
    await notify(gateway.url, { order_id: id, merchant_amount: '50.1' })
    for (const merchantAmount of ['50.11', '100', '0.1']) {
      expect(await withoutTrace(() => notify(gateway.url, { order_id: id, merchant_amount: merchantAmount }))).toBe(500)
    }
  })

  test.each([
    ['canceled', canceled],
    ['rolled back', rolledBack],
    ['completed by hand', completed],
  ])('MUST NOT be accepted for a payment that is %s', async (_, status) => {
    const { id } = await newPayment(gateway, alice)
    await setStatus(id, status)
    expect(await withoutTrace(() => notify(gateway.url, { order_id: id }))).toBe(500)
  })

  test.each<[string, unknown]>([
    ['missing', undefined],
    ['null', null],
    ['negative', '-5'],
    ['zero', '0'],
    ['zero', '0.00000000'],
    ['not a number', 'NaN'],
    ['infinite', 'Infinity'],
    ['1e30', '1e30'],
    ['1e30', 1e30],
    ['beyond all sense', '1'.repeat(16)],
    ['beyond all sense', '9'.repeat(60_000)],
    ['followed by something', '5 USDT'],
    ['a list', ['5']],
    ['an object', { value: '5' }],
    ['worth nothing in the currency', '0.000000001'],
  ])('MUST NOT be accepted when merchant_amount is %s', async (_, merchantAmount) => {
    const { id } = await newPayment(gateway, alice)
    const notice = { order_id: id, merchant_amount: merchantAmount }
    expect(await withoutTrace(() => notify(gateway.url, notice))).toBe(500)
    expect(await notify(gateway.url, { order_id: id })).toBe(200)
  })

  test('MUST NOT be accepted for a payment whose rate of USDT nobody knows', async () => {
    const { id } = await newPayment(gateway, alice)
    await gateway.primary.query('UPDATE billing.payments SET metadata = NULL WHERE id = $1', [id])
    expect(await withoutTrace(() => notify(gateway.url, { order_id: id }))).toBe(500)
  })
})

describe('A final notice of any other status', () => {
  test.each(['cancel', 'fail', 'wrong_amount', 'system_fail', 'refund_paid', 'something new'])(
    'MUST cancel a pending payment, as often as it comes (%s)',
    async (status) => {
      const before = await balanceOf(gateway, retail)
      const { id, amount } = await newPayment(gateway, alice)
      expect(await notify(gateway.url, { order_id: id, status })).toBe(200)
      expect(await paymentRow(gateway, id)).toMatchObject({
        status_id: canceled,
        amount,
        balance_before_payment: null,
        metadata: { usdt_rate: 0.9997 },
      })
      expect(await balanceOf(gateway, retail)).toBe(before)
      expect(await withoutTrace(() => notify(gateway.url, { order_id: id, status }))).toBe(200)
    },
  )

  test.each([
    ['completed', completed],
    ['rolled back', rolledBack],
  ])('MUST NOT be accepted for a payment that is %s', async (_, status) => {
    const { id } = await newPayment(gateway, alice)
    await setStatus(id, status)
    expect(await withoutTrace(() => notify(gateway.url, { order_id: id, status: 'cancel' }))).toBe(500)
  })
})

describe('A notice that is not final', () => {
  test.each([canceled, completed, pending, rolledBack])(
    'MUST change nothing, whatever it says (%i)',
    async (status) => {
      const { id } = await newPayment(gateway, alice)
      await setStatus(id, status)
      for (const isFinal of [false, null, undefined]) {
        for (const said of ['confirm_check', 'paid', 'cancel']) {
          const notice = { order_id: id, is_final: isFinal, status: said }
          expect(await withoutTrace(() => notify(gateway.url, notice))).toBe(200)
        }
      }
    },
  )
})

describe('A notice MUST NOT be accepted', () => {
  test.each<[string, unknown]>([
    ['that does not exist', '123456789'],
    ['whose number is huge', '9'.repeat(18)],
    ['whose number is too large for any', '9'.repeat(40)],
    ['that is no number', 'abc'],
    ['that is a number with something', '1 OR 1=1'],
    ['that is negative', '-1'],
    ['that is a fraction', '1.0'],
    ['that is empty', ''],
    ['that is null', null],
    ['that is a list', ['1']],
    ['that is a NUL', '\0'],
  ])('for a payment %s', async (_, orderId) => {
    for (const isFinal of [true, false]) {
      expect(await withoutTrace(() => notify(gateway.url, { order_id: orderId, is_final: isFinal }))).toBe(500)
    }
  })

  test('for a payment that was made by hand', async () => {
    const { rows } = await gateway.primary.query(
      `INSERT INTO billing.payments (account_id, amount, currency_id, status_id) VALUES ($1, 5, 1, 30) RETURNING id`,
      [retail],
    )
    for (const status of ['paid', 'cancel']) {
      expect(await withoutTrace(() => notify(gateway.url, { order_id: rows[0].id, status }))).toBe(500)
    }
  })

  test.each<[string, object]>([
    ['of a wallet', { type: 'wallet' }],
    ['of a payout', { type: 'payout' }],
    ['without a status', { status: undefined }],
    ['whose is_final is text', { is_final: 'true' }],
    ['whose is_final is a number', { is_final: 1 }],
  ])('%s', async (_, more) => {
    const { id } = await newPayment(gateway, alice)
    expect(await withoutTrace(() => notify(gateway.url, { order_id: id, ...more }))).toBe(500)
  })

  test('with more than that it went wrong: why is not for the sender', async () => {
    const response = await post(gateway.url, signedNotice({ order_id: '123456789' }))
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.json()).toEqual({
      errors: [
        {
          message: 'Something went wrong',
          extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId: expect.stringMatching(/^[\da-f-]{36}$/) },
        },
      ],
    })
  })
})

describe('A signature', () => {
  /** However a body is signed, it credits or it does not; and without a signature nothing is asked of the database. */
  async function expectRefused(body: string | Uint8Array<ArrayBuffer>, status = 400): Promise<void> {
    const ran = await statements(async () => {
      const response = await withoutTrace(() => post(gateway.url, body))
      expect(response.status).toBe(status)
      expect(await response.json()).toEqual({
        errors: [{ message: 'The signature is wrong', extensions: { code: 'BAD_USER_INPUT' } }],
      })
    })
    expect(ran).toEqual([])
  }

  async function expectCredited(make: (id: string) => string): Promise<void> {
    const { id } = await newPayment(gateway, alice)
    const response = await post(gateway.url, make(id))
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect((await paymentRow(gateway, id)).status_id).toBe(completed)
  }

  const spellings = [true, false].flatMap((unicode) => [true, false].map((slashes) => ({ unicode, slashes })))
  const pairs = spellings.flatMap((sent) => spellings.map((signedAs) => ({ sent, signedAs })))

  test.each(pairs)('MUST be found right whatever PHP escapes: %j', async ({ sent, signedAs }) => {
    await expectCredited((id) => {
      const notice = noticeOf({ order_id: id })
      return phpJson({ ...notice, sign: signed(phpJson(notice, signedAs)) }, sent)
    })
  })

  test('MUST be found right as Yeti’s own tests make it', async () => {
    await expectCredited((id) => {
      const notice = { order_id: id, merchant_amount: '1', is_final: true, status: 'paid', additional_data: 'a/b' }
      return JSON.stringify({ ...notice, sign: signed(JSON.stringify(notice)) })
    })
  })

  test('MUST be over the text as it came: numbers, order of members and inner spaces are not rewritten', async () => {
    await expectCredited((id) => {
      const unsigned = `{"10":1,"2":1.50,"order_id":"${id}","n":{"a" : [1e2, {"sign":"x"}]},"merchant_amount":"1","is_final":true,"status":"paid","\\u0061":"\\"},{[,\\\\"}`
      return unsigned.replace(/}$/, `,"sign":"${signed(unsigned)}"}`)
    })
  })

  test.each([
    ['first', (members: string, sign: string) => `{${sign},${members}}`],
    ['last', (members: string, sign: string) => `{${members},${sign}}`],
    ['in the middle', (members: string, sign: string) => `{${members.replace(',', `,${sign},`)}}`],
    ['among spaces', (members: string, sign: string) => ` {\n ${sign.replace(':', ' :\t')} ,\r\n ${members} } `],
  ])('MAY stand %s', async (_, place) => {
    await expectCredited((id) => {
      const json = JSON.stringify({ order_id: id, merchant_amount: '1', is_final: true, status: 'paid' })
      return place(json.slice(1, -1), `"sign":"${signed(json)}"`)
    })
  })

  test('MUST be there, be text, and be whole', async () => {
    const { id } = await newPayment(gateway, alice)
    const notice = noticeOf({ order_id: id })
    const right = signed(phpJson(notice))
    for (const sign of [undefined, null, '', 0, true, [right], { right }, right.slice(1), `${right} `, `0${right}`]) {
      await expectRefused(phpJson({ ...notice, sign }))
    }
    await expectRefused(phpJson({ ...notice, sign: right.toUpperCase() }))
    await expectRefused(phpJson({ ...notice, sign: `é${right.slice(1)}` }))
  })

  test('MUST be of this very body', async () => {
    const { id } = await newPayment(gateway, alice)
    const { id: other } = await newPayment(gateway, alice)
    const notice = noticeOf({ order_id: id })
    const sign = signed(phpJson(notice))
    await expectRefused(phpJson({ ...notice, order_id: other, sign }))
    await expectRefused(phpJson({ ...notice, merchant_amount: '100000.00000000', sign }))
    await expectRefused(phpJson({ ...notice, more: 1, sign }))
    const { uuid: _, ...less } = notice
    await expectRefused(phpJson({ ...less, sign }))
    await expectRefused(phpJson(Object.fromEntries(Object.entries({ ...notice, sign }).reverse())))
  })

  test('MUST be made with the operator’s key', async () => {
    const { id } = await newPayment(gateway, alice)
    await using other = await gateway.another({ CRYPTOMUS_API_KEY: 'some other key' })
    const body = signedNotice({ order_id: id })
    expect((await withoutTrace(() => post(other.url, body))).status).toBe(400)
    expect((await post(gateway.url, body)).status).toBe(200)
  })

  test('MUST NOT stand twice, nor any other name', async () => {
    const { id } = await newPayment(gateway, alice)
    const notice = { order_id: id, merchant_amount: '1', is_final: true, status: 'paid' }
    const json = JSON.stringify(notice)
    const sign = `"sign":"${signed(json)}"`
    const members = json.slice(1, -1)
    for (const body of [
      `{${sign},${members},${sign}}`,
      `{"sign":"x",${members},${sign}}`,
      `{${sign},${members},"sign":"x"}`,
      `{${sign},${members},"s\\u0069gn":"x"}`,
      `{${members},"order_id":"1",${sign}}`,
      `{"merchant_amount":"1000000",${members},${sign}}`,
    ]) {
      await expectRefused(body)
    }
    // Not even when the whole is signed: who reads the first and who reads the last would not agree.
    const twice = `{"merchant_amount":"1000000",${members}}`
    await expectRefused(twice.replace(/}$/, `,"sign":"${signed(twice)}"}`))
  })

  test.each([
    ['nothing', ''],
    ['no JSON', 'order_id=1&sign=2'],
    ['half of a JSON', '{"sign":"'],
    ['two of them', '{"sign":"x"}{"sign":"x"}'],
    ['a list', `[{"sign":"${signed('[]')}"}]`],
    ['a list that is signed', `["sign","${signed('["sign"]')}"]`],
    ['text', '"sign"'],
    ['a number', '1'],
    ['null', 'null'],
    ['an empty object', '{}'],
    ['nothing but a signature', `{"sign":"x"}`],
    ['much nesting', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    ['much nesting in an object', `{"sign":"x","a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
    ['a mark before it', `\ufeff{"sign":"${signed('{}')}"}`],
    ['a prototype', '{"__proto__":{"sign":"x"},"constructor":{"sign":"x"}}'],
  ])('MUST NOT be looked for in %s', (_, body) => expectRefused(body))

  test('MUST NOT be looked for in what is no UTF-8', async () => {
    await expectRefused(Uint8Array.from([0x7b, 0xff, 0xfe, 0x7d]))
    const { id } = await newPayment(gateway, alice)
    const body = Buffer.from(signedNotice({ order_id: id }), 'latin1')
    body[20] = 0xff
    await expectRefused(Uint8Array.from(body))
  })

  test('MUST be checked before the database is asked', async () => {
    const ran = await statements(async () => {
      for (let n = 0; n < 50; n += 1) await post(gateway.url, `{"order_id":"${n}","sign":"${'0'.repeat(32)}"}`)
    })
    expect(ran).toEqual([])
  })
})

describe('The route', () => {
  test.each(['GET', 'PUT', 'DELETE', 'PATCH'])('MUST refuse %s', async (method) => {
    const response = await fetch(`${gateway.url}/api/cryptomus_callbacks`, { method })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])(
    'MUST refuse what is said to be %j',
    async (contentType) => {
      const { id } = await newPayment(gateway, alice)
      const body = signedNotice({ order_id: id })
      const response = await withoutTrace(() => post(gateway.url, body, { 'content-type': contentType }))
      expect(response.status).toBe(415)
    },
  )

  test.each(['application/json; charset=utf-8', 'Application/JSON'])('MUST take %s', async (contentType) => {
    const { id } = await newPayment(gateway, alice)
    const response = await post(gateway.url, signedNotice({ order_id: id }), { 'content-type': contentType })
    expect(response.status).toBe(200)
  })

  test('MUST refuse what is larger than 64 KiB, also when it does not say so, and what is much larger', async () => {
    const { id } = await newPayment(gateway, alice)
    const large = signedNotice({ order_id: id, additional_data: 'x'.repeat(65_536) })
    const declared = await withoutTrace(() => post(gateway.url, large))
    expect([declared.status, await declared.json()]).toMatchObject([413, { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] }])
    const chunked = await fetch(`${gateway.url}/api/cryptomus_callbacks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([large]).stream(),
      duplex: 'half',
    } as RequestInit) // `duplex` is not among the declared members yet
    expect(chunked.status).toBe(413)
    const huge = await post(gateway.url, 'x'.repeat(8_000_000)).then(({ status }) => status, () => 'cut off')
    expect([413, 'cut off']).toContain(huge)
    expect(await notify(gateway.url, { order_id: id, additional_data: 'x'.repeat(60_000) })).toBe(200)
  }) // prettier-ignore

  test('MUST survive a sender who leaves in the middle', async () => {
    const { port } = new URL(gateway.url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(
      'POST /api/cryptomus_callbacks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"order_id"',
      () => socket.destroy(),
    )
    await new Promise((resolve) => socket.once('close', resolve))
    const { id } = await newPayment(gateway, alice)
    expect(await notify(gateway.url, { order_id: id })).toBe(200)
  })

  test('MUST be unknown where Cryptomus is not set up', async () => {
    await using without = await gateway.another({ CRYPTOMUS_MERCHANT_ID: '', CRYPTOMUS_API_KEY: '' })
    const { id } = await newPayment(gateway, alice)
    const answers = [
      await withoutTrace(() => post(without.url, signedNotice({ order_id: id }))),
      await fetch(`${without.url}/api/unknown`, { method: 'POST' }),
    ]
    const shown = await Promise.all(answers.map(async (answer) => [answer.status, await answer.text()]))
    expect(shown[0]).toEqual(shown[1])
    expect(shown[0]?.[0]).toBe(404)
  })

  test('MUST answer in a way that makes Cryptomus come again when the database is away', async () => {
    const { id } = await newPayment(gateway, alice)
    const { log, config } = gateway.app.services
    const away = 'postgres://nobody@127.0.0.1:1/nothing'
    await using databases = openDatabases({ primaryUrl: away, cdrUrl: away, poolSize: 1, statementTimeout: 1000, log })
    await using server = await startServer({
      cryptomus: config.cryptomus && createCryptomus(config.cryptomus),
      databases,
    })
    const response = await post(server.url, signedNotice({ order_id: id }))
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] })
    expect(response.status).toBe(500)
    expect(server.logged.map((line) => JSON.parse(line)).filter(({ level }) => level > 20)).toMatchObject([
      { msg: 'What Cryptomus reported could not be written', payment: id, correlationId: expect.any(String) },
    ])
    expect(await notify(gateway.url, { order_id: id })).toBe(200)
  })
})

describe('The log', () => {
  async function logged(...bodies: readonly string[]): Promise<Record<string, unknown>[]> {
    const config = gateway.app.services.config.cryptomus
    await using server = await startServer({
      cryptomus: config && createCryptomus(config),
      databases: gateway.app.services.databases,
    })
    for (const body of bodies) await (await post(server.url, body)).text()
    for (const line of server.logged) for (const secret of [apiKey, merchantId]) expect(line).not.toContain(secret)
    return server.logged.map((line) => JSON.parse(line)).filter(({ level }) => level > 20)
  }

  test('MUST have one line of what was credited, with ids and amounts', async () => {
    const { id } = await newPayment(gateway, alice)
    const body = signedNotice({ order_id: id, merchant_amount: '116.45' })
    expect(await logged(body, body)).toMatchObject([
      {
        msg: 'A Cryptomus payment was credited',
        level: 30,
        payment: id,
        merchantAmount: '116.45',
        accountId: retail,
        amount: (await paymentRow(gateway, id)).amount,
      },
    ])
  })

  test('MUST have one line of what was not accepted, with the reason', async () => {
    const { id } = await newPayment(gateway, alice)
    await setStatus(id, canceled)
    expect(await logged(signedNotice({ order_id: id }))).toMatchObject([
      {
        msg: 'Cryptomus reported what cannot be done: the payment is canceled: what was paid must be credited by hand',
        level: 50,
        payment: id,
        status: 'paid',
        merchantAmount: '100.00000000',
        correlationId: expect.any(String),
      },
    ])
  })

  test('MUST have one line of wrong signatures, however many there are', async () => {
    const lines = await logged(...Array<string>(20).fill('{"sign":"x"}'))
    expect(lines).toMatchObject([{ level: 40, msg: expect.stringContaining('was not signed with CRYPTOMUS_API_KEY') }])
  })

  test('MUST NOT grow with what is sent', async () => {
    const lines = await logged(signedNotice({ order_id: 'x'.repeat(50_000), status: 'y'.repeat(5_000) }))
    expect(JSON.stringify(lines).length).toBeLessThan(1_000)
  })
})

test('A deadlock with somebody who locks the other way round MUST be tried again', async () => {
  const { id } = await newPayment(gateway, alice)
  const before = await balanceOf(gateway, retail)
  const client = await gateway.primary.connect()
  try {
    // Whoever waits longer than this gives way; it is not to be the client.
    await client.query(`SET deadlock_timeout = '60s'`)
    await client.query('BEGIN')
    await client.query('SELECT FROM billing.accounts WHERE id = $1 FOR UPDATE', [retail])
    const ran = await statements(async () => {
      const notified = notify(gateway.url, { order_id: id, merchant_amount: '10' })
      await vi.waitFor(async () => {
        const { rows } = await gateway.primary.query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE OF account%'`,
        )
        expect(rows).toHaveLength(1)
      }, 10_000)
      await client.query(`UPDATE billing.payments SET private_notes = 'seen' WHERE id = $1`, [id])
      await client.query('COMMIT')
      expect(await notified).toBe(200)
    })
    expect(ran.filter((text) => text === 'BEGIN').length).toBeGreaterThanOrEqual(2)
  } finally {
    client.release(true)
  }
  const row = await paymentRow(gateway, id)
  expect(row).toMatchObject({ status_id: completed, private_notes: 'seen', balance_before_payment: before })
  expect(difference(before, await balanceOf(gateway, retail))).toBe(trimmed(row.amount))
})

test('A balance that somebody changes meanwhile MUST be neither lost nor recorded wrongly', async () => {
  const { id } = await newPayment(gateway, alice)
  const client = await gateway.primary.connect()
  let changed: string
  try {
    await client.query('BEGIN')
    const { rows } = await client.query(
      'UPDATE billing.accounts SET balance = balance - 1.23 WHERE id = $1 RETURNING balance',
      [retail],
    )
    changed = rows[0].balance
    const notified = notify(gateway.url, { order_id: id, merchant_amount: '10' })
    await vi.waitFor(async () => {
      const waiting = await gateway.primary.query(
        `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE OF account%'`,
      )
      expect(waiting.rows).toHaveLength(1)
    }, 10_000)
    await client.query('COMMIT')
    expect(await notified).toBe(200)
  } finally {
    client.release(true)
  }
  const row = await paymentRow(gateway, id)
  expect(row.balance_before_payment).toBe(changed)
  expect(difference(changed, await balanceOf(gateway, retail))).toBe(trimmed(row.amount))
})
