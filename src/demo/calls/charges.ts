import { type Millionths, decimalText, divideRounded, millionths } from '../decimal.ts'
import type { Tariff } from '../world/tariff.ts'
import type { Attempt, Call } from './call.ts'

/** Prices are rounded to so many places: Yeti's default precision. */
const places = 5

/** Amounts of one row, printed. */
export interface Charges {
  readonly customerPrice: string
  readonly customerPriceNoVat: string
  readonly customerDuration: number | null
  readonly vendorPrice: string | null
  readonly vendorDuration: number | null
  readonly profit: string
}

function extraIntervals(tariff: Tariff, duration: number): number {
  return duration <= tariff.initialInterval ? 0 : Math.ceil((duration - tariff.initialInterval) / tariff.nextInterval)
}

function billedSeconds(tariff: Tariff, duration: number): number {
  return tariff.initialInterval + extraIntervals(tariff, duration) * tariff.nextInterval
}

/** Price of an answered call, in sixtieths of a millionth: rates are per minute, so this is a whole number. */
function talkCharge(tariff: Tariff, duration: number): bigint {
  const first = BigInt(tariff.initialInterval) * tariff.initialRate
  const further = BigInt(extraIntervals(tariff, duration) * tariff.nextInterval) * tariff.nextRate
  return 60n * tariff.fee + first + further
}

function attemptCharge(tariff: Tariff): bigint {
  return 60n * tariff.attemptFee
}

const wholePercent = 100n * 1_000_000n

/** Adds a tax to sixtieths of a millionth and rounds to hundred-thousandths. */
function taxed(charge: bigint, percent: Millionths): bigint {
  return divideRounded(charge * (wholePercent + percent), 600n * wholePercent)
}

function customerCharge(call: Call, attempt: Attempt): bigint {
  const talk = attempt.duration > 0 && !call.fromPackage ? talkCharge(call.tariff, attempt.duration) : 0n
  return talk + (attempt.isLast && attempt.sent ? attemptCharge(call.tariff) : 0n)
}

function vendorCharge(attempt: Attempt): bigint {
  if (!attempt.sent) return 0n
  const { tariff } = attempt.sent.dialpeer
  return (attempt.duration > 0 ? talkCharge(tariff, attempt.duration) : 0n) + attemptCharge(tariff)
}

export function chargesOf(call: Call, attempt: Attempt): Charges {
  const charge = customerCharge(call, attempt)
  const customerPrice = taxed(charge, millionths(call.auth.account.vat))
  const vendorPrice = taxed(vendorCharge(attempt), 0n)
  const isAnswered = attempt.duration > 0
  const { sent } = attempt
  return {
    customerPrice: decimalText(customerPrice, places),
    customerPriceNoVat: decimalText(taxed(charge, 0n), places),
    customerDuration: isAnswered ? billedSeconds(call.tariff, attempt.duration) : null,
    vendorPrice: sent && decimalText(vendorPrice, places),
    vendorDuration: sent && isAnswered ? billedSeconds(sent.dialpeer.tariff, attempt.duration) : null,
    profit: profit(call, attempt, customerPrice, vendorPrice),
  }
}

/** In the system currency: what comes in less what goes out; reverse billing turns the direction of either. */
function profit(call: Call, attempt: Attempt, customerPrice: bigint, vendorPrice: bigint): string {
  const fromCustomer = customerPrice * call.auth.account.currency.rate
  const toVendor = attempt.sent ? vendorPrice * attempt.sent.route.account.currency.rate : 0n
  const income = call.destination.reverseBilling ? -fromCustomer : fromCustomer
  const expense = attempt.sent?.dialpeer.reverseBilling ? -toVendor : toVendor
  return decimalText(income - expense, places + 6)
}
