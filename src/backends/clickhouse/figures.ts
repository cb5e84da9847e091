import type { Figures, Metric } from '../statistics.ts'

/** What figures are made of: sums, which can be summed further without a loss. Prices in units of 10⁻⁹, in which floats are exact below nine million. */
export interface Sums {
  readonly calls: number
  readonly answered: number
  readonly unanswered: number
  readonly seconds: number
  readonly talk: number
  readonly price: bigint
}

export const nothing: Sums = { calls: 0, answered: 0, unanswered: 0, seconds: 0, talk: 0, price: 0n }

export function added(one: Sums, other: Sums): Sums {
  return {
    calls: one.calls + other.calls,
    answered: one.answered + other.answered,
    unanswered: one.unanswered + other.unanswered,
    seconds: one.seconds + other.seconds,
    talk: one.talk + other.talk,
    price: one.price + other.price,
  }
}

/** The parts of a price unit in decimals. */
export const priceDecimals = 9

interface Formula {
  readonly parts: readonly (keyof Sums)[]
  /** `seconds`: how long the calls have come for. */
  readonly figure: (sums: Sums, seconds: number) => number | string | null
}

/** Yeti's formulas; those of PostgreSQL are in `statistics/formulas.ts`. */
const formulas: Readonly<Record<Metric, Formula>> = {
  totalCalls: { parts: ['calls'], figure: ({ calls }) => calls },
  successfulCalls: { parts: ['answered'], figure: ({ answered }) => answered },
  failedCalls: { parts: ['unanswered'], figure: ({ unanswered }) => unanswered },
  // Minutes.
  totalDuration: { parts: ['seconds'], figure: ({ seconds }) => twoDecimals(seconds / 60) },
  // Seconds.
  acd: {
    parts: ['talk', 'answered'],
    figure: ({ talk, answered }) => (answered === 0 ? null : twoDecimals(talk / answered)),
  },
  // Percent; rounded before the multiplication, so that the float's noise is Yeti's.
  asr: {
    parts: ['answered', 'calls'],
    figure: ({ answered, calls }) => (calls === 0 ? null : (halfToEven((answered / calls) * 1000) / 1000) * 100),
  },
  totalPrice: { parts: ['price'], figure: ({ price }) => twoDecimals(decimal(price)).toFixed(2) },
  // A second; in single precision, as Yeti's.
  cps: { parts: ['calls'], figure: ({ calls }, seconds) => (seconds === 0 ? null : singlePrecision(calls / seconds)) },
}

export function partsOf(metrics: readonly Metric[]): (keyof Sums)[] {
  return [...new Set(metrics.flatMap((metric) => formulas[metric].parts))]
}

export function figuresOf(metrics: readonly Metric[], sums: Sums, seconds: number): Figures {
  return Object.fromEntries(metrics.map((metric) => [metric, formulas[metric].figure(sums, seconds)]))
}

function decimal(price: bigint): number {
  const digits = String(price < 0n ? -price : price).padStart(priceDecimals + 1, '0')
  return Number(`${price < 0n ? '-' : ''}${digits.slice(0, -priceDecimals)}.${digits.slice(-priceDecimals)}`)
}

/** As ClickHouse rounds floats. */
function twoDecimals(value: number): number {
  return halfToEven(value * 100) / 100
}

function halfToEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  if (rest !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}

/** The shortest number that is the same in single precision, which is how such numbers are written. */
function singlePrecision(value: number): number {
  const single = Math.fround(value)
  for (let digits = 1; digits < 9; digits += 1) {
    const shorter = Number(single.toPrecision(digits))
    if (Math.fround(shorter) === single) return shorter
  }
  return Number(single.toPrecision(9))
}
