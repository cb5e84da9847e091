import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StatisticsQuery } from '../../src/backends/statistics.ts'
import { postgresStatistics } from '../../src/backends/statistics/postgres.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'

let gateway: Gateway

const account = 201
const contractor = 101

/** A week around the half hour by which Lord Howe Island moves its clock, on 5 October 2025. */
const period = { from: '2025-10-02T10:10:10Z', to: '2025-10-09T20:20:20Z' }

const query: StatisticsQuery = {
  direction: 'outgoing',
  accountId: account,
  contractorId: contractor,
  ...period,
  sampling: 'hour',
  timeZone: 'UTC',
  durationColumn: 'duration',
  filters: [],
  metrics: ['totalCalls', 'totalDuration'],
  activeCalls: true,
  series: true,
  totals: true,
  fillGaps: false,
}

beforeAll(async () => {
  gateway = await startGateway()
  await gateway.cdr.query(
    `CREATE TABLE cdr.cdr_2025_10 PARTITION OF cdr.cdr FOR VALUES FROM ('2025-10-01 00:00+00') TO ('2025-11-01 00:00+00')`,
  )
  await gateway.cdr.query(
    `INSERT INTO cdr.cdr (id, time_start, customer_id, customer_acc_id, vendor_id, vendor_acc_id, is_last_cdr, duration)
     SELECT 6000000000000000 + n, '2025-10-01'::timestamptz + n * interval '7 minutes 0.5 s', $1, $2, $1, $2, true, n % 90
     FROM generate_series(1, 2000) n`,
    [contractor, account],
  )
  await gateway.cdr.query(
    `INSERT INTO stats.active_call_accounts (account_id, originated_count, terminated_count, created_at)
     SELECT $1, n % 37, n % 41, '2025-10-01'::timestamptz + n * interval '1 minute' FROM generate_series(1, 14000) n`,
    [account],
  )
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** The same, the clock asked at every single call. */
async function callByCall(timeZone: string, sampling: string): Promise<unknown[]> {
  const bucket = (column: string) => `date_trunc('${sampling}', ${column}, '${timeZone}')`
  const within = (column: string) => `${column} >= '${period.from}' AND ${column} <= '${period.to}'`
  const { rows } = await gateway.cdr.query(
    `SELECT time, "totalCalls", "totalDuration", "activeCalls" FROM (
       SELECT ${bucket('time_start')} AS time, count(*)::int AS "totalCalls", round(sum(duration) / 60.0::float8 * 100) / 100 AS "totalDuration"
       FROM cdr.cdr WHERE customer_acc_id = ${account} AND ${within('time_start')} GROUP BY 1
     ) calls JOIN (
       SELECT ${bucket('created_at')} AS time, max(originated_count) AS "activeCalls"
       FROM stats.active_call_accounts WHERE account_id = ${account} AND ${within('created_at')} GROUP BY 1
     ) snapshots USING (time) ORDER BY time`,
  )
  return rows.map(({ time, ...figures }) => ({ ...figures, time: time.toISOString() }))
}

describe('Statistics in time zones that are not whole hours from UTC', () => {
  it.each(['Asia/Kathmandu', 'Australia/Lord_Howe', 'America/St_Johns', 'Europe/Kyiv'])(
    'MUST be those of the clock of %s, bucket by bucket',
    async (timeZone) => {
      const { databases } = gateway.app.services
      for (const sampling of ['minute', 'hour', 'day', 'month'] as const) {
        const { series, totals } = await postgresStatistics(databases).statistics({ ...query, sampling, timeZone })
        const expected = await callByCall(timeZone, sampling)
        expect(series).toEqual(expected)
        expect(totals.totalCalls).toBe(series.reduce((sum, { totalCalls }) => sum + Number(totalCalls), 0))
      }
    },
  )
})

describe('Quarters of an hour', () => {
  it.each(['Asia/Kathmandu', 'Australia/Lord_Howe', 'America/St_Johns', 'Europe/Kyiv'])(
    'MUST begin by the clock of %s where they begin by that of UTC, with and without calls',
    async (timeZone) => {
      const asked = { ...query, sampling: '15minutes', metrics: ['totalCalls', 'cps'], activeCalls: false } as const
      const { rows } = await gateway.cdr.query(
        `SELECT to_timestamp(floor(extract(epoch FROM time_start) / 900) * 900) AS time, count(*)::int AS calls FROM cdr.cdr
         WHERE customer_acc_id = $1 AND time_start >= $2 AND time_start <= $3 GROUP BY 1 ORDER BY 1`,
        [account, period.from, period.to],
      )
      const { series, totals } = await postgresStatistics(gateway.app.services.databases).statistics({
        ...asked,
        timeZone,
        fillGaps: true,
      })
      expect(series.filter(({ totalCalls }) => totalCalls !== 0)).toEqual(
        rows.map(({ time, calls }) => ({
          time: time.toISOString(),
          totalCalls: calls,
          cps: expect.closeTo(calls / 900, 8),
        })),
      )
      const first = Math.floor(Date.parse(period.from) / 900_000)
      const last = Math.floor(Date.parse(period.to) / 900_000)
      expect(series.map(({ time }) => Date.parse(time) / 900_000)).toEqual(
        Array.from({ length: last - first + 1 }, (_, index) => first + index),
      )
      const seconds = (Date.parse(period.to) - Date.parse(period.from)) / 1000
      expect(totals.cps).toBeCloseTo(Number(totals.totalCalls) / seconds, 8)
    },
  )
})

describe('What statistics read', () => {
  interface PlanNode {
    readonly 'Relation Name'?: string
    readonly Plans?: readonly PlanNode[]
  }

  function relationsOf(node: PlanNode): string[] {
    return [node['Relation Name'] ?? '', ...(node.Plans ?? []).flatMap(relationsOf)].filter((name) => name !== '')
  }

  async function relationsRead(asked: StatisticsQuery): Promise<string[]> {
    const { databases } = gateway.app.services
    const read: string[] = []
    const explaining: typeof databases = Object.create(databases, {
      query: {
        value: async (_: string, { text, values }: { text: string; values: unknown[] }) => {
          const { rows } = await gateway.cdr.query(`EXPLAIN (FORMAT JSON) ${text}`, values)
          read.push(...relationsOf(rows[0]['QUERY PLAN'][0].Plan))
          return []
        },
      },
    })
    await postgresStatistics(explaining).statistics(asked)
    return [...new Set(read)].sort()
  }

  it.each(['outgoing', 'incoming'] as const)('MUST be the partitions of the period alone, %s', async (direction) => {
    const read = await relationsRead({ ...query, direction, activeCalls: false })
    expect(read).toEqual(['cdr_2025_10'])
    expect(await relationsRead({ ...query, direction, series: false, activeCalls: false })).toEqual(read)
  })
})
