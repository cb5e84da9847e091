import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allBut, startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { accountId, addCalls, callsOf, day, during, hour, iso, main, unknownAccount } from './support/calls.ts'
import { sides, startOf, type Direction } from './support/figures.ts'
import { statementsOf } from './support/statements.ts'
import { shownTime, textRows } from './support/subjects.ts'

let gateway: Gateway
let token: string

const directions = [{ direction: 'outgoing' }, { direction: 'incoming' }] as const
const minute = 60_000

interface Asked {
  readonly accountId?: string
  readonly fromTime?: string
  readonly toTime?: string
  readonly fillGaps?: boolean | null
}

/** A field of the root with these arguments, of alice's first account unless they say otherwise. */
async function ask(field: string, selection: string, asked: Asked = {}, asking = token): Promise<Answer> {
  const given = { accountId: await accountId(gateway, main), ...asked }
  const args = Object.entries(given).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  return gateway.ask(`{ chart: ${field}(${args.join(', ')}) { ${selection} } }`, { token: asking })
}

async function read(field: string, selection: string, asked: Asked = {}, asking = token) {
  const { data, errors } = await ask(field, selection, asked, asking)
  expect(errors).toBeUndefined()
  return data.chart
}

interface Point {
  readonly time: string
  readonly calls: number
}

/** The snapshots of an account, straight from the table. */
async function snapshots(direction: Direction, account: number, fromTime: string, toTime: string): Promise<Point[]> {
  const rows = await textRows(
    gateway.cdr,
    `SELECT created_at, ${sides[direction].active} AS calls FROM stats.active_call_accounts
     WHERE account_id = ${account} AND created_at >= '${fromTime}' AND created_at <= '${toTime}' ORDER BY created_at`,
  )
  return rows.map((row) => ({ time: shownTime(row['created_at'] ?? ''), calls: Number(row['calls']) }))
}

/** A quiet hour of long ago with snapshots as Yeti's job takes them: some seconds after the minute, two of them early and late. */
const quiet = { fromTime: '2024-05-05T10:00:30.000Z', toTime: '2024-05-05T10:09:30.000Z' }
const moments = ['10:00:05', '10:00:40', '10:02:01.25', '10:02:59.9', '10:04:00', '10:09:30', '10:09:31']

beforeAll(async () => {
  gateway = await startGateway()
  token = await gateway.signIn('alice')
  for (const [index, moment] of moments.entries()) {
    await gateway.cdr.query(
      `INSERT INTO stats.active_call_accounts (account_id, originated_count, terminated_count, created_at) VALUES ($1, $2, $3, $4)`,
      [main, index + 1, 10 * index, `2024-05-05T${moment}Z`],
    )
  }
})
afterAll(() => gateway[Symbol.asyncDispose]())

describe.each(directions)('The chart of $direction active calls', ({ direction }) => {
  const field = `${direction}ActiveCallsChart`

  it('MUST be the snapshots of the period, both bounds included', async () => {
    const fromTime = iso(Date.now() - 2 * day)
    const some = await snapshots(direction, main, fromTime, iso(Date.now()))
    const bounds = { fromTime: some[3]?.time ?? '', toTime: some.at(-4)?.time ?? '' }
    const expected = await snapshots(direction, main, bounds.fromTime, bounds.toTime)
    expect(expected).toHaveLength(some.length - 6)
    expect(await read(field, 'time calls', bounds)).toEqual(expected)
    expect(await read(field, 'time calls', { ...bounds, fillGaps: null })).toEqual(expected)
  })

  it('MUST be the last 24 hours where nothing else is said, and those before an end', async () => {
    const now = Date.now()
    const lastDay = async () => snapshots(direction, main, iso(Date.now() - day), iso(Date.now()))
    const before = await lastDay()
    const got: Point[] = await read(field, 'time calls')
    expect(got.length).toBeGreaterThan(100)
    // A count may have left the 24 hours meanwhile.
    expect([before, await lastDay()]).toContainEqual(got)
    const toTime = iso(now - 10 * hour)
    expect(await read(field, 'time calls', { toTime })).toEqual(
      await snapshots(direction, main, iso(now - 10 * hour - day), toTime),
    )
  })

  it('MUST have 0 for the minutes without a count that lie wholly in the period, on demand', async () => {
    const taken = await snapshots(direction, main, quiet.fromTime, quiet.toTime)
    expect(taken).toHaveLength(5)
    const gaps = ['01', '03', '05', '06', '07', '08'].map((at) => ({ time: `2024-05-05T10:${at}:00.000Z`, calls: 0 }))
    const expected = [...taken, ...gaps].sort((one, other) => (one.time < other.time ? -1 : 1))
    expect(await read(field, 'time calls', { ...quiet, fillGaps: true })).toEqual(expected)
    expect(await read(field, 'time calls', quiet)).toEqual(taken)
  })

  it('MUST not say 0 of a minute that the period cuts off', async () => {
    const cut = { fromTime: '2024-05-05T10:01:30Z', toTime: '2024-05-05T10:03:59.999Z' }
    const taken = await snapshots(direction, main, cut.fromTime, cut.toTime)
    expect(taken).toHaveLength(2)
    expect(await read(field, 'time calls', { ...cut, fillGaps: true })).toEqual(taken)
  })

  it('MUST fill up to now and no further: not the minute that is not over', async () => {
    const fromTime = iso(Math.floor(Date.now() / minute) * minute - 20 * minute)
    const before = Date.now()
    const got: Point[] = await read(field, 'time calls', {
      fromTime,
      toTime: iso(Date.now() + hour),
      fillGaps: true,
      accountId: await accountId(gateway, 204),
    })
    const covered = new Set(got.map(({ time }) => Math.floor(Date.parse(time) / minute)))
    for (let at = Date.parse(fromTime); at + minute <= before; at += minute) expect(covered).toContain(at / minute)
    expect(got.filter(({ calls, time }) => calls === 0 && Date.parse(time) + minute > Date.now())).toEqual([])
  })

  it('MUST be empty of an account without calls, or all zeros', async () => {
    const none = { fromTime: '2001-01-01T00:00:00Z', toTime: '2001-01-01T00:03:00Z' }
    expect(await read(field, 'time calls', none)).toEqual([])
    expect(await read(field, 'time calls', { ...none, fillGaps: true })).toEqual(
      ['00', '01', '02'].map((at) => ({ time: `2001-01-01T00:${at}:00.000Z`, calls: 0 })),
    )
  })

  it('MUST be empty for a period in the future', async () => {
    const future = { fromTime: iso(Date.now() + hour), toTime: iso(Date.now() + 2 * hour) }
    expect(await read(field, 'time calls', future)).toEqual([])
    expect(await read(field, 'time calls', { ...future, fillGaps: true })).toEqual([])
  })

  it('MUST refuse more counts than it can show, also where they were taken more often', async () => {
    await gateway.cdr.query(
      `INSERT INTO stats.active_call_accounts (account_id, originated_count, terminated_count, created_at)
       SELECT 203, 1, 1, '2023-01-01'::timestamptz + n * interval '1 second' FROM generate_series(1, 12001) n`,
    )
    const asked = { accountId: await accountId(gateway, 203), fromTime: '2023-01-01T00:00:00Z' }
    const { errors } = await ask(field, 'calls', { ...asked, toTime: '2023-01-01T12:00:00Z' })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'fromTime' } }])
    expect(await read(field, 'calls', { ...asked, toTime: '2023-01-01T03:20:00Z' })).toHaveLength(12_000)
    await gateway.cdr.query('DELETE FROM stats.active_call_accounts WHERE account_id = 203')
  })

  it('MUST be one statement that reads one of the two counts', async () => {
    for (const fillGaps of [true, false]) {
      const statements = (await statementsOf(gateway, () => read(field, 'time', { fillGaps }))).filter(
        ({ database }) => database === 'cdr',
      )
      expect(statements).toHaveLength(1)
      const other = sides[direction === 'outgoing' ? 'incoming' : 'outgoing'].active
      expect(statements[0]?.text).not.toContain(other)
    }
  })

  it.each([`${direction}Statistics`, `${direction}StatisticsActiveCalls`] as const)(
    'MUST be denied without %s, and nothing be read',
    async (flag) => {
      const login = await gateway.login(`without ${flag}`)
      await login.set(allBut(flag))
      const statements = await statementsOf(gateway, async () => {
        const { data, errors } = await ask(field, 'time calls', {}, login.token)
        expect(data).toEqual({ chart: null })
        expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', coordinate: `Query.${field}` } }])
      })
      expect(statements.filter(({ database }) => database === 'cdr')).toEqual([])
    },
  )
})

describe('The chart of originated calls per second', () => {
  const field = 'originatedCpsChart'

  async function expected(account: number, fromTime: string, toTime: string) {
    const counts = new Map<number, number>()
    for (const row of await callsOf(gateway, 'outgoing', account, during(fromTime, toTime))) {
      const start = Math.floor(startOf(row) / minute) * minute
      counts.set(start, (counts.get(start) ?? 0) + 1)
    }
    return [...counts]
      .sort(([one], [other]) => one - other)
      .map(([at, count]) => ({ time: iso(at), cps: Number((count / 60).toFixed(3)) }))
  }

  beforeAll(async () => {
    const attempts = (at: string, count: number, rest = {}) =>
      Array.from({ length: count }, () => ({ time_start: at, ...rest }))
    await addCalls(gateway, [
      ...attempts('2025-03-30T00:59:59.999Z', 7),
      ...attempts('2025-03-30T01:00:00.000Z', 100),
      ...attempts('2025-03-30T01:00:30.000Z', 1, { is_last_cdr: false }),
      ...attempts('2025-03-30T01:02:00.000Z', 3),
    ])
  })

  it('MUST be the final attempts of each minute by 60, to three decimals; minutes without one left out', async () => {
    const period = { fromTime: '2025-03-30T00:00:00Z', toTime: '2025-03-30T01:02:00.000Z' }
    const got = await read(field, 'time cps', period)
    expect(got).toEqual([
      { time: '2025-03-30T00:59:00.000Z', cps: 0.117 },
      { time: '2025-03-30T01:00:00.000Z', cps: 1.667 },
      { time: '2025-03-30T01:02:00.000Z', cps: 0.05 },
    ])
    expect(got).toEqual(await expected(main, period.fromTime, period.toTime))
  })

  it('MUST be the last 24 hours where nothing else is said', async () => {
    const lastDay = async () => expected(main, iso(Date.now() - day), iso(Date.now()))
    const before = await lastDay()
    const got = await read(field, 'time cps')
    expect(got.length).toBeGreaterThan(10)
    // A call may have left the 24 hours meanwhile.
    expect([before, await lastDay()]).toContainEqual(got)
  })

  it('MUST be of that account alone, and empty where there was no call', async () => {
    const period = { fromTime: iso(Date.now() - 2 * day), toTime: iso(Date.now() - hour) }
    const got = await read(field, 'time cps', { ...period, accountId: await accountId(gateway, 202) })
    expect(got).toEqual(await expected(202, period.fromTime, period.toTime))
    const none = { fromTime: '2001-01-01T00:00:00Z', toTime: '2001-01-02T00:00:00Z' }
    expect(await read(field, 'time cps', none)).toEqual([])
  })

  it('MUST be one statement that reads when calls began and nothing else of them', async () => {
    const statements = (await statementsOf(gateway, () => read(field, 'time cps'))).filter(
      ({ database }) => database === 'cdr',
    )
    expect(statements).toHaveLength(1)
    expect(statements[0]?.text).not.toMatch(/duration|price|prefix/)
  })

  it.each(['outgoingStatistics', 'outgoingStatisticsTotalCalls'] as const)(
    'MUST be denied without %s, and nothing be read',
    async (flag) => {
      const login = await gateway.login(`cps without ${flag}`)
      await login.set(allBut(flag))
      const statements = await statementsOf(gateway, async () => {
        const { data, errors } = await ask(field, 'time cps', {}, login.token)
        expect(data).toEqual({ chart: null })
        expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', coordinate: `Query.${field}` } }])
      })
      expect(statements.filter(({ database }) => database === 'cdr')).toEqual([])
    },
  )
})

describe.each(['outgoingActiveCallsChart', 'incomingActiveCallsChart', 'originatedCpsChart'])(
  'The arguments of %s',
  (field) => {
    it.each<[string, Asked]>([
      ['toTime', { fromTime: '2026-01-02T00:00:00Z', toTime: '2026-01-01T23:59:59.999Z' }],
      ['fromTime', { fromTime: iso(Date.now() + hour) }],
      ['fromTime', { fromTime: '2025-01-01T00:00:00Z', toTime: '2025-01-09T12:00:00Z' }],
      ['fromTime', { fromTime: '0001-01-01T00:00:00Z' }],
      ['accountId', { accountId: unknownAccount }],
      ['accountId', { accountId: 'nonsense' }],
      ['accountId', { accountId: Buffer.from('Invoice:00000000-0000-4000-8000-000000000000').toString('base64') }],
    ])('MUST be refused naming %s: %j', async (argument, asked) => {
      const statements = await statementsOf(gateway, async () => {
        const { data, errors } = await ask(field, 'time', asked)
        expect(data).toEqual({ chart: null })
        expect(errors).toMatchObject([{ path: ['chart'], extensions: { code: 'BAD_USER_INPUT', argument } }])
        expect(errors?.[0]?.message).toMatch(new RegExp(`^${argument}: `))
      })
      expect(statements.filter(({ database }) => database === 'cdr')).toEqual([])
    })

    it('MUST refuse accounts of others, and those that the login has not, as if there were none', async () => {
      const frank = await gateway.signIn('frank')
      const missing = await ask(field, 'time', { accountId: unknownAccount })
      const foreign = await ask(field, 'time', { accountId: await accountId(gateway, 211) })
      const narrowed = await ask(field, 'time', {}, frank)
      expect(missing.errors).toMatchObject([{ message: 'accountId: no such account.' }])
      expect(foreign.errors).toEqual(missing.errors)
      expect(narrowed.errors).toEqual(missing.errors)
      const own = await ask(field, 'time', { accountId: await accountId(gateway, 202) }, frank)
      expect(own.errors).toBeUndefined()
    })

    it('MUST weigh as much as they can answer', async () => {
      const week = { fromTime: iso(Date.now() - 8 * day) }
      const id = await accountId(gateway, main)
      const args = `(accountId: "${id}", fromTime: "${week.fromTime}")`
      const many = Array.from({ length: 9 }, (_, n) => `a${n}: ${field}${args} { time }`)
      const { errors } = await gateway.ask(`{ ${many.join(' ')} }`, { token })
      expect(errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX', limit: 'cost' } }])
    })
  },
)
