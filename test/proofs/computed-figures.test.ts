import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Permission } from '../../src/permissions/permissions.ts'
import { addCalls } from '../schema/support/calls.ts'
import {
  figures,
  flagOf,
  hour,
  hours,
  iso,
  microseconds,
  rounded,
  second,
  type Asker,
  type Direction,
  type Figure,
  type Form,
  type Metric,
  type Period,
} from '../admin/support/lint-asker.ts'
import { balance, invoice, payments, readCalls } from '../admin/support/lint-elsewhere.ts'
import type { Knowing } from '../admin/support/lint-figures.ts'
import { accounts, directions, startProof, type Proof } from '../admin/support/lint-proof.ts'
import { otherWays, statisticsWays, type Denied, type StatisticsWay } from '../admin/support/lint-ways.ts'

/** Wherever lint says that a denied figure can be computed: here it is, by somebody who has the flags of that way only. */

let proof: Proof
beforeAll(async () => {
  proof = await startProof()
})
afterAll(() => proof[Symbol.asyncDispose]())

/** What can be learnt of figures that are granted in one form. */
function knowing(asker: Asker, form: Form): Knowing {
  return {
    asker,
    of: async (metric, wanted, prefix) =>
      (await figures(asker, metric, form, wanted, prefix)).map((value) => (value === null ? null : Number(value))),
  }
}

/** The ways for which there is a test below. */
const proven = new Set<string>()

function proves(
  gives: Denied,
  direction: Direction | null,
  from: readonly Metric[],
  flags: readonly Permission[],
): void {
  proven.add([gives, direction, ...from, ...flags].join(' '))
}

/** Estimates are good to so much of the figure. */
const tolerance = 0.05

function expectAgreement(
  { precision, gives }: Pick<StatisticsWay, 'precision' | 'gives'>,
  computed: Figure,
  expected: Figure,
) {
  if (precision !== 'ESTIMATED') return expect(computed).toEqual(expected)
  const allowed = Math.max(1, Math.abs(Number(expected)) * tolerance)
  return expect(
    Math.abs(Number(computed) - Number(expected)),
    `${gives}: ${computed} for ${expected}`,
  ).toBeLessThanOrEqual(allowed)
}

function nameOf({ from, flags }: Pick<StatisticsWay, 'from' | 'flags'>): string {
  return [...from, ...flags].join(' + ')
}

function needed(way: StatisticsWay, direction: Direction, form: Form): Permission[] {
  return [...new Set([...way.flags, ...way.from.map((metric) => flagOf(direction, metric, form))])]
}

/** `npm run proof` has time for all forms. */
const isShort = process.env['PROOF_OPERATIONS'] === undefined

/** The form of the figures that are granted makes no difference to the way; of what asks much one is enough. */
function formsOf({ gives, from, laborious }: StatisticsWay, direction: Direction): readonly Form[] {
  if (from.includes(gives)) return ['series']
  if (from.length === 0) return ['totals']
  if (laborious || isShort) return direction === 'outgoing' ? ['totals'] : ['series']
  return ['totals', 'series']
}

const invoicedOrRated = new Set<Permission>(['invoices', 'outgoingRateplans'])

describe.each(directions)('%s statistics', (direction) => {
  const ways = statisticsWays(direction)
  const plain = ways.filter(({ flags }) => !flags.some((flag) => invoicedOrRated.has(flag)))

  for (const way of plain) {
    proves(way.gives, direction, way.from, way.flags)
    for (const form of formsOf(way, direction)) {
      it(`shows ${way.gives} as a number to who has ${nameOf(way)} (${form})`, async () => {
        const period = proof.period(direction, way.laborious ? 'short' : undefined)
        const compute = (asker: Asker) => way.compute(knowing(asker, form), period)
        const computed = await proof.withNoLess(needed(way, direction, form), direction, compute)
        expectAgreement(way, computed, await proof.truth(direction, way.gives, period))
      })
    }
    if (way.from.length > 0 && !way.laborious && !way.from.includes(way.gives)) {
      const form = direction === 'outgoing' ? 'series' : 'totals'
      it(`shows ${way.gives} as a chart to who has ${nameOf(way)} (${form})`, async () => {
        const [bucket] = hours(proof.period(direction))
        if (!bucket) throw new Error('There is no bucket')
        const compute = (asker: Asker) => way.compute(knowing(asker, form), bucket)
        const computed = await proof.withOnly(needed(way, direction, form), direction, compute)
        const points = await proof.chart(direction, way.gives, proof.period(direction))
        expectAgreement(way, computed, points.get(bucket.from) ?? null)
      })
    }
  }

  const metrics = [...new Set(ways.map(({ gives }) => gives))]

  it.each(metrics)('shows the chart of %s to who may ask for its number', async (metric) => {
    const period = proof.period(direction)
    const flags = [flagOf(direction, metric, 'totals'), `${direction}Statistics`] as const
    const computed = await proof.withNoLess(flags, direction, (asker) =>
      figures(asker, metric, 'totals', hours(period)),
    )
    const points = await proof.chart(direction, metric, period)
    expect(computed).toEqual(hours(period).map(({ from }) => points.get(from)))
  })

  it.each(metrics)('shows the number of %s, within a month, to who may see its chart', async (metric) => {
    const period = proof.period(direction)
    const flags = [flagOf(direction, metric, 'series'), `${direction}Statistics`] as const
    const computed = await proof.withNoLess(flags, direction, (asker) => figures(asker, metric, 'series', [period]))
    expect(computed).toEqual([await proof.truth(direction, metric, period)])
  })

  it.each(['totalCalls', 'successfulCalls', 'failedCalls', 'totalDuration', 'totalPrice'] as const)(
    'shows the number of %s of any period to who may see its chart',
    async (metric) => {
      const period = { from: proof.period(direction).from - 40n * 24n * hour, to: proof.period(direction).to }
      const flags = [flagOf(direction, metric, 'series'), `${direction}Statistics`] as const
      const parts = daysOf(period)
      const points = await proof.withNoLess(flags, direction, (asker) => figures(asker, metric, 'series', parts))
      const expected = Number(await proof.truth(direction, metric, period))
      if (metric === 'totalPrice') {
        const sum = points.reduce<number>((total, point) => total + Number(point), 0)
        expect(Math.abs(sum - expected)).toBeLessThanOrEqual(0.005 * parts.length)
        return
      }
      const unit = metric === 'totalDuration' ? 60 : 1
      const sum = points.reduce<number>((total, point) => total + Math.round(Number(point) * unit), 0)
      expect(rounded(sum / unit, 2)).toBe(expected)
    },
  )

  const ofInvoices = ways.filter(({ flags }) => flags.includes('invoices'))
  for (const { gives, from, flags } of ofInvoices) proves(gives, direction, from, flags)

  it.each(ofInvoices.map((way) => [way.gives, way] as const))(
    'shows %s of the periods of invoices to who may see invoices',
    async (metric, way) => {
      const { startDate = '', endDate = '' } = await invoice(proof.everything(direction), 'reference')
      const period = { from: microseconds(startDate), to: microseconds(endDate) - 1n }
      const computed = await proof.withNoLess(way.flags, direction, (asker) =>
        way.compute(knowing(asker, 'totals'), period),
      )
      if (metric !== 'totalPrice') return expect(computed).toEqual(await proof.truth(direction, metric, period))
      // What was credited is in the statistics and not in what was charged.
      const credited = await proof.gateway.cdr.query<{ sum: string }>(
        `SELECT coalesce(sum(customer_price), 0) AS sum FROM cdr.cdr WHERE customer_acc_id = $1 AND is_last_cdr
           AND destination_reverse_billing AND time_start >= $2 AND time_start < $3`,
        [accounts.outgoing, startDate, endDate],
      )
      const expected = Number(await proof.truth(direction, metric, period)) - Number(credited.rows[0]?.sum)
      return expect(Number(computed)).toBeCloseTo(expected, 1)
    },
  )

  proves('activeCalls', direction, [], [direction === 'outgoing' ? 'outgoingCdrs' : 'incomingCdrs'])
  it('shows active calls, about, to who may see the calls', async () => {
    const period = proof.period(direction)
    const flags = [direction === 'outgoing' ? 'outgoingCdrs' : 'incomingCdrs'] as const
    const wider = { from: period.from - 2n * hour, to: period.to }
    const calls = await proof.withNoLess(flags, direction, (asker) => readCalls(asker, wider, 'times'))
    const points = await proof.chart(direction, 'activeCalls', period)
    const minutes = (bucket: Period) =>
      Array.from({ length: 60 }, (_, index) => bucket.from + BigInt(index) * 60n * second)
    for (const bucket of hours(period)) {
      const counts = minutes(bucket).map(
        (at) =>
          calls.filter(({ timeStart, timeEnd }) => microseconds(timeStart) <= at && microseconds(timeEnd) > at).length,
      )
      expect(Math.abs(Math.max(...counts) - Number(points.get(bucket.from)))).toBeLessThanOrEqual(1)
    }
  })
})

describe('rates', () => {
  const ofRates = statisticsWays('outgoing').filter(({ flags }) => flags.includes('outgoingRateplans'))
  for (const { gives, from, flags } of ofRates) proves(gives, 'outgoing', from, flags)

  it.each(ofRates.map((way) => [way.from.join(), way] as const))(
    'show about what calls cost to who may also see %s',
    async (metric, way) => {
      // Of few calls the rounding up to intervals weighs more than of many.
      const { from, to } = proof.period('outgoing')
      const period = metric === 'acd' ? { from, to: to - hour } : { from: from - 40n * 24n * hour, to: to + 24n * hour }
      const computed = await proof.withNoLess(needed(way, 'outgoing', 'totals'), 'outgoing', (asker) =>
        way.compute(knowing(asker, 'totals'), period),
      )
      const expected = Number(await proof.truth('outgoing', 'totalPrice', period))
      const [least, most] = metric === 'acd' ? [0.4, 2.5] : [0.7, 1.3]
      expect(Number(computed) / expected).toBeGreaterThan(least)
      expect(Number(computed) / expected).toBeLessThan(most)
    },
  )
})

describe('the balance', () => {
  const price = { outgoing: '12.34', incoming: '5.67' } as const

  /** What Yeti does at the end of a call: its record, and the balance. */
  async function bill(direction: Direction): Promise<Period> {
    const from = BigInt(Date.now()) * 1000n - 2n * second
    const row = { time_start: iso(from), duration: 60, customer_price: '0', vendor_price: '0' }
    const sides =
      direction === 'outgoing'
        ? { customer_acc_id: accounts.outgoing, vendor_acc_id: 231, customer_price: price.outgoing }
        : { customer_acc_id: 211, customer_id: 102, vendor_acc_id: accounts.incoming, vendor_price: price.incoming }
    await addCalls(proof.gateway, [{ ...row, ...sides }])
    const sign = direction === 'outgoing' ? '-' : '+'
    await proof.gateway.primary.query(
      `UPDATE billing.accounts SET balance = balance ${sign} $1::numeric WHERE id = $2`,
      [price[direction], accounts[direction]],
    )
    return { from, to: from }
  }

  /** What Yeti does for a payment. */
  async function pay(account: number): Promise<void> {
    await proof.gateway.primary.query(
      `INSERT INTO billing.payments (id, uuid, account_id, currency_id, amount, status_id, type_id, balance_before_payment, created_at)
       SELECT coalesce(max(payment.id), 0) + 1, gen_random_uuid(), $1, min(account.currency_id), 100, 20, 20, min(account.balance), clock_timestamp()
       FROM billing.accounts account LEFT JOIN billing.payments payment ON true WHERE account.id = $1`,
      [account],
    )
    await proof.gateway.primary.query('UPDATE billing.accounts SET balance = balance + 100 WHERE id = $1', [account])
  }

  for (const direction of directions) {
    proves('totalPrice', direction, [], ['account'])
    proves('totalPrice', direction, [], ['payments'])
  }
  it.each(directions)('shows what %s calls cost to who watches it', async (direction) => {
    const before = await proof.withOnly(['account'], direction, balance)
    const period = await bill(direction)
    const after = await proof.withNoLess(['account'], direction, balance)
    const spent = direction === 'outgoing' ? before - after : after - before
    expect(rounded(spent, 2).toFixed(2)).toBe(await proof.truth(direction, 'totalPrice', period))
  })

  it.each(directions)('shows what %s calls cost to who sees payments alone', async (direction) => {
    await pay(accounts[direction])
    const period = await bill(direction)
    await pay(accounts[direction])
    const [second, first] = await proof.withNoLess(['payments'], direction, payments)
    const between = Number(first?.balanceBeforePayment) + Number(first?.amount) - Number(second?.balanceBeforePayment)
    const spent = direction === 'outgoing' ? between : -between
    expect(rounded(spent, 2).toFixed(2)).toBe(await proof.truth(direction, 'totalPrice', period))
  })

  proves('balance', null, [], ['payments'])
  it('is shown by the payment that was made last', async () => {
    await pay(accounts.outgoing)
    const [last] = await proof.withNoLess(['payments'], 'outgoing', payments)
    const computed = Number(last?.balanceBeforePayment) + Number(last?.amount)
    expect(computed).toBeCloseTo(await balance(proof.everything('outgoing')), 5)
  })
})

describe('calls in progress', () => {
  const counted = 'query ($id: ID!) { outgoingActiveCalls(accountId: $id) { count time } }'
  const charted = 'query ($id: ID!) { outgoingActiveCallsChart(accountId: $id) { time calls } }'

  async function snapshot(count: number): Promise<void> {
    await proof.gateway.cdr.query(
      `INSERT INTO stats.active_call_accounts (id, account_id, originated_count, terminated_count, created_at)
       SELECT coalesce(max(id), 0) + 1, $1, $2, 0, clock_timestamp() FROM stats.active_call_accounts`,
      [accounts.outgoing, count],
    )
  }

  proves('callsInProgress', null, [], ['outgoingStatistics', 'outgoingStatisticsActiveCalls'])
  it('are as many as the newest point of the chart', async () => {
    await snapshot(41)
    const points = await proof.withNoLess(
      ['outgoingStatistics', 'outgoingStatisticsActiveCalls'],
      'outgoing',
      async (asker) => {
        const data = await asker.ask(charted, { id: asker.accountId })
        return data.outgoingActiveCallsChart
      },
    )
    const asker = proof.everything('outgoing')
    const { outgoingActiveCalls } = await asker.ask(counted, { id: asker.accountId })
    expect(points.at(-1)).toEqual({ time: outgoingActiveCalls.time, calls: outgoingActiveCalls.count })
    expect(outgoingActiveCalls.count).toBe(41)
  })

  proves('activeCalls', 'outgoing', [], ['outgoingActiveCalls'])
  it('make the chart, asked for again and again', async () => {
    const watched = []
    for (const count of [17, 23]) {
      await snapshot(count)
      watched.push(
        await proof.withNoLess(['outgoingActiveCalls'], 'outgoing', async (asker) => {
          const { outgoingActiveCalls } = await asker.ask(counted, { id: asker.accountId })
          return { time: outgoingActiveCalls.time, calls: outgoingActiveCalls.count }
        }),
      )
    }
    const asker = proof.everything('outgoing')
    const { outgoingActiveCallsChart } = await asker.ask(charted, { id: asker.accountId })
    expect(outgoingActiveCallsChart.slice(-2)).toEqual(watched)
  })
})

// Which profiles they are named for, and that there are no others, is in `lint.test.ts`.
it('MUST compute every way that lint names', () => {
  const named = [
    ...directions.flatMap((direction) =>
      statisticsWays(direction).map(({ gives, from, flags }) => [gives, direction, ...from, ...flags]),
    ),
    ...otherWays.map(({ gives, of, flags }) => [gives, of, ...flags]),
  ]
  expect([...proven].sort()).toEqual([...new Set(named.map((way) => way.join(' ')))].sort())
})

function daysOf({ from, to }: Period): Period[] {
  const day = 24n * hour
  const found: Period[] = []
  for (let start = from; start <= to; start = start - (start % day) + day) {
    const next = start - (start % day) + day
    found.push({ from: start, to: next - 1n < to ? next - 1n : to })
  }
  return found
}
