import DataLoader from 'dataloader'
import type { FieldNode, GraphQLResolveInfo } from 'graphql'
import type { Sql } from '../../backends/databases.ts'
import { countRowsOfParents, readPageOfParents, type ParentRelation } from '../../backends/nested-rows.ts'
import { connectionOf, pageOf, pageQuery, type Connection, type PageArguments } from './connection.ts'
import type { Context } from '../context.ts'
import { listQuery, type OrderBy, type Where } from './list-query.ts'
import type { Resource } from './resource.ts'

/** What is listed under what. */
interface Nesting {
  readonly resource: Resource
  readonly parent: Resource
  readonly children: (parentId: Sql) => Sql
}

interface NestedArguments extends PageArguments {
  readonly where?: Where | null | undefined
  readonly orderBy?: OrderBy | null | undefined
}

/** The list of one parent, by its internal id. */
export type NestedList = (parentId: string) => Connection

/**
 * The lists of one field of an operation: what is the same for all parents is done once, and they are read together.
 * What is wrong with its arguments is thrown for the first parent, which is enough; the others have no list.
 */
export function nestedList(
  context: Context,
  nesting: Nesting,
  args: NestedArguments,
  info: GraphQLResolveInfo,
): Promise<NestedList | null> {
  const name = nameOf(info.fieldNodes)
  const known = context.nestedLists.get(name)
  if (known) return known.catch(() => null)
  const list = makeNestedList(context, nesting, args, info)
  context.nestedLists.set(name, list)
  return list
}

async function makeNestedList(
  context: Context,
  { resource, parent, children }: Nesting,
  args: NestedArguments,
  info: GraphQLResolveInfo,
): Promise<NestedList> {
  const { databases } = context
  const list = await listQuery(context, resource, args.where ?? {}, args.orderBy ?? null)
  const query = pageQuery(context, resource, list, args, info)
  const relation: ParentRelation = { sqlType: parent.tieBreakerKey.sqlType, children }
  const pages = new DataLoader(async (ids: readonly string[]) => {
    const found = await readPageOfParents(databases, query, relation, ids)
    return ids.map((id) => pageOf(query, found.get(id) ?? { rows: [], more: false }))
  })
  const counts = new DataLoader(async (ids: readonly string[]) => {
    const found = await countRowsOfParents(databases, resource.table, list.conditions, relation, ids)
    return ids.map((id) => found.get(id) ?? 0)
  })
  return (id) => connectionOf(context, resource, list, { page: () => pages.load(id), count: () => counts.load(id) })
}

const numbers = new WeakMap<FieldNode, number>()
let count = 0

/** Field nodes are the same objects for all parents; a field that is asked for in several places has several. */
function nameOf(nodes: readonly FieldNode[]): string {
  return nodes
    .map((node) => {
      let number = numbers.get(node)
      if (number === undefined) numbers.set(node, (number = ++count))
      return number
    })
    .join(' ')
}
