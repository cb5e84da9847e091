import type pg from 'pg'
import { uuidOf } from '../uuid.ts'
import { accounts } from '../world/accounts.ts'

const manual = 1
const autoFull = 2
const autoPartial = 3

interface Due {
  readonly account_id: number
  readonly start_date: Date
  readonly end_date: Date
  readonly type_id: number
}

/** Which accounts get invoices, as a table for SQL. */
const invoiced = JSON.stringify(
  accounts
    .filter((account) => account.invoicePeriod)
    .map((account) => ({
      id: account.id,
      contractor_id: account.contractor.id,
      currency_id: account.currency.id,
      period: account.invoicePeriod,
      timezone: account.timezone,
      reference: account.invoiceReference,
    })),
)
const accountTable = `json_to_recordset($1) as account
  (id integer, contractor_id integer, currency_id smallint, period text, timezone text, reference text)`

/** The first hours of all were invoiced by hand, so that every account has an invoice however little time has passed. */
async function firstInvoices(client: pg.ClientBase, start: Date, end: Date): Promise<readonly Due[]> {
  const { rows } = await client.query<Due>(
    `select account.id as account_id, $2::timestamptz as start_date, $3::timestamptz as end_date, ${manual} as type_id
     from ${accountTable} order by account.id`,
    [invoiced, start, end],
  )
  return rows
}

/** Periods in the accounts' own time zones that are over and have no invoice yet; the first may be a partial one. */
async function dueInvoices(client: pg.ClientBase, notBefore: Date, until: Date): Promise<readonly Due[]> {
  const { rows } = await client.query<Due>(
    `select account_id, greatest(begin, billed_until) as start_date, finish as end_date,
            case when begin < billed_until then ${autoPartial} else ${autoFull} end as type_id
     from (select account.id as account_id, billed_until, first at time zone timezone as begin,
                  (first + ('1 ' || period)::interval) at time zone timezone as finish
           from ${accountTable}
           cross join lateral (select greatest(max(end_date), $2) as billed_until
                               from billing.invoices where account_id = account.id) as last
           cross join lateral generate_series(date_trunc(period, billed_until at time zone timezone),
                                              $3::timestamptz at time zone timezone,
                                              ('1 ' || period)::interval) as first) as periods
     where finish > billed_until and finish <= $3
     order by finish, account_id`,
    [invoiced, notBefore, until],
  )
  return rows
}

/** New invoices without totals; their ids follow the end of their periods. */
async function insertInvoices(client: pg.ClientBase, due: readonly Due[]): Promise<void> {
  await client.query(
    `insert into billing.invoices (id, uuid, account_id, contractor_id, currency_id, reference, type_id,
                                   start_date, end_date, created_at)
     select last.id + due.position, due.uuid, account.id, account.contractor_id, account.currency_id,
            replace(account.reference, '$id', (last.id + due.position)::text), due.type_id,
            due.start_date, due.end_date, due.end_date + interval '3 hours'
     from (select coalesce(max(id), 0) as id from billing.invoices) as last,
          json_to_recordset($2) as due (position integer, uuid uuid, account_id integer, type_id smallint,
                                        start_date timestamptz, end_date timestamptz)
     join ${accountTable} on account.id = due.account_id`,
    [
      invoiced,
      JSON.stringify(
        due.map((invoice, index) => ({
          ...invoice,
          position: index + 1,
          uuid: uuidOf('invoice', `${invoice.account_id}/${invoice.start_date.toISOString()}`),
        })),
      ),
    ],
  )
}

export async function issueFirstInvoices(client: pg.ClientBase, start: Date, end: Date): Promise<number> {
  const due = await firstInvoices(client, start, end)
  await insertInvoices(client, due)
  return due.length
}

/** Issues an invoice for each period that is over by `until` and has none; nothing before `notBefore` is invoiced. */
export async function issueDueInvoices(client: pg.ClientBase, notBefore: Date, until: Date): Promise<number> {
  const due = await dueInvoices(client, notBefore, until)
  await insertInvoices(client, due)
  return due.length
}
