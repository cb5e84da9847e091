import { standInsNow } from './absent-columns.ts'
import type { Transaction } from './databases.ts'

/** Yeti's access profiles. */
export const profileTable = 'sys.customer_portal_access_profiles'

/** Flags are to be what they cannot be, since this Yeti has no columns for them. */
export class NoColumnError extends Error {
  override readonly name = 'NoColumnError'
  readonly flags: readonly UnkeptFlag[]

  constructor(flags: readonly UnkeptFlag[]) {
    super('flags that have no column')
    this.flags = flags
  }
}

/** A flag of the profile of that name. */
export interface UnkeptFlag {
  readonly profile: string
  readonly column: string
  /** What it is instead, for every profile. */
  readonly holds: boolean
}

/** What of a profile is to be kept. */
interface Content {
  readonly name: string
  readonly flags: Readonly<Record<string, boolean>>
}

/** Those of the flags' columns that can be written. Throws `NoColumnError` for what would be lost. */
export async function writableColumns(
  transaction: Pick<Transaction, 'query' | 'absent'>,
  flagColumns: readonly string[],
  profiles: readonly Content[],
): Promise<readonly string[]> {
  const standIns = await standInsNow(transaction, profileTable)
  const unkept = profiles.flatMap(({ name, flags }) =>
    [...standIns].flatMap(([column, value]) => {
      const holds = value === 'true'
      return (flags[column] ?? holds) === holds ? [] : [{ profile: name, column, holds }]
    }),
  )
  if (unkept.length > 0) throw new NoColumnError(unkept)
  return flagColumns.filter((column) => !standIns.has(column))
}
