import type { Scopes } from '../permissions/scopes.ts'
import { allowedExportColumns } from './export-columns.ts'

/** Whether a viewer may have a file with these columns now: it may be older than the profile, and than what is hidden. */
export function exportColumnsAllowed(columns: readonly string[], scopes: Scopes, hidden: readonly string[]): boolean {
  const allowed: ReadonlySet<string> = allowedExportColumns(scopes, hidden)
  return columns.every((column) => allowed.has(column))
}
