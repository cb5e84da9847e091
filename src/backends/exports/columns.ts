/** The columns of `cdr.cdr` that Yeti exports, in its order. */
export const exportColumns = [
  'time_start',
  'time_connect',
  'time_end',
  'success',
  'duration',
  'src_name_in',
  'src_prefix_in',
  'dst_prefix_in',
  'from_domain',
  'to_domain',
  'ruri_domain',
  'lega_disconnect_code',
  'lega_disconnect_reason',
  'auth_orig_ip',
  'auth_orig_port',
  'src_prefix_routing',
  'dst_prefix_routing',
  'destination_prefix',
  'destination_initial_interval',
  'destination_next_interval',
  'destination_initial_rate',
  'destination_next_rate',
  'destination_fee',
  'customer_price',
  'customer_duration',
  'orig_call_id',
  'local_tag',
  'lega_user_agent',
  'diversion_in',
] as const

export type ExportColumn = (typeof exportColumns)[number]

const known: ReadonlySet<string> = new Set(exportColumns)

export function isExportColumn(name: string): name is ExportColumn {
  return known.has(name)
}

/** What stands above a column in the file: `time_start` → `Time Start`, and, as Yeti has it, `orig_call_id` → `Orig Call`. */
export function headOf(column: ExportColumn): string {
  return column.replace(/_id$/, '').replace(/(^|_)([a-z])/g, (_, gap: string, letter: string) => {
    return `${gap === '' ? '' : ' '}${letter.toUpperCase()}`
  })
}

/** The name under which an export's file is stored, by `sys.cdr_exports.id`. */
export function exportFileName(id: number): string {
  return `${id}.csv.gz`
}
