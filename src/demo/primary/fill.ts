import type pg from 'pg'
import { type Row, advanceSequence, insertRows } from '../rows.ts'
import { accountRows, contractorRows, customersAuthRows, notificationRows } from './customers.ts'
import { cdrExportRows } from './exports.ts'
import { adminRows, insertProfiles, loginRows } from './logins.ts'
import { paymentRows } from './payments.ts'
import { destinationRows, rateGroupRows, ratePlanGroupRows, rateplanRows } from './rates.ts'
import {
  countryRows,
  cryptoCurrencyRows,
  currencyRows,
  networkPrefixRows,
  networkRows,
  networkTypeRows,
  transportProtocolRows,
} from './reference.ts'
import { gatewayRows, numberlistItemRows, numberlistRows, routingTagRows } from './routing.ts'
import { serviceRows, serviceTypeRows } from './services.ts'
import { transactionRows } from './transactions.ts'

type Table = readonly [name: string, rows: readonly Row[]]

/** What depends on accounts only, and is what an earlier version had not. */
export function portalTables(now: Date): readonly Table[] {
  return [
    ['billing.currencies', cryptoCurrencyRows],
    ['class4.routing_tags', routingTagRows],
    ['class4.numberlists', numberlistRows(now)],
    ['class4.numberlist_items', numberlistItemRows(now)],
    ['billing.payments', paymentRows(now)],
    ['billing.service_types', serviceTypeRows],
    ['billing.services', serviceRows(now)],
    ['billing.transactions', transactionRows(now)],
    ['sys.cdr_exports', cdrExportRows(now)],
  ]
}

/** In an order that satisfies the foreign keys. */
function tables(now: Date): readonly Table[] {
  return [
    ['billing.currencies', currencyRows],
    ['sys.countries', countryRows],
    ['sys.network_types', networkTypeRows],
    ['sys.networks', networkRows],
    ['sys.network_prefixes', networkPrefixRows],
    ['public.contractors', contractorRows],
    ['billing.accounts', accountRows],
    ['billing.account_balance_notification_settings', notificationRows],
    ...portalTables(now),
    ['class4.gateways', gatewayRows],
    ['class4.rateplans', rateplanRows],
    ['class4.rate_groups', rateGroupRows],
    ['class4.rate_plan_groups', ratePlanGroupRows],
    ['class4.destinations', destinationRows(now)],
    ['class4.customers_auth', customersAuthRows],
    ['sys.api_access', loginRows(now)],
    ['gui.admin_users', adminRows(now)],
  ]
}

export async function fillPrimary(client: pg.ClientBase, now: Date): Promise<void> {
  // Its ids are not from a sequence.
  await insertRows(client, 'class4.transport_protocols', transportProtocolRows)
  await insertProfiles(client, now)
  await advanceSequence(client, 'sys.customer_portal_access_profiles')
  for (const [table, rows] of tables(now)) {
    await insertRows(client, table, rows)
    await advanceSequence(client, table)
  }
}

/** When the next invoice of an account is due: at the next full period of its time zone. */
export async function scheduleInvoices(client: pg.ClientBase, now: Date): Promise<void> {
  await client.query(
    `update billing.accounts set next_invoice_at =
       (date_trunc(period, $1::timestamptz at time zone timezone) + ('1 ' || period)::interval) at time zone timezone
     from (values (1, 'day'), (2, 'week'), (4, 'month')) as periods (id, period)
     where invoice_period_id = periods.id and (next_invoice_at is null or next_invoice_at <= $1)`,
    [now],
  )
}
