import { sql, type Databases } from '../databases.ts'

/** By account, whose it is: `public.contractors.id`. Those that are gone are not there. */
export type ReadOwners = (accountIds: readonly number[]) => Promise<ReadonlyMap<number, number>>

export function ownersIn(databases: Databases): ReadOwners {
  return async (accountIds) => {
    const rows = await databases.query<{ id: number; contractor_id: number }>(
      'primary',
      sql`SELECT id, contractor_id FROM billing.accounts WHERE id = ANY(${accountIds}::int[])`,
    )
    return new Map(rows.map(({ id, contractor_id: customerId }) => [id, customerId]))
  }
}
