import { buffer } from 'node:stream/consumers'
import PDFDocument from 'pdfkit'
import type { Account } from '../world/accounts.ts'

/** The columns of billing.invoices that are printed; bigint and numeric come as text. */
export interface InvoiceFacts {
  readonly id: number
  readonly account_id: number
  readonly reference: string
  readonly start_date: Date
  readonly end_date: Date
  readonly created_at: Date
  readonly amount_spent: string
  readonly amount_earned: string
  readonly amount_total: string
  readonly originated_amount_spent: string
  readonly originated_amount_earned: string
  readonly originated_calls_count: string
  readonly originated_successful_calls_count: string
  readonly originated_billing_duration: string
  readonly terminated_amount_spent: string
  readonly terminated_amount_earned: string
  readonly terminated_calls_count: number
  readonly terminated_successful_calls_count: number
  readonly terminated_billing_duration: number
  readonly services_amount_spent: string
  readonly services_amount_earned: string
  readonly service_transactions_count: number
}

type Cells = readonly (string | number)[]

const margin = 50
const columns = [
  { x: 50, width: 150, align: 'left' },
  { x: 205, width: 55, align: 'right' },
  { x: 265, width: 65, align: 'right' },
  { x: 335, width: 65, align: 'right' },
  { x: 405, width: 70, align: 'right' },
  { x: 480, width: 65, align: 'right' },
] as const

/** In the account's own time zone, since that is where its periods begin. */
function localTime(at: Date, { timezone }: Account): string {
  const format = { timeZone: timezone, dateStyle: 'short', timeStyle: 'short' } as const
  // Swedish writes 2026-07-31 00:00.
  return new Intl.DateTimeFormat('sv', format).format(at)
}

function minutes(seconds: string | number): string {
  return (Number(seconds) / 60).toFixed(1)
}

function tableOf(invoice: InvoiceFacts): readonly Cells[] {
  return [
    ['', 'Calls', 'Successful', 'Minutes', 'Charged', 'Credited'],
    [
      'Originated calls',
      invoice.originated_calls_count,
      invoice.originated_successful_calls_count,
      minutes(invoice.originated_billing_duration),
      invoice.originated_amount_spent,
      invoice.originated_amount_earned,
    ],
    [
      'Terminated calls',
      invoice.terminated_calls_count,
      invoice.terminated_successful_calls_count,
      minutes(invoice.terminated_billing_duration),
      invoice.terminated_amount_spent,
      invoice.terminated_amount_earned,
    ],
    [
      `Services, ${invoice.service_transactions_count} entries`,
      '',
      '',
      '',
      invoice.services_amount_spent,
      invoice.services_amount_earned,
    ],
    ['Together', '', '', '', invoice.amount_spent, invoice.amount_earned],
  ]
}

function drawTable(document: PDFKit.PDFDocument, rows: readonly Cells[], top: number): number {
  rows.forEach((cells, row) => {
    const y = top + row * 22
    document.font(row === 0 || row === rows.length - 1 ? 'Helvetica-Bold' : 'Helvetica').fontSize(10)
    cells.forEach((cell, column) => {
      const { x, width, align } = columns[column] ?? columns[0]
      document.text(String(cell), x, y, { width, align, lineBreak: false })
    })
    document
      .moveTo(margin, y + 16)
      .lineTo(545, y + 16)
      .lineWidth(0.5)
      .stroke('#bbbbbb')
  })
  return top + rows.length * 22
}

/** A one-page invoice. The same facts give the same bytes. */
export async function invoicePdf(invoice: InvoiceFacts, account: Account): Promise<Buffer> {
  const document = new PDFDocument({
    size: 'A4',
    margin,
    info: { Title: `Invoice ${invoice.reference}`, Author: 'Yeti demo operator', CreationDate: invoice.created_at },
  })
  const done = buffer(document)
  document.font('Helvetica-Bold').fontSize(22).text('Invoice')
  document.font('Helvetica').fontSize(10).moveDown()
  const lines = [
    `Reference: ${invoice.reference}`,
    `Period: ${localTime(invoice.start_date, account)} to ${localTime(invoice.end_date, account)} (${account.timezone})`,
    `Account: ${account.name}, ${account.currency.name}, VAT ${account.vat} %`,
    '',
    account.contractor.name,
    account.contractor.address,
  ]
  for (const line of lines) document.text(line || ' ')
  const bottom = drawTable(document, tableOf(invoice), document.y + 30)
  document.font('Helvetica-Bold').fontSize(12)
  document.text(`Amount due: ${invoice.amount_total} ${account.currency.name}`, margin, bottom + 20)
  document.font('Helvetica').fontSize(8).fillColor('#777777')
  document.text('Demo data: nobody owes this.', margin, 780, { lineBreak: false })
  document.end()
  return done
}
