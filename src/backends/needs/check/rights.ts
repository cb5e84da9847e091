import { sql } from '../../databases.ts'
import type { Finding } from '../finding.ts'
import type { TableRight } from '../need.ts'
import { schemasOf, type Needs } from '../needs.ts'
import { grantSchema, grantTable } from '../sql-text.ts'
import type { TableFacts } from './facts.ts'
import type { Query } from './look.ts'

/** The rights on tables that the role lacks. */
export function rightFindings(
  { rights }: Needs,
  tables: ReadonlyMap<string, TableFacts>,
  role: string,
): readonly Finding[] {
  return rights.flatMap((right) => {
    const lacking = lackingColumns(right, tables.get(right.table))
    if (lacking === null) return []
    return [
      {
        level: right.isOptional ? ('without' as const) : ('problem' as const),
        what: `${role} may not ${wordsOf(right, lacking)}`,
        then: right.without,
        mend: grantTable(right, role, lacking),
      },
    ]
  })
}

/** null: none. A table or column that is not there is another matter. */
function lackingColumns(
  { privilege, columns }: TableRight,
  table: TableFacts | undefined,
): readonly string[] | 'all' | null {
  if (table === undefined || table.may.includes(privilege)) return null
  if (columns === 'all') return 'all'
  const lacking = columns.filter((name) => table.columns.get(name)?.may.includes(privilege) === false)
  return lacking.length === 0 ? null : lacking
}

/** Whether the role has anything that this right would give. */
export function isGranted({ privilege, columns, table: name }: TableRight, tables: ReadonlyMap<string, TableFacts>) {
  const table = tables.get(name)
  if (table === undefined) return false
  if (table.may.includes(privilege)) return true
  return columns !== 'all' && columns.some((column) => table.columns.get(column)?.may.includes(privilege))
}

function wordsOf({ privilege, table }: TableRight, columns: readonly string[] | 'all'): string {
  const list = columns === 'all' ? '' : ` (${columns.join(', ')})`
  switch (privilege) {
    case 'SELECT':
      return `read ${table}${list}`
    case 'INSERT':
      return `add rows to ${table}${list}`
    case 'UPDATE':
      return `change rows of ${table}${list}`
    case 'DELETE':
      return `delete rows of ${table}`
  }
}

/** The schemas that there are and that the role may not use. */
export async function schemaFindings(query: Query, needs: Needs, role: string): Promise<readonly Finding[]> {
  const rows = await query<{ name: string }>(sql`
    SELECT nspname AS name FROM pg_namespace
    WHERE nspname = ANY(${schemasOf(needs)}::text[]) AND NOT has_schema_privilege(oid, 'USAGE') ORDER BY 1`)
  return rows.map(({ name }) => {
    const own = needs.rights.filter(({ table }) => table.startsWith(`${name}.`))
    return {
      level: own.every(({ isOptional }) => isOptional) ? ('without' as const) : ('problem' as const),
      what: `${role} may not use the schema ${name}`,
      then: [...new Set(own.map(({ without }) => without))].join('; '),
      mend: grantSchema([name], role),
    }
  })
}
