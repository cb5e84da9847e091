import { sql, type Sql } from '../backends/databases.ts'
import { condition } from '../backends/filters.ts'
import type { OrderKey } from '../backends/rows.ts'
import { BadUserInputError } from '../errors.ts'
import type { ListQuery } from './connection.ts'
import { tenantOf, type Context } from './context.ts'
import { filterTerms } from './filter-inputs.ts'
import { decodeGlobalId } from './global-id.ts'
import { loadRow } from './loading.ts'
import type { Resource } from './resource.ts'

export type Where = Readonly<Record<string, unknown>>
export type OrderBy = readonly Readonly<Record<string, 'ASC' | 'DESC' | null | undefined>>[]

/** Turns the arguments of a list into conditions and an order; tenancy comes first. */
export async function listQuery(
  context: Context,
  resource: Resource,
  accounts: Resource,
  where: Where,
  orderBy: OrderBy | null,
): Promise<ListQuery> {
  const tenant = tenantOf(context)
  const conditions = [
    resource.scope(tenant),
    ...(resource.defaultConditions?.(where) ?? []),
    ...attributeConditions(resource, where),
    ...(await accountConditions(context, resource, accounts, where['accountId'])),
  ]
  const order = orderOf(resource, orderBy)
  const identity = JSON.stringify([
    resource.name,
    tenant.customerId,
    tenant.accountIds,
    order.map((key) => [key.column.name, key.descending]),
  ])
  return { conditions, order, identity }
}

function attributeConditions(resource: Resource, where: Where): Sql[] {
  return Object.entries(where).flatMap(([name, filter]) => {
    const attribute = resource.attributes.get(name)
    if (!attribute || typeof filter !== 'object' || filter === null) return []
    const { operators, sqlType } = attribute.kindOf
    return filterTerms(filter, operators, `where.${name}`).map((term) =>
      condition({ column: attribute.read.expression, sqlType, ...term }),
    )
  })
}

/** Accounts are named by global ids, rows hold internal ones: those that are not the tenant's match nothing. */
async function accountConditions(
  context: Context,
  resource: Resource,
  accounts: Resource,
  filter: unknown,
): Promise<Sql[]> {
  if (resource.accountColumn === undefined || typeof filter !== 'object' || filter === null) return []
  const column = resource.columnsOf('accountId')[0]?.expression ?? sql`NULL`
  return Promise.all(
    filterTerms(filter, 'id', 'where.accountId').map(async ({ operator, value }) => {
      const given: readonly unknown[] = Array.isArray(value) ? value : [value]
      const ids = await Promise.all(
        given.map((id) => accountInternalId(context, accounts, String(id), `where.accountId.${operator}`)),
      )
      const known = ids.filter((id) => id !== null)
      const negative = operator === 'notEq' || operator === 'notIn'
      return condition({ column, sqlType: 'int', operator: negative ? 'notIn' : 'in', value: known })
    }),
  )
}

/** The internal id of one of the tenant's accounts; null for any other. Throws for what is not an account's id. */
export async function accountInternalId(
  context: Context,
  accounts: Resource,
  id: string,
  argument: string,
): Promise<number | null> {
  const decoded = decodeGlobalId(id)
  if (decoded?.type !== accounts.name || !isKey(accounts, decoded.key))
    throw new BadUserInputError(argument, 'expected the id of an account.')
  const row = await loadRow(context, accounts, publicKey(accounts), decoded.key, [accounts.tieBreakerKey.column])
  return row === null ? null : Number(row.text('id'))
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
  if (!attribute) throw new BadUserInputError('orderBy', `${name} is not an attribute to order by.`)
  return { column: attribute.read, descending, nullable: attribute.nullable ?? true, sqlType: attribute.kindOf.sqlType }
}
