import { findAbsentColumns, type StandIns } from '../backends/absent-columns.ts'
import type { AbsentColumns, Databases } from '../backends/databases.ts'
import { profileTable } from '../backends/profile-columns.ts'
import type { Log } from '../log.ts'
import { flagStandIns } from '../permissions/flag-columns.ts'
import { permissionKeys, permissions } from '../permissions/permissions.ts'

/**
 * What Yeti's tables lack at the start; of flags it warns. A Yeti that is older than a flag gives everybody what the
 * flag's default does. What is missing though younger flags are there is denied.
 */
export function readAbsentColumns(databases: Databases, log: Log): Promise<AbsentColumns> {
  const columns = permissionKeys.map((key) => permissions[key].column)
  return findAbsentColumns(databases, {
    table: profileTable,
    columns,
    standIns: (missing) => standInsFor(missing, log),
  })
}

function standInsFor(missing: ReadonlySet<string>, log: Log): StandIns {
  const found = [...flagStandIns(missing)]
  const older = found.filter(([, { migration }]) => migration !== null)
  const others = found.filter(([, { migration }]) => migration === null)
  warn(log, older, 'this Yeti is older than some flags, which are the same for everybody until it is upgraded')
  warn(
    log,
    others,
    `${profileTable} lacks flags though it has younger ones; what they stand for is denied to everybody`,
  )
  return new Map(found.map(([column, { holds }]) => [column, String(holds)]))
}

function warn(
  log: Log,
  flags: readonly (readonly [column: string, { readonly holds: boolean }])[],
  text: string,
): void {
  if (flags.length === 0) return
  log.warn({ flags: Object.fromEntries(flags.map(([column, { holds }]) => [column, holds])) }, `DATABASE_URL: ${text}`)
}
