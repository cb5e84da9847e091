import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { notify, startCryptomus, type CryptomusServer, type Report } from '../support/cryptomus-server.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'
import {
  balanceOf,
  canceled,
  completed,
  converted,
  difference,
  newPayment,
  paymentRow,
  pending,
  retail,
  setRates,
  trimmed,
} from './support/payments.ts'

const usdt = '0.9997'
const own = '1.1642'

let cryptomus: CryptomusServer
let gateways: readonly [Gateway, Gateway]
let alice: string

beforeAll(async () => {
  cryptomus = await startCryptomus()
  const gateway = await startGateway(cryptomus.settings)
  gateways = [gateway, await gateway.another()]
  alice = (await gateway.login('anna')).token
  await setRates(gateway, usdt, own)
})
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()))
  await cryptomus[Symbol.asyncDispose]()
})

let before: string
beforeEach(async () => {
  before = await balanceOf(gateways[0], retail)
})

/** What the balance has grown by. */
async function growth(): Promise<string> {
  return difference(before, await balanceOf(gateways[0], retail))
}

function worth(merchantAmount: string): string {
  return trimmed(converted(merchantAmount, usdt, own, 8))
}

/** All at once, at both processes in turn. */
function together(reports: readonly Report[]): Promise<number[]> {
  return Promise.all(reports.map((report, n) => notify(gateways[n % 2 === 0 ? 0 : 1].url, report)))
}

describe('An amount is credited once', () => {
  test('when one notice comes ten times in parallel, at two processes', async () => {
    const { id } = await newPayment(gateways[0], alice)
    const statuses = await together(Array<Report>(10).fill({ order_id: id, merchant_amount: '100' }))
    expect(statuses).toEqual(Array(10).fill(200))
    expect(await growth()).toBe(worth('100'))
    expect((await paymentRow(gateways[0], id)).balance_before_payment).toBe(before)
  })

  test('when ten notices name ten amounts in parallel: the first one counts, the others are refused', async () => {
    const { id } = await newPayment(gateways[0], alice)
    const amounts = [...Array(10).keys()].map((n) => String(100 + n))
    const statuses = await together(amounts.map((amount) => ({ order_id: id, merchant_amount: amount })))
    expect(statuses.toSorted()).toEqual([200, ...Array(9).fill(500)])
    expect(await growth()).toBe(worth(amounts[statuses.indexOf(200)] ?? ''))
  })

  test('for each of ten payments into one account that are paid in parallel', async () => {
    const rows = await Promise.all([...Array(10).keys()].map(() => newPayment(gateways[0], alice)))
    const reports = rows.flatMap(({ id }) => Array<Report>(3).fill({ order_id: id, merchant_amount: '7' }))
    expect(await together(reports)).toEqual(Array(30).fill(200))
    expect(await growth()).toBe(difference('0', (10n * BigInt(worth('7').replace('.', ''))).toString().replace(/(?=\d{8}$)/, '.')))
    // Each saw the balance that the one before it left.
    const seen = await Promise.all(rows.map(async ({ id }) => (await paymentRow(gateways[0], id)).balance_before_payment))
    expect(new Set(seen).size).toBe(10)
  }) // prettier-ignore

  test('and not taken back by a cancellation that comes after', async () => {
    const { id } = await newPayment(gateways[0], alice)
    expect(await together([{ order_id: id, merchant_amount: '100' }])).toEqual([200])
    expect(await together(Array<Report>(4).fill({ order_id: id, status: 'cancel' }))).toEqual(Array(4).fill(500))
    expect(await growth()).toBe(worth('100'))
    expect((await paymentRow(gateways[0], id)).status_id).toBe(completed)
  })

  test('and not at all once it was canceled', async () => {
    const { id } = await newPayment(gateways[0], alice)
    expect(await together([{ order_id: id, status: 'cancel' }])).toEqual([200])
    expect(await together(Array<Report>(4).fill({ order_id: id }))).toEqual(Array(4).fill(500))
    expect(await growth()).toBe('0')
    expect((await paymentRow(gateways[0], id)).status_id).toBe(canceled)
  })
})

/** Numbers from 0 to below `limit`, the same ones for one seed. */
function numbers(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

interface Said {
  readonly status: string
  readonly is_final: boolean
  readonly merchant_amount: string
}

const kinds: readonly Said[] = [
  { status: 'paid', is_final: true, merchant_amount: '10' },
  { status: 'paid', is_final: true, merchant_amount: '10.00000000' },
  { status: 'paid_over', is_final: true, merchant_amount: '10' },
  { status: 'paid', is_final: true, merchant_amount: '12.5' },
  { status: 'paid_over', is_final: true, merchant_amount: '12.5' },
  { status: 'cancel', is_final: true, merchant_amount: '0' },
  { status: 'wrong_amount', is_final: true, merchant_amount: '9.99' },
  { status: 'confirm_check', is_final: false, merchant_amount: '10' },
  { status: 'paid', is_final: false, merchant_amount: '10' },
]

/** Yeti's table, for one notice after the other. */
function expected(state: { status: number; amount: number }, { status, is_final, merchant_amount }: Said): number {
  if (!is_final) return 200
  if (!status.startsWith('paid')) {
    if (state.status === completed) return 500
    state.status = canceled
    return 200
  }
  if (state.status === canceled) return 500
  if (state.status === completed) return state.amount === Number(merchant_amount) ? 200 : 500
  state.status = completed
  state.amount = Number(merchant_amount)
  return 200
}

describe('200 payments with notices in any order and at any time', () => {
  const seed = 5
  const next = numbers(seed)
  const pick = (): Said => kinds[next(kinds.length)] ?? expect.unreachable()

  test(`MUST each be credited what the first accepted notice said, or nothing (seed ${seed})`, async () => {
    const ended = new Map<number, number>()
    for (let n = 0; n < 200; n += 1) {
      before = await balanceOf(gateways[0], retail)
      const { id } = await newPayment(gateways[0], alice)
      const state = { status: pending, amount: 0 }
      const accepted: Said[] = []
      let inOrder = true
      for (let batches = 1 + next(3); batches > 0; batches -= 1) {
        const batch = [...Array(1 + (next(2) === 0 ? 0 : next(5))).keys()].map(pick)
        inOrder &&= batch.length === 1
        const answers = await together(batch.map((said) => ({ order_id: id, ...said })))
        if (inOrder) expect(answers).toEqual(batch.map((said) => expected(state, said)))
        expect(answers.filter((answer) => answer !== 200 && answer !== 500)).toEqual([])
        accepted.push(...batch.filter((said, at) => said.is_final && answers[at] === 200))
      }
      const paid = accepted.filter(({ status }) => status.startsWith('paid'))
      const amounts = new Set(paid.map(({ merchant_amount: amount }) => Number(amount)))
      expect(amounts.size).toBeLessThanOrEqual(1)
      const failed = accepted.length - paid.length
      expect(Math.min(failed, paid.length)).toBe(0)
      const status = paid.length > 0 ? completed : failed > 0 ? canceled : pending
      const row = await paymentRow(gateways[0], id)
      expect(row.status_id).toBe(status)
      expect(await growth()).toBe(status === completed ? worth(String([...amounts][0])) : '0')
      expect(row.balance_before_payment).toBe(status === completed ? before : null)
      ended.set(status, (ended.get(status) ?? 0) + 1)
    }
    // The seed reaches every end often.
    for (const status of [pending, canceled, completed]) expect(ended.get(status)).toBeGreaterThan(5)
  }, 120_000)
})
