import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { accounts } from '../../../src/schema/account.ts'
import { cdrExports } from '../../../src/schema/cdr-export.ts'
import { countries } from '../../../src/schema/country.ts'
import { incomingCdrs } from '../../../src/schema/incoming-cdr.ts'
import { invoices } from '../../../src/schema/invoice.ts'
import { networkPrefixes, networks, networkTypes } from '../../../src/schema/network.ts'
import { numberlistItems, numberlists } from '../../../src/schema/numberlist.ts'
import { outgoingCdrs } from '../../../src/schema/outgoing-cdr.ts'
import { payments } from '../../../src/schema/payment.ts'
import { rates } from '../../../src/schema/rate.ts'
import { rateplans } from '../../../src/schema/rateplan.ts'
import type { Attribute, Resource } from '../../../src/schema/resource/resource.ts'
import { services } from '../../../src/schema/service.ts'
import { transactions } from '../../../src/schema/transaction.ts'
import { portalResources, type PortalResource } from '../../fixtures/portal-attributes.ts'
import type { Gateway } from '../../support/gateway.ts'
import { adminSubjects } from './admin-subjects.ts'
import type { ValueType } from './naive.ts'

/** A resource with what the tests know of it from elsewhere than the gateway's own source. */
export interface Subject {
  readonly field: string
  readonly resource: Resource
  readonly portal: PortalResource
  readonly database: 'primary' | 'cdr'
  readonly table: string
  /** The attribute and the column that name a row. */
  readonly key: {
    readonly attribute:
      | 'cdrId'
      | 'contractorId'
      | 'countryId'
      | 'gatewayId'
      | 'loginId'
      | 'numberlistId'
      | 'numberlistItemId'
      | 'profileId'
      | 'uuid'
    readonly column: string
  }
  /** Every row of a contractor, of one account where that is given, with all columns and what Yeti computes. */
  readonly rows: (contractor: number, account?: number) => string
  /** Yeti's default order: the column, and whether the greatest comes first. */
  readonly order: { readonly column: string; readonly type: ValueType; readonly descending: boolean }
  /** What a list needs so that it shows all of them. */
  readonly everything: Readonly<Record<string, unknown>>
  /** It belongs to nobody and is the same for all. */
  readonly isReference?: true
  /** Only they are answered. */
  readonly forAdministrators?: true
  /** Attributes whose values nobody but the gateway makes. */
  readonly opaque?: readonly string[]
  /** Columns of a table that Yeti's own list of columns leaves out. */
  readonly columns?: Readonly<Record<string, YetiColumn>>
}

/** Alice's contractor, and the accounts it has, in the demo. */
export const aurora = 101
/** Erin's. */
export const borealis = 102

const sinceEver = { timeStart: { gte: '2000-01-01T00:00:00Z' } }

function of(account: number | undefined, column = 'account_id'): string {
  return account === undefined ? '' : ` AND ${column} = ${account}`
}

/** The rate plans that calls of a contractor are charged by. */
function plansOf(contractor: number, account?: number): string {
  return `SELECT rateplan_id FROM class4.customers_auth WHERE customer_id = ${contractor}${of(account)}`
}

/** What is charged to, or paid into, accounts of a contractor. */
function ofAccounts(contractor: number, account?: number): string {
  return `account_id IN (SELECT id FROM billing.accounts WHERE contractor_id = ${contractor}${of(account, 'id')})`
}

/** The numberlists that calls of a contractor are checked against, as far as they are given to the login of its demo. */
function numberlistsOf(contractor: number, account?: number): string {
  const login = contractor === borealis ? 'erin' : account === undefined ? 'alice' : 'frank'
  return `SELECT dst_numberlist_id FROM class4.customers_auth WHERE customer_id = ${contractor}${of(account)}
    AND dst_numberlist_id = ANY((SELECT allow_outgoing_numberlists_ids FROM sys.api_access WHERE login = '${login}')::int[])`
}

function byName(descending = false): Subject['order'] {
  return { column: 'name', type: 'String', descending }
}

const newestFirst = (column: string): Subject['order'] => ({ column, type: 'DateTime', descending: true })

/** A table of what is the same for everybody. */
function reference(field: string, resource: Resource, portal: PortalResource, table: string): Subject {
  return {
    field,
    resource,
    portal,
    database: 'primary',
    table,
    key: { attribute: 'uuid', column: 'uuid' },
    rows: () => `SELECT * FROM ${table}`,
    order: byName(),
    everything: {},
    isReference: true,
  }
}

const customersSubjects: readonly Subject[] = [
  {
    field: 'outgoingCdrs',
    resource: outgoingCdrs,
    portal: portalResources.outgoingCdrs,
    database: 'cdr',
    table: 'cdr.cdr',
    key: { attribute: 'cdrId', column: 'id' },
    rows: (contractor, account) =>
      `SELECT * FROM cdr.cdr WHERE customer_id = ${contractor} AND is_last_cdr${of(account, 'customer_acc_id')}`,
    order: newestFirst('time_start'),
    everything: sinceEver,
  },
  {
    field: 'incomingCdrs',
    resource: incomingCdrs,
    portal: portalResources.incomingCdrs,
    database: 'cdr',
    table: 'cdr.cdr',
    key: { attribute: 'cdrId', column: 'id' },
    rows: (contractor, account) =>
      `SELECT * FROM cdr.cdr WHERE vendor_id = ${contractor}${of(account, 'vendor_acc_id')}`,
    order: newestFirst('time_start'),
    everything: sinceEver,
  },
  {
    field: 'accounts',
    resource: accounts,
    portal: portalResources.accounts,
    database: 'primary',
    table: 'billing.accounts',
    key: { attribute: 'uuid', column: 'uuid' },
    rows: (
      contractor,
      account,
    ) => `SELECT a.*, s.low_threshold AS balance_low_threshold, s.high_threshold AS balance_high_threshold
      FROM billing.accounts a LEFT JOIN billing.account_balance_notification_settings s ON s.account_id = a.id
      WHERE a.contractor_id = ${contractor}${of(account, 'a.id')}`,
    order: { column: 'uuid', type: 'UUID', descending: false },
    everything: {},
  },
  {
    field: 'invoices',
    resource: invoices,
    portal: portalResources.invoices,
    database: 'cdr',
    table: 'billing.invoices',
    key: { attribute: 'uuid', column: 'uuid' },
    rows: (contractor, account) => `SELECT i.*, d.pdf_data IS NOT NULL AS has_pdf
      FROM billing.invoices i LEFT JOIN billing.invoice_documents d ON d.invoice_id = i.id
      WHERE i.contractor_id = ${contractor} AND i.state_id = 2${of(account)}`,
    order: newestFirst('start_date'),
    everything: {},
  },
  {
    field: 'outgoingRateplans',
    resource: rateplans,
    portal: portalResources.rateplans,
    database: 'primary',
    table: 'class4.rateplans',
    key: { attribute: 'uuid', column: 'uuid' },
    rows: (contractor, account) => `SELECT * FROM class4.rateplans WHERE id IN (${plansOf(contractor, account)})`,
    order: byName(),
    everything: {},
  },
  {
    field: 'outgoingRates',
    resource: rates,
    portal: portalResources.rates,
    database: 'primary',
    table: 'class4.destinations',
    key: { attribute: 'uuid', column: 'uuid' },
    rows: (contractor, account) => `SELECT d.*, c.name AS currency
      FROM class4.destinations d JOIN billing.currencies c ON c.id = d.currency_id WHERE rate_group_id IN
        (SELECT rate_group_id FROM class4.rate_plan_groups WHERE rateplan_id IN (${plansOf(contractor, account)}))`,
    order: { column: 'prefix', type: 'String', descending: false },
    everything: {},
  },
  {
    field: 'payments',
    resource: payments,
    portal: portalResources.payments,
    database: 'primary',
    table: 'billing.payments',
    key: { attribute: 'uuid', column: 'uuid' },
    rows: (contractor, account) => `SELECT p.*, c.name AS currency
      FROM billing.payments p JOIN billing.currencies c ON c.id = p.currency_id
      WHERE ${ofAccounts(contractor, account)} AND status_id IN (10, 20, 30)`,
    order: newestFirst('created_at'),
    everything: {},
  },
  {
    field: 'services',
    resource: services,
    portal: portalResources.services,
    database: 'primary',
    table: 'billing.services',
    key: { attribute: 'uuid', column: 'uuid' },
    rows: (contractor, account) => `SELECT s.*, t.name AS service_type, t.ui_type
      FROM billing.services s JOIN billing.service_types t ON t.id = s.type_id WHERE ${ofAccounts(contractor, account)}`,
    order: byName(),
    everything: {},
  },
  {
    field: 'transactions',
    resource: transactions,
    portal: portalResources.transactions,
    database: 'primary',
    table: 'billing.transactions',
    key: { attribute: 'uuid', column: 'uuid' },
    rows: (contractor, account) => `SELECT * FROM billing.transactions WHERE ${ofAccounts(contractor, account)}`,
    order: newestFirst('created_at'),
    everything: {},
  },
  {
    field: 'outgoingNumberlists',
    resource: numberlists,
    portal: portalResources.outgoingNumberlists,
    database: 'primary',
    table: 'class4.numberlists',
    key: { attribute: 'numberlistId', column: 'id' },
    rows: (contractor, account) =>
      `SELECT * FROM class4.numberlists WHERE id IN (${numberlistsOf(contractor, account)})`,
    order: byName(),
    everything: {},
  },
  {
    field: 'outgoingNumberlistItems',
    resource: numberlistItems,
    portal: portalResources.outgoingNumberlistItems,
    database: 'primary',
    table: 'class4.numberlist_items',
    key: { attribute: 'numberlistItemId', column: 'id' },
    rows: (contractor, account) =>
      `SELECT * FROM class4.numberlist_items WHERE numberlist_id IN (${numberlistsOf(contractor, account)})`,
    order: { column: 'key', type: 'String', descending: false },
    everything: {},
  },
  {
    field: 'outgoingCdrExports',
    resource: cdrExports,
    portal: portalResources.cdrExports,
    database: 'primary',
    table: 'sys.cdr_exports',
    key: { attribute: 'uuid', column: 'uuid' },
    rows: (
      contractor,
      account,
    ) => `SELECT e.id, e.uuid, status, rows_count, time_format, time_zone_name, customer_account_id,
        created_at AT TIME ZONE 'UTC' AS created_at, updated_at AT TIME ZONE 'UTC' AS updated_at, rows_written, expires_at
      FROM sys.cdr_exports e LEFT JOIN portal.cdr_exports w ON w.export_id = e.id WHERE customer_account_id IN
        (SELECT id FROM billing.accounts WHERE contractor_id = ${contractor}${of(account, 'id')})`,
    order: newestFirst('created_at'),
    everything: {},
  },
  {
    ...reference('countries', countries, portalResources.countries, 'sys.countries'),
    key: { attribute: 'countryId', column: 'id' },
  },
  reference('networks', networks, portalResources.networks, 'sys.networks'),
  reference('networkTypes', networkTypes, portalResources.networkTypes, 'sys.network_types'),
  {
    ...reference('networkPrefixes', networkPrefixes, portalResources.networkPrefixes, 'sys.network_prefixes'),
    order: { column: 'prefix', type: 'String', descending: false },
  },
]

export const subjects: readonly Subject[] = [...customersSubjects, ...adminSubjects]

/** Yeti's lookup values, by the names of our enums: what their columns hold, none included. */
export const enumCodes: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  PaymentStatus: { CANCELED: '10', COMPLETED: '20', PENDING: '30', ROLLED_BACK: '40' },
  PaymentType: { CRYPTOMUS: '10', MANUAL: '20' },
  ServiceState: { ACTIVE: '10', SUSPENDED: '20' },
  RenewPeriod: { DISABLED: null, DAY: '10', MONTH: '20' },
  CdrExportStatus: { PENDING: 'Pending', COMPLETED: 'Completed', FAILED: 'Failed', DELETED: 'Deleted' },
  CdrExportTimeFormat: {
    WITH_TIMEZONE: 'with_timezone',
    WITHOUT_TIMEZONE: 'without_timezone',
    ROUND_TO_SECONDS: 'round_to_seconds',
  },
}

/** The value of an enum that a column's text stands for. */
export function enumName(type: string, code: string | null): string | null {
  const [name = null] = Object.entries(enumCodes[type] ?? {}).find(([, each]) => each === code) ?? []
  return name
}

/** A kind in tables of these tests. */
export function kindName(kind: Attribute['kind'] | undefined): string {
  return typeof kind === 'string' ? kind : kind === undefined ? '' : 'enum'
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

export function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** Yeti's name of one of our attributes. */
export function yetiName(subject: Subject, attribute: string): string {
  const name = snakeCase(attribute)
  return Object.entries(subject.portal.renamed).find(([, ours]) => ours === name)?.[0] ?? name
}

/** Our name of one of Yeti's. */
export function ourName(subject: Subject, name: string): string {
  return camelCase(subject.portal.renamed[name] ?? name)
}

/** Under which name the rows of `subject.rows` carry an attribute. */
export function rowColumn(subject: Subject, attribute: string): string {
  const name = yetiName(subject, attribute)
  const column = subject.portal.columns[name] ?? name
  return column.includes('.') ? name : column
}

export type RawRow = Readonly<Record<string, string | null>>

const asText = { getTypeParser: () => (text: string) => text }

/** All rows of a contractor, or of one of its accounts, as PostgreSQL prints them in UTC. */
export async function rawRows(
  gateway: Gateway,
  subject: Subject,
  contractor = aurora,
  account?: number,
): Promise<RawRow[]> {
  return textRows(gateway[subject.database], subject.rows(contractor, account))
}

export async function textRows(pool: pg.Pool, text: string): Promise<RawRow[]> {
  const client = await pool.connect()
  try {
    await client.query(`SET TIME ZONE 'UTC'`)
    return (await client.query<RawRow>({ text, types: asText } as pg.QueryConfig)).rows
  } finally {
    client.release()
  }
}

export interface YetiColumn {
  readonly type: string
  readonly nullable: boolean
}

const yetiColumns = new Map<string, YetiColumn>(
  readFileSync(new URL('../../fixtures/yeti-columns.tsv', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [database, schema, table, , column, type = '', nullable] = line.split('\t')
      const name = database === 'yeti' ? 'primary' : database
      return [`${name} ${schema}.${table}.${column}`, { type, nullable: nullable === 'YES' }]
    }),
)

/** The column behind an attribute in Yeti's own list of columns. */
export function yetiColumn(subject: Subject, attribute: string): YetiColumn | undefined {
  const name = yetiName(subject, attribute)
  const column = subject.portal.columns[name] ?? name
  if (subject.columns) return subject.columns[column]
  const schema = subject.table.split('.')[0] ?? ''
  const path = column.includes('.') ? `${schema}.${column}` : `${subject.table}.${column}`
  return yetiColumns.get(`${subject.database} ${path}`)
}

/** `2020-01-01 00:00:00.123456+00` → `2020-01-01T00:00:00.123456Z`, no digit lost. */
export function exactTime(text: string): string {
  return text.replace(' ', 'T').replace(/\+00$/, 'Z')
}

/** … → `2020-01-01T00:00:00.123Z`, as answers have it. */
export function shownTime(text: string): string {
  const [, seconds = '', fraction = ''] = /^([\d-]+T[\d:]+)(?:\.(\d+))?Z$/.exec(exactTime(text)) ?? []
  return `${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}Z`
}
