import type { Sql } from '../../backends/databases.ts'
import { allRules } from '../../permissions/rule.ts'
import { builder } from '../builder.ts'
import { connection, nestedSearchCost, searchCost } from './connection.ts'
import { listArguments, listExtensions, listTypes } from './list-types.ts'
import { listQuery } from './list-query.ts'
import { nestedList } from './nested-list.ts'
import type { Resource } from './resource.ts'
import type { ResourceRef } from './resource-type.ts'

/** What each list has of its own. */
export interface ListOptions {
  /** The name of the field; at the root that of its flag. */
  readonly field: string
  readonly description: string
}

/** A list of a resource at the root: connection, filter, order and pagination, all under the resource's rule. */
export function resourceList(resource: Resource, ref: ResourceRef, { field, description }: ListOptions): void {
  const rule = resource.ruleMap
  const types = listTypes(resource, ref)
  builder.queryField(field, (t) =>
    t.field({
      type: types.Connection,
      description,
      authScopes: rule,
      extensions: { ...listExtensions, cost: searchCost },
      args: listArguments(rule, types),
      resolve: async (_, args, context, info) => {
        const query = await listQuery(context, resource, args.where ?? {}, args.orderBy ?? null)
        return connection(context, resource, query, args, info)
      },
    }),
  )
}

/** The parent of a nested list, and which rows are its own. */
export interface ListParent {
  readonly resource: Resource
  readonly ref: ResourceRef
  /** The condition for the rows of one parent, by its internal id; that column is one of the field's `fieldColumns`. */
  readonly children: (parentId: Sql) => Sql
}

/** The same list under each row of another resource, read for all of them together. It needs the rules of both. */
export function childList(
  parent: ListParent,
  resource: Resource,
  ref: ResourceRef,
  { field, description }: ListOptions,
): void {
  const rule = allRules(parent.resource.ruleMap, resource.ruleMap)
  const types = listTypes(resource, ref)
  const { column } = parent.resource.tieBreakerKey
  if (!parent.resource.columnsOf(field).some(({ name }) => name === column.name))
    throw new TypeError(`${parent.resource.name}.${field} needs ${column.name} among its fieldColumns`)
  builder.objectField(parent.ref, field, (t) =>
    t.field({
      type: types.Connection,
      description,
      authScopes: rule,
      extensions: { ...listExtensions, cost: nestedSearchCost },
      args: listArguments(rule, types),
      resolve: async (row, args, context, info) => {
        const list = await nestedList(
          context,
          { resource, parent: parent.resource, children: parent.children },
          args,
          info,
        )
        return list && list(row.text(column.name) ?? '')
      },
    }),
  )
}
