import type { TextRow } from '../backends/text-row.ts'
import { builder } from './builder.ts'
import { connection, maxPageSize, defaultPageSize, pageRows, searchCost, type Connection } from './connection.ts'
import { filterInputs, idFilter } from './filter-inputs.ts'
import { listQuery } from './list-query.ts'
import { PageInfo } from './page-info.ts'
import type { Resource } from './resource.ts'
import type { ResourceRef } from './resource-type.ts'

const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Rows without a value come last either way.',
  values: { ASC: {}, DESC: {} } as const,
})

/** What each kind of list has of its own. */
export interface ListOptions {
  /** The root field, called after its flag. */
  readonly field: string
  readonly description: string
  /** The resource of accounts, for filters by account. */
  readonly accounts: Resource
}

/** A list of a resource at the root: connection, filter, order and pagination, all under the resource's rule. */
export function resourceList(
  resource: Resource,
  ref: ResourceRef,
  { field, description, accounts }: ListOptions,
): void {
  const rule = resource.ruleMap
  const Connection = connectionType(resource, ref)
  const where = whereInput(resource)
  const orderBy = orderInput(resource)
  builder.queryField(field, (t) =>
    t.field({
      type: Connection,
      description,
      authScopes: rule,
      extensions: { rows: { args: ['first', 'last'], count: pageRows }, cost: searchCost },
      args: {
        first: t.arg.int({
          description: `How many from the start: 1 to ${maxPageSize}, default ${defaultPageSize}.`,
          authScopes: rule,
        }),
        after: t.arg.string({ description: 'Only what comes after this cursor; with `first`.', authScopes: rule }),
        last: t.arg.int({ description: `How many from the end: 1 to ${maxPageSize}.`, authScopes: rule }),
        before: t.arg.string({ description: 'Only what comes before this cursor; with `last`.', authScopes: rule }),
        where: t.arg({ type: where, authScopes: rule }),
        orderBy: t.arg({ type: [orderBy], description: 'First by the first, then by the next.', authScopes: rule }),
      },
      resolve: async (_, args, context, info) => {
        const query = await listQuery(context, resource, accounts, args.where ?? {}, args.orderBy ?? null)
        return connection(context, resource, query, args, info)
      },
    }),
  )
}

function connectionType(resource: Resource, ref: ResourceRef) {
  const rule = resource.ruleMap
  const Edge = edgeType(resource, ref)
  return builder.objectRef<Connection>(`${resource.name}Connection`).implement({
    fields: (t) => ({
      nodes: t.field({ type: [ref], authScopes: rule, resolve: async (list) => [...(await list.page()).rows] }),
      edges: t.field({
        type: [Edge],
        authScopes: rule,
        resolve: async (list) => (await list.page()).rows.map((row) => ({ row, list })),
      }),
      pageInfo: t.field({
        type: PageInfo,
        nullable: false,
        authScopes: { authenticated: true },
        resolve: (list) => list,
      }),
      totalCount: t.int({
        description: 'How many match the filter, on all pages. Costs a count in the database.',
        authScopes: rule,
        extensions: { cost: searchCost },
        resolve: (list) => list.count(),
      }),
    }),
  })
}

interface Edge {
  readonly row: TextRow
  readonly list: Connection
}

function edgeType(resource: Resource, ref: ResourceRef) {
  return builder.objectRef<Edge>(`${resource.name}Edge`).implement({
    fields: (t) => ({
      node: t.field({ type: ref, authScopes: resource.ruleMap, resolve: ({ row }) => row }),
      cursor: t.string({
        nullable: false,
        description: 'Opaque; it works for this list in this order only.',
        authScopes: { authenticated: true },
        resolve: ({ list, row }) => list.cursor(row),
      }),
    }),
  })
}

function whereInput(resource: Resource) {
  return builder.inputType(`${resource.name}Where`, {
    description: 'Only what matches all of these.',
    fields: (t) => ({
      ...Object.fromEntries(
        [...resource.attributes.values()]
          .filter((attribute) => attribute.filter !== false)
          .map(({ name, description, kindOf, ruleMap }) => [
            name,
            t.field({ type: filterInputs[kindOf.operators], description, authScopes: ruleMap }),
          ]),
      ),
      ...(resource.accountColumn && {
        accountId: t.field({ type: idFilter, description: 'The account, by its `id`.', authScopes: resource.ruleMap }),
      }),
    }),
  })
}

/** One attribute and its direction; several of them in a list. Each attribute carries its own rule. */
function orderInput(resource: Resource) {
  const sortable = [...resource.attributes.values()].filter(({ order, shown }) => order !== false && shown !== false)
  return builder.inputType(`${resource.name}OrderBy`, {
    isOneOf: true,
    fields: (t) =>
      Object.fromEntries(
        sortable.map(({ name, ruleMap }) => [name, t.field({ type: OrderDirection, authScopes: ruleMap })]),
      ),
  })
}
