import type pg from 'pg'

const pending = 1
const approved = 2
const fresh = 3

/**
 * How far each invoice has come in its life: the latest of daily accounts are new and pending, of the others pending;
 * everything before, and what was made by hand, is approved. So customers have some that they must not see.
 */
const stateNow = `
  select id,
         case when type_id = 1 then ${approved}
              when age = 1 and is_daily then ${fresh}
              when age = 1 or (age = 2 and is_daily) then ${pending}
              else ${approved} end as state_now
  from (select id, type_id, end_date - start_date <= interval '25 hours' as is_daily,
               row_number() over (partition by account_id order by end_date desc) as age
        from billing.invoices) as aged`

const counters = `
  count(*) as calls, count(*) filter (where success) as successful, coalesce(sum(duration), 0) as duration,
  min(time_start) as first, max(time_start) as last`

const inPeriod = 'time_start >= unsettled.start_date and time_start < unsettled.end_date'

/** Final attempts of the account as customer. */
const originated = `
  select coalesce(sum(customer_price) filter (where not destination_reverse_billing), 0) as spent,
         coalesce(sum(customer_price) filter (where destination_reverse_billing), 0) as earned,
         coalesce(sum(customer_duration), 0) as billed, ${counters}
  from cdr.cdr
  where customer_acc_id = unsettled.account_id and is_last_cdr and ${inPeriod}`

/** All attempts of the account as vendor. There is an index on the contractor only. */
const terminated = `
  select coalesce(sum(vendor_price) filter (where dialpeer_reverse_billing), 0) as spent,
         coalesce(sum(vendor_price) filter (where not dialpeer_reverse_billing), 0) as earned,
         coalesce(sum(vendor_duration), 0) as billed, ${counters}
  from cdr.cdr
  where vendor_id = unsettled.contractor_id and vendor_acc_id = unsettled.account_id and ${inPeriod}`

/** A transaction of billing.transactions, which is in the other database. */
export interface ServiceTransaction {
  readonly account_id: number
  readonly amount: string
  readonly created_at: Date
}

/** What is credited counts as earned. */
const services = `
  select coalesce(sum(amount) filter (where amount > 0), 0) as spent,
         coalesce(-sum(amount) filter (where amount < 0), 0) as earned, count(*) as count
  from transaction
  where account_id = unsettled.account_id and created_at >= unsettled.start_date and created_at < unsettled.end_date`

const sumUp = `
  with transaction as materialized (
    select * from json_to_recordset($1) as row (account_id integer, amount numeric, created_at timestamptz))
  update billing.invoices as invoice set
    originated_amount_spent = o.spent, originated_amount_earned = o.earned,
    originated_calls_count = o.calls, originated_successful_calls_count = o.successful,
    originated_calls_duration = o.duration, originated_billing_duration = o.billed,
    first_originated_call_at = o.first, last_originated_call_at = o.last,
    terminated_amount_spent = t.spent, terminated_amount_earned = t.earned,
    terminated_calls_count = t.calls, terminated_successful_calls_count = t.successful,
    terminated_calls_duration = t.duration, terminated_billing_duration = t.billed,
    first_terminated_call_at = t.first, last_terminated_call_at = t.last,
    services_amount_spent = s.spent, services_amount_earned = s.earned, service_transactions_count = s.count,
    amount_spent = o.spent + t.spent + s.spent, amount_earned = o.earned + t.earned + s.earned,
    amount_total = o.spent + t.spent + s.spent - o.earned - t.earned - s.earned
  from billing.invoices as unsettled
  join (${stateNow}) as now on now.id = unsettled.id and state_now <> ${fresh}
  cross join lateral (${originated}) as o
  cross join lateral (${terminated}) as t
  cross join lateral (${services}) as s
  where invoice.id = unsettled.id and unsettled.state_id = ${fresh}`

const moveOn = `
  update billing.invoices set state_id = state_now from (${stateNow}) as now
  where invoices.id = now.id and state_id <> state_now`

/** Sums up the invoices that are no longer new, then moves each to the state of its age. */
export async function settleInvoices(
  client: pg.ClientBase,
  transactions: readonly ServiceTransaction[],
): Promise<void> {
  await client.query(sumUp, [JSON.stringify(transactions)])
  await client.query(moveOn)
}
