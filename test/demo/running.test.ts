import { readdir } from 'node:fs/promises'
import { describe, expect, test, vi } from 'vitest'
import { keepDemoRunning } from '../../src/demo/index.ts'
import { type DemoDatabases, createDatabases, rowOf, rowsOf } from './support.ts'

/** Milliseconds. */
const interval = 60
const busy = { days: 1, callsPerDay: 1500 }

/** How far the demo has come. */
async function filledUntil({ primary }: DemoDatabases): Promise<Date> {
  const { until } = await rowOf<{ until: Date }>(primary, 'select filled_until as until from portal.demo_state')
  return until
}

async function countOf({ cdr }: DemoDatabases, table: string): Promise<number> {
  const { count } = await rowOf<{ count: number }>(cdr, `select count(*)::integer as count from ${table}`)
  return count
}

function hoursAgo(hours: number): Date {
  return new Date(Date.now() - hours * 3_600_000)
}

function keepRunning(demo: DemoDatabases): { readonly warn: ReturnType<typeof vi.fn> } & AsyncDisposable {
  const warn = vi.fn()
  return Object.assign(keepDemoRunning({ ...demo, interval, log: { warn } }), { warn })
}

/** Waits until the demo has been added to once more. */
async function nextAddition(demo: DemoDatabases): Promise<void> {
  const before = await filledUntil(demo)
  await vi.waitFor(async () => expect((await filledUntil(demo)).getTime()).toBeGreaterThan(before.getTime()), 20_000)
}

describe('a running demo', () => {
  test('MUST add what happened meanwhile: calls, snapshots, calls in progress, recordings', async () => {
    await using demo = await createDatabases()
    const start = hoursAgo(5)
    await demo.fill(start, busy)
    const before = { cdrs: await countOf(demo, 'cdr.cdr'), recordings: await readdir(demo.recordingsDirectory) }
    {
      await using running = keepRunning(demo)
      await nextAddition(demo)
      expect(running.warn).not.toHaveBeenCalled()
    }
    expect(await countOf(demo, 'cdr.cdr')).toBeGreaterThan(before.cdrs)
    expect(await readdir(demo.recordingsDirectory)).not.toEqual(before.recordings)
    const [snapshot] = await rowsOf<{ at: Date }>(
      demo.cdr,
      'select max(created_at) as at from stats.active_call_accounts',
    )
    expect(snapshot?.at.getTime()).toBeGreaterThan(start.getTime())
  })

  test('MUST keep no more recordings than a filled one has', async () => {
    await using demo = await createDatabases()
    await demo.fill(hoursAgo(8), busy)
    {
      await using _ = keepRunning(demo)
      await nextAddition(demo)
    }
    const files = await readdir(demo.recordingsDirectory)
    const newest = await rowsOf<{ file: string }>(
      demo.cdr,
      `select local_tag || '.wav' as file
       from (select local_tag, row_number() over (partition by customer_id order by time_start desc) as age
             from cdr.cdr where audio_recorded and duration > 0) as recorded where age <= 40`,
    )
    expect(files.sort()).toEqual(newest.map(({ file }) => file).sort())
  })

  test('MUST add nothing twice', async () => {
    await using demo = await createDatabases()
    await using fresh = await createDatabases()
    await demo.fill(hoursAgo(1), { days: 1, callsPerDay: 400 })
    {
      await using _ = keepRunning(demo)
      for (let additions = 0; additions < 4; additions++) await nextAddition(demo)
    }
    await fresh.fill(await filledUntil(demo), { days: 1, callsPerDay: 400 })
    const today = hoursAgo(20)
    const content = (databases: DemoDatabases) =>
      rowOf(
        databases.cdr,
        `select count(*)::integer as calls, md5(string_agg(cdr::text, chr(10) order by id)) as sum,
           (select md5(string_agg(concat_ws(' ', account_id, originated_count, terminated_count, created_at), chr(10)
              order by created_at, account_id)) from stats.active_call_accounts where created_at >= $1) as snapshots
         from cdr.cdr where time_start >= $1`,
        [today],
      )
    expect(await content(demo)).toEqual(await content(fresh))
  })

  test('MUST go on after an error, and warn', async () => {
    await using demo = await createDatabases()
    await demo.fill(hoursAgo(1), { days: 1, callsPerDay: 400 })
    await demo.primary.query('alter table portal.demo_state rename to elsewhere')
    await using running = keepRunning(demo)
    await vi.waitFor(() => expect(running.warn).toHaveBeenCalled(), 20_000)
    expect(running.warn.mock.lastCall).toEqual([
      { error: 'relation "portal.demo_state" does not exist' },
      'Could not go on with the demo data',
    ])
    await demo.primary.query('alter table portal.elsewhere rename to demo_state')
    await nextAddition(demo)
  })

  test('MUST give up an addition that would make readers wait, and make it later', async () => {
    await using demo = await createDatabases()
    await demo.fill(hoursAgo(24), { days: 1, callsPerDay: 400 })
    const reader = await demo.cdr.connect()
    await reader.query('begin; select id from cdr.cdr limit 1')
    await using running = keepRunning(demo)
    await vi.waitFor(() => expect(running.warn).toHaveBeenCalled(), 20_000)
    expect(running.warn.mock.lastCall?.[0]).toEqual({ error: 'canceling statement due to lock timeout' })
    await reader.query('commit')
    reader.release()
    await nextAddition(demo)
  })

  test('MUST wait for the addition under way when it is disposed, and add nothing afterwards', async () => {
    await using demo = await createDatabases()
    await demo.fill(hoursAgo(1), { days: 1, callsPerDay: 400 })
    const running = keepRunning(demo)
    await nextAddition(demo)
    await running[Symbol.asyncDispose]()
    const { open } = await rowOf(
      demo.primary,
      `select count(*)::integer as open from pg_stat_activity
       where datname = current_database() and state like 'idle in transaction%'`,
    )
    expect(open).toBe(0)
    const last = await filledUntil(demo)
    await running[Symbol.asyncDispose]()
    expect(await filledUntil(demo)).toEqual(last)
    expect(running.warn).not.toHaveBeenCalled()
  })
})
