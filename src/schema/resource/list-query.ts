import { raw, sql, type Sql } from '../../backends/databases.ts'
import { condition } from '../../backends/filters.ts'
import type { OrderKey } from '../../backends/rows.ts'
import { BadUserInputError } from '../../errors.ts'
import { allRules, type RuleMap } from '../../permissions/rule.ts'
import type { ListQuery } from './connection.ts'
import type { Context } from '../context.ts'
import { filterTerms } from './filter-inputs.ts'
import { decodeGlobalId } from './global-id.ts'
import { loadRow } from './loading.ts'
import {
  linkIdName,
  plainColumn,
  scopeOf,
  type IdFilter,
  type Resource,
  type ResourceAttribute,
  type ResourceLink,
} from './resource.ts'

export type Where = Readonly<Record<string, unknown>>
export type OrderBy = readonly Readonly<Record<string, 'ASC' | 'DESC' | null | undefined>>[]

/** Turns the arguments of a list into conditions and an order; tenancy comes first. */
export async function listQuery(
  context: Context,
  resource: Resource,
  where: Where,
  orderBy: OrderBy | null,
): Promise<ListQuery> {
  const scope = scopeOf(resource, context)
  const conditions = [
    scope,
    ...(resource.defaultConditions?.(where) ?? []),
    ...attributeConditions(resource, where),
    ...(await idConditions(context, resource, where)),
  ]
  const order = orderOf(resource, orderBy)
  const identity = JSON.stringify([resource.name, scope.values, order.map((key) => [key.column.name, key.descending])])
  return { conditions, order, identity }
}

function attributeConditions(resource: Resource, where: Where): Sql[] {
  return Object.entries(where).flatMap(([name, filter]) => {
    const attribute = resource.attributes.get(name)
    if (!attribute || typeof filter !== 'object' || filter === null) return []
    const { kindOf, read } = attribute
    return filterTerms(filter, kindOf.operators, `where.${name}`).map(({ operator, value }) =>
      condition({ column: read.expression, sqlType: kindOf.sqlType, operator, value: stored(kindOf, value) }),
    )
  })
}

/** What columns hold for a value of a filter: enums are codes there. */
function stored(kind: ResourceAttribute['kindOf'], value: unknown): unknown {
  if (kind.operators !== 'enum') return value
  return Array.isArray(value) ? value.map((name) => kind.code(String(name))) : kind.code(String(value))
}

/** A filter by ids, with what it needs. */
export interface ResourceIdFilter extends IdFilter {
  readonly ruleMap: RuleMap
  /** The column of a link; rows that have nothing there match neither `notEq` nor `notIn`, like those of any column. */
  readonly column?: Sql
}

/** The filters of a resource by ids of others: those of its links, and what it has besides. */
export function idFiltersOf(resource: Resource): ReadonlyMap<string, ResourceIdFilter> {
  const ofLinks = [...resource.links.values()].map((link) => [linkIdName(link.name), linkFilter(link)] as const)
  const others = Object.entries(resource.idFilters ?? {}).map(
    ([name, filter]) => [name, { ...filter, ruleMap: allRules(resource.ruleMap, filter.to.idRuleMap) }] as const,
  )
  return new Map([...ofLinks, ...others])
}

function linkFilter({ to, column, description, ruleMap }: ResourceLink): ResourceIdFilter {
  const { expression } = plainColumn(column)
  return {
    to,
    description: `${description}, by its \`id\`.`,
    condition: (ids) => sql`${expression} = ANY(${[...ids]}::${raw(to.tieBreakerKey.sqlType)}[])`,
    ruleMap,
    column: expression,
  }
}

/** Objects are named by global ids, rows hold internal ones: those that are not the tenant's match nothing. */
async function idConditions(context: Context, resource: Resource, where: Where): Promise<Sql[]> {
  const given = [...idFiltersOf(resource)].flatMap(([name, filter]) => {
    const value = where[name]
    if (typeof value !== 'object' || value === null) return []
    return filterTerms(value, 'id', `where.${name}`).map((term) => ({ name, filter, ...term }))
  })
  return Promise.all(
    given.map(async ({ name, filter, operator, value }) => {
      const ids = await Promise.all(
        [value].flat().map((id) => internalIdOf(context, filter.to, String(id), `where.${name}.${operator}`)),
      )
      const matches = filter.condition(ids.filter((id) => id !== null))
      if (operator !== 'notEq' && operator !== 'notIn') return matches
      return ids.length > 0 && filter.column
        ? sql`${filter.column} IS NOT NULL AND NOT (${matches})`
        : sql`NOT (${matches})`
    }),
  )
}

/** The internal id of an object that the tenant may see; null for any other. Throws for what is not an id of this type. */
export async function internalIdOf(
  context: Context,
  resource: Resource,
  id: string,
  argument: string,
): Promise<string | null> {
  const { column } = resource.tieBreakerKey
  const row = await loadRow(context, resource, publicKey(resource), keyOf(resource, id, argument), [column])
  return row && row.text(column.name)
}

/** The public key in a global id. Throws for what is not an id of this type. */
export function keyOf(resource: Resource, id: string, argument: string): string {
  const decoded = decodeGlobalId(id)
  if (decoded?.type !== resource.name || !isKey(resource, decoded.key))
    throw new BadUserInputError(argument, `expected the id of ${article(resource.name)} ${words(resource.name)}.`)
  return decoded.key
}

/** `OutgoingNumberlist` → `outgoing numberlist`. */
function words(name: string): string {
  return name.replace(/(?!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase()
}

function article(name: string): string {
  return /^[AEIOU]/.test(name) ? 'an' : 'a'
}

/** The same for an account, whose id in statements is a number. */
export async function accountInternalId(
  context: Context,
  accounts: Resource,
  id: string,
  argument: string,
): Promise<number | null> {
  const internal = await internalIdOf(context, accounts, id, argument)
  return internal === null ? null : Number(internal)
}

export function publicKey(resource: Resource): { column: string; sqlType: 'uuid' | 'bigint' } {
  return { column: resource.key.column, sqlType: resource.key.kind }
}

const keyPatterns = { uuid: /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/, bigint: /^\d{1,18}$/ }

/** True when this text can be a key of the resource; only canonical ones, so that one object has one id. */
export function isKey(resource: Resource, key: string): boolean {
  return keyPatterns[resource.key.kind].test(key)
}

/** More attributes than this order nothing any more. */
const maxOrderKeys = 8

function orderOf(resource: Resource, orderBy: OrderBy | null): OrderKey[] {
  if ((orderBy?.length ?? 0) > maxOrderKeys)
    throw new BadUserInputError('orderBy', `at most ${maxOrderKeys} attributes.`)
  const given = orderBy?.flatMap((item) =>
    Object.entries(item).flatMap(([attribute, direction]) =>
      direction ? [{ attribute, descending: direction === 'DESC' }] : [],
    ),
  )
  const keys = (given?.length ? given : resource.defaultOrder).map(({ attribute, descending }) =>
    orderKey(resource, attribute, descending),
  )
  const tie = resource.tieBreakerKey
  const descending = keys.at(-1)?.descending ?? false
  return keys.some((key) => key.column.name === tie.column.name) ? keys : [...keys, { ...tie, descending }]
}

function orderKey(resource: Resource, name: string, descending: boolean): OrderKey {
  const attribute = resource.attributes.get(name)
  if (attribute) {
    const { read, nullable = true, kindOf } = attribute
    return { column: read, descending, nullable, sqlType: kindOf.sqlType }
  }
  const link = [...resource.links.values()].find((each) => linkIdName(each.name) === name)
  if (!link) throw new BadUserInputError('orderBy', `${name} is nothing to order by.`)
  return { column: plainColumn(link.column), descending, nullable: true, sqlType: link.to.tieBreakerKey.sqlType }
}
