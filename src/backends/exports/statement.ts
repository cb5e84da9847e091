import { join, sql, type Sql } from '../databases.ts'
import { headOf, isExportColumn, type ExportColumn } from './columns.ts'
import { givenFilters, type GivenFilter } from './filters.ts'

export const timeFormats = ['with_timezone', 'without_timezone', 'round_to_seconds'] as const

export type TimeFormat = (typeof timeFormats)[number]

/** Which calls are written, and how. */
export interface ExportContent {
  /** `billing.accounts.id` */
  readonly accountId: number
  readonly fields: readonly string[]
  /** As they are stored. */
  readonly filters: Readonly<Record<string, unknown>>
  readonly timeFormat: TimeFormat
  /** null: UTC. */
  readonly timeZone: string | null
}

export interface ExportStatements {
  /** To be run first, in the same transaction. */
  readonly settings: Sql
  readonly copy: string
}

/**
 * COPY takes no parameters. So texts are bound to settings of the transaction, and COPY reads the settings: nothing that
 * anybody wrote becomes part of a statement.
 */
export function exportStatements(content: ExportContent): ExportStatements {
  const filters = givenFilters(content.filters)
  const columns = content.fields.map(exportable)
  const selected = columns.map((column) => `${valueOf(column, content.timeFormat)} AS "${headOf(column)}"`)
  const conditions = [`customer_acc_id = ${wholeNumber(content.accountId)}`, ...filters.map(conditionOf)]
  // Intermediate attempts too, as in Yeti.
  const query = `SELECT ${selected.join(', ')} FROM cdr.cdr WHERE ${conditions.join(' AND ')} ORDER BY cdr.time_start DESC`
  return {
    settings: settingsOf(content, filters),
    copy: `COPY (${query}) TO STDOUT WITH (FORMAT csv, HEADER, FORCE_QUOTE *, ENCODING 'UTF8')`,
  }
}

function wholeNumber(value: number): string {
  if (!Number.isSafeInteger(value)) throw new TypeError('expected a whole number')
  return String(value)
}

function settingsOf({ timeZone }: ExportContent, filters: readonly GivenFilter[]): Sql {
  return sql`SELECT ${join([
    set('TimeZone', timeZone ?? 'UTC'),
    ...filters.filter(isBound).map(({ key, value }) => set(settingName(key), value)),
    set('statement_timeout', '0'),
    // The indexes have the order already: nothing is to be sorted, in memory or on disk, before the first row comes.
    set('enable_sort', 'off'),
    // In the background, so with one process.
    set('max_parallel_workers_per_gather', '0'),
  ])}`
}

function set(name: string, value: string): Sql {
  return sql`set_config(${name}, ${value}, true)`
}

function settingName(key: string): string {
  return `portal_export.${key}`
}

function isBound({ sqlType }: GivenFilter): boolean {
  return sqlType !== 'timestamptz'
}

function conditionOf(filter: GivenFilter): string {
  const { key, column, comparator, sqlType, value } = filter
  if (!isBound(filter)) return `${column} ${comparator} '${time(value)}'::timestamptz`
  // Read once, not for each row.
  return `${column} ${comparator} (SELECT current_setting('${settingName(key)}')::${sqlType})`
}

/** As it stands in the statement, so that PostgreSQL plans for its days alone. Throws for anything but a time. */
function time(text: string): string {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text)) return text
  throw new TypeError('expected a time with an offset')
}

function exportable(name: string): ExportColumn {
  if (!isExportColumn(name)) throw new TypeError(`The export has a column that is not known: ${name}`)
  return name
}

const times: ReadonlySet<string> = new Set<ExportColumn>(['time_start', 'time_connect', 'time_end'])

/** A value in the form that was asked for; times by the clock of the transaction's zone. */
function valueOf(column: ExportColumn, format: TimeFormat): string {
  if (!times.has(column) || format === 'with_timezone') return column
  // Cut off, where a cast to whole seconds would round.
  return format === 'without_timezone' ? `${column}::timestamp` : `date_trunc('second', ${column}::timestamp)`
}
