import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import {
  bucketOf,
  figuresOf,
  metrics,
  nextBucket,
  samplings,
  seriesOf,
  sides,
  startOf,
  type Direction,
  type Metric,
  type Point,
  type Sampling,
} from './support/figures.ts'
import { accountId, addCalls, callsOf, day, during, hour, hourly, iso, main } from './support/calls.ts'
import { statementsOf, type Statement } from './support/statements.ts'
import { exactTime, textRows, type RawRow } from './support/subjects.ts'

let gateway: Gateway
let token: string

const directions = [{ direction: 'outgoing' }, { direction: 'incoming' }] as const
const all = metrics.join(' ')
const from = new Date(Date.now() - 3 * day)

interface Asked {
  readonly accountId?: string
  readonly fromTime?: string
  readonly toTime?: string | null
  readonly sampling?: Sampling
  readonly where?: Readonly<Record<string, unknown>>
  readonly fillGaps?: boolean
}

async function ask(
  of: Gateway,
  direction: Direction,
  selection: string,
  asked: Asked = {},
  asking = token,
): Promise<Answer> {
  const name = direction === 'outgoing' ? 'Outgoing' : 'Incoming'
  return of.ask(
    `query ($accountId: ID!, $fromTime: DateTime!, $toTime: DateTime, $sampling: StatisticsSampling!, $where: ${name}StatisticsWhere, $fillGaps: Boolean) {
      statistics: ${direction}Statistics(accountId: $accountId, fromTime: $fromTime, toTime: $toTime, sampling: $sampling, where: $where, fillGaps: $fillGaps) { ${selection} } }`,
    {
      token: asking,
      variables: {
        accountId: await accountId(of, main),
        fromTime: from.toISOString(),
        toTime: to,
        sampling: 'HOUR',
        ...asked,
      },
    },
  )
}

async function read(of: Gateway, direction: Direction, selection: string, asked: Asked = {}, asking = token) {
  const { data, errors } = await ask(of, direction, selection, asked, asking)
  expect(errors).toBeUndefined()
  return data.statistics
}

/** A moment that a call began at, so that both bounds can be seen to count. */
let to: string
const calls: Record<Direction, RawRow[]> = { outgoing: [], incoming: [] }

/** Calls that the demo has not: no duration, no price, halves of a cent, of a second and of a minute. */
const odd = [
  { duration: null, customer_price: null, vendor_price: null, customer_duration: null, vendor_duration: null },
  { duration: 0, customer_price: '0.005', vendor_price: '-0.005', customer_duration: null, vendor_duration: 3 },
  { duration: 3, customer_price: '0.010', vendor_price: '0.02', customer_duration: 60, vendor_duration: 33 },
  { duration: 0, customer_price: '0.12345678901', vendor_price: '1e-9', customer_duration: 0, vendor_duration: 0 },
] as const

beforeAll(async () => {
  gateway = await startGateway()
  const at = iso(Date.now() - 30 * hour)
  await addCalls(
    gateway,
    odd.map((row) => ({ time_start: at, auth_orig_ip: '2001:db8::7', src_prefix_routing: '50%_Off\\x', ...row })),
  )
  const { rows } = await gateway.cdr.query(
    `SELECT time_start::text AS at FROM cdr.cdr WHERE customer_acc_id = ${main} AND is_last_cdr ORDER BY time_start DESC OFFSET 100 LIMIT 1`,
  )
  to = exactTime(rows[0].at)
  for (const { direction } of directions)
    calls[direction] = await callsOf(gateway, direction, main, during(from.toISOString(), to))
  token = await gateway.signIn('alice')
})
afterAll(() => gateway[Symbol.asyncDispose]())

describe.each(directions)('$direction statistics', ({ direction }) => {
  it.each(samplings)('MUST be the figures of each bucket of a %s, and of everything', async (sampling) => {
    const expected = seriesOf(calls[direction], direction, sampling)
    expect(expected.length).toBeGreaterThan(0)
    const got = await read(gateway, direction, `series { time ${all} } totals { ${all} }`, { sampling })
    expect(got.series).toEqual(expected)
    expect(got.totals).toEqual(figuresOf(calls[direction], direction))
  })

  it('MUST be of everything, not the sum or average of the buckets', async () => {
    const got = await read(gateway, direction, `series { asr acd } totals { asr acd }`, { sampling: 'FIVE_MINUTES' })
    const average = got.series.reduce((sum: number, { asr }: { asr: number }) => sum + asr, 0) / got.series.length
    expect(got.totals.asr).not.toBeCloseTo(average, 3)
  })

  it.each(metrics)('MUST be the same when only %s is asked for, as series or as total', async (metric) => {
    const expected = seriesOf(calls[direction], direction, 'HOUR')
    const both = await read(gateway, direction, `series { ${metric} } totals { ${metric} }`)
    expect(both.series.map((point: Point) => point[metric])).toEqual(expected.map((point) => point[metric]))
    expect(both.totals[metric]).toEqual(figuresOf(calls[direction], direction)[metric])
    expect(await read(gateway, direction, `series { ${metric} }`)).toEqual({ series: both.series })
    expect(await read(gateway, direction, `totals { ${metric} }`)).toEqual({ totals: both.totals })
  })

  it('MUST count both bounds in', async () => {
    const starts = calls[direction].map((row) => exactTime(row['time_start'] ?? '')).sort()
    const [first = '', last = ''] = [starts.at(0), starts.at(-1)]
    const expected = calls[direction].length
    const total = async (asked: Asked) =>
      (await read(gateway, direction, 'totals { totalCalls }', asked)).totals.totalCalls
    expect(await total({ fromTime: first, toTime: last })).toBe(expected)
    const same = starts.filter((start) => start === starts[0]).length
    expect(await total({ fromTime: first, toTime: first })).toBe(same)
    const microsecondLater = first.replace(
      /(?:\.(\d+))?Z$/,
      (_, digits = '') => `.${String(Number(digits.padEnd(6, '0')) + 1).padStart(6, '0')}Z`,
    )
    expect(await total({ fromTime: microsecondLater, toTime: last })).toBe(expected - same)
  })

  it('MUST go on to now without an end', async () => {
    const rows = await callsOf(gateway, direction, main, during(from.toISOString()))
    const got = await read(gateway, direction, `totals { ${all} }`, { toTime: null })
    expect(got.totals).toEqual(figuresOf(rows, direction))
    expect(rows.length).toBeGreaterThan(calls[direction].length)
  })

  it('MUST be of that account alone', async () => {
    for (const account of [202, 204]) {
      const rows = await callsOf(gateway, direction, account, during(from.toISOString(), to))
      const got = await read(gateway, direction, `series { time ${all} } totals { ${all} }`, {
        accountId: await accountId(gateway, account),
      })
      expect(got).toEqual({ series: seriesOf(rows, direction, 'HOUR'), totals: figuresOf(rows, direction) })
    }
  })

  it('MUST have no buckets, and totals of nothing, where there was no call', async () => {
    const got = await read(gateway, direction, `series { time ${all} } totals { ${all} }`, {
      fromTime: '2001-01-01T00:00:00Z',
      toTime: '2001-01-02T00:00:00Z',
    })
    expect(got).toEqual({
      series: [],
      totals: {
        totalCalls: 0,
        successfulCalls: 0,
        failedCalls: 0,
        totalDuration: 0,
        acd: null,
        asr: null,
        totalPrice: '0.00',
      },
    })
  })
})

describe('Which attempts count', () => {
  it('MUST be final ones of outgoing calls, every one of incoming calls', async () => {
    const count = async (text: string): Promise<number> =>
      Number(
        (await gateway.cdr.query(`SELECT count(*) FROM cdr.cdr WHERE ${text} AND ${during(from.toISOString(), to)}`))
          .rows[0].count,
      )
    const outgoing = (await read(gateway, 'outgoing', 'totals { totalCalls }')).totals.totalCalls
    const incoming = (await read(gateway, 'incoming', 'totals { totalCalls }')).totals.totalCalls
    expect(outgoing).toBe(await count(`customer_acc_id = ${main} AND is_last_cdr`))
    expect(outgoing).toBeLessThan(await count(`customer_acc_id = ${main}`))
    expect(incoming).toBe(await count(`vendor_acc_id = ${main}`))
    expect(incoming).toBeGreaterThan(await count(`vendor_acc_id = ${main} AND is_last_cdr`))
  })
})

type Test = (row: RawRow) => boolean

/** A filter of the schema beside what it means. */
function filtersOf(direction: Direction, rows: readonly RawRow[]): [Readonly<Record<string, unknown>>, Test][] {
  const text = (row: RawRow, column: string): string => row[column] ?? '\0'
  const number = (row: RawRow, column: string): number => (row[column] === null ? NaN : Number(row[column]))
  const some = (column: string): string =>
    rows.find((row) => (row[column] ?? '') !== '' && !row[column]?.startsWith('50%'))?.[column] ?? ''
  const price = sides[direction].price
  const priceName = direction === 'outgoing' ? 'customerPrice' : 'vendorPrice'
  const countries = (['src', 'dst'] as const).map((side): [Readonly<Record<string, unknown>>, Test] => {
    const id = some(`${side}_country_id`)
    return [{ [`${side}CountryId`]: Number(id) }, (row) => row[`${side}_country_id`] === id]
  })
  const numbers = (['src', 'dst'] as const).flatMap((side): [Readonly<Record<string, unknown>>, Test][] => {
    const [name, column] = [`${side}PrefixRouting`, `${side}_prefix_routing`]
    const given = some(column)
    return [
      [{ [name]: { eq: given } }, (row) => text(row, column) === given],
      [{ [name]: { eq: given.slice(0, 4) } }, (row) => text(row, column) === given.slice(0, 4)],
      [{ [name]: { startsWith: given.slice(0, 3) } }, (row) => text(row, column).startsWith(given.slice(0, 3))],
      [{ [name]: { endsWith: given.slice(-2) } }, (row) => text(row, column).endsWith(given.slice(-2))],
      [{ [name]: { contains: given.slice(2, 5) } }, (row) => text(row, column).includes(given.slice(2, 5))],
      [{ [name]: { startsWith: '50%_' } }, (row) => text(row, column).startsWith('50%_')],
      [{ [name]: { startsWith: '%' } }, (row) => text(row, column).startsWith('%')],
      [{ [name]: { endsWith: '\\x' } }, (row) => text(row, column).endsWith('\\x')],
      [{ [name]: { endsWith: '_x' } }, (row) => text(row, column).endsWith('_x')],
      // Only `contains` is blind to upper and lower case.
      [{ [name]: { contains: '_oFF' } }, (row) => text(row, column).toLowerCase().includes('_off')],
      [{ [name]: { startsWith: '50%_off' } }, () => false],
      [{ [name]: { endsWith: 'OFF\\X' } }, () => false],
      [{ [name]: { eq: '50%_off\\x' } }, () => false],
      [
        { [name]: { startsWith: given.slice(0, 2), endsWith: given.slice(-1), contains: given.slice(1, 3) } },
        (row) =>
          text(row, column).startsWith(given.slice(0, 2)) &&
          text(row, column).endsWith(given.slice(-1)) &&
          text(row, column).includes(given.slice(1, 3)),
      ],
    ]
  })
  const duration = Number(rows.find((row) => Number(row['duration']) > 20)?.['duration'])
  const amount = rows.find((row) => Number(row[price]) > 0)?.[price] ?? ''
  return [
    ...countries,
    ...numbers,
    [{ duration: { eq: duration } }, (row) => number(row, 'duration') === duration],
    [{ duration: { eq: 0 } }, (row) => number(row, 'duration') === 0],
    [{ duration: { gt: duration } }, (row) => number(row, 'duration') > duration],
    [{ duration: { lt: duration } }, (row) => number(row, 'duration') < duration],
    [{ duration: { gt: 0, lt: duration } }, (row) => number(row, 'duration') > 0 && number(row, 'duration') < duration],
    [{ [priceName]: { eq: amount } }, (row) => number(row, price) === Number(amount)],
    [{ [priceName]: { eq: `${amount}0` } }, (row) => number(row, price) === Number(amount)],
    [{ [priceName]: { gt: amount } }, (row) => number(row, price) > Number(amount)],
    [{ [priceName]: { lt: amount } }, (row) => number(row, price) < Number(amount)],
    [{ [priceName]: { gt: '-1', lt: '0' } }, (row) => number(row, price) > -1 && number(row, price) < 0],
    ...(direction === 'outgoing' ? addresses(some('auth_orig_ip')) : []),
    [
      { ...countries[1]?.[0], duration: { gt: 0 }, [priceName]: { gt: '0.01' } },
      (row) => countries[1]?.[1](row) === true && number(row, 'duration') > 0 && number(row, price) > 0.01,
    ],
    [{}, () => true],
    [{ srcCountryId: null, duration: {}, srcPrefixRouting: null }, () => true],
  ]
}

function addresses(address: string): [Readonly<Record<string, unknown>>, Test][] {
  return [
    [{ authOrigIp: address }, (row) => row['auth_orig_ip'] === address],
    [{ authOrigIp: '2001:0DB8:0:0::7' }, (row) => row['auth_orig_ip'] === '2001:db8::7'],
    [{ authOrigIp: '203.0.113.99' }, () => false],
  ]
}

describe.each(directions)('Filters of $direction statistics', ({ direction }) => {
  it('MUST leave the calls that match, in the buckets and in the totals', async () => {
    const cases = filtersOf(direction, calls[direction])
    let matched = 0
    for (const [where, test] of cases) {
      const rows = calls[direction].filter(test)
      if (rows.length > 0) matched++
      const got = await read(gateway, direction, `series { time ${all} } totals { ${all} }`, { where, sampling: 'DAY' })
      expect(got, JSON.stringify(where)).toEqual({
        series: seriesOf(rows, direction, 'DAY'),
        totals: figuresOf(rows, direction),
      })
    }
    // Most of them find something, else this would show little.
    expect(matched).toBeGreaterThan(cases.length * 0.6)
  })

  it('MUST be those of Yeti, no more and no less', async () => {
    const { data } = await gateway.ask(
      `{ __type(name: "${direction === 'outgoing' ? 'Outgoing' : 'Incoming'}StatisticsWhere") { inputFields { name type { name inputFields { name } } } } }`,
      { token },
    )
    const operators = Object.fromEntries(
      data.__type.inputFields.map(({ name, type }: Answer['data']) => [
        name,
        type.inputFields?.map((field: { name: string }) => field.name).sort() ?? null,
      ]),
    )
    const pattern = ['contains', 'endsWith', 'eq', 'startsWith']
    const range = ['eq', 'gt', 'lt']
    expect(operators).toEqual({
      srcCountryId: null,
      dstCountryId: null,
      srcPrefixRouting: pattern,
      dstPrefixRouting: pattern,
      duration: range,
      ...(direction === 'outgoing' ? { authOrigIp: null, customerPrice: range } : { vendorPrice: range }),
    })
  })
})

describe.each(directions)('What $direction statistics ask the database', ({ direction }) => {
  async function asked(selection: string, asking: Asked = {}): Promise<Statement[]> {
    const statements = await statementsOf(gateway, () => read(gateway, direction, selection, asking))
    return statements.filter(({ database }) => database === 'cdr')
  }

  it('MUST be one statement for each root field, whatever is asked for', async () => {
    for (const selection of [
      'series { time }',
      `totals { ${all} }`,
      `series { time activeCalls ${all} } totals { ${all} }`,
      'a: series { acd } b: series { asr } totals { acd }',
    ]) {
      expect(await asked(selection)).toHaveLength(1)
      expect(await asked(selection, { fillGaps: true })).toHaveLength(1)
    }
    expect(await asked('__typename')).toHaveLength(0)
  })

  const columns: Readonly<Record<Metric, string | null>> = {
    totalCalls: null,
    successfulCalls: 'duration',
    failedCalls: 'duration',
    totalDuration: 'duration',
    acd: 'duration',
    asr: 'duration',
    totalPrice: sides[direction].price,
  }
  const readable = [
    'duration',
    'customer_duration',
    'vendor_duration',
    'customer_price',
    'vendor_price',
    'originated_count',
    'terminated_count',
  ]

  function named(statements: readonly Statement[]): string[] {
    return readable.filter((column) => statements.some(({ text }) => new RegExp(`\\b${column}\\b`).test(text)))
  }

  it.each(metrics)('MUST name no column but what %s is made of', async (metric) => {
    const wanted = columns[metric] === null ? [] : [columns[metric]]
    expect(named(await asked(`series { time ${metric} }`))).toEqual(wanted)
    expect(named(await asked(`totals { ${metric} }`))).toEqual(wanted)
    expect(named(await asked(`series { ${metric} } totals { ${metric} }`, { fillGaps: true }))).toEqual(wanted)
  })

  it('MUST name the snapshots only for activeCalls', async () => {
    expect((await asked(`series { time ${all} } totals { ${all} }`)).map(({ text }) => text).join()).not.toContain(
      'active_call_accounts',
    )
    expect(named(await asked('series { time activeCalls }'))).toEqual([sides[direction].active])
  })

  it.each([
    ['totals { __typename }', 1],
    ['series { __typename }', Infinity],
  ])('MUST be answered by the figures, never by single calls, for %s', async (selection) => {
    const spy = vi.spyOn(gateway.app.services.databases, 'query')
    try {
      await read(gateway, direction, selection, { sampling: 'MONTH' })
      const results = await Promise.all(spy.mock.results.map(({ value }) => value as Promise<unknown[]>))
      expect(Math.max(...results.map((rows) => rows.length))).toBeLessThan(5)
    } finally {
      spy.mockRestore()
    }
  })

  it('MUST be nothing of the calls when the period is in the future', async () => {
    const future = { fromTime: iso(Date.now() + hour), toTime: null }
    const statements = await statementsOf(gateway, async () => {
      const got = await read(gateway, direction, 'series { time totalCalls } totals { totalCalls }', future)
      expect(got.series).toEqual([])
    })
    expect(statements.filter(({ text }) => /cdr\.cdr|stats\./.test(text))).toEqual([])
  })
})

describe.each(directions)('The arguments of $direction statistics', ({ direction }) => {
  it.each<[string, Asked]>([
    ['toTime', { fromTime: '2026-01-02T00:00:00Z', toTime: '2026-01-01T23:59:59.999Z' }],
    ['sampling', { fromTime: '2020-01-01T00:00:00Z', toTime: '2021-01-01T00:00:00Z', sampling: 'MINUTE' }],
    ['sampling', { fromTime: '1900-01-01T00:00:00Z', toTime: null, sampling: 'DAY', fillGaps: true }],
    ['sampling', { fromTime: '0001-01-01T00:00:00Z', sampling: 'WEEK' }],
    ['accountId', { accountId: Buffer.from('Account:00000000-0000-4000-8000-000000000000').toString('base64') }],
    ['accountId', { accountId: 'nonsense' }],
    ['accountId', { accountId: Buffer.from('Invoice:00000000-0000-4000-8000-000000000000').toString('base64') }],
    ['accountId', { accountId: '201' }],
  ])('MUST be refused naming %s: %j', async (argument, asked) => {
    const statements = await statementsOf(gateway, async () => {
      const { data, errors } = await ask(gateway, direction, 'totals { totalCalls }', asked)
      expect(data).toEqual({ statistics: null })
      expect(errors).toMatchObject([{ path: ['statistics'], extensions: { code: 'BAD_USER_INPUT', argument } }])
      expect(errors?.[0]?.message).toMatch(new RegExp(`^${argument}: `))
    })
    expect(statements.filter(({ database }) => database === 'cdr')).toEqual([])
  })

  it('MUST refuse accounts of others as if there were none', async () => {
    const [foreign, missing] = await Promise.all([
      ask(gateway, direction, 'totals { totalCalls }', { accountId: await accountId(gateway, 211) }),
      ask(gateway, direction, 'totals { totalCalls }', {
        accountId: Buffer.from('Account:00000000-0000-4000-8000-000000000000').toString('base64'),
      }),
    ])
    expect(foreign.errors).toEqual(missing.errors)
    expect(foreign.data).toEqual({ statistics: null })
  })

  it("MUST refuse an account of the customer's that the login has not", async () => {
    const frank = await gateway.signIn('frank')
    const { errors } = await ask(gateway, direction, 'totals { totalCalls }', {}, frank)
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'accountId' } }])
    const own = await ask(
      gateway,
      direction,
      'totals { totalCalls }',
      { accountId: await accountId(gateway, 202) },
      frank,
    )
    expect(own.errors).toBeUndefined()
  })

  it('MUST allow a long period in longer buckets', async () => {
    expect(
      (await read(gateway, direction, 'series { time }', { fromTime: '2000-01-01T00:00:00Z', sampling: 'MONTH' }))
        .series.length,
    ).toBeGreaterThan(0)
  })
})

/** What the buckets of a period are, all of them. */
function bucketsOf(fromTime: string, toTime: string, sampling: Sampling, zone = 'UTC'): string[] {
  const buckets: string[] = []
  const end = Math.min(Date.parse(toTime), Date.now())
  for (let at = bucketOf(Date.parse(fromTime), sampling, zone); at <= end; at = nextBucket(at, sampling, zone))
    buckets.push(iso(at))
  return buckets
}

const nothing = {
  totalCalls: 0,
  successfulCalls: 0,
  failedCalls: 0,
  totalDuration: 0,
  acd: null,
  asr: null,
  totalPrice: '0.00',
}

describe.each(directions)('Gaps of $direction statistics', ({ direction }) => {
  it.each(samplings)('MUST be filled on demand with counts of 0 and ratios of null, for each %s', async (sampling) => {
    const period = {
      MINUTE: 6 * hour,
      FIVE_MINUTES: day,
      HOUR: 6 * day,
      DAY: 9 * day,
      WEEK: 40 * day,
      MONTH: 100 * day,
    }[sampling]
    const fromTime = iso(Date.parse(to) - period)
    const rows = await callsOf(gateway, direction, main, during(fromTime, to))
    const sparse = seriesOf(rows, direction, sampling)
    const without = await read(gateway, direction, `series { time ${all} }`, { sampling, fromTime })
    expect(without.series).toEqual(sparse)
    const known = new Map(sparse.map((point) => [point.time, point]))
    const expected = bucketsOf(fromTime, to, sampling).map((time) => known.get(time) ?? { time, ...nothing })
    expect(expected.length).toBeGreaterThan(sparse.length)
    const filled = await read(gateway, direction, `series { time ${all} } totals { ${all} }`, {
      sampling,
      fromTime,
      fillGaps: true,
    })
    expect(filled.series).toEqual(expected)
    expect(filled.totals).toEqual(figuresOf(rows, direction))
  })

  it('MUST not be filled beyond now', async () => {
    const { series } = await read(gateway, direction, 'series { time }', {
      fromTime: iso(Date.now() - 3 * hour),
      toTime: iso(Date.now() + 5 * hour),
      fillGaps: true,
    })
    expect(series.map(({ time }: Point) => time)).toEqual(
      bucketsOf(iso(Date.now() - 3 * hour), iso(Date.now()), 'HOUR'),
    )
  })

  it('MUST be filled also where there was no call at all', async () => {
    const asked = { fromTime: '2001-01-01T00:30:00Z', toTime: '2001-01-01T02:00:00Z', fillGaps: true }
    const { series } = await read(gateway, direction, `series { time ${all} }`, asked)
    expect(series).toEqual(['00', '01', '02'].map((at) => ({ time: `2001-01-01T${at}:00:00.000Z`, ...nothing })))
  })

  it('MUST not change the totals alone', async () => {
    expect(await read(gateway, direction, `totals { ${all} }`, { fillGaps: true })).toEqual(
      await read(gateway, direction, `totals { ${all} }`),
    )
  })
})

describe.each(directions)('activeCalls of $direction statistics', ({ direction }) => {
  async function snapshots(account: number, sampling: Sampling): Promise<Map<string, number>> {
    const rows = await textRows(
      gateway.cdr,
      `SELECT created_at, ${sides[direction].active} AS active FROM stats.active_call_accounts
      WHERE account_id = ${account} AND created_at >= '${from.toISOString()}' AND created_at <= '${to}'`,
    )
    const most = new Map<string, number>()
    for (const row of rows) {
      const bucket = iso(bucketOf(startOf(row, 'created_at'), sampling, 'UTC'))
      most.set(bucket, Math.max(most.get(bucket) ?? 0, Number(row['active'])))
    }
    return most
  }

  it.each(samplings)('MUST be the most of the snapshots of each %s, 0 where there is none', async (sampling) => {
    const most = await snapshots(main, sampling)
    const { series } = await read(gateway, direction, 'series { time activeCalls }', { sampling })
    expect(series).toEqual(
      seriesOf(calls[direction], direction, sampling).map(({ time }) => ({ time, activeCalls: most.get(time) ?? 0 })),
    )
    expect(series.some(({ activeCalls }: { activeCalls: number }) => activeCalls > 0)).toBe(true)
  })

  it('MUST be there for filled buckets too', async () => {
    const most = await snapshots(main, 'FIVE_MINUTES')
    const { series } = await read(gateway, direction, 'series { time activeCalls }', {
      sampling: 'FIVE_MINUTES',
      fillGaps: true,
    })
    expect(series).toEqual(
      bucketsOf(from.toISOString(), to, 'FIVE_MINUTES').map((time) => ({ time, activeCalls: most.get(time) ?? 0 })),
    )
  })

  it('MUST change nothing else by being asked for', async () => {
    for (const asked of [{}, { fillGaps: true }, { where: { duration: { gt: 10 } } }] satisfies Asked[]) {
      const without = await read(gateway, direction, `series { time ${all} } totals { ${all} }`, asked)
      const asking = await read(gateway, direction, `series { time activeCalls ${all} } totals { ${all} }`, asked)
      for (const point of asking.series) delete point.activeCalls
      expect(asking).toEqual(without)
    }
  })

  it('MUST not be filtered', async () => {
    const where = { duration: { gt: 0 } }
    const [all, some] = [
      await read(gateway, direction, 'series { time activeCalls }'),
      await read(gateway, direction, 'series { time activeCalls }', { where }),
    ]
    const known = new Map(
      all.series.map(({ time, activeCalls }: { time: string; activeCalls: number }) => [time, activeCalls]),
    )
    for (const { time, activeCalls } of some.series) expect(activeCalls).toBe(known.get(time))
  })
})

describe('The settings of statistics', () => {
  let kyiv: Gateway
  let asKyiv: string

  beforeAll(async () => {
    kyiv = await startGateway({
      STATISTICS_TIME_ZONE: 'Europe/Kyiv',
      OUTGOING_STATISTICS_USE_CUSTOMER_DURATION: 'true',
      INCOMING_STATISTICS_USE_VENDOR_DURATION: 'true',
    })
    // The clock goes back on 26 October 2025 at 01:00 UTC and goes forward on 30 March at 01:00 UTC.
    await addCalls(kyiv, [...hourly('2025-10-24T18:00:00Z', 72), ...hourly('2025-03-28T18:00:00Z', 72)])
    asKyiv = await kyiv.signIn('alice')
  })
  afterAll(() => kyiv[Symbol.asyncDispose]())

  const changes = [
    { what: 'goes back', fromTime: '2025-10-24T18:00:00.000Z', toTime: '2025-10-27T20:00:00.000Z' },
    { what: 'goes forward', fromTime: '2025-03-28T18:00:00.000Z', toTime: '2025-03-31T20:00:00.000Z' },
  ]

  describe.each(directions)('for $direction calls', ({ direction }) => {
    const settings = { zone: 'Europe/Kyiv', durationColumn: sides[direction].billed }

    it.each(samplings)(
      'MUST make buckets of a %s in the time zone, and total durations of billed seconds',
      async (sampling) => {
        const rows = await callsOf(kyiv, direction, main, during(from.toISOString(), to))
        const got = await read(kyiv, direction, `series { time ${all} } totals { ${all} }`, { sampling }, asKyiv)
        expect(got.series).toEqual(seriesOf(rows, direction, sampling, settings))
        expect(got.totals).toEqual(figuresOf(rows, direction, settings.durationColumn))
        if (sampling === 'DAY')
          expect(got.series.map(({ time }: Point) => time.slice(11))).not.toContain('00:00:00.000Z')
      },
    )

    it.each(changes.flatMap((change) => samplings.map((sampling) => ({ ...change, sampling }))))(
      'MUST keep them right, filled and not, when the clock $what: $sampling',
      async ({ sampling, fromTime, toTime }) => {
        const rows = await callsOf(kyiv, direction, main, during(fromTime, toTime))
        const expected = seriesOf(rows, direction, sampling, settings)
        const period = { sampling, fromTime, toTime }
        expect((await read(kyiv, direction, `series { time ${all} }`, period, asKyiv)).series).toEqual(expected)
        const known = new Map(expected.map((point) => [point.time, point]))
        const buckets = bucketsOf(fromTime, toTime, sampling, settings.zone)
        const filled = await read(kyiv, direction, `series { time ${all} }`, { ...period, fillGaps: true }, asKyiv)
        expect(filled.series).toEqual(buckets.map((time) => known.get(time) ?? { time, ...nothing }))
      },
    )

    it('MUST read the billed seconds for total durations only', async () => {
      const text = async (metric: string): Promise<string> =>
        (await statementsOf(kyiv, () => read(kyiv, direction, `totals { ${metric} }`, {}, asKyiv)))
          .map((statement) => statement.text)
          .join()
      expect(await text('totalDuration')).toContain(sides[direction].billed)
      for (const metric of metrics.filter((name) => name !== 'totalDuration'))
        expect(await text(metric)).not.toContain(sides[direction].billed)
    })
  })
})

describe('A time zone where the clock leaps over midnight', () => {
  let cairo: Gateway
  let asCairo: string
  const zone = 'Africa/Cairo'

  beforeAll(async () => {
    cairo = await startGateway({ STATISTICS_TIME_ZONE: zone })
    // Friday 25 April 2025 begins at 01:00; the clock goes back at the end of Thursday 30 October.
    await addCalls(cairo, [...hourly('2025-04-22T22:00:00Z', 120), ...hourly('2025-10-28T22:00:00Z', 96)])
    asCairo = await cairo.signIn('alice')
  })
  afterAll(() => cairo[Symbol.asyncDispose]())

  it.each([
    ['2025-04-22T22:00:00.000Z', '2025-04-27T20:00:00.000Z'],
    ['2025-04-25T10:00:00.000Z', '2025-04-29T20:00:00.000Z'],
    ['2025-10-28T22:00:00.000Z', '2025-11-01T20:00:00.000Z'],
    ['2025-10-30T23:00:00.000Z', '2025-11-03T20:00:00.000Z'],
  ])('MUST have whole days, filled and not, from %s', async (fromTime, toTime) => {
    for (const sampling of ['DAY', 'WEEK', 'MONTH'] as const) {
      const rows = await callsOf(cairo, 'outgoing', main, during(fromTime, toTime))
      const expected = seriesOf(rows, 'outgoing', sampling, { zone })
      const period = { sampling, fromTime, toTime }
      expect((await read(cairo, 'outgoing', `series { time ${all} }`, period, asCairo)).series).toEqual(expected)
      const known = new Map(expected.map((point) => [point.time, point]))
      const filled = await read(cairo, 'outgoing', `series { time ${all} }`, { ...period, fillGaps: true }, asCairo)
      expect(filled.series).toEqual(
        bucketsOf(fromTime, toTime, sampling, zone).map((time) => known.get(time) ?? { time, ...nothing }),
      )
    }
  })
})
