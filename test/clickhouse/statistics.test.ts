import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CallFilter } from '../../src/backends/call-filters.ts'
import type { Metric, Sampling, Statistics, StatisticsQuery } from '../../src/backends/statistics.ts'
import { iso } from '../schema/support/calls.ts'
import { addresses, around, nights, texts, year, zones } from './support/calls.ts'
import { expectSame, startEngines, type Engines } from './support/engines.ts'
import { variants } from './support/tables.ts'

const directions = ['outgoing', 'incoming'] as const
const metrics: readonly Metric[] = [
  'totalCalls', 'successfulCalls', 'failedCalls', 'totalDuration', 'acd', 'asr', 'totalPrice', 'cps',
] // prettier-ignore
/** How long a period has gone on is not the same at two moments. */
const upToNow = metrics.filter((metric) => metric !== 'cps')
const samplings: readonly Sampling[] = ['minute', '5minutes', '15minutes', 'hour', 'day', 'week', 'month']
const long: readonly Sampling[] = ['hour', 'day', 'week', 'month']
/** Of texts that calls have, in both cases; and what means something in patterns and statements. */
const parts = ['38', '68', '%', '_', '\\', "'", '"', '0%_', 'é', 'É', 'AbC', 'ІвАн', '本', '\t', '--', '{', '']
const second = 1_000
const day = 86_400 * second
/** A whole second, three days ago: the demo's calls. */
const lately = iso(Math.floor((Date.now() - 3 * day) / second) * second)
const anHourAgo = iso(Math.floor((Date.now() - day / 24) / second) * second)

const query: StatisticsQuery = {
  direction: 'outgoing',
  accountId: 201,
  contractorId: 101,
  from: lately,
  to: anHourAgo,
  sampling: 'hour',
  timeZone: 'UTC',
  durationColumn: 'duration',
  filters: [],
  metrics,
  activeCalls: true,
  series: true,
  totals: true,
  fillGaps: false,
}

const shapes = [
  { series: true, totals: true },
  { series: true, totals: false },
  { series: false, totals: true, activeCalls: false },
]

/** What a source promises: it may tell more in the totals than it was asked for. */
function promised({ metrics: asked }: StatisticsQuery, { series, totals }: Statistics): Statistics {
  return { series, totals: Object.fromEntries(asked.map((metric) => [metric, totals[metric]])) }
}

describe.each(variants)('Statistics from ClickHouse with $name', (variant) => {
  let engines: Engines

  beforeAll(async () => {
    engines = await startEngines(variant)
  }, 180_000)
  afterAll(() => engines[Symbol.asyncDispose]())

  function same(asked: Partial<StatisticsQuery>): Promise<Statistics> {
    const whole = { ...query, ...asked }
    return expectSame(
      engines,
      ({ statistics }) => statistics.statistics(whole),
      asked,
      (answer) => promised(whole, answer),
    )
  }

  async function calls(asked: Partial<StatisticsQuery>): Promise<number> {
    return Number((await same(asked)).totals.totalCalls)
  }

  it.each(zones)('MUST be those of PostgreSQL when the clock changes in %s, for each sampling', async (timeZone) => {
    for (const night of nights[timeZone] ?? []) {
      for (const direction of directions) {
        for (const sampling of samplings) {
          for (const fillGaps of [false, true])
            expect((await same({ ...around(night), direction, timeZone, sampling, fillGaps })).series).not.toEqual([])
        }
      }
    }
  })

  it.each(zones)('MUST be those of PostgreSQL over a year of %s', async (timeZone) => {
    for (const direction of directions) {
      for (const sampling of long) {
        for (const fillGaps of [false, true]) await same({ ...year, direction, timeZone, sampling, fillGaps })
      }
    }
  })

  it.each(directions)('MUST be those of PostgreSQL for the calls of three days, %s', async (direction) => {
    for (const sampling of samplings) {
      for (const fillGaps of [false, true]) {
        for (const shape of shapes) {
          for (const accountId of [201, 202, 204])
            await same({ direction, sampling, fillGaps, ...shape, accountId, timeZone: 'Asia/Kathmandu' })
        }
      }
    }
    expect(await calls({ direction })).toBeGreaterThan(100)
  })

  it.each(metrics)('MUST be those of PostgreSQL when only %s is asked for', async (metric) => {
    for (const direction of directions) {
      for (const shape of shapes) {
        for (const fillGaps of [false, true])
          await same({ ...year, direction, ...shape, metrics: [metric], activeCalls: false, fillGaps })
      }
    }
  })

  it('MUST be those of PostgreSQL when no figure is asked for', async () => {
    for (const direction of directions) {
      for (const shape of [...shapes, { series: false, totals: false }]) {
        for (const activeCalls of [false, true]) {
          for (const fillGaps of [false, true])
            await same({ ...year, direction, metrics: [], ...shape, activeCalls, fillGaps })
        }
      }
    }
  })

  it('MUST be those of PostgreSQL with billed seconds', async () => {
    for (const durationColumn of ['duration', 'customer_duration', 'vendor_duration'] as const) {
      for (const direction of directions) {
        for (const sampling of ['5minutes', 'month'] as const)
          await same({ ...year, direction, durationColumn, sampling, activeCalls: false })
      }
    }
  })

  it('MUST be those of PostgreSQL up to now and beyond it', async () => {
    for (const to of [null, iso(Date.now() + day)]) {
      for (const direction of directions) {
        for (const fillGaps of [false, true]) {
          for (const sampling of ['5minutes', 'hour', 'day', 'week', 'month'] as const)
            await same({ direction, to, sampling, fillGaps, metrics: upToNow })
          await same({ direction, to, sampling: 'hour', fillGaps, totals: false })
        }
        const total = { direction, to, series: false, metrics: ['cps'], activeCalls: false } as const
        const [one, other] = await Promise.all(
          [engines.postgres, engines.clickhouse].map(({ statistics }) => statistics.statistics({ ...query, ...total })),
        )
        expect(Number(other?.totals.cps) / Number(one?.totals.cps)).toBeCloseTo(1, 3)
      }
    }
  })

  it('MUST be those of PostgreSQL where there was no call', async () => {
    const empty = [
      { from: '2001-01-01T00:30:00Z', to: '2001-01-01T02:00:00Z' },
      { from: iso(Date.now() + day), to: null },
      { from: iso(Date.now() + day), to: iso(Date.now() + 2 * day) },
      { accountId: 4_000_000 },
      { filters: [{ column: 'duration', operator: 'gt', value: 100_000 }] as const },
    ]
    for (const asked of empty) {
      for (const fillGaps of [false, true]) {
        for (const shape of shapes) await same({ ...asked, metrics: upToNow, ...shape, fillGaps })
      }
    }
  })

  it('MUST count both bounds in', async () => {
    const at = '2025-06-28T23:59:59Z'
    for (const direction of directions) {
      expect(await calls({ direction, from: at, to: at })).toBeGreaterThan(0)
      await same({ direction, from: at, to: '2025-06-29T00:00:00Z' })
      await same({ direction, from: '2025-06-29T00:00:00Z', to: '2025-06-29T00:59:59.999Z' })
      await same({ direction, from: '2025-06-29T00:00:00Z', to: '2025-06-29T00:59:58.999Z' })
    }
  })

  describe('with filters', () => {
    const whole = { ...year, sampling: 'month', activeCalls: false } as const

    async function filtered(filters: readonly CallFilter[]): Promise<number> {
      const found = await Promise.all(directions.map((direction) => calls({ ...whole, direction, filters })))
      return found.reduce((sum, each) => sum + each, 0)
    }

    it.each(['src_prefix_routing', 'dst_prefix_routing'] as const)('MUST be alike by %s', async (column) => {
      for (const operator of ['eq', 'startsWith', 'endsWith', 'contains'] as const) {
        const values = new Set([...texts, ...parts])
        await Promise.all([...values].map((value) => filtered([{ column, operator, value }])))
        expect(await filtered([{ column, operator, value: '380501234567' }])).toBeGreaterThan(0)
        expect(await filtered([{ column, operator, value: '50%_Off\\x' }])).toBeGreaterThan(0)
      }
    })

    it('MUST be alike by address', async () => {
      for (const value of [...addresses, '192.0.2.2', '::1'])
        if (value !== null) await filtered([{ column: 'auth_orig_ip', operator: 'eq', value }])
      expect(await filtered([{ column: 'auth_orig_ip', operator: 'eq', value: '2001:db8::7' }])).toBeGreaterThan(0)
    })

    it.each(['src_country_id', 'dst_country_id'] as const)('MUST be alike by %s', async (column) => {
      for (const value of [222, 5, 7, 0, 999]) await filtered([{ column, operator: 'eq', value }])
      expect(await filtered([{ column, operator: 'eq', value: 222 }])).toBeGreaterThan(0)
    })

    it.each(['duration', 'customer_price', 'vendor_price'] as const)('MUST be alike by %s', async (column) => {
      const values = {
        duration: [0, 1, 59, 60, 3599, -1, 2_147_483_647],
        customer_price: ['0', '0.005', '0.1', '0.10', '0.123456', '-0.005', '0.0000005', '1234567.89', '0.30000000000000004'],
        vendor_price: ['0', '0.015', '0.2', '0.000001', '-0.005', '99999999999', '0.1234564'],
      }[column] // prettier-ignore
      for (const operator of ['eq', 'gt', 'lt'] as const) {
        await Promise.all(values.map((value) => filtered([{ column, operator, value }])))
        expect(await filtered([{ column, operator, value: values[1] ?? 0 }])).toBeGreaterThan(0)
      }
    })

    it('MUST be alike by many of them, buckets and gaps too', async () => {
      const filters: CallFilter[] = [
        { column: 'duration', operator: 'gt', value: 0 },
        { column: 'customer_price', operator: 'lt', value: '1' },
        { column: 'src_prefix_routing', operator: 'contains', value: 'o' },
        { column: 'dst_country_id', operator: 'eq', value: 222 },
      ]
      expect(await filtered(filters)).toBeGreaterThan(0)
      for (const timeZone of zones) {
        for (const fillGaps of [false, true])
          await same({ ...year, sampling: 'day', filters, timeZone, fillGaps, activeCalls: true })
      }
    })
  })
})
