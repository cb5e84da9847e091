import { day, moment, timestamp } from '../clock.ts'
import type { Row } from '../rows.ts'
import { uuidOf } from '../uuid.ts'
import { payments, statusId, typeId } from '../world/payments.ts'

export function paymentRows(now: Date): Row[] {
  return payments.map((payment) => {
    const created = moment(now) - Math.round(payment.daysAgo * day)
    return {
      id: payment.id,
      uuid: uuidOf('payment', payment.id),
      account_id: payment.account.id,
      currency_id: payment.account.currency.id,
      amount: payment.amount,
      status_id: statusId(payment),
      type_id: typeId(payment),
      notes: payment.notes,
      private_notes: payment.privateNotes,
      balance_before_payment: payment.balanceBefore,
      rolledback_at: payment.status === 'rolledBack' ? timestamp(created + day) : null,
      metadata: payment.metadata,
      created_at: timestamp(created),
    }
  })
}
