import { sql } from '../backends/databases.ts'
import { cdrExportsOf } from '../backends/tenancy.ts'
import type { TextRow } from '../backends/text-row.ts'
import { accountLink, linkAccount } from './account.ts'
import { builder } from './builder.ts'
import { filterOf, OutgoingCdrExportFilters } from './cdr-export-filters.ts'
import { customerOf, type Context } from './context.ts'
import { enumKind } from './resource/enum-kind.ts'
import { exportColumnsAllowed } from './export-file.ts'
import { fileLink, fileLinkType } from './file-link.ts'
import { fileRules } from './file-rules.ts'
import { plain } from './resource/plain.ts'
import { resource } from './resource/resource.ts'
import { resourceList } from './resource/resource-list.ts'
import { resourceType } from './resource/resource-type.ts'

const rule = { outgoingCdrExports: true } as const

const status = enumKind('CdrExportStatus', 'How far an export has come.', 'text', {
  PENDING: { code: 'Pending', description: 'It waits, or is being made.' },
  COMPLETED: { code: 'Completed', description: 'Its file is there.' },
  FAILED: { code: 'Failed', description: 'It could not be made.' },
  DELETED: { code: 'Deleted', description: 'Its file has been removed.' },
})

export const timeFormat = enumKind('CdrExportTimeFormat', 'How times are written in the file.', 'text', {
  WITH_TIMEZONE: { code: 'with_timezone', description: 'With the offset: `2025-02-03 20:21:32.118457+00`.' },
  WITHOUT_TIMEZONE: { code: 'without_timezone', description: 'Without it: `2025-02-03 20:21:32.118457`.' },
  ROUND_TO_SECONDS: { code: 'round_to_seconds', description: 'The fraction cut off, too: `2025-02-03 20:21:32`.' },
})

/** What only the gateway that makes an export knows of it. */
const unlisted = { filter: false, order: false } as const
const unseen = { ...unlisted, shown: false } as const

export const cdrExports = resource({
  name: 'OutgoingCdrExport',
  description: 'A file with the calls that an account originated, every attempt of them: CSV, compressed by gzip.',
  rule,
  database: 'primary',
  table: 'sys.cdr_exports',
  key: { column: 'uuid', kind: 'uuid' },
  tieBreaker: { column: 'id', kind: 'integer' },
  scope: cdrExportsOf,
  links: accountLink('customer_account_id'),
  defaultOrder: [{ attribute: 'createdAt', descending: true }],
  fieldColumns: {
    filters: ['filters'],
    progress: ['status', 'filters', 'rows_written', 'written_until'],
    file: ['uuid', 'status', 'field_list', 'expires_at'],
  },
  attributes: {
    uuid: { kind: 'uuid', nullable: false, filter: false, description: "Yeti's public id." },
    status: { kind: status, nullable: false, description: 'How far it has come.' },
    rowsCount: { kind: 'integer', description: 'How many calls are in the file; none until it is there.' },
    // These two have no time zone, and are in UTC.
    createdAt: {
      kind: 'time',
      expression: sql`(created_at AT TIME ZONE 'UTC')`,
      description: 'When it was asked for.',
    },
    updatedAt: {
      kind: 'time',
      expression: sql`(updated_at AT TIME ZONE 'UTC')`,
      description: 'When its status changed.',
    },
    timeFormat: { kind: timeFormat, nullable: false, description: 'How times are written in the file.' },
    timeZoneName: {
      kind: 'text',
      description: "By which clock times are written, by PostgreSQL's name of the zone; UTC where there is none.",
    },
    rowsWritten: {
      ...unlisted,
      kind: 'bigint',
      expression: sql`(SELECT w.rows_written FROM portal.cdr_exports w WHERE w.export_id = cdr_exports.id)`,
      description:
        'About how many calls are written so far, while it is being made; none if the gateway did not make it.',
    },
    expiresAt: {
      ...unlisted,
      kind: 'time',
      expression: sql`(SELECT w.expires_at FROM portal.cdr_exports w WHERE w.export_id = cdr_exports.id)`,
      description: 'When the file is removed; none if it is not there yet, or stays.',
    },
    writtenUntil: {
      ...unseen,
      kind: 'time',
      expression: sql`(SELECT w.written_until FROM portal.cdr_exports w WHERE w.export_id = cdr_exports.id)`,
      description: 'The time of the newest row that is written.',
    },
    fieldList: {
      ...unseen,
      kind: 'text',
      expression: sql`array_to_string(fields, ',')`,
      description: 'The columns of the file.',
    },
  },
})

export const OutgoingCdrExport = resourceType(cdrExports)
const OutgoingCdrExportFile = fileLinkType('OutgoingCdrExportFile', 'The file of an export.', fileRules.export)

linkAccount(cdrExports, OutgoingCdrExport)

builder.objectFields(OutgoingCdrExport, (t) => ({
  filters: t.field({
    type: OutgoingCdrExportFilters,
    description: 'Which calls were asked for.',
    authScopes: rule,
    resolve: filtersOf,
  }),
  progress: t.float({
    description:
      'What part of the time that was asked for is written, from 0 to 1: it begins with the newest call. None if the gateway did not make it.',
    authScopes: rule,
    ...plain(progressOf),
  }),
  file: t.field({
    type: OutgoingCdrExportFile,
    description:
      'The file; none unless the export is completed. Values are written as they are, also those of the caller that a spreadsheet would take for a formula: import them as text.',
    authScopes: fileRules.export,
    resolve: (row, _args, context) => (hasFile(row, context) ? fileOf(row, context) : null),
  }),
}))

resourceList(cdrExports, OutgoingCdrExport, {
  field: 'outgoingCdrExports',
  description: 'The exports of calls, newest first unless `orderBy` says otherwise.',
})

function filtersOf(row: TextRow): object {
  const filters: unknown = JSON.parse(row.text('filters') ?? '{}')
  return typeof filters === 'object' && filters !== null ? filters : {}
}

function progressOf(row: TextRow): number | null {
  if (row.text('rows_written') === null) return null
  const state = row.text('status')
  if (state === 'Completed' || state === 'Deleted') return 1
  const filters = filtersOf(row)
  const [from, to, until] = [
    filterOf(filters, 'timeStartGte'),
    filterOf(filters, 'timeStartLt'),
    row.text('written_until'),
  ]
  if (from === null || to === null || until === null) return 0
  const [start, end] = [Date.parse(String(from)), Date.parse(String(to))]
  return Math.min(1, Math.max(0, (end - Date.parse(until)) / (end - start)))
}

/** Decided here for the columns that it was made with; and again when it is fetched. */
function hasFile(row: TextRow, context: Context): boolean {
  if (row.text('status') !== 'Completed' || isOver(row)) return false
  const columns = (row.text('field_list') ?? '').split(',')
  return exportColumnsAllowed(columns, customerOf(context).scopes, context.config.hiddenFields.outgoingCdr)
}

/** Its time is over, and it is about to be removed. */
function isOver(row: TextRow): boolean {
  const expiresAt = row.text('expires_at')
  return expiresAt !== null && Date.parse(expiresAt) <= Date.now()
}

function fileOf(row: TextRow, context: Context) {
  const uuid = row.text('uuid') ?? ''
  return fileLink(context, { kind: 'export', id: uuid }, `${uuid}.csv.gz`, 'application/gzip')
}
