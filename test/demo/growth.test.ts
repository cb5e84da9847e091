import { readdir } from 'node:fs/promises'
import { describe, expect, test, vi } from 'vitest'
import { NotDemoDataError } from '../../src/demo/index.ts'
import { type DemoDatabases, checksums, createDatabases as createEmpty, rowOf, rowsOf, someDay } from './support.ts'

const nextDay = '2026-07-31T16:01:02.003Z'

/** Each test here fills several times, so each fill is small. */
const callsPerDay = 100

async function createDatabases(options: { shared?: boolean } = {}): Promise<DemoDatabases> {
  const demo = await createEmpty(options)
  return {
    ...demo,
    fill: (now, differences) => demo.fill(now, { callsPerDay, ...differences }),
    [Symbol.asyncDispose]: () => demo[Symbol.asyncDispose](),
  }
}

/** The calls from a day on, as one checksum. */
function callsSince(demo: DemoDatabases, day: string): Promise<object> {
  return rowOf(
    demo.cdr,
    `select count(*) as rows, md5(string_agg(cdr::text, chr(10) order by id)) as sum from cdr.cdr where time_start >= $1`,
    [new Date(day)],
  )
}

function snapshotsSince(demo: DemoDatabases, day: string): Promise<object> {
  return rowOf(
    demo.cdr,
    `select count(*) as rows, md5(string_agg(concat_ws(' ', account_id, originated_count, terminated_count, created_at),
       chr(10) order by created_at, account_id)) as sum
     from stats.active_call_accounts where created_at >= $1`,
    [new Date(day)],
  )
}

describe('filling', () => {
  test('gives the same rows for the same seed and now', async () => {
    await using one = await createDatabases()
    await using other = await createDatabases()
    const result = await one.fill(someDay)
    expect(await other.fill(someDay)).toEqual(result)
    expect(await checksums(other.primary)).toEqual(await checksums(one.primary))
    expect(await checksums(other.cdr)).toEqual(await checksums(one.cdr))
  })

  test('gives other calls for another seed', async () => {
    await using one = await createDatabases()
    await using other = await createDatabases()
    await one.fill(someDay)
    await other.fill(someDay, { seed: 2 })
    expect(await callsSince(other, '2026-07-27')).not.toEqual(await callsSince(one, '2026-07-27'))
  })

  test('says what it did, and how far it is', async () => {
    await using demo = await createDatabases()
    const reports: [number, number, string][] = []
    const result = await demo.fill(someDay, { onProgress: (...report) => reports.push(report) })
    const { cdrs } = await rowOf<{ cdrs: number }>(demo.cdr, 'select count(*)::integer as cdrs from cdr.cdr')
    const { invoices } = await rowOf<{ invoices: number }>(
      demo.cdr,
      'select count(*)::integer as invoices from billing.invoices',
    )
    const recordings = (await readdir(demo.recordingsDirectory)).length
    expect(result).toEqual({ cdrs, invoices, recordings, filled: true })
    const done = reports.map(([part, total]) => part / total)
    expect(done).toEqual(done.toSorted((a, b) => a - b))
    expect(done.at(-1)).toBe(1)
  })

  test('works where both databases are one', async () => {
    await using demo = await createDatabases({ shared: true })
    expect(await demo.fill(someDay)).toMatchObject({ filled: true })
    expect(await demo.fill(nextDay)).toMatchObject({ filled: false })
  })
})

describe('a later run', () => {
  test('adds what a fill at the later time would have', async () => {
    await using grown = await createDatabases()
    await using fresh = await createDatabases()
    await grown.fill(someDay)
    await grown.fill('2026-07-30T14:30:00Z')
    await grown.fill('2026-07-31T00:10:00Z')
    await grown.fill(nextDay)
    await fresh.fill(nextDay)
    expect(await callsSince(grown, '2026-07-28')).toEqual(await callsSince(fresh, '2026-07-28'))
    expect(await snapshotsSince(grown, '2026-07-28T03:00Z')).toEqual(await snapshotsSince(fresh, '2026-07-28T03:00Z'))
  })

  test('at the same time changes nothing', async () => {
    await using demo = await createDatabases()
    await demo.fill(someDay)
    const before = [await checksums(demo.primary), await checksums(demo.cdr)]
    expect(await demo.fill(someDay)).toEqual({ cdrs: 0, invoices: 0, recordings: 0, filled: false })
    expect([await checksums(demo.primary), await checksums(demo.cdr)]).toEqual(before)
  })

  test('with the clock set back changes nothing', async () => {
    await using demo = await createDatabases()
    await demo.fill(someDay)
    const before = await checksums(demo.cdr)
    expect(await demo.fill('2026-07-30T10:00:00Z')).toMatchObject({ cdrs: 0, invoices: 0, filled: false })
    expect(await checksums(demo.cdr)).toEqual(before)
    const state = await rowOf<{ until: Date }>(demo.primary, 'select filled_until as until from portal.demo_state')
    expect(state.until.toISOString()).toBe(someDay)
  })

  test('goes on with the seed and the traffic of the first', async () => {
    await using grown = await createDatabases()
    await using asked = await createDatabases()
    await grown.fill(someDay)
    await grown.fill(nextDay, { seed: 7, callsPerDay: 2 })
    await asked.fill(someDay)
    await asked.fill(nextDay)
    expect(await checksums(grown.cdr)).toEqual(await checksums(asked.cdr))
  })

  test('after a long pause fills the last days only', async () => {
    await using demo = await createDatabases()
    await demo.fill(someDay)
    const { cdrs } = await demo.fill('2026-10-01T12:00:00Z')
    expect(cdrs).toBeLessThan(6 * callsPerDay)
    const days = await rowsOf<{ day: string }>(
      demo.cdr,
      `select distinct to_char(time_start at time zone 'utc', 'MM-DD') as day from cdr.cdr order by 1`,
    )
    expect(days.map(({ day }) => day)).toEqual(['07-27', '07-28', '07-29', '07-30', '09-28', '09-29', '09-30', '10-01'])
  })

  test('forgets snapshots older than thirty days', async () => {
    await using demo = await createDatabases()
    await demo.fill(someDay)
    await demo.fill('2026-08-28T12:00:00Z')
    const { oldest } = await rowOf<{ oldest: Date }>(
      demo.cdr,
      'select min(created_at) as oldest from stats.active_call_accounts',
    )
    expect(oldest.getTime()).toBeGreaterThan(Date.UTC(2026, 6, 29, 12))
  })
})

describe('the primary database', () => {
  test('MUST have each renewal of a service once, also after many runs', async () => {
    await using demo = await createDatabases()
    for (const now of [someDay, '2026-07-31T00:00:00Z', '2026-07-31T00:00:01Z', '2026-08-02T12:00:00Z']) {
      await demo.fill(now, { callsPerDay: 2 })
    }
    const added = await rowsOf(
      demo.primary,
      `select service_id::integer as service, created_at as at, amount::float8 as amount
       from billing.transactions where created_at > $1 and service_id in (602, 606) order by 1, 2`,
      [new Date(someDay)],
    )
    const day = (text: string) => new Date(text)
    expect(added).toEqual([
      { service: 602, at: day('2026-07-31'), amount: 1.65 },
      { service: 602, at: day('2026-08-01'), amount: 1.65 },
      { service: 602, at: day('2026-08-02'), amount: 1.65 },
      { service: 606, at: day('2026-08-01'), amount: -3.2 },
    ])
    const { next } = await rowOf<{ next: Date }>(
      demo.primary,
      'select renew_at as next from billing.services where id = 602',
    )
    expect(next.toISOString()).toBe('2026-08-03T00:00:00.000Z')
  })

  test('MUST be brought up to date where an earlier version filled it, keeping what people changed', async () => {
    await using old = await createDatabases()
    await using fresh = await createDatabases()
    await fresh.fill(someDay)
    await old.fill(someDay)
    await old.primary.query(
      `update class4.customers_auth set dst_numberlist_id = null;
       update sys.api_access set allow_outgoing_numberlists_ids = '{}', provision_gateway_id = null;
       update class4.gateways set name = 'Gateway ' || id, uuid = gen_random_uuid(), incoming_auth_allow_jwt = false;
       update sys.api_access set customer_portal_access_profile_id = 4 where login = 'bob';
       delete from class4.numberlist_items; delete from class4.numberlists; delete from class4.routing_tags;
       delete from billing.payments; delete from billing.transactions; delete from billing.services;
       delete from billing.service_types; delete from sys.cdr_exports; delete from portal.active_calls;
       delete from billing.currencies where name = 'USDT'`,
    )
    await old.fill(someDay)
    const { rowCount } = await old.primary.query(
      `update sys.api_access set customer_portal_access_profile_id = 1
       where login = 'bob' and customer_portal_access_profile_id = 4`,
    )
    expect(rowCount).toBe(1)
    expect(await checksums(old.primary)).toEqual(await checksums(fresh.primary))
  })
})

describe('an interrupted fill', () => {
  /** What a server sees of a gateway that is killed: its connections are gone. */
  async function breakConnections(pool: DemoDatabases['cdr']): Promise<void> {
    await pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    )
  }

  async function expectRecovery(demo: DemoDatabases): Promise<void> {
    await using untouched = await createDatabases()
    await untouched.fill(someDay)
    await demo.fill(someDay)
    expect(await checksums(demo.primary)).toEqual(await checksums(untouched.primary))
    expect(await checksums(demo.cdr)).toEqual(await checksums(untouched.cdr))
  }

  test('in the middle of the calls leaves nothing, and the next start fills', async () => {
    await using demo = await createDatabases()
    let broken: Promise<void> | undefined
    const onProgress = () => {
      broken ??= breakConnections(demo.cdr)
    }
    await expect(demo.fill(someDay, { callsPerDay: 3000, onProgress })).rejects.toThrow()
    await broken
    expect(await rowsOf(demo.cdr, 'select id from cdr.cdr limit 1')).toEqual([])
    expect(await rowsOf(demo.primary, 'select id from public.contractors limit 1')).toEqual([])
    await expectRecovery(demo)
  })

  test('between the two databases is completed by the next start', async () => {
    await using demo = await createDatabases()
    // What it writes in the primary database once the other has been filled waits for this one.
    const holder = await demo.primary.connect()
    holder.on('error', () => undefined)
    await holder.query('begin; lock table portal.active_calls')
    const filling = demo.fill(someDay)
    filling.catch(() => undefined)
    await vi.waitFor(
      async () => expect(await rowsOf(demo.cdr, 'select id from cdr.cdr limit 1')).toHaveLength(1),
      60_000,
    )
    await breakConnections(demo.primary)
    await expect(filling).rejects.toThrow()
    holder.release(true)
    expect(await rowsOf(demo.primary, 'select id from public.contractors limit 1')).toEqual([])
    await expectRecovery(demo)
  })
})

describe('databases with data that are not the demo', () => {
  test('are refused when the primary one has a contractor, and stay as they are', async () => {
    await using demo = await createDatabases()
    await demo.primary.query(
      `insert into public.contractors (name, enabled, vendor, customer) values ('N', true, true, true)`,
    )
    const before = [await checksums(demo.primary), await checksums(demo.cdr)]
    const filling = demo.fill(someDay)
    await expect(filling).rejects.toThrow(NotDemoDataError)
    await expect(filling).rejects.toThrow(/primary database has rows in public\.contractors/)
    expect([await checksums(demo.primary), await checksums(demo.cdr)]).toEqual(before)
  })

  test('are refused when the CDR one has an invoice, and stay as they are', async () => {
    await using demo = await createDatabases()
    await demo.cdr.query(
      `insert into billing.invoices (account_id, start_date, end_date, type_id, currency_id) values (1, now(), now(), 1, 0)`,
    )
    const before = [await checksums(demo.primary), await checksums(demo.cdr)]
    await expect(demo.fill(someDay)).rejects.toThrow(/CDR database has rows in billing\.invoices/)
    expect([await checksums(demo.primary), await checksums(demo.cdr)]).toEqual(before)
  })
})
