import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allBut, startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { accountId, addCalls, callsOf, day, during, hour, iso, main, unknownAccount } from './support/calls.ts'
import { figuresOf, startOf, type Direction } from './support/figures.ts'
import { statementsOf } from './support/statements.ts'
import { exactTime, type RawRow } from './support/subjects.ts'

let gateway: Gateway
let token: string
let to: string

const from = iso(Date.now() - 30 * hour)
const directions = [{ direction: 'outgoing' }, { direction: 'incoming' }] as const
const samplings = { MINUTE: 60, FIVE_MINUTES: 300, FIFTEEN_MINUTES: 900 } as const
type Sampling = keyof typeof samplings
const samplingNames = Object.keys(samplings) as Sampling[]
const metrics = ['totalCalls', 'acd', 'asr', 'cps'] as const
const all = metrics.join(' ')

interface Asked {
  readonly accountId?: string
  readonly fromTime?: string
  readonly toTime?: string | null
  readonly sampling?: Sampling
  readonly where?: Readonly<Record<string, unknown>>
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
    `query ($accountId: ID!, $fromTime: DateTime!, $toTime: DateTime, $sampling: QualitySampling!, $where: ${name}StatisticsWhere) {
      quality: ${direction}QualityStatistics(accountId: $accountId, fromTime: $fromTime, toTime: $toTime, sampling: $sampling, where: $where) { ${selection} } }`,
    {
      token: asking,
      variables: {
        accountId: await accountId(of, main),
        fromTime: from,
        toTime: to,
        sampling: 'FIFTEEN_MINUTES',
        ...asked,
      },
    },
  )
}

async function read(of: Gateway, direction: Direction, selection: string, asked: Asked = {}, asking = token) {
  const { data, errors } = await ask(of, direction, selection, asked, asking)
  expect(errors).toBeUndefined()
  return data.quality
}

/** As ClickHouse prints a float of single precision: the shortest decimal that is read back as the same. */
function single(value: number): number {
  const float = Math.fround(value)
  for (let digits = 1; digits <= 9; digits++) {
    const text = Number(float.toPrecision(digits))
    if (Math.fround(text) === float) return text
  }
  return float
}

function qualityOf(rows: readonly RawRow[], seconds: number) {
  const { totalCalls, acd, asr } = figuresOf(rows, 'outgoing')
  return { totalCalls, acd, asr, cps: seconds > 0 ? single(rows.length / seconds) : null }
}

/** Every bucket from that of the beginning to that of the end. */
function seriesOf(rows: readonly RawRow[], sampling: Sampling, fromTime: string, toTime: string) {
  const length = samplings[sampling] * 1000
  const points = []
  for (let at = Math.floor(Date.parse(fromTime) / length) * length; at <= Date.parse(toTime); at += length) {
    const calls = rows.filter((row) => startOf(row) >= at && startOf(row) < at + length)
    points.push({ time: iso(at), ...qualityOf(calls, samplings[sampling]) })
  }
  return points
}

function secondsBetween(fromTime: string, toTime: string): number {
  return (Date.parse(toTime) - Date.parse(fromTime)) / 1000
}

const calls: Record<Direction, RawRow[]> = { outgoing: [], incoming: [] }

beforeAll(async () => {
  gateway = await startGateway()
  const at = iso(Date.now() - 20 * hour)
  await addCalls(
    gateway,
    [null, 0, 1, 2, 4, 7, 0].map((duration) => ({ time_start: at, duration })),
  )
  const { rows } = await gateway.cdr.query(
    `SELECT time_start::text AS at FROM cdr.cdr WHERE customer_acc_id = ${main} AND is_last_cdr AND time_start > now() - interval '20 hours' ORDER BY time_start LIMIT 1 OFFSET 30`,
  )
  // A call began then, so that both bounds can be seen to count; to the millisecond, as tests compute.
  to = iso(Date.parse(exactTime(rows[0].at)) + 1)
  for (const { direction } of directions) calls[direction] = await callsOf(gateway, direction, main, during(from, to))
  token = await gateway.signIn('alice')
})
afterAll(() => gateway[Symbol.asyncDispose]())

describe.each(directions)('Quality of $direction calls', ({ direction }) => {
  it.each(samplingNames)('MUST be the figures of every bucket of %s, and of everything', async (sampling) => {
    const rows = calls[direction]
    const got = await read(gateway, direction, `series { time ${all} } totals { ${all} }`, { sampling })
    const expected = seriesOf(rows, sampling, from, to)
    expect(expected.some(({ totalCalls }) => totalCalls === 0)).toBe(true)
    expect(expected.some(({ asr }) => asr !== null && asr !== 0 && asr !== 100)).toBe(true)
    expect(got.series).toEqual(expected)
    expect(got.totals).toEqual(qualityOf(rows, secondsBetween(from, to)))
  })

  it.each(metrics)('MUST be the same when only %s is asked for, as series or as total', async (metric) => {
    const both = await read(gateway, direction, `series { ${metric} } totals { ${metric} }`)
    const expected = seriesOf(calls[direction], 'FIFTEEN_MINUTES', from, to)
    expect(both.series).toEqual(expected.map((point) => ({ [metric]: point[metric] })))
    expect(both.totals).toEqual({ [metric]: qualityOf(calls[direction], secondsBetween(from, to))[metric] })
    expect(await read(gateway, direction, `series { ${metric} }`)).toEqual({ series: both.series })
    expect(await read(gateway, direction, `totals { ${metric} }`)).toEqual({ totals: both.totals })
  })

  it('MUST be of that account alone', async () => {
    for (const account of [202, 204]) {
      const rows = await callsOf(gateway, direction, account, during(from, to))
      expect(
        await read(gateway, direction, `series { time ${all} } totals { ${all} }`, {
          accountId: await accountId(gateway, account),
        }),
      ).toEqual({
        series: seriesOf(rows, 'FIFTEEN_MINUTES', from, to),
        totals: qualityOf(rows, secondsBetween(from, to)),
      })
    }
  })

  it('MUST have empty buckets, and totals of nothing, where there was no call', async () => {
    const asked = { fromTime: '2001-01-01T00:07:00Z', toTime: '2001-01-01T00:30:00Z' }
    const nothing = { totalCalls: 0, acd: null, asr: null, cps: 0 }
    expect(await read(gateway, direction, `series { time ${all} } totals { ${all} }`, asked)).toEqual({
      series: ['00', '15', '30'].map((at) => ({ time: `2001-01-01T00:${at}:00.000Z`, ...nothing })),
      totals: nothing,
    })
  })

  it('MUST count both bounds in, and have no calls per second of a moment', async () => {
    const moment = iso(Math.floor(startOf(calls[direction][0] ?? {})))
    const rows = await callsOf(gateway, direction, main, during(moment, moment))
    const got = await read(gateway, direction, `series { totalCalls } totals { totalCalls cps }`, {
      fromTime: moment,
      toTime: moment,
    })
    expect(got).toEqual({
      series: [{ totalCalls: rows.length }],
      totals: { totalCalls: rows.length, cps: null },
    })
  })

  it('MUST go on to now without an end, and no further with one', async () => {
    const fromTime = iso(Date.now() - 2 * hour)
    for (const toTime of [null, iso(Date.now() + day)]) {
      const before = Date.now()
      const { series, totals } = await read(gateway, direction, 'series { time } totals { totalCalls cps }', {
        fromTime,
        toTime,
      })
      const after = Date.now()
      const last = Date.parse(series.at(-1).time)
      expect(last).toBeGreaterThan(before - 900_000)
      expect(last).toBeLessThanOrEqual(after)
      expect(totals.cps).toBeLessThanOrEqual(single(totals.totalCalls / ((before - Date.parse(fromTime)) / 1000)))
      expect(totals.cps).toBeGreaterThanOrEqual(single(totals.totalCalls / ((after - Date.parse(fromTime)) / 1000)))
    }
  })

  it('MUST end with the period, where Yeti has a tail of zeros up to now', async () => {
    const { series } = await read(gateway, direction, 'series { time }')
    expect(Date.parse(series.at(-1).time)).toBeLessThanOrEqual(Date.parse(to))
  })

  it.each<[Readonly<Record<string, unknown>>, (row: RawRow) => boolean]>([
    [{ duration: { gt: 0 } }, (row) => Number(row['duration']) > 0],
    [{ duration: { eq: 0 } }, (row) => row['duration'] === '0'],
    [{ dstPrefixRouting: { startsWith: '4' } }, (row) => row['dst_prefix_routing']?.startsWith('4') === true],
    [{ srcPrefixRouting: { contains: '7' } }, (row) => row['src_prefix_routing']?.includes('7') === true],
  ])('MUST take the filters of statistics: %j', async (where, test) => {
    const rows = calls[direction].filter(test)
    expect(rows.length).toBeGreaterThan(0)
    const got = await read(gateway, direction, `series { time ${all} } totals { ${all} }`, { where })
    expect(got.series).toEqual(seriesOf(rows, 'FIFTEEN_MINUTES', from, to))
    expect(got.totals).toEqual(qualityOf(rows, secondsBetween(from, to)))
  })
})

describe.each(directions)('What quality of $direction calls asks the database', ({ direction }) => {
  it('MUST be one statement, with no column but what the figures are made of', async () => {
    for (const [selection, columns] of [
      ['series { time cps totalCalls } totals { cps totalCalls }', []],
      ['series { acd }', ['duration']],
      ['totals { asr }', ['duration']],
    ] as const) {
      const statements = await statementsOf(gateway, () => read(gateway, direction, selection))
      const own = statements.filter(({ database }) => database === 'cdr')
      expect(own).toHaveLength(1)
      const named = ['duration', 'customer_price', 'vendor_price', 'originated_count'].filter((column) =>
        own[0]?.text.includes(column),
      )
      expect(named).toEqual(columns)
    }
  })

  it('MUST be nothing when the period is in the future', async () => {
    const asked = { fromTime: iso(Date.now() + hour), toTime: null }
    const statements = await statementsOf(gateway, async () => {
      const got = await read(gateway, direction, `series { time } totals { ${all} }`, asked)
      expect(got).toEqual({ series: [], totals: { totalCalls: null, acd: null, asr: null, cps: null } })
    })
    expect(statements.filter(({ database }) => database === 'cdr')).toEqual([])
  })
})

describe.each(directions)('The arguments of quality of $direction calls', ({ direction }) => {
  it.each<[string, Asked]>([
    ['toTime', { fromTime: '2026-01-02T00:00:00Z', toTime: '2026-01-01T23:59:59.999Z' }],
    ['sampling', { fromTime: '2025-01-01T00:00:00Z', toTime: '2025-01-10T00:00:00Z', sampling: 'MINUTE' }],
    ['sampling', { fromTime: '1900-01-01T00:00:00Z', toTime: null }],
    ['where.duration.gt', { where: { duration: { gt: null } } }],
    ['accountId', { accountId: unknownAccount }],
    ['accountId', { accountId: 'nonsense' }],
  ])('MUST be refused naming %s: %j', async (argument, asked) => {
    const statements = await statementsOf(gateway, async () => {
      const { data, errors } = await ask(gateway, direction, 'totals { totalCalls }', asked)
      expect(data).toEqual({ quality: null })
      expect(errors).toMatchObject([{ path: ['quality'], extensions: { code: 'BAD_USER_INPUT', argument } }])
    })
    expect(statements.filter(({ database }) => database === 'cdr')).toEqual([])
  })

  it('MUST refuse samplings of the other statistics', async () => {
    const { errors } = await gateway.ask(
      `{ ${direction}QualityStatistics(accountId: "${unknownAccount}", fromTime: "${from}", sampling: HOUR) { totals { cps } } }`,
      { token },
    )
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'sampling' } }])
  })

  it('MUST refuse accounts of others, and those that the login has not, as if there were none', async () => {
    const frank = await gateway.signIn('frank')
    const missing = await ask(gateway, direction, 'totals { totalCalls }', { accountId: unknownAccount })
    const foreign = await ask(gateway, direction, 'totals { totalCalls }', {
      accountId: await accountId(gateway, 211),
    })
    const narrowed = await ask(gateway, direction, 'totals { totalCalls }', {}, frank)
    expect(missing.errors).toMatchObject([{ message: 'accountId: no such account.' }])
    expect(foreign.errors).toEqual(missing.errors)
    expect(narrowed.errors).toEqual(missing.errors)
    expect(
      (await ask(gateway, direction, 'totals { totalCalls }', { accountId: await accountId(gateway, 202) }, frank))
        .errors,
    ).toBeUndefined()
  })
})

describe.each(directions)('The flags of quality of $direction calls', ({ direction }) => {
  const section = `${direction}Statistics` as const
  const name = direction === 'outgoing' ? 'Outgoing' : 'Incoming'

  it.each([
    ['totalCalls', `${section}TotalCalls`],
    ['acd', `${section}Acd`],
    ['asr', `${section}Asr`],
    ['cps', `${section}TotalCalls`],
  ] as const)('MUST be those of the statistics: %s', async (metric, flag) => {
    const login = await gateway.login(`quality of ${direction} ${metric}`)
    for (const [denied, there, type] of [
      [flag, 'series', 'Point'],
      [`${flag}Value` as const, 'totals', 'Totals'],
    ] as const) {
      await login.set(allBut(denied))
      const { data, errors } = await ask(
        gateway,
        direction,
        `series { time ${metric} } totals { ${metric} }`,
        {},
        login.token,
      )
      expect(errors?.map(({ extensions }) => extensions['coordinate'])).toEqual([
        `${name}QualityStatistics${type}.${metric}`,
      ])
      const other = there === 'series' ? [data.quality.totals] : data.quality.series
      const own = there === 'series' ? data.quality.series : [data.quality.totals]
      for (const each of own) expect(each[metric]).toBeNull()
      expect(other.some((each: Record<string, unknown>) => each[metric] !== null)).toBe(true)
    }
    await login.set(allBut(section))
    const { data } = await ask(gateway, direction, `totals { ${metric} }`, {}, login.token)
    expect(data).toEqual({ quality: null })
  })
})

describe('A time zone whose clock is changed', () => {
  let kyiv: Gateway
  let asKyiv: string
  // The clock goes back on 26 October 2025 at 01:00 UTC.
  const period = { fromTime: '2025-10-25T23:50:10.000Z', toTime: '2025-10-26T02:10:00.000Z' }

  beforeAll(async () => {
    kyiv = await startGateway({
      STATISTICS_TIME_ZONE: 'Europe/Kyiv',
      OUTGOING_STATISTICS_USE_CUSTOMER_DURATION: 'true',
    })
    await addCalls(
      kyiv,
      Array.from({ length: 40 }, (_, index) => ({
        time_start: iso(Date.parse('2025-10-25T23:45:00Z') + index * 251_000),
        duration: index % 3,
        customer_duration: 60,
      })),
    )
    asKyiv = await kyiv.signIn('alice')
  })
  afterAll(() => kyiv[Symbol.asyncDispose]())

  it.each(samplingNames)('MUST change nothing: %s', async (sampling) => {
    const rows = await callsOf(kyiv, 'outgoing', main, during(period.fromTime, period.toTime))
    expect(rows.length).toBeGreaterThan(20)
    const got = await read(
      kyiv,
      'outgoing',
      `series { time ${all} } totals { ${all} }`,
      { ...period, sampling },
      asKyiv,
    )
    expect(got.series).toEqual(seriesOf(rows, sampling, period.fromTime, period.toTime))
    expect(got.totals).toEqual(qualityOf(rows, secondsBetween(period.fromTime, period.toTime)))
  })
})
