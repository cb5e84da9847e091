import { sql } from '../../databases.ts'
import { profileTable } from '../../profile-columns.ts'
import type { Finding } from '../finding.ts'
import { isReadable, type TableFacts } from './facts.ts'
import type { Query } from './look.ts'

/** Yeti gives a login this profile where nobody says which. */
const defaultProfile = 1

/** Rows that other rows count on. */
export async function rowFindings(query: Query, tables: ReadonlyMap<string, TableFacts>): Promise<readonly Finding[]> {
  if (!isReadable(tables, profileTable, 'id')) return []
  const rows = await query(sql`SELECT FROM sys.customer_portal_access_profiles WHERE id = ${defaultProfile}`)
  if (rows.length > 0) return []
  return [
    {
      level: 'hint',
      what: `${profileTable} has no row ${defaultProfile}, which a login gets by default`,
      then: 'adding a login in Yeti fails unless it is given a profile',
      mend: `INSERT INTO ${profileTable} (id, name, created_at, updated_at) VALUES (${defaultProfile}, 'Default', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC');`,
    },
  ]
}
