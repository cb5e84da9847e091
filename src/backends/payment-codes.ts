/** `billing.payments.status_id` */
export const paymentStatuses = { canceled: 10, completed: 20, pending: 30, rolledBack: 40 } as const

/** `billing.payments.type_id` */
export const paymentTypes = { cryptomus: 10, manual: 20 } as const
