import type { GraphQLResolveInfo } from 'graphql'
import type { TextRow } from '../../backends/text-row.ts'
import { countRows, readPage, type Column, type OrderKey, type PageQuery, type RowPage } from '../../backends/rows.ts'
import { BadUserInputError } from '../../errors.ts'
import type { Context } from '../context.ts'
import type { Position } from './cursors.ts'
import { columnsFor } from './loading.ts'
import type { Resource } from './resource.ts'
import { selectionOf } from './selection.ts'

export const defaultPageSize = 50
export const maxPageSize = 500

/** What one search through a table weighs, in values of an answer: few small ones can be heavier than a large page. */
export const searchCost = 3_000

/** The same for lists below the rows of another, which are read together: one statement, and one look at an index each. */
export const nestedSearchCost = { once: searchCost, each: 100 }

/** The arguments of Relay's pagination, as they come in. */
export interface PageArguments {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** A list as it was asked for; nothing is read before a field of the connection is resolved. */
export interface Connection {
  readonly resource: Resource
  page(): Promise<Page>
  count(): Promise<number>
  cursor(row: TextRow): string
}

export interface Page {
  readonly rows: readonly TextRow[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

export interface ListQuery {
  readonly conditions: PageQuery['conditions']
  readonly order: readonly OrderKey[]
  /** Names the list that cursors belong to: resource, whose rows, and order. */
  readonly identity: string
}

export function connection(
  context: Context,
  resource: Resource,
  list: ListQuery,
  args: PageArguments,
  info: GraphQLResolveInfo,
): Connection {
  const query = pageQuery(context, resource, list, args, info)
  let page: Promise<Page> | undefined
  return connectionOf(context, resource, list, {
    page: () => (page ??= readPage(context.databases, query).then((read) => pageOf(query, read))),
    count: () => countRows(context.databases, resource.table, list.conditions),
  })
}

/** A connection by how its page and its count are read. */
export function connectionOf(
  { cursors }: Context,
  resource: Resource,
  list: ListQuery,
  read: Pick<Connection, 'page' | 'count'>,
): Connection {
  return {
    resource,
    ...read,
    cursor: (row) =>
      cursors.encode(
        list.identity,
        list.order.map(({ column }) => row.text(column.name)),
      ),
  }
}

/** What is read for a page. Throws `BadUserInputError` for arguments of pages that do not fit together. */
export function pageQuery(
  { cursors }: Context,
  resource: Resource,
  list: ListQuery,
  args: PageArguments,
  info: GraphQLResolveInfo,
): PageQuery {
  const size = pageSize(args)
  const read = (name: 'after' | 'before'): Position | null => {
    const cursor = args[name]
    return cursor === undefined || cursor === null ? null : cursors.decode(list.identity, cursor, name)
  }
  return {
    table: resource.table,
    columns: selectedColumns(resource, list.order, info),
    conditions: list.conditions,
    order: list.order,
    after: read('after'),
    before: read('before'),
    ...size,
  }
}

/** A page as Relay wants it. */
export function pageOf({ backward, before, after }: PageQuery, { rows, more }: RowPage): Page {
  return {
    rows,
    hasNextPage: backward ? before !== null : more,
    hasPreviousPage: backward ? more : after !== null,
  }
}

/** How many rows a page has at most, for what an operation costs. */
export function pageRows({ first, last }: Readonly<Record<string, unknown>>): number {
  const asked = [first, last].find((size) => typeof size === 'number')
  return Math.min(typeof asked === 'number' ? asked : defaultPageSize, maxPageSize)
}

/** Forward with `first` and `after`, backward with `last` and `before`. */
function pageSize({ first, after, last, before }: PageArguments): { limit: number; backward: boolean } {
  const backward = last !== undefined && last !== null
  if (backward && first !== undefined && first !== null)
    throw new BadUserInputError('last', 'give first or last, not both.')
  if (backward && after !== undefined && after !== null)
    throw new BadUserInputError('after', 'goes with first; with last give before.')
  if (!backward && before !== undefined && before !== null)
    throw new BadUserInputError('before', 'goes with last; with first give after.')
  const limit = (backward ? last : first) ?? defaultPageSize
  if (limit < 1 || limit > maxPageSize)
    throw new BadUserInputError(backward ? 'last' : 'first', `expected 1 to ${maxPageSize}.`)
  return { limit, backward }
}

/** What the asked fields of the nodes need, and the order's columns only where a cursor is asked for. */
function selectedColumns(resource: Resource, order: readonly OrderKey[], info: GraphQLResolveInfo): Column[] {
  const top = selectionOf(info, info.fieldNodes, `${resource.name}Connection`)
  const edges = selectionOf(info, top.get('edges') ?? [], `${resource.name}Edge`)
  const nodes = [...(top.get('nodes') ?? []), ...(edges.get('node') ?? [])]
  const pageInfo = selectionOf(info, top.get('pageInfo') ?? [], 'PageInfo')
  const columns = columnsFor(resource, selectionOf(info, nodes, resource.name))
  const withCursor = edges.has('cursor') || pageInfo.has('startCursor') || pageInfo.has('endCursor')
  const wanted = withCursor ? [...columns, ...order.map((key) => key.column)] : columns
  return [...new Map(wanted.map((column) => [column.name, column])).values()]
}
