import type { Row } from '../rows.ts'
import { uuidOf } from '../uuid.ts'
import { type InvoicePeriod, accounts } from '../world/accounts.ts'
import { contractors } from '../world/contractors.ts'
import { customersAuth } from '../world/customers-auth.ts'

const invoicePeriodIds: Readonly<Record<InvoicePeriod, number>> = { day: 1, week: 2, month: 4 }
const autoFull = 2

export const contractorRows: readonly Row[] = contractors.map((contractor) => ({
  id: contractor.id,
  name: contractor.name,
  enabled: true,
  vendor: contractor.vendor,
  customer: contractor.customer,
  description: contractor.description,
  address: contractor.address,
  phones: contractor.phones,
  external_id: contractor.externalId,
}))

export const accountRows: readonly Row[] = accounts.map((account) => ({
  id: account.id,
  uuid: uuidOf('account', account.id),
  contractor_id: account.contractor.id,
  name: account.name,
  balance: account.balance,
  min_balance: account.minBalance,
  max_balance: account.maxBalance,
  currency_id: account.currency.id,
  currency_name: account.currency.name,
  origination_capacity: account.capacities[0],
  termination_capacity: account.capacities[1],
  total_capacity: account.capacities[2],
  destination_rate_limit: account.rateLimit,
  max_call_duration: account.maxCallDuration,
  external_id: account.externalId,
  vat: account.vat,
  timezone: account.timezone,
  invoice_period_id: account.invoicePeriod && invoicePeriodIds[account.invoicePeriod],
  invoice_ref_template: account.invoiceReference,
  next_invoice_type_id: account.invoicePeriod && autoFull,
}))

export const notificationRows: readonly Row[] = accounts
  .filter(({ thresholds: [low, high] }) => low ?? high)
  .map(({ id, thresholds: [low, high] }) => ({
    id,
    account_id: id,
    low_threshold: low,
    high_threshold: high,
  }))

export const customersAuthRows: readonly Row[] = customersAuth.map((auth) => ({
  id: auth.id,
  name: auth.name,
  customer_id: auth.account.contractor.id,
  account_id: auth.account.id,
  rateplan_id: auth.rateplan.id,
  routing_plan_id: 1,
  gateway_id: auth.gateway.id,
  dst_numberlist_id: auth.numberlist && auth.numberlist.id,
  enabled: auth.enabled,
  enable_audio_recording: auth.records,
  external_id: auth.externalId,
}))
