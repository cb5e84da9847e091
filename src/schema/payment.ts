import { sql } from '../backends/databases.ts'
import { paymentTypes } from '../backends/payment-codes.ts'
import { paymentsOf } from '../backends/tenancy.ts'
import { accountLink, linkAccount } from './account.ts'
import { enumKind } from './resource/enum-kind.ts'
import { paymentStatus } from './payment-status.ts'
import { resource } from './resource/resource.ts'
import { resourceList } from './resource/resource-list.ts'
import { resourceType } from './resource/resource-type.ts'

const paymentType = enumKind('PaymentType', 'How a payment is made.', 'int', {
  CRYPTOMUS: { code: String(paymentTypes.cryptomus), description: 'By the customer, through Cryptomus.' },
  MANUAL: { code: String(paymentTypes.manual), description: 'Entered by the operator.' },
})

export const payments = resource({
  name: 'Payment',
  description: 'A payment into an account, in its currency. Payments that were rolled back are not shown.',
  rule: { payments: true },
  database: 'primary',
  table: 'billing.payments',
  key: { column: 'uuid', kind: 'uuid' },
  tieBreaker: { column: 'id', kind: 'bigint' },
  scope: paymentsOf,
  links: accountLink('account_id'),
  defaultOrder: [{ attribute: 'createdAt', descending: true }],
  attributes: {
    uuid: { kind: 'uuid', nullable: false, description: "Yeti's public id." },
    amount: {
      kind: 'decimal',
      nullable: false,
      description: 'What was paid in; negative where the operator took it back.',
    },
    currency: {
      kind: 'text',
      filter: false,
      order: false,
      expression: sql`(SELECT name FROM billing.currencies currency WHERE currency.id = payments.currency_id)`,
      description: 'The currency of the account: an ISO 4217 code, or USDT.',
    },
    notes: { kind: 'text', description: 'What was noted for the customer.' },
    status: {
      kind: paymentStatus,
      column: 'status_id',
      nullable: false,
      order: false,
      description: 'How far it has come.',
    },
    typeName: { kind: paymentType, column: 'type_id', nullable: false, order: false, description: 'How it is made.' },
    createdAt: { kind: 'time', nullable: false, description: 'When it was created.' },
    balanceBeforePayment: {
      kind: 'decimal',
      filter: false,
      order: false,
      description: 'The balance just before it was added; none until then.',
    },
    rolledbackAt: {
      kind: 'time',
      order: false,
      description: 'When it was rolled back. As in Yeti always none, since those payments are not shown.',
    },
  },
})

export const Payment = resourceType(payments)

linkAccount(payments, Payment)

resourceList(payments, Payment, {
  field: 'payments',
  description: 'The payments, newest first unless `orderBy` says otherwise.',
})
