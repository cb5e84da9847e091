import { raw, sql, type Sql, type Transaction } from './databases.ts'
import { models, type VersionedTable } from './yeti-versions/tables.ts'
import { yamlValue } from './yeti-versions/values.ts'
import { nothing, yamlOf, yamlText, type YamlValue } from './yeti-versions/yaml.ts'

export { versionTables, type VersionedTable } from './yeti-versions/tables.ts'

/** A row with each column's text in JSON. */
type VersionRow = Readonly<Record<string, string | null>>

/** Who makes a change: the administrator, null for a customer; and the client's address. */
export interface Author {
  readonly adminId: number | null
  readonly address: string | null
}

/** Yeti does not say which one. Nor does it when a payment is reported to it. */
export function byCustomer(address: string | null): Author {
  return { adminId: null, address }
}

/** Rows as they were before the transaction changed them, by table and id. */
const remembered = new WeakMap<Transaction, Map<string, VersionRow>>()

/** Notes, and locks, the rows that are about to be changed or deleted. */
export async function rememberRows(transaction: Transaction, table: VersionedTable, which: Sql): Promise<void> {
  if (!transaction.versions?.has(table)) return
  const rows = await readRows(transaction, table, sql`${which} FOR UPDATE`)
  const known = rowsOf(transaction)
  for (const row of rows) known.set(`${table} ${row['id']}`, row)
}

/** Rows that a transaction has written. */
export interface Written {
  readonly table: VersionedTable
  readonly ids: readonly (number | string)[]
  /** They were not there before; all others were remembered. */
  readonly isNew?: boolean
  /** Which of them may be read. */
  readonly which?: Sql
}

/**
 * Writes to Yeti's audit log what has become of rows, as Yeti does; nothing of what is the same as before, and of what
 * nobody remembers. Does nothing where that log cannot be written.
 */
export async function recordVersions(
  transaction: Transaction,
  { adminId, address }: Author,
  { table, ids, isNew = false, which = sql`TRUE` }: Written,
): Promise<void> {
  const columns = transaction.versions?.get(table)
  if (columns === undefined || ids.length === 0) return
  const rows = await readRows(transaction, table, sql`id = ANY(${ids.map(String)}::bigint[]) AND ${which}`)
  const after = new Map(rows.map((row) => [String(row['id']), row]))
  const known = rowsOf(transaction)
  const versions = ids.flatMap((id) => {
    const before = known.get(`${table} ${id}`)
    const version = before || isNew ? versionOf(columns, before, after.get(String(id))) : null
    return version ? [{ id: String(id), ...version }] : []
  })
  for (const [id, row] of after) known.set(`${table} ${id}`, row)
  if (versions.length === 0) return
  await transaction.query(sql`
    INSERT INTO gui.versions (item_type, item_id, event, whodunnit, object, object_changes, ip, created_at)
    SELECT ${models[table]}, item.id, item.event, ${adminId === null ? null : String(adminId)}, item.object, item.changes,
           ${address}, now()
    FROM unnest(
      ${versions.map(({ id }) => id)}::bigint[], ${versions.map(({ event }) => event)}::text[],
      ${versions.map(({ object }) => object)}::text[], ${versions.map(({ changes }) => changes)}::text[]
    ) AS item (id, event, object, changes)`)
}

function rowsOf(transaction: Transaction): Map<string, VersionRow> {
  let rows = remembered.get(transaction)
  if (!rows) remembered.set(transaction, (rows = new Map()))
  return rows
}

/** Through JSON and back, since so each value comes as text whatever its type, with all its digits. */
async function readRows({ query }: Transaction, table: VersionedTable, which: Sql): Promise<readonly VersionRow[]> {
  const rows = await query<{ row: VersionRow }>(
    sql`SELECT (SELECT json_object_agg(key, value) FROM json_each_text(to_json(item))) AS row
        FROM ${raw(table)} item WHERE ${which}`,
  )
  return rows.map(({ row }) => row)
}

type Columns = ReadonlyMap<string, string>

interface Version {
  readonly event: 'create' | 'update' | 'destroy'
  /** As it was before; null: it was not. */
  readonly object: string | null
  readonly changes: string
}

/** null: nothing has become of it. */
function versionOf(columns: Columns, before: VersionRow | undefined, after: VersionRow | undefined): Version | null {
  if (before && after) {
    const changed = [...columns.keys()].filter((name) => before[name] !== after[name])
    if (changed.every((name) => name === 'updated_at')) return null
    return { event: 'update', object: objectOf(columns, before), changes: changesOf(columns, changed, before, after) }
  }
  if (before) {
    const object = objectOf(columns, before)
    return { event: 'destroy', object, changes: changesOf(columns, [...columns.keys()], before, after) }
  }
  if (!after) return null
  const given = [...columns.keys()].filter((name) => (after[name] ?? null) !== null)
  return { event: 'create', object: null, changes: changesOf(columns, given, before, after) }
}

function objectOf(columns: Columns, row: VersionRow): string {
  return yamlOf([...columns].map(([name, type]) => [yamlText(name), told(name, row[name], type)] as const))
}

function changesOf(
  columns: Columns,
  names: readonly string[],
  before: VersionRow | undefined,
  after: VersionRow | undefined,
): string {
  return yamlOf(
    names.map((name) => {
      const type = columns.get(name) ?? ''
      return [yamlText(name), [told(name, before?.[name], type), told(name, after?.[name], type)]] as const
    }),
  )
}

/** Yeti writes this one out; here it is only said that there is one. */
const secret = 'password_digest'

function told(name: string, text: string | null | undefined, type: string): YamlValue {
  if (text === null || text === undefined) return nothing
  return name === secret ? yamlText('[FILTERED]') : yamlValue(text, type)
}
