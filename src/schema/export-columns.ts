import type { Scopes } from '../permissions/scopes.ts'

/** The columns of a CDR that Yeti exports, in its order. */
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

/** Those that a viewer may export. `hidden`: attributes that nobody is shown, in Yeti's spelling. */
export function allowedExportColumns(scopes: Scopes, hidden: readonly string[]): ReadonlySet<string> {
  return new Set(scopes.outgoingCdrs ? exportColumns.filter((column) => !hidden.includes(column)) : [])
}
