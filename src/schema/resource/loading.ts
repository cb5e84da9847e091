import DataLoader from 'dataloader'
import type { GraphQLResolveInfo } from 'graphql'
import type { TextRow } from '../../backends/text-row.ts'
import { readByKeys, type Column } from '../../backends/rows.ts'
import type { Context } from '../context.ts'
import { plainColumn, scopeOf, type Resource } from './resource.ts'
import { selectionOf, type Selection } from './selection.ts'

/** The columns that a selection of this resource reads, each once. */
export function columnsFor(resource: Resource, selection: Selection): Column[] {
  const columns = [...selection.keys()].flatMap((field) => resource.columnsOf(field))
  return [...new Map(columns.map((column) => [column.name, column])).values()]
}

/** How one record is asked for: by its public key, or by the internal id that another table holds. */
export interface LookUp {
  readonly column: string
  readonly sqlType: string
}

/**
 * One record of the tenant, only with the columns that were asked for; null when there is none, or it is
 * somebody else's. All look-ups of one operation that ask alike become one statement.
 */
export function loadRow(
  context: Context,
  resource: Resource,
  lookUp: LookUp,
  key: string,
  columns: readonly Column[],
): Promise<TextRow | null> {
  const name = [resource.name, lookUp.column, ...columns.map((column) => column.name).sort()].join(' ')
  let loader = context.loaders.get(name)
  if (!loader) {
    loader = rowLoader(context, resource, lookUp, columns)
    context.loaders.set(name, loader)
  }
  return loader.load(key)
}

function rowLoader(
  context: Context,
  resource: Resource,
  lookUp: LookUp,
  columns: readonly Column[],
): DataLoader<string, TextRow | null> {
  const key = plainColumn(lookUp.column)
  const conditions = [scopeOf(resource, context)]
  const selected = [...columns.filter((column) => column.name !== key.name), key]
  return new DataLoader(
    async (keys) => {
      const rows = await readByKeys(context.databases, {
        table: resource.table,
        columns: selected,
        conditions,
        key,
        sqlType: lookUp.sqlType,
        keys,
      })
      const byKey = new Map(rows.map((row) => [row.text(key.name), row]))
      return keys.map((wanted) => byKey.get(wanted) ?? null)
    },
    { maxBatchSize: 1000 },
  )
}

/** The record behind a link, by the internal id that the linking row holds. */
export function loadLinked(
  context: Context,
  resource: Resource,
  id: string | null,
  info: GraphQLResolveInfo,
): Promise<TextRow | null> | null {
  if (id === null) return null
  return loadInternal(context, resource, id, columnsFor(resource, selectionOf(info, info.fieldNodes, resource.name)))
}

/** The record with this internal id. */
export async function loadInternal(
  context: Context,
  resource: Resource,
  id: string | null,
  columns: readonly Column[],
): Promise<TextRow | null> {
  if (id === null) return null
  const { column, sqlType } = resource.tieBreakerKey
  return loadRow(context, resource, { column: column.name, sqlType }, id, columns)
}
