import { decimalText, divideRounded, millionths } from '../decimal.ts'
import { createRandom } from '../random.ts'
import {
  type Account,
  auroraMain,
  auroraRetail,
  auroraWholesale,
  borealisContact,
  borealisInbound,
  borealisTrunk,
  cascadiaInbound,
  cascadiaMain,
} from './accounts.ts'
import { usdt } from './currencies.ts'

const statuses = { canceled: 10, completed: 20, pending: 30, rolledBack: 40 } as const
const types = { cryptomus: 10, manual: 20 } as const

export interface Payment {
  readonly id: number
  readonly account: Account
  /** In the account's currency. */
  readonly amount: string
  readonly daysAgo: number
  readonly status: keyof typeof statuses
  readonly type: keyof typeof types
  readonly notes: string | null
  /** The operator's, whom customers must not overhear. */
  readonly privateNotes: string | null
  readonly balanceBefore: string | null
  readonly metadata: Readonly<Record<string, number>> | null
}

export function statusId({ status }: Payment): number {
  return statuses[status]
}

export function typeId({ type }: Payment): number {
  return types[type]
}

type Differences = Pick<Payment, 'account' | 'amount' | 'daysAgo'> & Partial<Omit<Payment, 'id'>>

function payment(differences: Differences): Omit<Payment, 'id'> {
  return {
    status: 'completed',
    type: 'manual',
    notes: null,
    privateNotes: null,
    balanceBefore: null,
    metadata: null,
    ...differences,
  }
}

const notes = ['Bank transfer', 'Card', null, 'Überweisung "März", Nr. 7', '=2+2', 'Prepayment, agreed by phone']
const seed = 31
const everyDays = 11
const count = 19
const correctionShare = 0.18

/** What an account paid over the last months; now and then the operator took something back. */
function regular(account: Account): Omit<Payment, 'id'>[] {
  const random = createRandom(seed, account.id)
  return Array.from({ length: count }, (_, index) => {
    const isCorrection = random.chance(correctionShare)
    const units = isCorrection ? -1 - random.below(40) : 100 + 50 * random.below(60)
    return payment({
      account,
      amount: isCorrection ? `${units}.${random.digits(2)}` : String(units),
      daysAgo: 1 + everyDays * index + random.between(0, everyDays - 1),
      notes: isCorrection ? 'Correction of the payment before' : random.pick(notes),
      privateNotes: random.chance(0.6) ? `operator only: seen by ${random.pick(['Olga', 'Sven'])}` : null,
      balanceBefore: `${random.below(9000)}.${random.digits(5)}`,
    })
  })
}

const usdtRate = Number(usdt.rate) / 1e6

/** What arrives is what the payment service leaves of it, which is then converted to the account's currency. */
function credited(account: Account, merchantAmount: string): string {
  return decimalText(divideRounded(millionths(merchantAmount) * usdt.rate * 100n, account.currency.rate), 8)
}

/** One of each way that a payment can go. */
function special(account: Account): Omit<Payment, 'id'>[] {
  const cryptomus = { account, type: 'cryptomus', metadata: { usdt_rate: usdtRate } } as const
  const merchantAmount = '147.25'
  // No two at the same moment.
  const earlier = (account.id % 100) / 1000
  return [
    payment({
      account,
      amount: '777.77',
      daysAgo: 33 + earlier,
      status: 'rolledBack',
      notes: 'rolled back: credited to the wrong customer',
      privateNotes: 'operator only: ask the bank for the money',
      balanceBefore: '12.5',
    }),
    payment({ ...cryptomus, amount: '150', daysAgo: 0.1 + earlier, status: 'pending', notes: 'USDT top-up' }),
    payment({
      ...cryptomus,
      amount: '80.5',
      daysAgo: 21 + earlier,
      status: 'canceled',
      privateNotes: 'operator only: paid too little, in TRX',
    }),
    payment({
      ...cryptomus,
      amount: credited(account, merchantAmount),
      daysAgo: 12.25 + earlier,
      notes: 'USDT top-up',
      privateNotes: 'operator only: looked at by compliance',
      balanceBefore: '301.00042',
      metadata: { usdt_rate: usdtRate, merchant_amount: Number(merchantAmount) },
    }),
  ]
}

const payers = [
  auroraMain,
  auroraRetail,
  auroraWholesale,
  borealisTrunk,
  borealisContact,
  borealisInbound,
  cascadiaMain,
  cascadiaInbound,
]

/** In order of time. Each private note is the only one of its text, so that one that leaks can be told. */
export const payments: readonly Payment[] = [
  ...payers.flatMap(regular),
  ...[auroraMain, auroraRetail, borealisTrunk, cascadiaMain].flatMap(special),
]
  .sort((one, other) => other.daysAgo - one.daysAgo)
  .map((made, index) => ({ id: 1 + index, ...made }))
  .map((made) => ({ ...made, privateNotes: made.privateNotes && `${made.privateNotes} (#${made.id})` }))
