import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { accounts } from '../../../src/schema/account.ts'
import { incomingCdrs } from '../../../src/schema/incoming-cdr.ts'
import { invoices } from '../../../src/schema/invoice.ts'
import { outgoingCdrs } from '../../../src/schema/outgoing-cdr.ts'
import type { Attribute, Resource } from '../../../src/schema/resource.ts'
import { portalResources, type PortalResource } from '../../fixtures/portal-attributes.ts'
import type { Gateway } from '../../support/gateway.ts'

/** A resource with what the tests know of it from elsewhere than the gateway's own source. */
export interface Subject {
  readonly field: 'outgoingCdrs' | 'incomingCdrs' | 'accounts' | 'invoices'
  readonly resource: Resource
  readonly portal: PortalResource
  readonly database: 'primary' | 'cdr'
  readonly table: string
  /** The attribute and the column that name a row. */
  readonly key: { readonly attribute: 'cdrId' | 'uuid'; readonly column: string }
  /** Every row of a contractor, with all columns and what Yeti computes. */
  readonly rows: (contractor: number) => string
  /** What a list needs so that it shows all of them. */
  readonly everything: Readonly<Record<string, unknown>>
}

/** Alice's contractor, and the accounts it has, in the demo. */
export const aurora = 101
/** Erin's. */
export const borealis = 102

const sinceEver = { timeStart: { gte: '2000-01-01T00:00:00Z' } }

export const subjects: readonly Subject[] = [
  {
    field: 'outgoingCdrs',
    resource: outgoingCdrs,
    portal: portalResources.outgoingCdrs,
    database: 'cdr',
    table: 'cdr.cdr',
    key: { attribute: 'cdrId', column: 'id' },
    rows: (contractor) => `SELECT * FROM cdr.cdr WHERE customer_id = ${contractor} AND is_last_cdr`,
    everything: sinceEver,
  },
  {
    field: 'incomingCdrs',
    resource: incomingCdrs,
    portal: portalResources.incomingCdrs,
    database: 'cdr',
    table: 'cdr.cdr',
    key: { attribute: 'cdrId', column: 'id' },
    rows: (contractor) => `SELECT * FROM cdr.cdr WHERE vendor_id = ${contractor}`,
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
    ) => `SELECT a.*, s.low_threshold AS balance_low_threshold, s.high_threshold AS balance_high_threshold
      FROM billing.accounts a LEFT JOIN billing.account_balance_notification_settings s ON s.account_id = a.id
      WHERE a.contractor_id = ${contractor}`,
    everything: {},
  },
  {
    field: 'invoices',
    resource: invoices,
    portal: portalResources.invoices,
    database: 'cdr',
    table: 'billing.invoices',
    key: { attribute: 'uuid', column: 'uuid' },
    rows: (contractor) => `SELECT i.*, d.pdf_data IS NOT NULL AS has_pdf
      FROM billing.invoices i LEFT JOIN billing.invoice_documents d ON d.invoice_id = i.id
      WHERE i.contractor_id = ${contractor} AND i.state_id = 2`,
    everything: {},
  },
]

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

/** All rows of a contractor as PostgreSQL prints them in UTC. */
export async function rawRows(gateway: Gateway, subject: Subject, contractor = aurora): Promise<RawRow[]> {
  return textRows(gateway[subject.database], subject.rows(contractor))
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
