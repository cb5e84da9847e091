import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DemoDatabases, createDatabases, rowOf, rowsOf, someDay } from './support.ts'

let demo: DemoDatabases

/** So busy that every account has calls at any time. */
const busy = { days: 1, callsPerDay: 3000 }
const minuteBefore = '2026-07-30T14:23:00.000Z'

beforeAll(async () => {
  demo = await createDatabases()
  await demo.fill(someDay, busy)
})
afterAll(() => demo[Symbol.asyncDispose]())

const newest =
  '(select * from portal.active_calls where snapshot_timestamp = (select max(snapshot_timestamp) from portal.active_calls)) as newest'

/** How many calls each account has, as customer and as vendor, by what is told of each call … */
function countedByCall({ primary }: DemoDatabases): Promise<object[]> {
  return rowsOf(
    primary,
    `select account, sum(originated)::integer as originated, sum(terminated)::integer as terminated
     from (select customer_acc_id as account, 1 as originated, 0 as terminated from ${newest}
           union all select vendor_acc_id, 0, 1 from ${newest} where vendor_acc_id is not null) as legs
     group by 1 order by 1`,
  )
}

/** … and as the newest snapshot has it. */
function countedBySnapshot({ cdr }: DemoDatabases, at: string): Promise<object[]> {
  return rowsOf(
    cdr,
    `select account_id as account, originated_count as originated, terminated_count as terminated
     from stats.active_call_accounts where created_at = $1 order by 1`,
    [new Date(at)],
  )
}

async function snapshotTime({ primary }: DemoDatabases): Promise<string[]> {
  const rows = await rowsOf<{ at: Date }>(primary, 'select max(snapshot_timestamp) as at from portal.active_calls')
  return rows.map(({ at }) => at.toISOString())
}

describe('active calls', () => {
  test('MUST be those of the last full minute', async () => {
    expect(await snapshotTime(demo)).toEqual([minuteBefore])
  })

  test('MUST be as many for each account as its newest snapshot says', async () => {
    const counts = await countedBySnapshot(demo, minuteBefore)
    expect(counts.length).toBeGreaterThan(5)
    expect(await countedByCall(demo)).toEqual(counts)
  })

  test('MUST have begun, and be answered or not', async () => {
    const kinds = await rowOf(
      demo.primary,
      `select bool_and(start_time <= snapshot_timestamp) as begun, bool_or(connect_time is null) as ringing,
              bool_or(connect_time is not null) as answered,
              coalesce(bool_and(connect_time between start_time and snapshot_timestamp), true) as in_time
       from portal.active_calls`,
    )
    expect(kinds).toEqual({ begun: true, ringing: true, answered: true, in_time: true })
  })

  test('MUST say of a call what its CDR will say', async () => {
    await using later = await createDatabases()
    await later.fill('2026-07-30T17:00:00Z', busy)
    const cdrs = await rowsOf(
      later.cdr,
      `select * from cdr.cdr where time_start <= $1 and time_end > $1
         and coalesce((select max(before.time_end) from cdr.cdr as before
                       where before.local_tag = cdr.local_tag and before.routing_attempt < cdr.routing_attempt),
                      time_start) <= $1`,
      [new Date(minuteBefore)],
    )
    const shared = (
      await rowsOf<{ name: string }>(
        demo.primary,
        `select attname as name from pg_attribute
         where attrelid = 'portal.active_calls'::regclass and attnum > 0
           and attname not in ('snapshot_timestamp', 'id', 'start_time', 'connect_time')`,
      )
    ).map(({ name }) => name)
    expect(shared.length).toBeGreaterThan(25)
    const described = (call: Record<string, unknown>) => JSON.stringify(shared.map((name) => [name, call[name]]))
    const calls = await rowsOf<Record<string, unknown>>(demo.primary, 'select * from portal.active_calls')
    expect(calls.map(described).sort()).toEqual(cdrs.map(described).sort())
  })

  test('MUST be told anew by a later run, once', async () => {
    await using later = await createDatabases()
    for (const now of [someDay, '2026-07-30T14:23:59Z', '2026-07-31T00:01:30Z', '2026-07-31T00:01:31Z']) {
      await later.fill(now, busy)
    }
    expect(await snapshotTime(later)).toEqual(['2026-07-31T00:01:00.000Z'])
    expect(await countedByCall(later)).toEqual(await countedBySnapshot(later, '2026-07-31T00:01:00Z'))
  })

  test('MUST stay those of the newest snapshot while the clock is set back', async () => {
    await demo.fill('2026-07-30T12:00:00Z', busy)
    expect(await snapshotTime(demo)).toEqual([minuteBefore])
  })
})
