import { encodeGlobalId } from '../../../src/schema/resource/global-id.ts'
import type { Answer, Gateway } from '../../support/gateway.ts'

/** Accounts of the demo, by their numbers: two of alice's, the first of which is frank's only one, and one of erin's. */
export const retail = 202
export const main = 201
export const trunk = 211

export interface PaymentRow {
  readonly id: string
  readonly uuid: string
  readonly account_id: number
  readonly amount: string
  readonly currency_id: number
  readonly status_id: number
  readonly type_id: number
  readonly notes: string | null
  readonly private_notes: string | null
  readonly balance_before_payment: string | null
  readonly metadata: Readonly<Record<string, unknown>> | null
}

export const canceled = 10
export const completed = 20
export const pending = 30
export const rolledBack = 40

/** Rates as an operator would enter them: that of USDT, and that of the currency of `retail`, which is the euro. */
export async function setRates(gateway: Gateway, usdt: string, own = '1.1642'): Promise<void> {
  await gateway.primary.query(
    `INSERT INTO billing.currencies (name, rate) VALUES ('USDT', $1::float8)
     ON CONFLICT (name) DO UPDATE SET rate = EXCLUDED.rate`,
    [usdt],
  )
  await gateway.primary.query(`UPDATE billing.currencies SET rate = $1::float8 WHERE name = 'EUR'`, [own])
}

export async function accountId(gateway: Gateway, account: number): Promise<string> {
  const { rows } = await gateway.primary.query('SELECT uuid FROM billing.accounts WHERE id = $1', [account])
  return encodeGlobalId('Account', rows[0].uuid)
}

export async function balanceOf(gateway: Gateway, account: number): Promise<string> {
  const { rows } = await gateway.primary.query('SELECT balance FROM billing.accounts WHERE id = $1', [account])
  return rows[0].balance
}

/** All payments, the newest last. */
export async function payments(gateway: Gateway): Promise<PaymentRow[]> {
  const { rows } = await gateway.primary.query<PaymentRow>('SELECT * FROM billing.payments ORDER BY id')
  return rows
}

export async function paymentRow(gateway: Gateway, id: string): Promise<PaymentRow> {
  const { rows } = await gateway.primary.query<PaymentRow>('SELECT * FROM billing.payments WHERE id = $1', [id])
  const [row] = rows
  if (!row) throw new Error(`There is no payment ${id}`)
  return row
}

const mutation = `mutation ($input: CreateCryptomusPaymentInput!) {
  createCryptomusPayment(input: $input) { id uuid url status amount createdAt }
}`

export function create(gateway: Gateway, token: string, input: object): Promise<Answer> {
  return gateway.ask(mutation, { token, variables: { input } })
}

/** A pending payment into `retail`, as the mutation makes it. */
export async function newPayment(gateway: Gateway, token: string, amount = '100.00'): Promise<PaymentRow> {
  const { data, errors } = await create(gateway, token, { accountId: await accountId(gateway, retail), amount })
  if (errors) throw new Error(errors[0]?.message)
  const { rows } = await gateway.primary.query<PaymentRow>('SELECT * FROM billing.payments WHERE uuid = $1', [
    data.createCryptomusPayment.uuid,
  ])
  return rows[0] ?? Promise.reject(new Error('The payment was not written'))
}

export function status(gateway: Gateway, token: string, uuid: string, fields = 'status'): Promise<Answer> {
  return gateway.ask(`query ($id: ID!) { cryptomusPayment(id: $id) { ${fields} } }`, {
    token,
    variables: { id: encodeGlobalId('Payment', uuid) },
  })
}

/** a × b ÷ c, rounded half away from zero, by whole numbers alone; the operands are positive decimals. */
export function converted(a: string, b: string, c: string, decimals: number): string {
  const [x, y, z] = [fraction(a), fraction(b), fraction(c)]
  const above = x.digits * y.digits * 10n ** BigInt(z.scale + decimals)
  const below = z.digits * 10n ** BigInt(x.scale + y.scale)
  const rounded = ((above * 2n + below) / (below * 2n)).toString().padStart(decimals + 1, '0')
  return `${rounded.slice(0, -decimals)}.${rounded.slice(-decimals)}`
}

/** b − a, of decimals of any sign. */
export function difference(a: string, b: string): string {
  const [x, y] = [fraction(a), fraction(b)]
  const scale = Math.max(x.scale, y.scale)
  const whole = y.digits * 10n ** BigInt(scale - y.scale) - x.digits * 10n ** BigInt(scale - x.scale)
  const text = (whole < 0n ? -whole : whole).toString().padStart(scale + 1, '0')
  return trimmed(`${whole < 0n ? '-' : ''}${text.slice(0, text.length - scale)}.${text.slice(text.length - scale)}`)
}

/** Without zeros at the end. */
export function trimmed(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0*$/, '') : decimal
}

function fraction(decimal: string): { readonly digits: bigint; readonly scale: number } {
  const [whole = '', decimals = ''] = decimal.split('.')
  return { digits: BigInt(whole + decimals), scale: decimals.length }
}
