import { z } from 'zod'
import { quotient, rateOf } from './cryptomus-payments.ts'
import { sql, type Databases, type Row, type Transaction } from './databases.ts'
import { paymentStatuses, paymentTypes } from './payment-codes.ts'
import { byCustomer, recordVersions, rememberRows } from './yeti-versions.ts'

/** What became of a payment by a notice. */
export type Settlement =
  | { readonly kind: 'credited'; readonly accountId: number; readonly amount: string }
  | { readonly kind: 'canceled' | 'unchanged' }
  /** Nothing was written; the reason is for whoever runs the gateway. */
  | { readonly kind: 'not accepted'; readonly reason: string }

/** How often a transaction is tried that others made impossible. */
const tries = 3

/**
 * Does what a (signed) notice says, as Yeti does: a payment is credited once, whatever else is reported of it, and in
 * whatever order. Throws when the database cannot do it now; nothing is written then.
 */
export async function settle(databases: Databases, notice: Readonly<Record<string, unknown>>): Promise<Settlement> {
  const { data: report, error } = reported.safeParse(notice)
  if (!report) return notAccepted(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await databases.transaction('primary', (transaction) => settleIn(transaction, report))
    } catch (thrown) {
      if (attempt === tries || !isConflict(thrown)) throw thrown
    }
  }
}

/** SQLSTATE of a serialization failure and of a deadlock. */
const conflicts = new Set(['40001', '40P01'])

function isConflict(error: unknown): boolean {
  return error instanceof Error && 'code' in error && conflicts.has(String(error.code))
}

const text = z.union([z.string(), z.number()]).transform(String)

const reported = z.object({
  // Payouts and wallets have notices of their own, whose orders are no payments.
  type: z.literal('payment').optional(),
  order_id: text,
  is_final: z.boolean().nullish(),
  status: z.string(),
  merchant_amount: text.nullish(),
})
type Report = z.infer<typeof reported>

const orderId = /^\d{1,18}$/
const amount = /^\d{1,15}(\.\d{1,18})?$/
const successes = new Set(['paid', 'paid_over'])

interface LockedPayment extends Row {
  readonly id: string
  readonly account_id: number
  readonly type_id: number
  readonly status_id: number
  readonly usdt_rate: string | null
  /** Whether it was credited by a notice of the same amount. */
  readonly is_same: boolean | null
}

async function settleIn(transaction: Transaction, report: Report): Promise<Settlement> {
  const merchantAmount = merchantAmountOf(report)
  const [payment] = orderId.test(report.order_id)
    ? await transaction.query<LockedPayment>(sql`
        SELECT id, account_id, type_id, status_id, metadata->>'usdt_rate' AS usdt_rate,
               (metadata->>'merchant_amount')::numeric = ${merchantAmount}::numeric AS is_same
        FROM billing.payments WHERE id = ${report.order_id}::bigint FOR UPDATE`)
    : []
  if (!payment) return notAccepted('there is no such payment')
  if (payment.type_id !== paymentTypes.cryptomus) return notAccepted('the payment was not made with Cryptomus')
  if (report.is_final !== true) return { kind: 'unchanged' }
  if (!successes.has(report.status)) return fail(transaction, payment)
  return succeed(transaction, payment, merchantAmount)
}

/** In USDT; null when there is none. */
function merchantAmountOf({ merchant_amount: given }: Report): string | null {
  return typeof given === 'string' && amount.test(given) ? given : null
}

async function fail(transaction: Transaction, payment: LockedPayment): Promise<Settlement> {
  if (payment.status_id === paymentStatuses.canceled) return { kind: 'unchanged' }
  if (payment.status_id !== paymentStatuses.pending) return notAccepted('the payment was credited before it failed')
  await rememberRows(transaction, 'billing.payments', sql`id = ${payment.id}`)
  await transaction.query(
    sql`UPDATE billing.payments SET status_id = ${paymentStatuses.canceled} WHERE id = ${payment.id}`,
  )
  await recordVersions(transaction, byCustomer(null), { table: 'billing.payments', ids: [payment.id] })
  return { kind: 'canceled' }
}

async function succeed(
  transaction: Transaction,
  payment: LockedPayment,
  merchantAmount: string | null,
): Promise<Settlement> {
  if (merchantAmount === null) return notAccepted('its merchant_amount is no amount')
  switch (payment.status_id) {
    case paymentStatuses.pending:
      return credit(transaction, payment, merchantAmount)
    case paymentStatuses.completed:
      if (payment.is_same === true) return { kind: 'unchanged' }
      return notAccepted('the payment was credited with another merchant_amount')
    case paymentStatuses.canceled:
      return notAccepted('the payment is canceled: what was paid must be credited by hand')
    default:
      return notAccepted('the payment was rolled back')
  }
}

interface Credit extends Row {
  /** Before. */
  readonly balance: string
  readonly amount: string | null
}

async function credit(transaction: Transaction, payment: LockedPayment, merchantAmount: string): Promise<Settlement> {
  const { query } = transaction
  const inSystem = sql`${merchantAmount}::numeric * ${payment.usdt_rate}::numeric`
  const [found] = await query<Credit>(sql`
    SELECT account.balance, ${quotient(inSystem, rateOf(sql`currency.rate`), 8)} AS amount
    FROM billing.accounts account JOIN billing.currencies currency ON currency.id = account.currency_id
    WHERE account.id = ${payment.account_id} FOR UPDATE OF account`)
  if (!found?.amount || !/[1-9]/.test(found.amount)) {
    return notAccepted(`its merchant_amount is worth nothing at the payment's usdt_rate`)
  }
  await rememberRows(transaction, 'billing.payments', sql`id = ${payment.id}`)
  await rememberRows(transaction, 'billing.accounts', sql`id = ${payment.account_id}`)
  await query(sql`
    UPDATE billing.payments
    SET status_id = ${paymentStatuses.completed}, amount = ${found.amount}::numeric,
        balance_before_payment = ${found.balance}::numeric,
        metadata = metadata || jsonb_build_object('merchant_amount', ${merchantAmount}::numeric)
    WHERE id = ${payment.id}`)
  await query(sql`
    UPDATE billing.accounts SET balance = balance + ${found.amount}::numeric WHERE id = ${payment.account_id}`)
  await recordVersions(transaction, byCustomer(null), { table: 'billing.payments', ids: [payment.id] })
  await recordVersions(transaction, byCustomer(null), { table: 'billing.accounts', ids: [payment.account_id] })
  return { kind: 'credited', accountId: payment.account_id, amount: found.amount }
}

function notAccepted(reason: string): Settlement {
  return { kind: 'not accepted', reason }
}
