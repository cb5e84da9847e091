import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DemoDatabases, createDatabases, mondayMidnight, rowOf, rowsOf, someDay } from './support.ts'

const approved = 2
const pending = 1
const fresh = 3
const customers = [101, 102]
const retail = 202

let demo: DemoDatabases

beforeAll(async () => {
  demo = await createDatabases()
  await demo.fill(someDay)
})
afterAll(() => demo[Symbol.asyncDispose]())

/** What section 15 of the data model says of the totals, invoice by invoice. */
const contradictions = `
  with expected as (
    select invoices.id,
      (select row(count(*), count(*) filter (where success), coalesce(sum(duration), 0),
                  coalesce(sum(customer_duration), 0), min(time_start), max(time_start),
                  coalesce(sum(case when destination_reverse_billing then 0 else customer_price end), 0),
                  coalesce(sum(case when destination_reverse_billing then customer_price else 0 end), 0))::text
       from cdr.cdr where customer_acc_id = account_id and is_last_cdr
         and time_start >= start_date and time_start < end_date) as originated,
      (select row(count(*), count(*) filter (where success), coalesce(sum(duration), 0),
                  coalesce(sum(vendor_duration), 0), min(time_start), max(time_start),
                  coalesce(sum(case when dialpeer_reverse_billing then vendor_price else 0 end), 0),
                  coalesce(sum(case when dialpeer_reverse_billing then 0 else vendor_price end), 0))::text
       from cdr.cdr where vendor_acc_id = account_id and time_start >= start_date and time_start < end_date) as terminated
    from billing.invoices)
  select id, expected.* from expected join billing.invoices using (id)
  where state_id <> 3 and (
    originated <> row(originated_calls_count, originated_successful_calls_count, originated_calls_duration,
      originated_billing_duration, first_originated_call_at, last_originated_call_at,
      originated_amount_spent, originated_amount_earned)::text
    or terminated <> row(terminated_calls_count, terminated_successful_calls_count, terminated_calls_duration,
      terminated_billing_duration, first_terminated_call_at, last_terminated_call_at,
      terminated_amount_spent, terminated_amount_earned)::text
    or amount_spent <> originated_amount_spent + terminated_amount_spent + services_amount_spent
    or amount_earned <> originated_amount_earned + terminated_amount_earned + services_amount_earned
    or amount_total <> amount_spent - amount_earned)
  limit 3`

describe('invoices', () => {
  test('have the totals of their calls', async () => {
    expect(await rowsOf(demo.cdr, contradictions)).toEqual([])
    const { spent } = await rowOf<{ spent: number }>(
      demo.cdr,
      'select count(*)::integer as spent from billing.invoices where amount_spent > 0 and amount_earned > 0',
    )
    expect(spent).toBeGreaterThan(3)
  })

  test('have the totals of their calls after later runs, too', async () => {
    await using later = await createDatabases()
    await later.fill('2026-07-30T22:30:00Z')
    await later.fill('2026-07-30T23:59:59.999Z')
    await later.fill('2026-08-03T09:00:00Z')
    expect(await rowsOf(later.cdr, contradictions)).toEqual([])
  })

  test('MUST have the totals of the transactions of their period', async () => {
    const transactions = await rowsOf(demo.primary, 'select account_id, amount, created_at from billing.transactions')
    const invoices = await rowsOf<{ spent: string; earned: string; count: number; expected: object }>(
      demo.cdr,
      `select services_amount_spent as spent, services_amount_earned as earned, service_transactions_count as count,
         (select json_build_object('spent', coalesce(sum(greatest(amount, 0)), 0),
                                   'earned', coalesce(-sum(least(amount, 0)), 0), 'count', count(*))
          from json_to_recordset($1) as transaction (account_id integer, amount numeric, created_at timestamptz)
          where transaction.account_id = invoices.account_id and transaction.created_at >= start_date
            and transaction.created_at < end_date) as expected
       from billing.invoices where state_id <> $2`,
      [JSON.stringify(transactions), fresh],
    )
    for (const { spent, earned, count, expected } of invoices) {
      expect({ spent: Number(spent), earned: Number(earned), count }).toEqual(expected)
    }
    expect(invoices.some(({ count }) => count > 0)).toBe(true)
  })

  test.each([
    ['approved', approved],
    ['pending', pending],
    ['new', fresh],
  ])('of each customer include %s ones, also where no period was just over', async (_, state) => {
    await using afterWeekend = await createDatabases()
    await afterWeekend.fill(mondayMidnight, { callsPerDay: 50 })
    for (const { cdr } of [demo, afterWeekend]) {
      const owners = await rowsOf<{ id: number }>(
        cdr,
        'select distinct contractor_id as id from billing.invoices where state_id = $1 and contractor_id <= 102 order by 1',
        [state],
      )
      expect(owners.map(({ id }) => id)).toEqual(customers)
    }
  })

  test('are of the account, contractor and currency of the primary database', async () => {
    const invoices = await rowsOf(demo.cdr, 'select account_id as id, contractor_id, currency_id from billing.invoices')
    const odd = await rowsOf(
      demo.primary,
      `select * from json_populate_recordset(null::billing.accounts, $1) as invoiced
       where not exists (select from billing.accounts as account where account.id = invoiced.id
         and account.contractor_id = invoiced.contractor_id and account.currency_id = invoiced.currency_id)`,
      [JSON.stringify(invoices)],
    )
    expect(odd).toEqual([])
  })

  test('cover each moment once, in periods of the time zone of the account', async () => {
    const periods = await rowsOf<{ start: Date; end: Date; type: number }>(
      demo.cdr,
      'select start_date as start, end_date as end, type_id as type from billing.invoices where account_id = $1 order by 1',
      [retail],
    )
    expect(periods.map(({ start, end, type }) => [start.toISOString(), end.toISOString(), type])).toEqual([
      ['2026-07-27T00:00:00.000Z', '2026-07-27T12:00:00.000Z', 1],
      ['2026-07-27T12:00:00.000Z', '2026-07-27T22:00:00.000Z', 3],
      ['2026-07-27T22:00:00.000Z', '2026-07-28T22:00:00.000Z', 2],
      ['2026-07-28T22:00:00.000Z', '2026-07-29T22:00:00.000Z', 2],
    ])
  })

  test('become pending and approved as later ones come', async () => {
    await using later = await createDatabases()
    await later.fill(someDay)
    const newest = `select id, state_id as state, originated_calls_count > 0 as is_full from billing.invoices
                    where account_id = $1 order by end_date desc limit 1`
    const { id, state } = await rowOf<{ id: number; state: number }>(later.cdr, newest, [retail])
    expect(state).toBe(fresh)
    const states = []
    for (const day of ['31', '32', '33']) {
      await later.fill(new Date(Date.UTC(2026, 6, Number(day), 14)))
      const row = await rowOf(
        later.cdr,
        `select state_id as state, originated_calls_count > 0 as is_full,
                exists (select from billing.invoice_documents where invoice_id = invoices.id) as has_document
         from billing.invoices where id = $1`,
        [id],
      )
      states.push(row)
    }
    expect(states).toEqual([
      { state: pending, is_full: true, has_document: false },
      { state: approved, is_full: true, has_document: true },
      { state: approved, is_full: true, has_document: true },
    ])
  })

  test('bear a reference made from the pattern of the account', async () => {
    const { reference, id } = await rowOf<{ reference: string; id: number }>(
      demo.cdr,
      'select reference, id from billing.invoices where account_id = 201',
    )
    expect(reference).toBe(`AUR-${id}`)
  })
})

describe('invoice documents', () => {
  test('are one-page PDFs', async () => {
    const documents = await rowsOf<{ pdf: Buffer }>(
      demo.cdr,
      'select pdf_data as pdf from billing.invoice_documents where pdf_data is not null',
    )
    expect(documents.length).toBeGreaterThan(5)
    for (const { pdf } of documents) {
      const text = pdf.toString('latin1')
      expect(text.slice(0, 5)).toBe('%PDF-')
      expect(text.trimEnd().slice(-5)).toBe('%%EOF')
      expect(text.match(/\/Type \/Page\b/g)).toHaveLength(1)
    }
  })

  test('are of approved invoices only, named after invoice and period', async () => {
    const documents = await rowsOf<{ filename: string; name: string; state: number }>(
      demo.cdr,
      `select filename, state_id as state, concat_ws('_', invoices.id, to_char(start_date at time zone 'utc', 'YYYY-MM-DD'),
                to_char(end_date at time zone 'utc', 'YYYY-MM-DD')) as name
       from billing.invoice_documents join billing.invoices on invoices.id = invoice_id`,
    )
    for (const { filename, name, state } of documents) {
      expect(filename).toBe(name)
      expect(state).toBe(approved)
    }
  })

  test('are missing where rendering failed', async () => {
    const missing = await rowsOf<{ error: string | null }>(
      demo.cdr,
      `select pdf_error as error from billing.invoices where contractor_id = 101 and state_id = $1
         and not exists (select from billing.invoice_documents where invoice_id = invoices.id)`,
      [approved],
    )
    expect(missing).toEqual([{ error: 'invoice template 7 not found' }])
  })
})
