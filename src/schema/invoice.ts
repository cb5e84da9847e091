import { sql } from '../backends/databases.ts'
import { invoicesOf } from '../backends/tenancy.ts'
import { accountLink, linkAccount } from './account.ts'
import { builder } from './builder.ts'
import { fileLink, fileLinkType } from './file-link.ts'
import { fileRules } from './file-rules.ts'
import { resource, type Attribute } from './resource/resource.ts'
import { resourceList } from './resource/resource-list.ts'
import { resourceType } from './resource/resource-type.ts'

const rule = fileRules.invoice

/** The same seven attributes for either direction; the columns differ in one word. */
function direction(word: 'originated' | 'terminated') {
  const count = word === 'originated' ? 'bigint' : 'integer' // as the columns are
  return {
    amountSpent: { kind: 'decimal', description: `What the ${word} calls cost.` },
    callsCount: { kind: count, description: `How many calls were ${word}.` },
    successfulCallsCount: { kind: count, description: `How many ${word} calls were answered.` },
    callsDuration: { kind: count, description: `The answered time of the ${word} calls, in seconds.` },
    billingDuration: { kind: count, description: `The billed time of the ${word} calls, in seconds.` },
    firstCallAt: { kind: 'time', column: `first_${word}_call_at`, description: `When the first ${word} call was.` },
    lastCallAt: { kind: 'time', column: `last_${word}_call_at`, description: `When the last ${word} call was.` },
  } as const satisfies Record<string, Attribute>
}

const originated = direction('originated')
const terminated = direction('terminated')

export const invoices = resource({
  name: 'Invoice',
  description: 'An approved invoice. Amounts are in the currency of its account.',
  rule,
  database: 'cdr',
  table: 'billing.invoices',
  key: { column: 'uuid', kind: 'uuid' },
  tieBreaker: { column: 'id', kind: 'integer' },
  scope: invoicesOf,
  links: accountLink('account_id'),
  defaultOrder: [{ attribute: 'startDate', descending: true }],
  fieldColumns: { pdf: ['uuid', 'reference', 'has_pdf'] },
  attributes: {
    uuid: { kind: 'uuid', nullable: false, filter: false, description: "Yeti's public id." },
    reference: { kind: 'text', description: 'The number printed on the invoice.' },
    startDate: { kind: 'time', nullable: false, description: 'Where the period begins.' },
    endDate: { kind: 'time', nullable: false, description: 'Where the period ends; this moment is not part of it.' },
    hasPdf: {
      kind: 'boolean',
      filter: false,
      order: false,
      expression: sql`EXISTS (SELECT FROM billing.invoice_documents document WHERE document.invoice_id = invoices.id AND document.pdf_data IS NOT NULL)`,
      description: 'Whether there is a PDF.',
    },
    amountSpent: { kind: 'decimal', nullable: false, description: 'The sum of what was spent.' },
    originatedAmountSpent: originated.amountSpent,
    originatedCallsCount: originated.callsCount,
    originatedSuccessfulCallsCount: originated.successfulCallsCount,
    originatedCallsDuration: originated.callsDuration,
    originatedBillingDuration: originated.billingDuration,
    originatedFirstCallAt: originated.firstCallAt,
    originatedLastCallAt: originated.lastCallAt,
    terminatedAmountSpent: terminated.amountSpent,
    terminatedCallsCount: terminated.callsCount,
    terminatedSuccessfulCallsCount: terminated.successfulCallsCount,
    terminatedCallsDuration: terminated.callsDuration,
    terminatedBillingDuration: terminated.billingDuration,
    terminatedFirstCallAt: terminated.firstCallAt,
    terminatedLastCallAt: terminated.lastCallAt,
    servicesAmountSpent: { kind: 'decimal', description: 'What services cost.' },
    serviceTransactionsCount: { kind: 'integer', description: 'How many transactions of services.' },
  },
})

export const Invoice = resourceType(invoices)
const InvoicePdf = fileLinkType('InvoicePdf', 'The PDF of an invoice.', rule)

linkAccount(invoices, Invoice)

builder.objectField(Invoice, 'pdf', (t) =>
  t.field({
    type: InvoicePdf,
    description: 'The PDF; none if there is no document.',
    authScopes: rule,
    resolve: (row, _args, context) =>
      row.text('has_pdf') === 't'
        ? fileLink(
            context,
            { kind: 'invoice', id: row.text('uuid') ?? '' },
            `${row.text('reference') ?? 'invoice'}.pdf`,
            'application/pdf',
          )
        : null,
  }),
)

resourceList(invoices, Invoice, {
  field: 'invoices',
  description: 'The approved invoices, newest first unless `orderBy` says otherwise.',
})
