import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  activeCallColumns,
  type ActiveCallColumn,
  type ActiveCallFilter,
  type ActiveCallsQuery,
  type CallsSnapshot,
} from '../../src/backends/active-calls.ts'
import type { CallFilter } from '../../src/backends/call-filters.ts'
import { addresses, texts } from './support/calls.ts'
import { expectSame, startEngines, type Engines } from './support/engines.ts'
import { tell } from './support/snapshots.ts'
import { variants } from './support/tables.ts'

const columns = Object.keys(activeCallColumns) as ActiveCallColumn[] // the object has no other keys
const aurora = 101
const shownTexts = columns.filter((column) => activeCallColumns[column] === 'text' && column !== 'auth_orig_ip')

const query: ActiveCallsQuery = { accountIds: [201, 202, 203, 211], columns, filters: [], limit: 500 }

/** Calls of some accounts, with what may be missing in Yeti's table missing. */
function calls(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => ({
    id: String(9_007_199_254_740_993n + BigInt(index)),
    customer_id: index % 9 === 0 ? 102 : aurora,
    customer_acc_id: [201, 201, 202, 211][index % 4],
    vendor_id: aurora,
    vendor_acc_id: 202,
    start_time: `2026-01-01T00:00:${String(index % 20).padStart(2, '0')}Z`,
    connect_time: index % 3 === 0 ? null : `2026-01-01T00:01:${String(index % 60).padStart(2, '0')}Z`,
    ...Object.fromEntries(
      shownTexts.map((column, at) => [
        column,
        /^(diversion|pai|ppi|privacy|rpid)/.test(column) && index % 5 === 0 ? null : texts[(index + at) % texts.length],
      ]),
    ),
    destination_initial_interval: 60,
    destination_next_interval: index,
    destination_initial_rate: ['0', '0.1', '10', '0.000001', '-1.5'][index % 5],
    destination_next_rate: ['100', '0.012345', '1234567.89'][index % 3],
    destination_fee: '0',
    auth_orig_transport_protocol_id: 1 + (index % 3),
    auth_orig_ip: addresses[index % addresses.length],
    auth_orig_port: [0, 5060, 65_535][index % 3],
    src_country_id: 222,
    dst_country_id: 7,
  }))
}

/** What a source promises: it may tell more of a call than it was asked for, and accounts in any order. */
function promised({ columns: asked }: ActiveCallsQuery, { isTold, calls: all }: CallsSnapshot): unknown {
  const listed = [...all].map(([account, list]) => ({
    account,
    calls: list.map((call) => Object.fromEntries(asked.map((column) => [column, call[column]]))),
  }))
  return { isTold, calls: listed.sort((one, another) => one.account - another.account) }
}

describe.each(variants)('Calls in progress from ClickHouse with $name', (variant) => {
  let engines: Engines

  beforeAll(async () => {
    engines = await startEngines(variant)
  }, 180_000)
  afterAll(() => engines[Symbol.asyncDispose]())

  /** Snapshots of so many calls, so many seconds before now, in both engines, and nothing else. */
  function told(...snapshots: readonly (readonly [secondsAgo: number, count: number])[]): Promise<void> {
    return tell(
      engines,
      snapshots.map(([secondsAgo, count]) => ({ secondsAgo, calls: calls(count) })),
    )
  }

  function same(asked: Partial<ActiveCallsQuery> = {}): Promise<CallsSnapshot> {
    const whole = { ...query, ...asked }
    return expectSame(
      engines,
      ({ activeCalls }) => activeCalls.calls(whole),
      asked,
      (answer) => promised(whole, answer),
    )
  }

  function sameCounts(accountIds: readonly number[]) {
    return expectSame(
      engines,
      async ({ activeCalls }) => [...(await activeCalls.counts(accountIds))].sort((a, b) => a.accountId - b.accountId),
      accountIds,
    )
  }

  async function found(filters: readonly ActiveCallFilter[]): Promise<number> {
    const { calls: listed } = await same({ filters, columns: ['id'] })
    return [...listed.values()].reduce((sum, { length }) => sum + length, 0)
  }

  describe('in the newest snapshot', () => {
    beforeEach(() => told([80, 30], [20, 60]))

    it('MUST be those of PostgreSQL with all columns, and with each alone', async () => {
      const { isTold, calls: listed } = await same()
      expect(isTold).toBe(true)
      expect([201, 202, 203, 211].map((id) => listed.get(id)?.length)).toEqual([30, 15, 0, 15])
      for (const column of columns) await same({ columns: [column] })
      await same({ columns: [] })
    })

    it('MUST be the first of each account within the limit, those that began last', async () => {
      for (const limit of [1, 7, 15, 16, 1000]) {
        const { calls: listed } = await same({ limit })
        expect(listed.get(201)).toHaveLength(Math.min(limit, 30))
        await same({ limit, columns: ['src_name_in'] })
      }
    })

    it('MUST be of those accounts alone', async () => {
      for (const accountIds of [[201], [202, 201], [203], [4_000_000], []]) {
        const { calls: listed } = await same({ accountIds })
        expect([...listed.keys()].sort()).toEqual([...accountIds].sort())
      }
      await same({ accountIds: Array.from({ length: 2_000 }, (_, index) => index + 1) })
    })

    it('MUST be alike by text', async () => {
      const values = [...texts, '38', '%', '_', '\\', "'", 'é', 'É', 'AbC', '']
      for (const column of ['src_name_in', 'src_prefix_in', 'dst_prefix_in', 'src_prefix_routing', 'dst_prefix_routing'] as const) {
        for (const operator of ['eq', 'startsWith', 'endsWith', 'contains'] as const) {
          await Promise.all(values.map((value) => found([{ column, operator, value }])))
          expect(await found([{ column, operator, value: '50%_Off\\x' }])).toBeGreaterThan(0)
        }
      } // prettier-ignore
    })

    it('MUST be alike by everything else', async () => {
      const filters: ActiveCallFilter[] = [
        ...[201, aurora, 102].map((value) => ({ column: 'customer_id', operator: 'eq', value }) as const),
        ...[0, 5060, 1].map((value) => ({ column: 'auth_orig_port', operator: 'eq', value }) as const),
        ...[1, 3, 9].map((value) => ({ column: 'auth_orig_transport_protocol_id', operator: 'eq', value }) as const),
        ...addresses.flatMap((value) => (value ? [{ column: 'auth_orig_ip', operator: 'eq', value } as const] : [])),
        ...[true, false].map((value) => ({ column: 'connect_time', operator: 'isNull', value }) as const),
      ]
      for (const filter of filters) {
        await same({ filters: [filter], columns: ['id', 'connect_time'] })
        await same({ filters: [filter, { column: 'customer_id', operator: 'eq', value: aurora }] })
      }
      for (const value of [true, false]) expect(await found([{ column: 'connect_time', operator: 'isNull', value }])).toBeGreaterThan(0)
    }) // prettier-ignore

    it('MUST be as many as PostgreSQL counts', async () => {
      const counts = await sameCounts([201, 202, 203, 211])
      expect(counts.map(({ count }) => count)).toEqual([30, 15, 0, 15])
      await sameCounts([201])
      await sameCounts([])
      await sameCounts(Array.from({ length: 2_000 }, (_, index) => index + 1))
    })
  })

  it('MUST be counted over time by what they are', async () => {
    await told([80, 30], [20, 60])
    const cases: readonly (readonly [filter: CallFilter, condition: string])[] = [
      [{ column: 'src_country_id', operator: 'eq', value: 222 }, 'src_country_id = 222'],
      [{ column: 'src_prefix_routing', operator: 'startsWith', value: 'a' }, "src_prefix_routing LIKE 'a%'"],
      [{ column: 'dst_prefix_routing', operator: 'contains', value: 'O' }, "dst_prefix_routing ILIKE '%o%'"],
      [{ column: 'auth_orig_ip', operator: 'eq', value: '2001:db8::7' }, "auth_orig_ip = '2001:db8::7'"],
    ]
    const period = { from: new Date(Date.now() - 300_000).toISOString(), to: new Date().toISOString() }
    let total = 0
    for (const [filter, condition] of cases) {
      for (const direction of ['outgoing', 'incoming'] as const) {
        const [column, accountId] =
          direction === 'outgoing' ? (['customer_acc_id', 201] as const) : (['vendor_acc_id', 202] as const)
        const { rows } = await engines.gateway.primary.query<{ calls: number }>(
          `SELECT (count(*) FILTER (WHERE ${column} = $1 AND ${condition}))::int AS calls FROM portal.active_calls
           GROUP BY snapshot_timestamp ORDER BY snapshot_timestamp`,
          [accountId],
        )
        const asked = { ...period, direction, accountId, filters: [filter], fillGaps: false, limit: 100 }
        const points = await engines.clickhouse.statistics.snapshots(asked)
        expect(points.map(({ calls: counted }) => counted)).toEqual(rows.map(({ calls: counted }) => counted))
        total += points.reduce((sum, { calls: counted }) => sum + counted, 0)
      }
    }
    expect(total).toBeGreaterThan(50)
  })

  it.each([
    ['now', 0, true, 30],
    ['a minute and a half ago', 90, true, 30],
    ['three minutes ago', 180, true, 0],
    ['nine minutes ago', 540, true, 0],
    ['eleven minutes ago', 660, false, 0],
  ])('MUST be told or not as PostgreSQL has it, when the last were %s', async (_, secondsAgo, isTold, count) => {
    await told([secondsAgo, 60])
    const snapshot = await same()
    expect(snapshot.isTold).toBe(isTold)
    expect(snapshot.calls.get(201)).toHaveLength(count)
    const [reading] = await sameCounts([201])
    expect(reading).toMatchObject({ count, time: count > 0 ? expect.any(String) : null })
  })

  it('MUST be none where nothing was ever told', async () => {
    await told()
    expect((await same()).isTold).toBe(false)
    await sameCounts([201, 202])
  })
})
