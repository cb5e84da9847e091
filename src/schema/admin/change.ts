import { recordChanges, type Actor, type Change } from '../../backends/audit.ts'
import { sql, type Transaction } from '../../backends/databases.ts'
import { accessNotification, type AccessChange } from '../../identity/identity.ts'
import { administratorOf, forgetRead, type Context } from '../context.ts'

/** Writes changes to the audit log. */
export type RecordChange = (...changes: readonly Change[]) => Promise<void>

/** What changes something, and records it. */
export type Work<T> = (transaction: Transaction, record: RecordChange) => Promise<T>

/**
 * What an administrator changes: one transaction with its entries in the audit log, of which all gateways are told at
 * its end, so that it counts at once for what is running. Work that records nothing has changed nothing.
 * `about`: whom it concerns.
 */
export async function change<T>(context: Context, about: AccessChange, work: Work<T>): Promise<T> {
  const actor = actorOf(context)
  const result = await context.databases.transaction('primary', async (transaction) => {
    let isChanged = false
    const done = await work(transaction, async (...changes) => {
      if (changes.length === 0) return
      isChanged = true
      await recordChanges(transaction, actor, changes)
    })
    if (isChanged) await transaction.query(sql`SELECT ${accessNotification(about)}`)
    return done
  })
  forgetRead(context)
  return result
}

/** What `change` would do: the very same work, of which nothing is kept and nobody is told. */
export async function rehearse<T>(context: Context, work: Work<T>): Promise<T> {
  const actor = actorOf(context)
  const rolledBack = new Error('Rehearsed')
  const done: T[] = []
  await context.databases
    .transaction('primary', async (transaction) => {
      done.push(await work(transaction, (...changes) => recordChanges(transaction, actor, changes)))
      throw rolledBack
    })
    .catch((error: unknown) => {
      if (error !== rolledBack) throw error
    })
  const [result] = done
  if (result === undefined) throw new TypeError('A rehearsal has a result')
  return result
}

function actorOf(context: Context): Actor {
  const { adminId, username } = administratorOf(context)
  return { kind: 'admin', id: adminId, name: username, address: context.address }
}
