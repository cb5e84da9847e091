import { join, sql, type Databases, type Sql } from './databases.ts'
import { numberlistItemsOf, numberlistsOf, type TenantScope } from './tenancy.ts'
import { byCustomer, recordVersions, rememberRows } from './yeti-versions.ts'

const table = 'class4.numberlist_items'

/** `class4.numberlists.mode_id` of a list whose items are prefixes. */
export const prefixMode = 2

/** The mode of one of the tenant's numberlists; null when the list is not the tenant's. */
export async function numberlistMode(databases: Databases, tenant: TenantScope, id: string): Promise<number | null> {
  const [row] = await databases.query<{ mode_id: number }>(
    'primary',
    sql`SELECT mode_id FROM class4.numberlists WHERE id = ${id}::bigint AND ${numberlistsOf(tenant)}`,
  )
  return row?.mode_id ?? null
}

/** The mode of the numberlist that an item of the tenant is in; null when the item is not the tenant's. */
export async function modeOfItem(databases: Databases, tenant: TenantScope, id: string): Promise<number | null> {
  const [row] = await databases.query<{ mode_id: number }>(
    'primary',
    sql`SELECT mode_id FROM class4.numberlists
        WHERE id IN (SELECT numberlist_id FROM class4.numberlist_items WHERE id = ${id}::bigint AND ${numberlistItemsOf(tenant)})`,
  )
  return row?.mode_id ?? null
}

/** These keys are in the list already. */
export class KeysTakenError extends Error {
  override readonly name = 'KeysTakenError'
  readonly keys: readonly string[]

  constructor(keys: readonly string[]) {
    super('keys that the list has already')
    this.keys = keys
  }
}

/**
 * Adds items, all or none, and returns their ids in the order of the (unique) keys. Throws `KeysTakenError`.
 * `address`: the client's, for Yeti's audit log.
 */
export function insertItems(
  databases: Databases,
  tenant: TenantScope,
  numberlistId: string,
  keys: readonly string[],
  actionId: number | null,
  address: string,
): Promise<string[]> {
  return databases.transaction('primary', async (transaction) => {
    const rows = await transaction.query<{ id: string; key: string }>(
      sql`INSERT INTO class4.numberlist_items (numberlist_id, key, action_id, created_at, updated_at)
          SELECT ${numberlistId}::int, key, ${actionId}::smallint, now(), now() FROM unnest(${[...keys]}::varchar[]) AS key
          ON CONFLICT (numberlist_id, key) DO NOTHING
          RETURNING id::text, key`,
    )
    const ids = new Map(rows.map(({ id, key }) => [key, id]))
    const taken = keys.filter((key) => !ids.has(key))
    if (taken.length > 0) throw new KeysTakenError(taken)
    const made = keys.map((key) => ids.get(key) ?? '')
    await recordVersions(transaction, byCustomer(address), {
      table,
      ids: made,
      isNew: true,
      which: numberlistItemsOf(tenant),
    })
    return made
  })
}

/** What of an item changes; what is left out stays. */
export interface ItemChange {
  readonly key?: string
  readonly actionId?: number | null
}

/** False when there is no such item of the tenant. Throws `KeysTakenError` when the list has that key already. */
export async function updateItem(
  databases: Databases,
  tenant: TenantScope,
  id: string,
  { key, actionId }: ItemChange,
  address: string,
): Promise<boolean> {
  const changes = [
    ...(key === undefined ? [] : [sql`key = ${key}`]),
    ...(actionId === undefined ? [] : [sql`action_id = ${actionId}::smallint`]),
    sql`updated_at = now()`,
  ]
  const which = itemOf(tenant, id)
  try {
    return await written(
      databases,
      tenant,
      id,
      address,
      sql`
      UPDATE class4.numberlist_items SET ${join(changes)} WHERE ${which} RETURNING id`,
    )
  } catch (error) {
    if (isUniqueViolation(error)) throw new KeysTakenError([key ?? ''])
    throw error
  }
}

/** False when there is no such item of the tenant. */
export function deleteItem(databases: Databases, tenant: TenantScope, id: string, address: string): Promise<boolean> {
  const which = itemOf(tenant, id)
  return written(databases, tenant, id, address, sql`DELETE FROM class4.numberlist_items WHERE ${which} RETURNING id`)
}

/** Whether the statement, which changes or deletes this item, has met it. */
function written(
  databases: Databases,
  tenant: TenantScope,
  id: string,
  address: string,
  statement: Sql,
): Promise<boolean> {
  return databases.transaction('primary', async (transaction) => {
    await rememberRows(transaction, table, itemOf(tenant, id))
    const rows = await transaction.query(statement)
    await recordVersions(transaction, byCustomer(address), { table, ids: [id], which: numberlistItemsOf(tenant) })
    return rows.length > 0
  })
}

function itemOf(tenant: TenantScope, id: string): Sql {
  return sql`id = ${id}::bigint AND ${numberlistItemsOf(tenant)}`
}

/** SQLSTATE of a row that would be there twice. */
function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505'
}
