import type pg from 'pg'

const pending = 1
const approved = 2
const fresh = 3

/**
 * How far each invoice has come in its life: the latest of daily accounts are new and pending, of the others pending;
 * everything before, and what was made by hand, is approved. So customers have some that they must not see.
 */
const stateNow = `
  select id, start_date, end_date,
         case when type_id = 1 then ${approved}
              when age = 1 and end_date - start_date <= interval '25 hours' then ${fresh}
              when age = 1 or (age = 2 and end_date - start_date <= interval '25 hours') then ${pending}
              else ${approved} end as state_now
  from (select *, row_number() over (partition by account_id order by end_date desc) as age
        from billing.invoices) as aged`

const originated = `
  select invoice.id,
         coalesce(sum(customer_price) filter (where not destination_reverse_billing), 0) as spent,
         coalesce(sum(customer_price) filter (where destination_reverse_billing), 0) as earned,
         count(*) as calls, count(*) filter (where success) as successful,
         coalesce(sum(duration), 0) as duration, coalesce(sum(customer_duration), 0) as billed,
         min(time_start) as first, max(time_start) as last
  from unsettled as invoice
  join cdr.cdr on customer_acc_id = account_id and is_last_cdr and time_start >= start_date and time_start < end_date
  where time_start >= $1 and time_start < $2
  group by invoice.id`

const terminated = `
  select invoice.id,
         coalesce(sum(vendor_price) filter (where dialpeer_reverse_billing), 0) as spent,
         coalesce(sum(vendor_price) filter (where not dialpeer_reverse_billing), 0) as earned,
         count(*) as calls, count(*) filter (where success) as successful,
         coalesce(sum(duration), 0) as duration, coalesce(sum(vendor_duration), 0) as billed,
         min(time_start) as first, max(time_start) as last
  from unsettled as invoice
  join cdr.cdr on vendor_acc_id = account_id and time_start >= start_date and time_start < end_date
  where time_start >= $1 and time_start < $2
  group by invoice.id`

const settle = `
  with unsettled as materialized (
    select invoices.id, account_id, invoices.start_date, invoices.end_date
    from billing.invoices join (${stateNow}) as now using (id)
    where state_id = ${fresh} and state_now <> ${fresh}
  ), originated as (${originated}), terminated as (${terminated})
  update billing.invoices as invoice set
    originated_amount_spent = coalesce(o.spent, 0), originated_amount_earned = coalesce(o.earned, 0),
    originated_calls_count = coalesce(o.calls, 0), originated_successful_calls_count = coalesce(o.successful, 0),
    originated_calls_duration = coalesce(o.duration, 0), originated_billing_duration = coalesce(o.billed, 0),
    first_originated_call_at = o.first, last_originated_call_at = o.last,
    terminated_amount_spent = coalesce(t.spent, 0), terminated_amount_earned = coalesce(t.earned, 0),
    terminated_calls_count = coalesce(t.calls, 0), terminated_successful_calls_count = coalesce(t.successful, 0),
    terminated_calls_duration = coalesce(t.duration, 0), terminated_billing_duration = coalesce(t.billed, 0),
    first_terminated_call_at = t.first, last_terminated_call_at = t.last,
    amount_spent = coalesce(o.spent, 0) + coalesce(t.spent, 0),
    amount_earned = coalesce(o.earned, 0) + coalesce(t.earned, 0),
    amount_total = coalesce(o.spent, 0) + coalesce(t.spent, 0) - coalesce(o.earned, 0) - coalesce(t.earned, 0)
  from unsettled left join originated as o using (id) left join terminated as t using (id)
  where invoice.id = unsettled.id`

/** Sums up the invoices that are no longer new, then moves each to the state of its age. */
export async function settleInvoices(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ start: Date | null; end: Date | null }>(
    `select min(start_date) as start, max(end_date) as end from billing.invoices where state_id = ${fresh}`,
  )
  const [span] = rows
  if (!span?.start || !span.end) return
  await client.query(settle, [span.start, span.end])
  await client.query(
    `update billing.invoices set state_id = state_now from (${stateNow}) as now
     where invoices.id = now.id and state_id <> state_now`,
  )
}
