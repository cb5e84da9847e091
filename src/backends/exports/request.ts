import { sql, type Databases } from '../databases.ts'
import { accountsOf, type TenantScope } from '../tenancy.ts'
import { byCustomer, recordVersions } from '../yeti-versions.ts'
import type { ExportColumn } from './columns.ts'
import { storedFilters, type ExportFilters } from './filters.ts'
import { jobOf } from './jobs.ts'
import type { TimeFormat } from './statement.ts'

export interface ExportRequest {
  /** `billing.accounts.id` */
  readonly accountId: number
  readonly fields: readonly ExportColumn[]
  readonly filters: ExportFilters
  readonly timeFormat: TimeFormat
  readonly timeZone: string | null
  /** The client's, for Yeti's audit log. */
  readonly address: string
}

/** How many exports of one customer may be in work. */
export const maxPending = 10

/** Beside `exportLocks`; the second number is the customer's. */
const requestLocks = 0x63647271

/**
 * Stores an export as Yeti does, and queues it: both, or neither. Answers with its uuid; `no account`: none that the
 * tenant may see; `too many`: as many are in work as may be.
 */
export function requestExport(
  databases: Databases,
  tenant: TenantScope,
  request: ExportRequest,
): Promise<{ readonly uuid: string } | 'no account' | 'too many'> {
  const { accountId, fields, filters, timeFormat, timeZone, address } = request
  return databases.transaction('primary', async (transaction) => {
    const { query } = transaction
    // One at a time for each customer, so that what is counted here stays true.
    await query(sql`SELECT pg_advisory_xact_lock(${requestLocks}, ${tenant.customerId})`)
    const [pending] = await query<{ count: number }>(
      sql`SELECT count(*)::int AS count FROM sys.cdr_exports e JOIN portal.cdr_exports w ON w.export_id = e.id
          JOIN billing.accounts a ON a.id = e.customer_account_id
          WHERE e.status = 'Pending' AND a.contractor_id = ${tenant.customerId}`,
    )
    if (pending === undefined || pending.count >= maxPending) return 'too many'
    const [made] = await query<{ id: number; uuid: string }>(
      sql`INSERT INTO sys.cdr_exports (status, type, fields, filters, customer_account_id, time_format, time_zone_name, created_at, updated_at)
          SELECT 'Pending', 'Base', ${fields}::varchar[], ${JSON.stringify(storedFilters(filters, accountId))}::json, id,
            ${timeFormat}, ${timeZone}, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
          FROM billing.accounts WHERE id = ${accountId} AND ${accountsOf(tenant)}
          RETURNING id, uuid`,
    )
    if (made === undefined) return 'no account'
    await query(sql`INSERT INTO portal.cdr_exports (export_id) VALUES (${made.id})`)
    await query(sql`SELECT ${jobOf(sql`${made.id}::int`)}`)
    const own = sql`customer_account_id IN (SELECT id FROM billing.accounts WHERE ${accountsOf(tenant)})`
    await recordVersions(transaction, byCustomer(address), {
      table: 'sys.cdr_exports',
      ids: [made.id],
      isNew: true,
      which: own,
    })
    return { uuid: made.uuid }
  })
}
