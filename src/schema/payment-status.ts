import { paymentStatuses } from '../backends/payment-codes.ts'
import { enumKind } from './resource/enum-kind.ts'

export const paymentStatus = enumKind('PaymentStatus', 'How far a payment has come.', 'int', {
  CANCELED: { code: String(paymentStatuses.canceled), description: 'It failed or expired; nothing was credited.' },
  COMPLETED: { code: String(paymentStatuses.completed), description: 'Its amount was added to the balance.' },
  PENDING: { code: String(paymentStatuses.pending), description: 'It is being waited for; nothing was credited yet.' },
  ROLLED_BACK: { code: String(paymentStatuses.rolledBack), description: 'Its amount was taken off the balance again.' },
})
