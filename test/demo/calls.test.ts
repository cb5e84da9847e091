import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DemoDatabases, createDatabases, mondayMidnight, rowOf, rowsOf, someDay } from './support.ts'

let demo: DemoDatabases
let afterWeekend: DemoDatabases

beforeAll(async () => {
  demo = await createDatabases()
  await demo.fill(someDay)
  afterWeekend = await createDatabases()
  await afterWeekend.fill(mondayMidnight)
})
afterAll(async () => {
  await demo[Symbol.asyncDispose]()
  await afterWeekend[Symbol.asyncDispose]()
})

const customers = [101, 102, 103]

/** The first rows, if any, that contradict a rule. */
function exceptions(where: string): Promise<object[]> {
  return rowsOf(demo.cdr, `select id, duration, customer_price, vendor_price from cdr.cdr where ${where} limit 3`)
}

describe('calls', () => {
  test('each call has exactly one last attempt, the one with the greatest number', async () => {
    const odd = await rowsOf(
      demo.cdr,
      `select local_tag from cdr.cdr group by local_tag
       having count(*) filter (where is_last_cdr) <> 1
           or max(routing_attempt) filter (where is_last_cdr) <> count(*)
           or count(distinct routing_attempt) <> count(*)
           or count(distinct time_start) <> 1
       limit 3`,
    )
    expect(odd).toEqual([])
  })

  test('attempts before the last failed, and the originator did not learn of them', async () => {
    expect(await exceptions(`not is_last_cdr and (success or duration > 0 or legb_disconnect_code is null)`)).toEqual(
      [],
    )
    expect(await exceptions(`is_last_cdr <> (lega_disconnect_code is not null)`)).toEqual([])
  })

  test('answered calls have a duration and billed seconds, others neither', async () => {
    expect(await exceptions(`success <> (duration > 0) or success <> (time_connect is not null)`)).toEqual([])
    expect(await exceptions(`success <> (customer_duration is not null)`)).toEqual([])
    expect(await exceptions(`success <> (vendor_duration is not null)`)).toEqual([])
    expect(await exceptions(`success <> (lega_disconnect_code = 200) and is_last_cdr`)).toEqual([])
  })

  test('the duration is the time from answer to end in the nearest second', async () => {
    const seconds = `round(extract(epoch from time_end - time_connect))`
    expect(await exceptions(`success and duration <> ${seconds}`)).toEqual([])
    expect(await exceptions(`time_end < time_start or time_connect < time_start`)).toEqual([])
  })

  test('all have ended, the latest shortly before now', async () => {
    const { newest, future } = await rowOf<{ newest: Date; future: string }>(
      demo.cdr,
      'select max(time_end) as newest, count(*) filter (where time_end > $1) as future from cdr.cdr',
      [new Date(someDay)],
    )
    expect(future).toBe('0')
    expect(Date.parse(someDay) - newest.getTime()).toBeLessThan(15 * 60_000)
  })

  test('every row is in the partition of its UTC day, and three days ahead have one', async () => {
    const partitions = await rowsOf<{ name: string }>(
      demo.cdr,
      `select relname as name from pg_class where relispartition and relkind = 'r' order by 1`,
    )
    const days = [27, 28, 29, 30, 31].map((day) => `cdr_2026_07_${day}`)
    expect(partitions.map(({ name }) => name)).toEqual([...days, 'cdr_2026_08_01', 'cdr_2026_08_02'])
    const format = `'cdr_' || to_char(time_start at time zone 'utc', 'YYYY_MM_DD')`
    expect(await exceptions(`tableoid::regclass::text <> 'cdr.' || ${format}`)).toEqual([])
  })

  test('ids are unique, ordered by time, and need 64 bits', async () => {
    const { rows, ids, smallest } = await rowOf<{ rows: string; ids: string; smallest: string }>(
      demo.cdr,
      'select count(*) as rows, count(distinct id) as ids, min(id) as smallest from cdr.cdr',
    )
    expect(ids).toBe(rows)
    expect(Number(smallest)).toBeGreaterThan(2 ** 32)
    const { rowCount } = await demo.cdr.query(
      `select from (select time_start, lag(time_start) over (order by id) as before from cdr.cdr) as rows
       where before > time_start`,
    )
    expect(rowCount).toBe(0)
  })

  test('the sequence is behind the greatest id', async () => {
    const { next, greatest } = await rowOf<{ next: string; greatest: string }>(
      demo.cdr,
      `select nextval('cdr.cdr_id_seq') as next, (select max(id) from cdr.cdr) as greatest`,
    )
    expect(BigInt(next)).toBe(BigInt(greatest) + 1n)
  })

  test('numbers are digits, of the length that the network has, and begin with the prefixes matched', async () => {
    expect(await exceptions(`dst_prefix_routing !~ '^[0-9]{10,13}$'`)).toEqual([])
    expect(
      await exceptions(`not starts_with(dst_prefix_routing, destination_prefix) or destination_prefix = ''`),
    ).toEqual([])
    expect(await exceptions(`not starts_with(dst_prefix_routing, dialpeer_prefix)`)).toEqual([])
    expect(await exceptions(`src_prefix_routing !~ '^([0-9]{11,12}|anonymous)$'`)).toEqual([])
  })

  test('the matched rate is the longest prefix of the number that the rate plan has', async () => {
    const matched = await rowsOf<{ rateplan: number; number: string; id: number }>(
      demo.cdr,
      'select rateplan_id as rateplan, dst_prefix_routing as number, destination_id as id from cdr.cdr',
    )
    const odd = await rowsOf(
      demo.primary,
      `select call.* from json_to_recordset($1) as call (rateplan integer, number text, id integer)
       where call.id <> (
         select destinations.id from class4.destinations join class4.rate_plan_groups using (rate_group_id)
         where rateplan_id = call.rateplan and call.number like prefix || '%'
           and enabled and valid_from <= $2 and valid_till > $2
         order by length(prefix) desc limit 1)
       limit 3`,
      [JSON.stringify(matched), new Date(someDay)],
    )
    expect(odd).toEqual([])
  })
})

describe('each customer', () => {
  const kinds = {
    'originated calls': 'customer_id = $1 and is_last_cdr',
    'calls from another customer': 'vendor_id = $1 and customer_id <> $1',
    'calls after several attempts': 'customer_id = $1 and is_last_cdr and routing_attempt > 1',
    'failed attempts as vendor': 'vendor_id = $1 and not is_last_cdr',
    'reverse billing as customer': 'customer_id = $1 and destination_reverse_billing and customer_price > 0',
    'reverse billing as vendor': 'vendor_id = $1 and dialpeer_reverse_billing and vendor_price > 0',
    'recorded calls': 'customer_id = $1 and audio_recorded and duration > 0',
    'recorded calls as vendor': 'vendor_id = $1 and audio_recorded and duration > 0',
    'refused calls, which have no vendor': 'customer_id = $1 and vendor_id is null and internal_disconnect_code_id > 0',
    'calls from IPv4 and IPv6': 'customer_id = $1 and family(auth_orig_ip) = 6',
    'hidden callers': 'customer_id = $1 and src_country_id is null and privacy_in is not null',
    'names with quotes and commas': `customer_id = $1 and src_name_in like '%"%' and src_name_in like '%,%'`,
    'names in other scripts': `customer_id = $1 and src_name_in ~ '[Ѐ-ӿ]'`,
    'calls in the last 24 hours': `customer_id = $1 and is_last_cdr and time_start > (select max(time_end) from cdr.cdr) - interval '1 day'`,
  }

  test.each(Object.entries(kinds))('has %s, also after a quiet weekend', async (_, where) => {
    for (const { cdr } of [demo, afterWeekend]) {
      for (const customer of customers) {
        const { count } = await rowOf<{ count: string }>(cdr, `select count(*) from cdr.cdr where ${where}`, [customer])
        expect(Number(count), `customer ${customer}`).toBeGreaterThan(0)
      }
    }
  })

  test('answers 40 to 65 percent of the final attempts', async () => {
    const shares = await rowsOf<{ share: number }>(
      demo.cdr,
      'select avg(success::integer)::float as share from cdr.cdr where is_last_cdr group by customer_id',
    )
    for (const { share } of shares) expect(share).toSatisfy((value: number) => value > 0.4 && value < 0.65)
  })

  test('never sends calls to itself', async () => {
    expect(await exceptions('customer_id = vendor_id')).toEqual([])
  })
})

describe('prices', () => {
  /** Section 15 of the data model, over one common denominator: two quotients would not add up exactly. */
  const talk = (side: string) => `
    (case when duration > 0 then
      (60 * ${side}_fee + ${side}_initial_interval * ${side}_initial_rate
       + ceil(greatest(duration - ${side}_initial_interval, 0)::numeric / ${side}_next_interval)
         * ${side}_next_interval * ${side}_next_rate) / 60
     else 0 end)`
  const wasSent = 'internal_disconnect_code_id is null'
  const customerNet = `(case when package_counter_id is null then ${talk('destination')} else 0 end
    + case when is_last_cdr and ${wasSent} then destination_attempt_fee else 0 end)`
  const vendorNet = `(${talk('dialpeer')} + dialpeer_attempt_fee)`

  test('of the customer are as the tariff on the row says, with and without VAT', async () => {
    expect(await exceptions(`customer_price_no_vat <> round(${customerNet}, 5)`)).toEqual([])
    expect(await exceptions(`customer_price <> round(${customerNet} * (1 + customer_acc_vat / 100), 5)`)).toEqual([])
    expect(await exceptions('customer_price is null or customer_price_no_vat is null')).toEqual([])
  })

  test('of the vendor are as the tariff on the row says, without VAT', async () => {
    expect(await exceptions(`${wasSent} and vendor_price is distinct from round(${vendorNet}, 5)`)).toEqual([])
    expect(await exceptions(`not (${wasSent}) and vendor_price is not null`)).toEqual([])
  })

  test.each(['destination', 'dialpeer'])('bill whole intervals of the %s', async (side) => {
    const billed = `${side}_initial_interval
      + ceil(greatest(duration - ${side}_initial_interval, 0)::numeric / ${side}_next_interval) * ${side}_next_interval`
    const column = side === 'destination' ? 'customer_duration' : 'vendor_duration'
    expect(await exceptions(`success and ${column} <> ${billed}`)).toEqual([])
  })

  test('add up to the profit in the system currency', async () => {
    const income = `case when destination_reverse_billing then -customer_price else customer_price end`
    const expense = `case when dialpeer_reverse_billing then -vendor_price else vendor_price end`
    const profit = `${income} * customer_currency_rate::numeric
      - coalesce(${expense} * vendor_currency_rate::numeric, 0)`
    expect(await exceptions(`profit <> ${profit}`)).toEqual([])
  })

  test('include unanswered calls with a price, answered calls of a package without', async () => {
    const counts = await rowOf<{ fees: number; packaged: number; dear: number }>(
      demo.cdr,
      `select count(*) filter (where duration = 0 and customer_price > 0)::integer as fees,
              count(*) filter (where package_counter_id > 0 and customer_duration > 0)::integer as packaged,
              count(*) filter (where package_counter_id > 0 and customer_price > 0)::integer as dear
       from cdr.cdr`,
    )
    expect(counts).toMatchObject({ dear: 0 })
    expect(counts.fees).toBeGreaterThan(10)
    expect(counts.packaged).toBeGreaterThan(10)
  })

  test('are of the rate in the primary database, converted to the currency of the account', async () => {
    const charged = await rowsOf(
      demo.cdr,
      `select distinct destination_id as id, customer_currency_id as currency, destination_initial_rate as initial,
              destination_next_rate as next, destination_fee as fee, destination_attempt_fee as attempt from cdr.cdr`,
    )
    const odd = await rowsOf(
      demo.primary,
      `select charged.* from json_to_recordset($1) as charged
         (id bigint, currency smallint, initial numeric, next numeric, fee numeric, attempt numeric)
       join class4.destinations using (id)
       join billing.currencies as own on own.id = currency_id
       join billing.currencies as theirs on theirs.id = currency
       cross join lateral (select own.rate::numeric / theirs.rate::numeric as factor) as exchange
       where initial <> round(initial_rate * factor, 6) or next <> round(next_rate * factor, 6)
          or fee <> round(connect_fee * factor, 6) or attempt <> round(attempt_fee * factor, 6)`,
      [JSON.stringify(charged)],
    )
    expect(charged.length).toBeGreaterThan(100)
    expect(odd).toEqual([])
  })
})

describe('snapshots of calls in progress', () => {
  test('agree with a count of the calls, at any minute before the longest call from now', async () => {
    const odd = await rowsOf(
      demo.cdr,
      `with minute as (select generate_series($1, $2, interval '7 minutes') as at),
       leg as (select *, coalesce(lag(time_end) over (partition by local_tag order by routing_attempt), time_start) as begin
               from cdr.cdr),
       counted as (
         select at, customer_acc_id as account_id, 1 as originated, 0 as terminated
         from minute join leg on is_last_cdr and time_start <= at and at < time_end
         union all
         select at, vendor_acc_id, 0, 1 from minute join leg on vendor_id > 0 and begin <= at and at < time_end),
       expected as (select account_id, sum(originated)::integer as originated_count,
                           sum(terminated)::integer as terminated_count, at as created_at
                    from counted group by at, account_id),
       found as (select account_id, originated_count, terminated_count, created_at
                 from stats.active_call_accounts join minute on created_at = at)
       (select * from expected except select * from found) union all (select * from found except select * from expected)`,
      [new Date('2026-07-28T00:00:00Z'), new Date('2026-07-30T12:00:00Z')],
    )
    expect(odd).toEqual([])
  })

  test('reach up to now, and have no rows without calls', async () => {
    const { newest, empty, rows } = await rowOf<{ newest: Date; empty: number; rows: number }>(
      demo.cdr,
      `select max(created_at) as newest, count(*)::integer as rows,
              count(*) filter (where originated_count + terminated_count = 0)::integer as empty
       from stats.active_call_accounts`,
    )
    expect(Date.parse(someDay) - newest.getTime()).toBeLessThan(10 * 60_000)
    expect(rows).toBeGreaterThan(2000)
    expect(empty).toBe(0)
  })
})
