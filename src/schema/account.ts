import { sql, type Databases } from '../backends/databases.ts'
import { readPage } from '../backends/rows.ts'
import { accountsOf, type TenantScope } from '../backends/tenancy.ts'
import { encodeGlobalId } from './resource/global-id.ts'
import { resource, type Link, type Resource } from './resource/resource.ts'
import { linkFields } from './resource/resource-links.ts'
import { resourceList } from './resource/resource-list.ts'
import { resourceType, type ResourceRef } from './resource/resource-type.ts'

const unseen = { shown: false } as const

/** A balance notification threshold; accounts can be filtered by it, it is never shown. */
function threshold(column: 'low_threshold' | 'high_threshold') {
  const value = column === 'low_threshold' ? sql`low_threshold` : sql`high_threshold`
  return sql`(SELECT ${value} FROM billing.account_balance_notification_settings settings WHERE settings.account_id = accounts.id)`
}

export const accounts = resource({
  name: 'Account',
  description: 'A billing account of the customer. Amounts are in its own currency.',
  rule: { account: true },
  // The id says nothing that the rows linking to the account do not say.
  idRule: { authenticated: true },
  database: 'primary',
  table: 'billing.accounts',
  key: { column: 'uuid', kind: 'uuid' },
  tieBreaker: { column: 'id', kind: 'integer' },
  scope: accountsOf,
  defaultOrder: [{ attribute: 'uuid', descending: false }],
  attributes: {
    uuid: { kind: 'uuid', nullable: false, description: "Yeti's public id." },
    name: { kind: 'text', description: 'The name, unique in the whole system.' },
    balance: { kind: 'decimal', description: 'The balance.' },
    minBalance: { kind: 'decimal', description: 'At or below this balance calls are refused.' },
    maxBalance: { kind: 'decimal', description: 'Above this balance calls are refused.' },
    destinationRateLimit: { kind: 'decimal', description: 'The highest rate per minute that is routed.' },
    originationCapacity: { kind: 'integer', description: 'How many originated calls at a time.' },
    terminationCapacity: { kind: 'integer', description: 'How many terminated calls at a time.' },
    totalCapacity: { kind: 'integer', description: 'How many calls at a time in all.' },
    currency: {
      kind: 'text',
      column: 'currency_name',
      filter: false,
      description: 'The currency: an ISO 4217 code, or USDT.',
    },
    maxCallDuration: { ...unseen, kind: 'integer', description: 'The longest call, in seconds.' },
    externalId: { ...unseen, kind: 'bigint', description: 'The id in an external system.' },
    balanceLowThreshold: {
      ...unseen,
      kind: 'decimal',
      expression: threshold('low_threshold'),
      description: 'The low balance notification.',
    },
    balanceHighThreshold: {
      ...unseen,
      kind: 'decimal',
      expression: threshold('high_threshold'),
      description: 'The high balance notification.',
    },
  },
})

export const Account = resourceType(accounts)

resourceList(accounts, Account, {
  field: 'accounts',
  description: 'The accounts of the customer that this login may see.',
})

/** More accounts than this nobody has to choose from. */
const maxAccountIds = 500

/** The global ids of a tenant's accounts, which say nothing else of them. */
export async function accountIdsOf(databases: Databases, tenant: TenantScope): Promise<string[]> {
  const { rows } = await readPage(databases, {
    table: accounts.table,
    columns: [accounts.keyColumn],
    conditions: [accountsOf(tenant)],
    order: [accounts.tieBreakerKey],
    after: null,
    before: null,
    backward: false,
    limit: maxAccountIds,
  })
  return rows.map((row) => encodeGlobalId(accounts.name, row.text(accounts.keyColumn.name) ?? ''))
}

/** The account of a record, by the column with its internal id. */
export function accountLink(column: string): { readonly account: Link } {
  return { account: { to: accounts, column, description: 'The account' } }
}

/** The fields by which a record points at its account. */
export function linkAccount(from: Resource, ref: ResourceRef): void {
  linkFields(from, ref, 'account', Account)
}
