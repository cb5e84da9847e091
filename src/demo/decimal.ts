/** Exact decimal arithmetic for money: an amount is a whole number of millionths. */
export type Millionths = bigint

const million = 1_000_000n

export function millionths(text: string): Millionths {
  const [whole = '', fraction = ''] = text.split('.')
  if (!/^\d+$/.test(whole) || !/^\d{0,6}$/.test(fraction)) throw new RangeError(`not an amount: ${text}`)
  return BigInt(whole) * million + BigInt(fraction.padEnd(6, '0'))
}

/** Quotient of two non-negative numbers, rounded half up. */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor)
}

/** What `amount` of a currency is in another; rates are the values of one unit in a third. Rounded to `places`. */
export function convert(amount: Millionths, from: Millionths, to: Millionths, places: number): Millionths {
  const step = 10n ** BigInt(6 - places)
  return divideRounded(amount * from, to * step) * step
}

/** Prints a whole number of 10^-places, as PostgreSQL prints a numeric of that scale. */
export function decimalText(value: bigint, places: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/** An amount without trailing zeros, as an operator would have typed it. */
export function amountText(amount: Millionths): string {
  return decimalText(amount, 6).replace(/\.?0+$/, '')
}
