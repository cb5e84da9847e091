import { empty, join, sql, type Sql } from './databases.ts'
import { paymentStatuses } from './payment-codes.ts'

/** The part of a viewer that says whose rows they are; see `Tenant` in `identity/viewer.ts`. */
export interface TenantScope {
  readonly customerId: number
  readonly accountIds: readonly number[]
  readonly numberlistIds: readonly number[]
}

type Scoped = (tenant: TenantScope) => Sql

/**
 * The rows a tenant may see, one condition per table. Both rules hold everywhere: the contractor's, and the
 * login's accounts where those are set. (Yeti leaves one of them out in places.)
 */
export const accountsOf: Scoped = (t) => all(sql`contractor_id = ${t.customerId}`, within(sql`id`, t))

/** Calls that the tenant originated: final attempts only. */
export const outgoingCdrsOf: Scoped = (t) =>
  all(sql`customer_id = ${t.customerId} AND is_last_cdr`, within(sql`customer_acc_id`, t))

/** Calls that the tenant terminated as a vendor: every attempt. */
export const incomingCdrsOf: Scoped = (t) => all(sql`vendor_id = ${t.customerId}`, within(sql`vendor_acc_id`, t))

/** Approved invoices; pending and new ones are not the customer's business yet. */
export const invoicesOf: Scoped = (t) =>
  all(sql`contractor_id = ${t.customerId} AND state_id = ${approved}`, within(sql`account_id`, t))

/** Numberlists that one of the tenant's customers_auth checks called numbers against, and that the login is given. */
export const numberlistsOf: Scoped = (t) => sql`id IN (${assignedNumberlists(t)})`

export const numberlistItemsOf: Scoped = (t) => sql`numberlist_id IN (${assignedNumberlists(t)})`

/** Whether a customers_auth is enabled plays no part, as in Yeti. No list given means none, unlike with accounts. */
function assignedNumberlists(t: TenantScope): Sql {
  const own = all(sql`customer_id = ${t.customerId}`, within(sql`account_id`, t))
  return sql`SELECT dst_numberlist_id FROM class4.customers_auth WHERE ${own} AND dst_numberlist_id = ANY(${t.numberlistIds}::int[])`
}

/** Rate plans by which calls of the tenant are charged. */
export const rateplansOf: Scoped = (t) => sql`id IN (${usedRateplans(t)})`

/** The rates of these plans. Their groups are looked up once and not joined, so that rates can be read in an index's order. */
export const ratesOf: Scoped = (t) =>
  sql`rate_group_id = ANY(ARRAY(SELECT rate_group_id FROM class4.rate_plan_groups WHERE rateplan_id IN (${usedRateplans(t)})))`

/** Whether a customers_auth is enabled plays no part, as in Yeti. */
function usedRateplans(t: TenantScope): Sql {
  return sql`SELECT rateplan_id FROM class4.customers_auth WHERE ${all(sql`customer_id = ${t.customerId}`, within(sql`account_id`, t))}`
}

/** Payments of the tenant's accounts; what was rolled back the customer never sees. */
export const paymentsOf: Scoped = (t) => sql`${ofAccounts(t)} AND status_id <> ${paymentStatuses.rolledBack}`

export const servicesOf: Scoped = (t) => ofAccounts(t)

export const transactionsOf: Scoped = (t) => ofAccounts(t)

/** For tables of the same database that know the account and not the contractor. */
function ofAccounts(t: TenantScope): Sql {
  return sql`account_id IN (SELECT id FROM billing.accounts WHERE ${accountsOf(t)})`
}

/** Exports that administrators made have no account, and are nobody's. */
export const cdrExportsOf: Scoped = (t) =>
  sql`customer_account_id IN (SELECT id FROM billing.accounts WHERE ${accountsOf(t)})`

/** Gateways of the switch, which belong to no account. Yeti does not look whose they are. */
export const gatewaysOf: Scoped = (t) => sql`contractor_id = ${t.customerId}`

/** `billing.invoices.state_id` of an approved invoice. */
const approved = 2

function within(column: Sql, { accountIds }: TenantScope): Sql {
  return accountIds.length === 0 ? empty : sql`${column} = ANY(${accountIds}::int[])`
}

function all(...conditions: readonly Sql[]): Sql {
  return join(
    conditions.filter((condition) => condition !== empty),
    ' AND ',
  )
}
