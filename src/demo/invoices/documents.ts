import type pg from 'pg'
import { accounts, auroraWholesale } from '../world/accounts.ts'
import { type InvoiceFacts, invoicePdf } from './pdf.ts'

/** Rendering failed for this account: an approved invoice need not have a document. */
const withoutDocuments = auroraWholesale
const failure = 'invoice template 7 not found'

/** Of the others, one in this many has a document whose bytes are lost. */
const bytesLostEvery = 29

/** Renders the documents of approved invoices that have none. */
export async function renderDocuments(client: pg.ClientBase, onProgress: (part: number) => void): Promise<void> {
  await client.query('update billing.invoices set pdf_error = $2 where account_id = $1 and state_id = 2', [
    withoutDocuments.id,
    failure,
  ])
  const { rows } = await client.query<InvoiceFacts>(
    `select * from billing.invoices
     where state_id = 2 and pdf_error is null and not exists
       (select from billing.invoice_documents where invoice_id = invoices.id)
     order by id`,
  )
  for (const [index, invoice] of rows.entries()) {
    await insertDocument(client, invoice)
    onProgress((index + 1) / rows.length)
  }
}

async function insertDocument(client: pg.ClientBase, invoice: InvoiceFacts): Promise<void> {
  const account = accounts.find(({ id }) => id === invoice.account_id)
  if (!account) return
  const pdf = invoice.id % bytesLostEvery === 0 ? null : await invoicePdf(invoice, account)
  const [start, end] = [invoice.start_date, invoice.end_date].map((date) => date.toISOString().slice(0, 10))
  await client.query(
    'insert into billing.invoice_documents (id, invoice_id, filename, pdf_data) values ($1, $1, $2, $3)',
    [invoice.id, `${invoice.id}_${start}_${end}`, pdf],
  )
}
