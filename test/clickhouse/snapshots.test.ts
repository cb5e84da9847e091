import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SnapshotPoint, SnapshotsQuery } from '../../src/backends/statistics.ts'
import { iso } from '../schema/support/calls.ts'
import { around, nights } from './support/calls.ts'
import { expectSame, startEngines, type Engines } from './support/engines.ts'
import { variants } from './support/tables.ts'

const directions = ['outgoing', 'incoming'] as const
const minute = 60_000
const hour = 60 * minute
const now = Math.floor(Date.now() / minute) * minute

const query: SnapshotsQuery = {
  direction: 'outgoing',
  accountId: 201,
  from: iso(now - 6 * hour),
  to: iso(now - 10 * minute),
  filters: [],
  fillGaps: false,
  limit: 12_000,
}

/** Within, on and beside the minutes of snapshots; up to now, into the time to come, and of nothing. */
const periods = [
  { from: iso(now - 70 * hour), to: iso(now - minute) },
  { from: iso(now - 6 * hour + 1), to: iso(now - 10 * minute - 1) },
  { from: iso(now - 6 * hour + 30_000), to: iso(now - hour + 30_500) },
  { from: iso(now - 3 * hour), to: iso(now - 3 * hour) },
  { from: iso(now - 2 * hour), to: iso(now + hour) },
  { from: iso(now + hour), to: iso(now + 2 * hour) },
  { from: '2001-01-01T00:00:30Z', to: '2001-01-01T00:10:30Z' },
  ...Object.values(nights).flat().map(around),
]

describe.each(variants)('Counts of calls in progress over time from ClickHouse with $name', (variant) => {
  let engines: Engines

  beforeAll(async () => {
    engines = await startEngines(variant)
  }, 180_000)
  afterAll(() => engines[Symbol.asyncDispose]())

  function same(asked: Partial<SnapshotsQuery>): Promise<readonly SnapshotPoint[]> {
    return expectSame(engines, ({ statistics }) => statistics.snapshots({ ...query, ...asked }), asked)
  }

  it.each(directions)('MUST be those of PostgreSQL, with and without gaps, %s', async (direction) => {
    for (const period of periods) {
      for (const fillGaps of [false, true]) {
        for (const accountId of [201, 202, 4_000_000]) await same({ ...period, direction, fillGaps, accountId })
      }
    }
    const [sparse, filled] = [await same({ direction }), await same({ direction, fillGaps: true })]
    expect(sparse.length).toBeGreaterThan(10)
    expect(filled.length).toBeGreaterThanOrEqual(sparse.length)
  })

  it('MUST be the first of them within the limit', async () => {
    for (const limit of [1, 2, 10]) {
      for (const fillGaps of [false, true]) expect(await same({ limit, fillGaps })).toHaveLength(limit)
    }
  })
})
