import { sql } from '../databases.ts'
import type { StatisticsQuery } from '../statistics.ts'

/** Where the calls of each direction stand. */
export const sides = {
  outgoing: {
    account: 'customer_acc_id',
    price: 'customer_price',
    active: 'originated_count',
    calls: () => sql`is_last_cdr`,
  },
  incoming: {
    account: 'vendor_acc_id',
    price: 'vendor_price',
    active: 'terminated_count',
    // Says nothing new, but the account's column has no index in Yeti, and this one has.
    calls: ({ contractorId }: StatisticsQuery) => sql`vendor_id = ${contractorId}`,
  },
} as const
