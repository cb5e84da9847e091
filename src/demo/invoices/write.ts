import type pg from 'pg'
import { longestCall } from '../calls/day.ts'
import { advanceSequence } from '../rows.ts'
import { renderDocuments } from './documents.ts'
import { issueDueInvoices, issueFirstInvoices } from './issue.ts'
import { type ServiceTransaction, settleInvoices } from './settle.ts'

/** So short that a daily account has two more invoices, one new and one pending, even where the data are of three days. */
const firstInvoice = 12 * 3_600_000

export interface Billing {
  readonly start: Date
  readonly until: Date
  readonly isFirst: boolean
  /** Those since `start`. */
  readonly transactions: () => Promise<readonly ServiceTransaction[]>
}

/** Issues what is due, sums it up, approves what is old enough and renders it. Returns the number of new invoices. */
export async function writeInvoices(
  client: pg.ClientBase,
  { start, until, isFirst, transactions }: Billing,
  onProgress: (part: number) => void,
): Promise<number> {
  const firstEnd = new Date(start.getTime() + firstInvoice)
  // A period is complete when the last call that began in it has ended.
  const over = new Date(until.getTime() - longestCall / 1000)
  const first = isFirst ? await issueFirstInvoices(client, start, firstEnd) : 0
  const due = await issueDueInvoices(client, start, over)
  // Each invoice moves on when the next of its account is there.
  if (first + due === 0) return 0
  await settleInvoices(client, await transactions())
  await renderDocuments(client, onProgress)
  await advanceSequence(client, 'billing.invoices')
  await advanceSequence(client, 'billing.invoice_documents')
  return first + due
}
