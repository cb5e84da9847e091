import { CryptomusRefusal, CryptomusSilence, type Cryptomus } from './cryptomus.ts'
import { sql, type Databases, type Row, type Sql } from './databases.ts'
import { paymentStatuses, paymentTypes } from './payment-codes.ts'
import { accountsOf, paymentsOf, type TenantScope } from './tenancy.ts'
import { byCustomer, recordVersions, rememberRows } from './yeti-versions.ts'

/** A row of `billing.payments` that was asked of Cryptomus. */
export interface CryptomusPayment {
  /** `id`, which Cryptomus knows as the order. */
  readonly orderId: string
  readonly uuid: string
  readonly status: number
  /** In the account's currency. */
  readonly amount: string
  readonly createdAt: Date
}

export interface WantedPayment {
  /** `billing.accounts.id` */
  readonly accountId: number
  /** In the account's currency. */
  readonly amount: string
  readonly notes: string | null
  /** Where Cryptomus reports to. */
  readonly callbackUrl: string
  /** The client's, for Yeti's audit log. */
  readonly address: string
}

export type Creation =
  | { readonly kind: 'created'; readonly payment: CryptomusPayment; readonly url: string }
  /** Nothing was written. */
  | { readonly kind: 'no account' | 'no USDT' | 'too little' }
  /** There is a canceled payment, which nobody can pay. */
  | { readonly kind: 'refused'; readonly refusal: CryptomusRefusal }
  /** There is a pending payment; whether it can be paid is not known. */
  | { readonly kind: 'silence'; readonly payment: CryptomusPayment; readonly silence: CryptomusSilence }

const table = 'billing.payments'

/**
 * Makes a pending payment here, then asks Cryptomus for one. In this order, and each on its own: whatever happens in
 * between, no payment can be made at Cryptomus that has no row here to be credited to.
 */
export async function createCryptomusPayment(
  databases: Databases,
  cryptomus: Cryptomus,
  tenant: TenantScope,
  wanted: WantedPayment,
): Promise<Creation> {
  const own = paymentsOf(tenant)
  const author = byCustomer(wanted.address)
  const row = await databases.transaction('primary', async (transaction) => {
    const [inserted] = await transaction.query<InsertedRow>(insertPending(tenant, wanted))
    if (inserted?.id) await recordVersions(transaction, author, { table, ids: [inserted.id], isNew: true, which: own })
    return inserted
  })
  if (row === undefined) return { kind: 'no account' }
  if (row.usdt === null) return { kind: 'no USDT' }
  if (row.id === null) return { kind: 'too little' }
  const payment = paymentOf(row)
  try {
    const { callbackUrl } = wanted
    const url = await cryptomus.createPayment({ orderId: payment.orderId, amount: row.usdt, callbackUrl })
    return { kind: 'created', payment, url }
  } catch (error) {
    if (error instanceof CryptomusSilence) return { kind: 'silence', payment, silence: error }
    if (!(error instanceof CryptomusRefusal)) throw error
    await databases.transaction('primary', async (transaction) => {
      await rememberRows(transaction, table, sql`id = ${payment.orderId} AND ${own}`)
      await transaction.query(cancelPending(payment.orderId))
      await recordVersions(transaction, author, { table, ids: [payment.orderId], which: own })
    })
    return { kind: 'refused', refusal: error }
  }
}

/** One of the tenant's payments by its public id; null also for one that was not made with Cryptomus. */
export async function findCryptomusPayment(
  databases: Databases,
  tenant: TenantScope,
  uuid: string,
): Promise<CryptomusPayment | null> {
  const [row] = await databases.query<PaymentRow>(
    'primary',
    sql`SELECT ${shown} FROM billing.payments
        WHERE uuid = ${uuid}::uuid AND type_id = ${paymentTypes.cryptomus}
          AND account_id IN (SELECT id FROM billing.accounts WHERE ${accountsOf(tenant)})`,
  )
  return row === undefined ? null : paymentOf(row)
}

interface PaymentRow extends Row {
  readonly id: string
  readonly uuid: string
  readonly status_id: number
  readonly amount: string
  readonly created_at: Date
}

/** The payment's columns are null where none was inserted. */
interface InsertedRow extends PaymentRow {
  /** What it is worth in USDT. */
  readonly usdt: string | null
}

const shown = sql`id, uuid, status_id, amount, created_at`

function paymentOf({ id, uuid, status_id: status, amount, created_at: createdAt }: PaymentRow): CryptomusPayment {
  return { orderId: id, uuid, status, amount, createdAt }
}

/**
 * A rate is a float: as numeric it has the digits that it prints with, as in Yeti. PostgreSQL's own cast would keep 15
 * of up to 17.
 */
export function rateOf(rate: Sql): Sql {
  return sql`${rate}::text::numeric`
}

/** The quotient, rounded half away from zero; by itself PostgreSQL would work it out to 16 digits only. */
export function quotient(dividend: Sql, divisor: Sql, decimals: number): Sql {
  return sql`round(round(${dividend}, 40) / ${divisor}, ${decimals}::int)`
}

/** No row: no such account. `usdt` null: no currency USDT. Everything else null: not a cent's worth of USDT. */
function insertPending(tenant: TenantScope, { accountId, amount, notes }: WantedPayment): Sql {
  const inOwn = sql`${amount}::numeric * ${rateOf(sql`own.rate`)}`
  return sql`
    WITH quote AS (
      SELECT account.id AS account_id, account.currency_id, usdt.rate,
             ${quotient(inOwn, rateOf(sql`usdt.rate`), 2)} AS usdt
      FROM (SELECT id, currency_id FROM billing.accounts WHERE ${accountsOf(tenant)} AND id = ${accountId}) account
      JOIN billing.currencies own ON own.id = account.currency_id
      LEFT JOIN billing.currencies usdt ON usdt.name = 'USDT' AND usdt.rate > 0
    ), inserted AS (
      INSERT INTO billing.payments (account_id, currency_id, amount, notes, type_id, status_id, metadata)
      SELECT account_id, currency_id, ${amount}::numeric, ${notes}, ${paymentTypes.cryptomus}, ${paymentStatuses.pending},
             jsonb_build_object('usdt_rate', rate)
      FROM quote WHERE usdt > 0
      RETURNING ${shown}
    )
    SELECT usdt, ${shown} FROM quote LEFT JOIN inserted ON true`
}

function cancelPending(id: string): Sql {
  return sql`
    UPDATE billing.payments SET status_id = ${paymentStatuses.canceled}
    WHERE id = ${id} AND type_id = ${paymentTypes.cryptomus} AND status_id = ${paymentStatuses.pending}`
}
