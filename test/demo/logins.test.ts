import bcrypt from 'bcrypt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { demoLogins } from '../../src/demo/index.ts'
import { type DemoDatabases, createDatabases, rowOf, rowsOf, someDay } from './support.ts'

let demo: DemoDatabases

beforeAll(async () => {
  demo = await createDatabases()
  await demo.fill(someDay)
})
afterAll(() => demo[Symbol.asyncDispose]())

type Flags = Record<string, boolean>

/** The flags of a login's profile, by column. */
async function flagsOf(login: string): Promise<Flags> {
  const { flags } = await rowOf<{ flags: Record<string, unknown> }>(
    demo.primary,
    `select to_jsonb(profile) as flags from sys.api_access
     join sys.customer_portal_access_profiles as profile on profile.id = customer_portal_access_profile_id
     where login = $1`,
    [login],
  )
  const booleans = Object.entries(flags).filter((entry): entry is [string, boolean] => typeof entry[1] === 'boolean')
  return Object.fromEntries(booleans)
}

function namesOf(flags: Flags, value: boolean): string[] {
  return Object.keys(flags)
    .filter((flag) => flags[flag] === value)
    .sort()
}

describe('customers', () => {
  const logins = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank']

  test('are the six of the design, and the administrator', () => {
    expect(demoLogins.map(({ login }) => login)).toEqual([...logins, 'admin'])
    expect(demoLogins.every(({ login, password, what }) => password === `${login}-demo` && what !== '')).toBe(true)
  })

  test.each(logins)('%s signs in with the password printed, hashed as Yeti hashes', async (login) => {
    const { digest } = await rowOf<{ digest: string }>(
      demo.primary,
      'select password_digest as digest from sys.api_access where login = $1',
      [login],
    )
    expect(digest).toMatch(/^\$2a\$12\$/)
    expect(await bcrypt.compare(`${login}-demo`, digest)).toBe(true)
  })

  test('alice, erin and frank have every flag', async () => {
    for (const login of ['alice', 'erin', 'frank']) {
      const flags = await flagsOf(login)
      expect(Object.keys(flags)).toHaveLength(46)
      expect(namesOf(flags, false)).toEqual([])
    }
  })

  test("bob has Yeti's defaults, of the profile with id 1", async () => {
    expect(namesOf(await flagsOf('bob'), false)).toEqual(['allow_listen_recording', 'payments_cryptomus'])
    expect(await rowsOf(demo.primary, 'select name from sys.customer_portal_access_profiles where id = 1')).toEqual([
      { name: 'Default' },
    ])
  })

  test('carol has statistics without prices, no invoices, payments or recordings', async () => {
    expect(namesOf(await flagsOf('carol'), false)).toEqual([
      'allow_listen_recording',
      'incoming_statistics_total_price',
      'incoming_statistics_total_price_value',
      'invoices',
      'outgoing_statistics_total_price',
      'outgoing_statistics_total_price_value',
      'payments',
      'payments_cryptomus',
    ])
  })

  test('dave has no flag', async () => {
    expect(namesOf(await flagsOf('dave'), true)).toEqual([])
  })

  test('erin has another customer than the others', async () => {
    const owners = await rowsOf(
      demo.primary,
      `select contractors.name, array_agg(login order by login)::text[] as logins from sys.api_access
       join public.contractors on contractors.id = customer_id group by 1 order by 1`,
    )
    expect(owners).toEqual([
      { name: 'Aurora Telecom', logins: ['alice', 'bob', 'carol', 'dave', 'frank'] },
      { name: 'Borealis Voice AB', logins: ['erin'] },
    ])
  })

  test('only frank is narrowed, to one of several accounts that have traffic', async () => {
    const narrowed = await rowsOf<{ login: string; accounts: number[] }>(
      demo.primary,
      `select login, account_ids as accounts from sys.api_access where account_ids <> '{}'`,
    )
    expect(narrowed).toEqual([{ login: 'frank', accounts: [202] }])
    const others = await rowsOf<{ account: number }>(
      demo.cdr,
      'select distinct customer_acc_id as account from cdr.cdr where customer_id = 101 order by 1',
    )
    expect(others).toEqual([{ account: 201 }, { account: 202 }])
  })

  test('some traffic, accounts and rates belong to customers without a login', async () => {
    const { rowCount } = await demo.cdr.query('select from cdr.cdr where customer_id = 103 and vendor_id = 104')
    expect(rowCount).toBeGreaterThan(10)
  })
})

describe('the administrator', () => {
  test('signs in with cost 10 and may do everything', async () => {
    const { digest, roles } = await rowOf<{ digest: string; roles: string[] }>(
      demo.primary,
      'select encrypted_password as digest, roles from gui.admin_users where username = $1',
      ['admin'],
    )
    expect(digest).toMatch(/^\$2a\$10\$/)
    expect(roles).toEqual(['root'])
    expect(await bcrypt.compare('admin-demo', digest)).toBe(true)
  })
})

describe('the primary database', () => {
  test('has more than 200 countries, each with its own two letters', async () => {
    const countries = await rowsOf<{ iso2: string }>(demo.primary, 'select iso2 from sys.countries')
    expect(countries.length).toBeGreaterThan(200)
    expect(new Set(countries.map(({ iso2 }) => iso2)).size).toBe(countries.length)
    expect(countries.every(({ iso2 }) => /^[A-Z]{2}$/.test(iso2))).toBe(true)
  })

  test('has prefixes of digits only', async () => {
    const { rowCount } = await demo.primary.query(
      `select prefix from class4.destinations where prefix !~ '^[0-9]+$'
       union all select prefix from sys.network_prefixes where prefix !~ '^[0-9]+$'`,
    )
    expect(rowCount).toBe(0)
  })

  test('has rates that are disabled, over, not yet valid, and that refuse calls', async () => {
    const counts = await rowOf(
      demo.primary,
      `select count(*) filter (where not enabled) > 5 as disabled, count(*) filter (where valid_till < $1) > 5 as over,
              count(*) filter (where valid_from > $1) > 5 as future, count(*) filter (where reject_calls) > 1 as refusing
       from class4.destinations`,
      [new Date(someDay)],
    )
    expect(counts).toEqual({ disabled: true, over: true, future: true, refusing: true })
  })

  test('knows the network of every rate', async () => {
    const { rowCount } = await demo.primary.query(
      `select from class4.destinations left join sys.network_prefixes on network_prefixes.id = network_prefix_id
       where destinations.prefix is distinct from network_prefixes.prefix`,
    )
    expect(rowCount).toBe(0)
  })

  test('lets new rows draw ids from its sequences', async () => {
    const { id } = await rowOf<{ id: number }>(
      demo.primary,
      `insert into sys.customer_portal_access_profiles (name, created_at, updated_at) values ('New', now(), now())
       returning id`,
    )
    expect(id).toBe(6)
    await demo.primary.query(
      `insert into public.contractors (name, enabled, vendor, customer) values ('N', true, true, true)`,
    )
    await demo.primary.query(`insert into sys.api_access (customer_id, login, password_digest) values (101, 'new', '')`)
  })

  test('schedules the next invoice at midnight of the account', async () => {
    const { next } = await rowOf<{ next: Date }>(
      demo.primary,
      'select next_invoice_at as next from billing.accounts where id = 202',
    )
    expect(next.toISOString()).toBe('2026-07-30T22:00:00.000Z')
  })
})
