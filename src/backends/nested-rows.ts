import { sourceOf } from './absent-columns.ts'
import { join, raw, sql, type Databases, type Sql } from './databases.ts'
import { pageStatement, rowPage, type PageQuery, type RowPage, type Table } from './rows.ts'

/** How rows of a table belong to rows of another. */
export interface ParentRelation {
  /** The type of the parents' internal ids. */
  readonly sqlType: string
  /** The condition for the rows of one parent. */
  readonly children: (parentId: Sql) => Sql
}

const parentColumn = 'parent_key'
const positionColumn = 'parent_position'

/** One page of the rows of each of these parents, by the parent's id, in one statement; see `readPage`. */
export async function readPageOfParents(
  databases: Databases,
  query: PageQuery,
  relation: ParentRelation,
  parentIds: readonly string[],
): Promise<Map<string, RowPage>> {
  const parents = parentTable(relation, parentIds)
  const own = relation.children(sql`parent.key`)
  const page = pageStatement(databases, { ...query, conditions: [...query.conditions, own] })
  const statement = sql`SELECT parent.key AS ${raw(parentColumn)}, row.*
    FROM ${parents} CROSS JOIN LATERAL (SELECT page.*, row_number() OVER () AS ${raw(positionColumn)} FROM (${page}) page) row
    ORDER BY 1, ${raw(positionColumn)}`
  const rows = await databases.texts(query.table.database, statement)
  const byParent = groupBy(rows, (row) => row.text(parentColumn) ?? '')
  return new Map([...byParent].map(([id, all]) => [id, rowPage(query, all)]))
}

/** How many rows each of these parents has that match the conditions; none of those that have none. */
export async function countRowsOfParents(
  databases: Databases,
  table: Table,
  conditions: readonly Sql[],
  relation: ParentRelation,
  parentIds: readonly string[],
): Promise<Map<string, number>> {
  const own = relation.children(sql`parent.key`)
  const statement = sql`SELECT parent.key AS ${raw(parentColumn)}, counted.count
    FROM ${parentTable(relation, parentIds)}
    CROSS JOIN LATERAL (SELECT count(*) AS count FROM ${sourceOf(databases, table.name)} WHERE ${join([...conditions, own], ' AND ')}) counted`
  const rows = await databases.texts(table.database, statement)
  return new Map(rows.map((row) => [row.text(parentColumn) ?? '', Number(row.text('count') ?? 0)]))
}

function parentTable({ sqlType }: ParentRelation, ids: readonly string[]): Sql {
  return sql`unnest(${[...ids]}::${raw(sqlType)}[]) AS parent (key)`
}

/** Node 20 has no `Map.groupBy`. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}
