import { join, sql, type Databases } from './databases.ts'
import { numberlistItemsOf, numberlistsOf, type TenantScope } from './tenancy.ts'

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

/** Adds items, all or none, and returns their ids in the order of the (unique) keys. Throws `KeysTakenError`. */
export function insertItems(
  databases: Databases,
  numberlistId: string,
  keys: readonly string[],
  actionId: number | null,
): Promise<string[]> {
  return databases.transaction('primary', async ({ query }) => {
    const rows = await query<{ id: string; key: string }>(
      sql`INSERT INTO class4.numberlist_items (numberlist_id, key, action_id, created_at, updated_at)
          SELECT ${numberlistId}::int, key, ${actionId}::smallint, now(), now() FROM unnest(${[...keys]}::varchar[]) AS key
          ON CONFLICT (numberlist_id, key) DO NOTHING
          RETURNING id, key`,
    )
    const ids = new Map(rows.map(({ id, key }) => [key, id]))
    const taken = keys.filter((key) => !ids.has(key))
    if (taken.length > 0) throw new KeysTakenError(taken)
    return keys.map((key) => ids.get(key) ?? '')
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
): Promise<boolean> {
  const changes = [
    ...(key === undefined ? [] : [sql`key = ${key}`]),
    ...(actionId === undefined ? [] : [sql`action_id = ${actionId}::smallint`]),
    sql`updated_at = now()`,
  ]
  try {
    const rows = await databases.query(
      'primary',
      sql`UPDATE class4.numberlist_items SET ${join(changes)}
          WHERE id = ${id}::bigint AND ${numberlistItemsOf(tenant)} RETURNING id`,
    )
    return rows.length > 0
  } catch (error) {
    if (isUniqueViolation(error)) throw new KeysTakenError([key ?? ''])
    throw error
  }
}

/** False when there is no such item of the tenant. */
export async function deleteItem(databases: Databases, tenant: TenantScope, id: string): Promise<boolean> {
  const rows = await databases.query(
    'primary',
    sql`DELETE FROM class4.numberlist_items WHERE id = ${id}::bigint AND ${numberlistItemsOf(tenant)} RETURNING id`,
  )
  return rows.length > 0
}

/** SQLSTATE of a row that would be there twice. */
function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505'
}
