import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DemoDatabases, createDatabases, rowOf, rowsOf, someDay } from './support.ts'

let demo: DemoDatabases

beforeAll(async () => {
  demo = await createDatabases()
  await demo.fill(someDay, { callsPerDay: 100 })
})
afterAll(() => demo[Symbol.asyncDispose]())

const [aurora, borealis, cascadia] = [101, 102, 103]
const tenants = [aurora, borealis, cascadia]
const retail = 202

describe('gateways', () => {
  test('MUST be of the customer whose calls come from them', async () => {
    const odd = await rowsOf(
      demo.primary,
      `select auth.id from class4.customers_auth as auth left join class4.gateways on gateways.id = gateway_id
       where contractor_id is distinct from customer_id`,
    )
    expect(odd).toEqual([])
  })

  test.each([
    ['alice', { contractor: aurora, jwt: true }],
    ['bob', { contractor: aurora, jwt: false }],
    ['carol', { contractor: null, jwt: null }],
    ['dave', { contractor: null, jwt: null }],
    ['erin', { contractor: borealis, jwt: true }],
    ['frank', { contractor: aurora, jwt: true }],
  ])('of %s MUST be %j', async (login, gateway) => {
    const found = await rowOf(
      demo.primary,
      `select contractor_id as contractor, incoming_auth_allow_jwt as jwt from sys.api_access
       left join class4.gateways on gateways.id = provision_gateway_id where login = $1`,
      [login],
    )
    expect(found).toEqual(gateway)
  })
})

describe('routing tags', () => {
  test('MUST have a name for every one that a rate needs, and others', async () => {
    const tags = await rowsOf<{ id: number; used: boolean }>(
      demo.primary,
      `select id, exists (select from class4.destinations where routing_tags.id = any(routing_tag_ids)) as used
       from class4.routing_tags`,
    )
    expect(tags).toHaveLength(3)
    const { unnamed } = await rowOf(
      demo.primary,
      `select count(*)::integer as unnamed from class4.destinations, unnest(routing_tag_ids) as tag
       where not exists (select from class4.routing_tags where id = tag)`,
    )
    expect(unnamed).toBe(0)
    expect(tags.some(({ used }) => used)).toBe(true)
  })
})

describe('numberlists', () => {
  /** What section 3 of the portal's behaviour says that a login sees. */
  const visible = `
    select numberlists.id from sys.api_access as login
    join class4.numberlists on numberlists.id = any(login.allow_outgoing_numberlists_ids)
    where login.login = $1 and exists (
      select from class4.customers_auth as auth
      where auth.customer_id = login.customer_id and dst_numberlist_id = numberlists.id
        and (login.account_ids = '{}' or auth.account_id = any(login.account_ids)))
    order by 1`

  test.each([
    ['alice', [901, 902, 903]],
    ['bob', [901]],
    ['carol', [902, 903]],
    ['dave', []],
    ['erin', [911]],
    ['frank', [902]],
  ])('MUST be visible to %s: %j', async (login, ids) => {
    const lists = await rowsOf<{ id: number }>(demo.primary, visible, [login])
    expect(lists.map(({ id }) => id)).toEqual(ids)
  })

  test('MUST be hidden from a login for each reason that there is', async () => {
    const allowed = await rowsOf(
      demo.primary,
      'select login, allow_outgoing_numberlists_ids as ids from sys.api_access where login = any($1) order by 1',
      [['alice', 'frank']],
    )
    // Another customer's, nobody's; of another account. And 904 is Aurora's, but allowed to nobody.
    expect(allowed).toEqual([
      { login: 'alice', ids: [901, 902, 903, 911, 990] },
      { login: 'frank', ids: [901, 902] },
    ])
    const owners = await rowsOf(
      demo.primary,
      `select dst_numberlist_id as id, array_agg(customer_id) as customers from class4.customers_auth
       where dst_numberlist_id in (904, 911, 990) group by 1 order by 1`,
    )
    expect(owners).toEqual([
      { id: 904, customers: [aurora] },
      { id: 911, customers: [borealis] },
    ])
  })

  test('MUST be of every mode and default action', async () => {
    const found = await rowsOf(
      demo.primary,
      `select id, mode_id as mode, default_action_id as action from class4.numberlists where id in (901, 902, 903, 904)
       order by 1`,
    )
    expect(found).toEqual([
      { id: 901, mode: 2, action: 2 },
      { id: 902, mode: 1, action: 1 },
      { id: 903, mode: 1, action: 2 },
      { id: 904, mode: 3, action: 2 },
    ])
  })

  test('MUST have hundreds of items, a few with every action, or none', async () => {
    const found = await rowsOf<{ id: number; items: number; actions: (number | null)[] }>(
      demo.primary,
      `select numberlists.id, count(key)::integer as items, array_agg(distinct action_id order by action_id) as actions
       from class4.numberlists left join class4.numberlist_items on numberlist_id = numberlists.id
       where numberlists.id in (901, 902, 903) group by 1 order by 1`,
    )
    expect(found).toEqual([
      { id: 901, items: 460, actions: [1, 2] },
      { id: 902, items: 7, actions: [1, 2, null] },
      { id: 903, items: 0, actions: [null] },
    ])
  })

  test('MUST let new items draw ids from the sequence', async () => {
    const { rowCount } = await demo.primary.query(
      `insert into class4.numberlist_items (numberlist_id, key) values (903, '1'), (903, '2')`,
    )
    expect(rowCount).toBe(2)
    await demo.primary.query(`delete from class4.numberlist_items where numberlist_id = 903`)
  })
})

describe('payments', () => {
  const owned = `billing.payments join billing.accounts on accounts.id = account_id`

  test('MUST be there for every tenant, and more than a page for Aurora', async () => {
    const counts = await rowsOf<{ tenant: number; count: number }>(
      demo.primary,
      `select contractor_id as tenant, count(*)::integer as count from ${owned} group by 1 order by 1`,
    )
    expect(counts.map(({ tenant }) => tenant)).toEqual(tenants)
    expect(counts[0]?.count).toBeGreaterThan(50)
  })

  test.each(tenants)('of %d MUST be of every status and type, with amounts of either sign', async (tenant) => {
    const kinds = await rowsOf(
      demo.primary,
      `select distinct type_id as type, status_id as status, sign(amount)::integer as sign from ${owned}
       where contractor_id = $1 order by 1, 2, 3`,
      [tenant],
    )
    expect(kinds).toEqual([
      { type: 10, status: 10, sign: 1 },
      { type: 10, status: 20, sign: 1 },
      { type: 10, status: 30, sign: 1 },
      { type: 20, status: 20, sign: -1 },
      { type: 20, status: 20, sign: 1 },
      { type: 20, status: 40, sign: 1 },
    ])
  })

  test("MUST include every kind on frank's one account", async () => {
    const { kinds } = await rowOf(
      demo.primary,
      'select count(distinct (type_id, status_id))::integer as kinds from billing.payments where account_id = $1',
      [retail],
    )
    expect(kinds).toBe(5)
  })

  test("MUST be in the account's currency, in the past, and rolled back after they were made", async () => {
    const odd = await rowsOf(
      demo.primary,
      `select payments.id from ${owned}
       where payments.currency_id <> accounts.currency_id or amount = 0 or created_at > $1
          or (status_id = 40) <> (rolledback_at is not null) or rolledback_at <= created_at
          or (status_id in (20, 40)) <> (balance_before_payment is not null)`,
      [new Date(someDay)],
    )
    expect(odd).toEqual([])
  })

  test('with Cryptomus MUST credit what arrived, converted by the rate that was kept', async () => {
    const odd = await rowsOf(
      demo.primary,
      `select payments.id from billing.payments join billing.currencies on currencies.id = currency_id
       where type_id = 10 and (metadata ->> 'usdt_rate')::numeric is distinct from
               (select rate::numeric from billing.currencies where name = 'USDT')
          or type_id = 20 and metadata is not null
          or type_id = 10 and (status_id = 20) <> (metadata ? 'merchant_amount')
          or type_id = 10 and status_id = 20 and amount <> round(
               (metadata ->> 'merchant_amount')::numeric * (metadata ->> 'usdt_rate')::numeric / rate::numeric, 8)`,
    )
    expect(odd).toEqual([])
  })

  test('MUST have private notes that can be told when they leak', async () => {
    const notes = await rowsOf<{ note: string; tenant: number }>(
      demo.primary,
      `select private_notes as note, contractor_id as tenant from ${owned} where private_notes is not null`,
    )
    expect(new Set(notes.map(({ tenant }) => tenant))).toEqual(new Set(tenants))
    expect(new Set(notes.map(({ note }) => note)).size).toBe(notes.length)
    for (const { note } of notes) expect(note).toMatch(/^operator only: .+\(#\d+\)$/)
    const { shared } = await rowOf(
      demo.primary,
      `select count(*)::integer as shared from billing.payments where notes like '%operator only%'`,
    )
    expect(shared).toBe(0)
  })
})

describe('services', () => {
  test('MUST be of each state and period, renewed in the future unless suspended', async () => {
    const kinds = await rowsOf(
      demo.primary,
      `select distinct state_id as state, renew_period_id as period, renew_at > $1 as ahead from billing.services
       join billing.accounts on accounts.id = account_id where contractor_id = $2 order by 1, 2`,
      [new Date(someDay), aurora],
    )
    expect(kinds).toEqual([
      { state: 10, period: 10, ahead: true },
      { state: 10, period: 20, ahead: true },
      { state: 10, period: null, ahead: null },
      { state: 20, period: 20, ahead: false },
    ])
  })

  test('MUST be there for every tenant, and for the one account of frank', async () => {
    const found = await rowsOf<{ tenant: number }>(
      demo.primary,
      `select distinct contractor_id as tenant from billing.services join billing.accounts on accounts.id = account_id
       order by 1`,
    )
    expect(found.map(({ tenant }) => tenant)).toEqual(tenants)
    expect(await rowsOf(demo.primary, 'select from billing.services where account_id = $1', [retail])).toHaveLength(2)
  })

  test('MUST have credentials that can be told when they leak', async () => {
    const holders = await rowsOf(
      demo.primary,
      `select 'type' as what, count(*)::integer as count from billing.service_types where variables::text like '%secret-of-%'
       union all
       select 'service', count(*)::integer from billing.services where variables::text like '%secret-of-%' order by 1`,
    )
    expect(holders).toEqual([
      { what: 'service', count: 4 },
      { what: 'type', count: 2 },
    ])
  })
})

describe('transactions', () => {
  test('MUST be several hundred, charged and credited, for every tenant', async () => {
    const counts = await rowsOf<{ tenant: number; count: number; credited: number }>(
      demo.primary,
      `select contractor_id as tenant, count(*)::integer as count, count(*) filter (where amount < 0)::integer as credited
       from billing.transactions join billing.accounts on accounts.id = account_id group by 1 order by 1`,
    )
    expect(counts.map(({ tenant }) => tenant)).toEqual(tenants)
    for (const { count, credited } of counts) {
      expect(count).toBeGreaterThan(80)
      expect(credited).toBeGreaterThan(0)
    }
  })

  test('MUST be of services that are there, that are gone, and of none', async () => {
    const kinds = await rowsOf<{ kind: string }>(
      demo.primary,
      `select distinct case when service_id is null then 'none' when services.id is null then 'gone' else 'there' end as kind
       from billing.transactions left join billing.services on services.id = service_id
       join billing.accounts on accounts.id = transactions.account_id where contractor_id = $1 order by 1`,
      [aurora],
    )
    expect(kinds.map(({ kind }) => kind)).toEqual(['gone', 'none', 'there'])
  })

  test('MUST be one for the creation of a service and one for each renewal', async () => {
    const odd = await rowsOf(
      demo.primary,
      `with expected as (
         select id as service_id, account_id, initial_price as amount, 'Service creation' as description, created_at
         from billing.services where initial_price <> 0
         union all
         select id, account_id, renew_price, 'Renew service', at at time zone 'utc'
         from billing.services
         cross join lateral (select case renew_period_id when 10 then 'day' else 'month' end as unit) as period
         cross join lateral generate_series(date_trunc(unit, created_at at time zone 'utc') + ('1 ' || unit)::interval,
           least($1::timestamptz, case when state_id = 20 then renew_at - interval '1 second' end) at time zone 'utc',
           ('1 ' || unit)::interval) as at
         where renew_period_id is not null),
       found as (select service_id, transactions.account_id, amount, description, transactions.created_at
                 from billing.transactions join billing.services on services.id = service_id)
       (select * from expected except all select * from found) union all (select * from found except all select * from expected)`,
      [new Date(someDay)],
    )
    expect(odd).toEqual([])
  })

  test('MUST be numbered in order of time', async () => {
    const { ordered } = await rowOf(
      demo.primary,
      `select bool_and(before is null or before <= created_at) as ordered
       from (select created_at, lag(created_at) over (order by id) as before from billing.transactions) as rows`,
    )
    expect(ordered).toBe(true)
  })
})

describe('exports', () => {
  test('MUST be an administrator’s, and those of customers that are over, all of them made by Yeti', async () => {
    const found = await rowsOf(
      demo.primary,
      `select distinct contractor_id as tenant, status from sys.cdr_exports
       left join billing.accounts on accounts.id = customer_account_id order by 1 nulls first, 2`,
    )
    expect(found).toEqual([
      { tenant: null, status: 'Completed' },
      { tenant: aurora, status: 'Completed' },
      { tenant: aurora, status: 'Deleted' },
      { tenant: aurora, status: 'Failed' },
      { tenant: borealis, status: 'Deleted' },
      { tenant: cascadia, status: 'Completed' },
    ])
    expect(await rowsOf(demo.primary, 'select from portal.cdr_exports')).toEqual([])
  })

  test('of customers MUST be filtered by their account', async () => {
    const { odd } = await rowOf(
      demo.primary,
      `select count(*)::integer as odd from sys.cdr_exports
       where (filters ->> 'customer_acc_id_eq')::integer is distinct from customer_account_id
          or filters ->> 'time_start_gteq' is null or filters ->> 'time_start_lt' is null`,
    )
    expect(odd).toBe(0)
  })
})

test('USDT MUST be a currency of about a dollar', async () => {
  const { rate } = await rowOf<{ rate: number }>(
    demo.primary,
    `select rate from billing.currencies where name = 'USDT' and id = 7`,
  )
  expect(rate).toBeCloseTo(1, 2)
})
