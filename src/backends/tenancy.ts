import { empty, join, sql, type Sql } from './databases.ts'

/** The part of a viewer that says whose rows they are; see `Tenant` in `identity/viewer.ts`. */
export interface TenantScope {
  readonly customerId: number
  readonly accountIds: readonly number[]
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
