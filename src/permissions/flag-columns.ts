import { permissionKeys, permissions } from './permissions.ts'
import { additions, missingByAge } from './younger-flags.ts'

interface StandIn {
  /** For every login. */
  readonly holds: boolean
  /** Of Yeti's, which brings the column; null: this Yeti is young enough to have it. */
  readonly migration: string | null
}

/** What holds in place of flags whose columns are missing, by column. */
export function flagStandIns(missing: ReadonlySet<string>): ReadonlyMap<string, StandIn> {
  const keys = permissionKeys.filter((key) => missing.has(permissions[key].column))
  const byAge = missingByAge(new Set(keys))
  return new Map(
    keys.map((key) => {
      const { column, default: preset } = permissions[key]
      const migration = additions.find(({ flags }) => flags.includes(key))?.migration ?? null
      return [column, byAge.has(key) ? { holds: preset, migration } : { holds: false, migration: null }]
    }),
  )
}
