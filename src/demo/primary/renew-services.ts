import type pg from 'pg'
import { moment, timestamp } from '../clock.ts'
import { nextRenewal, renewals } from '../renewals.ts'
import { advanceSequence, insertRows } from '../rows.ts'
import { type RenewPeriod, renewPeriodIds } from '../world/services.ts'
import { serviceStates } from './services.ts'
import { type Charge, chargeRows, renewal } from './transactions.ts'

interface Due {
  readonly id: number
  readonly accountId: number
  readonly renewAt: Date
  readonly period: RenewPeriod
  readonly price: string
}

/** Renews what is due, as Yeti's hourly job does; whoever cannot pay is beyond a demo. */
export async function renewServices(client: pg.ClientBase, now: Date): Promise<void> {
  const { rows: due } = await client.query<Due>(
    `select id::integer, account_id as "accountId", renew_at as "renewAt", renew_price as price,
            case renew_period_id when ${renewPeriodIds.day} then 'day' else 'month' end as period
     from billing.services where renew_at <= $1 and state_id = ${serviceStates.active} order by id`,
    [now],
  )
  if (due.length === 0) return
  const { rows } = await client.query<{ first: number }>(
    'select coalesce(max(id), 0)::integer + 1 as first from billing.transactions',
  )
  const charges = due.flatMap((service) => renewalsOf(service, now))
  await insertRows(client, 'billing.transactions', chargeRows(charges, rows[0]?.first ?? 1))
  await advanceSequence(client, 'billing.transactions')
  await client.query(
    `update billing.services as service set renew_at = renewed.renew_at
     from json_populate_recordset(null::billing.services, $1) as renewed where renewed.id = service.id`,
    [JSON.stringify(due.map(({ id, period }) => ({ id, renew_at: timestamp(nextRenewal(period, moment(now))) })))],
  )
}

function renewalsOf({ id, accountId, renewAt: first, period, price }: Due, now: Date): Charge[] {
  const times = [moment(first), ...renewals(period, moment(first), moment(now))]
  return times.map((at) => ({ accountId, serviceId: id, amount: price, description: renewal, at }))
}
