import { type Millionths, amountText, convert } from '../decimal.ts'
import type { Currency } from './currencies.ts'

/** What a call costs. Rates are per minute, intervals in seconds. */
export interface Tariff {
  readonly initialRate: Millionths
  readonly nextRate: Millionths
  readonly fee: Millionths
  readonly attemptFee: Millionths
  readonly initialInterval: number
  readonly nextInterval: number
  readonly text: Readonly<Record<'initialRate' | 'nextRate' | 'fee' | 'attemptFee', string>>
}

type Amounts = Omit<Tariff, 'text'>

/** The printed amounts are kept, since hundreds of thousands of calls carry them. */
export function tariff(amounts: Amounts): Tariff {
  return {
    ...amounts,
    text: {
      initialRate: amountText(amounts.initialRate),
      nextRate: amountText(amounts.nextRate),
      fee: amountText(amounts.fee),
      attemptFee: amountText(amounts.attemptFee),
    },
  }
}

/** The same tariff in the currency of an account, as the switch converts it at call time. */
export function inCurrency(original: Tariff, from: Currency, to: Currency): Tariff {
  if (from === to) return original
  const exchange = (amount: Millionths) => convert(amount, from.rate, to.rate, 6)
  return tariff({
    ...original,
    initialRate: exchange(original.initialRate),
    nextRate: exchange(original.nextRate),
    fee: exchange(original.fee),
    attemptFee: exchange(original.attemptFee),
  })
}
