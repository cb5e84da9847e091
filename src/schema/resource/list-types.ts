import type { TextRow } from '../../backends/text-row.ts'
import { builder } from '../builder.ts'
import { defaultPageSize, maxPageSize, nestedSearchCost, pageRows, type Connection } from './connection.ts'
import { filterInputs, idFilter } from './filter-inputs.ts'
import { idFiltersOf } from './list-query.ts'
import { PageInfo } from './page-info.ts'
import { linkIdName, type Resource, type ResourceAttribute } from './resource.ts'
import type { ResourceRef } from './resource-type.ts'

const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Rows without a value come last either way.',
  values: { ASC: {}, DESC: {} } as const,
})

export type ListTypes = ReturnType<typeof makeListTypes>

const made = new Map<string, ListTypes>()

/** The connection, filter and order types of a resource, made once however many lists of it there are. */
export function listTypes(resource: Resource, ref: ResourceRef): ListTypes {
  let types = made.get(resource.name)
  if (!types) made.set(resource.name, (types = makeListTypes(resource, ref)))
  return types
}

function makeListTypes(resource: Resource, ref: ResourceRef) {
  return { Connection: connectionType(resource, ref), where: whereInput(resource), orderBy: orderInput(resource) }
}

/** What every list's field has besides its type and its rule. */
export const listExtensions = { rows: { args: ['first', 'last'], count: pageRows } }

/** The arguments of every list: pages, a filter and an order. */
export function listArguments(rule: Resource['ruleMap'], { where, orderBy }: ListTypes) {
  return builder.args((t) => ({
    first: t.int({
      description: `How many from the start: 1 to ${maxPageSize}, default ${defaultPageSize}.`,
      authScopes: rule,
    }),
    after: t.string({ description: 'Only what comes after this cursor; with `first`.', authScopes: rule }),
    last: t.int({ description: `How many from the end: 1 to ${maxPageSize}.`, authScopes: rule }),
    before: t.string({ description: 'Only what comes before this cursor; with `last`.', authScopes: rule }),
    where: t.field({ type: where, authScopes: rule }),
    orderBy: t.field({ type: [orderBy], description: 'First by the first, then by the next.', authScopes: rule }),
  }))
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
        extensions: { cost: nestedSearchCost },
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
  const filtered = [...resource.attributes.values()]
    .filter(({ filter }) => filter !== false)
    .map((attribute) => ({ ...attribute, type: filterOf(attribute) }))
  return builder.inputType(`${resource.name}Where`, {
    description: 'Only what matches all of these.',
    fields: (t) => ({
      ...Object.fromEntries(
        filtered.map(({ name, type, description, ruleMap }) => [
          name,
          t.field({ type, description, authScopes: ruleMap }),
        ]),
      ),
      ...Object.fromEntries(
        [...idFiltersOf(resource)].map(([name, { description, ruleMap }]) => [
          name,
          t.field({ type: idFilter, description, authScopes: ruleMap }),
        ]),
      ),
    }),
  })
}

function filterOf({ kindOf }: ResourceAttribute) {
  return kindOf.operators === 'enum' ? kindOf.filter() : filterInputs[kindOf.operators]
}

/** One attribute or link and its direction; several of them in a list. Each carries its own rule. */
function orderInput(resource: Resource) {
  const attributes = [...resource.attributes.values()].filter(({ order, shown }) => order !== false && shown !== false)
  const links = [...resource.links.values()].filter(({ order }) => order === true)
  const sortable = [...attributes, ...links.map(({ name, ruleMap }) => ({ name: linkIdName(name), ruleMap }))]
  return builder.inputType(`${resource.name}OrderBy`, {
    isOneOf: true,
    fields: (t) =>
      Object.fromEntries(
        sortable.map(({ name, ruleMap }) => [name, t.field({ type: OrderDirection, authScopes: ruleMap })]),
      ),
  })
}
