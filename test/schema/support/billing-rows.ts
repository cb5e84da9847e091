import type { Gateway } from '../../support/gateway.ts'
import { insert, trickyRows, uuid } from './tricky.ts'

const firstId = 10n ** 17n

function id(index: number): string {
  return String(firstId + BigInt(index))
}

/** Mostly of alice's accounts, some of one of erin's. */
function accountOf(index: number): number {
  return index % 9 === 8 ? 211 : 201 + (index % 3)
}

/** Payments, services and transactions. */
export async function addBillingRows({ primary }: Gateway): Promise<void> {
  await insert(
    primary,
    'billing.payments',
    trickyRows('payments', (index) => ({
      id: id(index),
      uuid: uuid('payment', index),
      account_id: accountOf(index),
      currency_id: index % 4,
      private_notes: 'operator only',
    })),
  )
  await primary.query(
    `INSERT INTO billing.service_types (id, name, ui_type) VALUES (901, 'Tricky', NULL), (902, 'a%c', 'a_c')`,
  )
  await insert(
    primary,
    'billing.services',
    trickyRows('services', (index) => ({
      id: id(index),
      uuid: uuid('service', index),
      account_id: accountOf(index),
      type_id: 901 + (index % 2),
      variables: { password: 'operator only' },
    })),
  )
  await insert(
    primary,
    'billing.transactions',
    trickyRows('transactions', (index) => ({
      id: id(index),
      uuid: uuid('transaction', index),
      account_id: accountOf(index),
      service_id: serviceOf(index),
    })),
  )
}

/** None; one that is gone; one of the same account; one of any account; another customer's. */
function serviceOf(index: number): string | null {
  return [null, id(-1), id(index), id(index % 7), id(8)][index % 5] ?? null
}
