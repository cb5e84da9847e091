import { sql } from '../backends/databases.ts'
import { transactionsOf } from '../backends/tenancy.ts'
import { accountLink, linkAccount } from './account.ts'
import { resource } from './resource/resource.ts'
import { linkFields } from './resource/resource-links.ts'
import { childList, resourceList } from './resource/resource-list.ts'
import { resourceType } from './resource/resource-type.ts'
import { Service, services } from './service.ts'

export const transactions = resource({
  name: 'Transaction',
  description: 'What an account was charged for a service, in its currency.',
  rule: { transactions: true },
  database: 'primary',
  table: 'billing.transactions',
  key: { column: 'uuid', kind: 'uuid' },
  tieBreaker: { column: 'id', kind: 'bigint' },
  scope: transactionsOf,
  links: {
    ...accountLink('account_id'),
    service: { to: services, column: 'service_id', description: 'The service that it was for', order: true },
  },
  defaultOrder: [{ attribute: 'createdAt', descending: true }],
  attributes: {
    uuid: { kind: 'uuid', nullable: false, filter: false, description: "Yeti's public id." },
    description: { kind: 'text', order: false, description: 'What it was for.' },
    amount: { kind: 'decimal', nullable: false, description: 'What was charged; negative: what was credited.' },
    createdAt: { kind: 'time', nullable: false, description: 'When it was made.' },
  },
})

export const Transaction = resourceType(transactions)

linkAccount(transactions, Transaction)
linkFields(transactions, Transaction, 'service', Service)

const newestFirst = 'newest first unless `orderBy` says otherwise.'

resourceList(transactions, Transaction, { field: 'transactions', description: `The transactions, ${newestFirst}` })

childList({ resource: services, ref: Service, children: (id) => sql`service_id = ${id}` }, transactions, Transaction, {
  field: 'transactions',
  description: `Its transactions, ${newestFirst}`,
})
