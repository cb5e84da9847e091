import { sql, type Row } from '../../databases.ts'
import type { Finding } from '../finding.ts'
import { indexNeeds, type IndexNeed } from '../indexes.ts'
import type { Needs } from '../needs.ts'
import type { TableFacts } from './facts.ts'
import type { Query } from './look.ts'

interface IndexRow extends Row {
  readonly table: string
  /** The table itself, or a partition of it. */
  readonly part: string
  /** What the statistics say; -1: nothing. */
  readonly rows: number
  /** null: the part has no index at all. */
  readonly columns: readonly string[] | null
  readonly is_unique: boolean | null
}

/** Indexes that are missing. One that its own partitions have each is as good as one of the table. */
export async function indexFindings(
  query: Query,
  { database, features }: Needs,
  tables: ReadonlyMap<string, TableFacts>,
): Promise<readonly Finding[]> {
  const needs = indexNeeds.filter(
    (need) => need.database === database && need.features.every((f) => features.includes(f)),
  )
  const rows = await readIndexes(query, [...new Set(needs.map(({ table }) => table))])
  return needs.flatMap((need) => {
    const columns = tables.get(need.table)?.columns
    // A column that is not there is told of by itself.
    if (columns === undefined || !need.columns.every((name) => columns.has(name))) return []
    const own = rows.filter(({ table }) => table === need.table)
    if (isSmall(need, own)) return []
    const lacking = partsWithout(need, own)
    return lacking.length === 0 ? [] : [findingOf(need, lacking, own)]
  })
}

function isSmall({ beyondRows }: IndexNeed, own: readonly IndexRow[]): boolean {
  if (beyondRows === undefined) return false
  const sizes = new Map(own.map(({ part, rows }) => [part, Math.max(rows, 0)]))
  return [...sizes.values()].reduce((sum, size) => sum + size, 0) < beyondRows
}

function partsWithout(need: IndexNeed, own: readonly IndexRow[]): readonly string[] {
  const parts = [...new Set(own.map(({ part }) => part))]
  const lacking = parts.filter((part) => !own.some((row) => row.part === part && serves(row, need)))
  if (!lacking.includes(need.table)) return []
  const partitions = parts.filter((part) => part !== need.table)
  const bare = lacking.filter((part) => part !== need.table)
  return partitions.length > 0 && bare.length === 0 ? [] : lacking
}

function serves({ columns, is_unique: isUnique }: IndexRow, need: IndexNeed): boolean {
  if (columns === null) return false
  if (need.unique === undefined) return need.columns.every((name, position) => columns[position] === name)
  // In whatever order, but no more.
  return (
    isUnique === true && columns.length === need.columns.length && need.columns.every((name) => columns.includes(name))
  )
}

function findingOf(need: IndexNeed, lacking: readonly string[], own: readonly IndexRow[]): Finding {
  const { table, columns, slow, unique, beyondRows } = need
  const kind = unique === undefined ? 'INDEX' : 'UNIQUE INDEX'
  const list = columns.join(', ')
  const partitions = new Set(own.map(({ part }) => part)).size - 1
  const bare = lacking.filter((part) => part !== table)
  return {
    level: unique !== undefined ? 'problem' : beyondRows === undefined ? 'without' : 'hint',
    what: `${table} has no ${kind.toLowerCase()} by ${list}${partitions > 0 ? `, nor have ${bare.length} of its ${partitions} partitions` : ''}`,
    then: unique ?? `slow: ${slow}`,
    mend: partitions > 0 ? onPartitions(table, bare, list) : `CREATE ${kind} CONCURRENTLY ON ${table} (${list});`,
  }
}

/** The table takes over what its partitions have; to make them all at once would keep calls from being written. */
function onPartitions(table: string, bare: readonly string[], list: string): string {
  const each = bare.map((part) => `CREATE INDEX CONCURRENTLY ON ${part} (${list});`)
  return [...each, `CREATE INDEX ON ${table} (${list});`].join('\n')
}

/** Those that every statement can use: of columns alone, and of all rows. */
async function readIndexes(query: Query, tables: readonly string[]): Promise<readonly IndexRow[]> {
  return query<IndexRow>(sql`
    WITH parts AS (
      SELECT schema.nspname || '.' || relation.relname AS "table", tree.relid
      FROM pg_class relation JOIN pg_namespace schema ON schema.oid = relation.relnamespace,
           pg_partition_tree(relation.oid) tree
      WHERE schema.nspname || '.' || relation.relname = ANY(${tables}::text[])
        AND relation.relkind = 'p' AND (tree.isleaf OR tree.relid = relation.oid)
      UNION ALL
      SELECT schema.nspname || '.' || relation.relname, relation.oid
      FROM pg_class relation JOIN pg_namespace schema ON schema.oid = relation.relnamespace
      WHERE schema.nspname || '.' || relation.relname = ANY(${tables}::text[]) AND relation.relkind <> 'p'
        AND relation.relkind IN ('r', 'm')
    )
    SELECT parts."table", format('%I.%I', schema.nspname, part.relname) AS part, part.reltuples AS rows,
           usable.columns, usable.is_unique
    FROM parts JOIN pg_class part ON part.oid = parts.relid JOIN pg_namespace schema ON schema.oid = part.relnamespace
    LEFT JOIN LATERAL (
      SELECT i.indisunique AS is_unique,
             ARRAY(SELECT attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS key (number, position)
                   JOIN pg_attribute ON attrelid = i.indrelid AND attnum = key.number
                   WHERE key.position <= i.indnkeyatts ORDER BY key.position) AS columns
      FROM pg_index i JOIN pg_class entry ON entry.oid = i.indexrelid JOIN pg_am ON pg_am.oid = entry.relam
      WHERE i.indrelid = part.oid AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND amname = 'btree'
    ) usable ON true`)
}
