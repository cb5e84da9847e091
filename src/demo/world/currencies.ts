import { type Millionths, millionths } from '../decimal.ts'

export interface Currency {
  readonly id: number
  readonly name: string
  /** Value of one unit in the system currency. */
  readonly rate: Millionths
  readonly rateProviderId: number | null
}

const frankfurter = 1
const nationalBankOfUkraine = 3

/** Id 0 is the system currency. */
export const usd: Currency = { id: 0, name: 'USD', rate: millionths('1'), rateProviderId: null }
export const eur: Currency = { id: 1, name: 'EUR', rate: millionths('1.1642'), rateProviderId: frankfurter }
export const gbp: Currency = { id: 2, name: 'GBP', rate: millionths('1.3391'), rateProviderId: frankfurter }
export const sek: Currency = { id: 3, name: 'SEK', rate: millionths('0.1063'), rateProviderId: frankfurter }
export const cad: Currency = { id: 4, name: 'CAD', rate: millionths('0.7284'), rateProviderId: frankfurter }
export const jpy: Currency = { id: 5, name: 'JPY', rate: millionths('0.006652'), rateProviderId: frankfurter }
export const uah: Currency = { id: 6, name: 'UAH', rate: millionths('0.024093'), rateProviderId: nationalBankOfUkraine }
/** Cryptomus pays with it; no account is kept in it. */
export const usdt: Currency = { id: 7, name: 'USDT', rate: millionths('1.0003'), rateProviderId: null }

export const currencies: readonly Currency[] = [usd, eur, gbp, sek, cad, jpy, uah]
