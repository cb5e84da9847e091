import { recordChange, type Change } from '../../backends/audit.ts'
import { sql, type Transaction } from '../../backends/databases.ts'
import { accessNotification, type AccessChange } from '../../identity/identity.ts'
import { administratorOf, forgetRead, type Context } from '../context.ts'

/** Writes one change to the audit log. */
export type RecordChange = (change: Change) => Promise<void>

/**
 * What an administrator changes: one transaction with its entries in the audit log, of which all gateways are told at
 * its end, so that it counts at once for what is running. `about`: whom it concerns.
 */
export async function change<T>(
  context: Context,
  about: AccessChange,
  work: (transaction: Transaction, record: RecordChange) => Promise<T>,
): Promise<T> {
  const { adminId, username } = administratorOf(context)
  const actor = { kind: 'admin', id: adminId, name: username, address: context.address } as const
  const result = await context.databases.transaction('primary', async (transaction) => {
    const done = await work(transaction, (each) => recordChange(transaction, actor, each))
    await transaction.query(sql`SELECT ${accessNotification(about)}`)
    return done
  })
  forgetRead(context)
  return result
}
