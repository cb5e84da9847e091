/**
 * Yeti's statistics, computed from single calls by the formulas of `portal-behaviour.md` 6.3 and nothing else.
 */
import { exactTime, type RawRow } from './subjects.ts'

export type Direction = 'outgoing' | 'incoming'

export const samplings = ['MINUTE', 'FIVE_MINUTES', 'HOUR', 'DAY', 'WEEK', 'MONTH'] as const
export type Sampling = (typeof samplings)[number]

export const metrics = [
  'totalCalls',
  'successfulCalls',
  'failedCalls',
  'totalDuration',
  'acd',
  'asr',
  'totalPrice',
] as const
export type Metric = (typeof metrics)[number]

export type Figures = Readonly<Record<Metric, number | string | null>>

/** What makes the sides differ. */
export const sides = {
  outgoing: {
    account: 'customer_acc_id',
    price: 'customer_price',
    billed: 'customer_duration',
    active: 'originated_count',
  },
  incoming: { account: 'vendor_acc_id', price: 'vendor_price', billed: 'vendor_duration', active: 'terminated_count' },
} as const

/** To the nearest whole number, halves to the even one, as ClickHouse rounds floats. */
function halfEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  if (rest !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}

function rounded(value: number, places: number): number {
  return halfEven(value * 10 ** places) / 10 ** places
}

/** The exact sum of decimals, as a number. */
function sumOfDecimals(texts: readonly string[]): number {
  const places = 30
  const sum = texts.reduce((total, text) => {
    const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? []
    const value = BigInt(whole + fraction.padEnd(places, '0'))
    return total + (sign ? -value : value)
  }, 0n)
  const digits = (sum < 0n ? -sum : sum).toString().padStart(places + 1, '0')
  return Number(`${sum < 0n ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`)
}

function numbers(rows: readonly RawRow[], column: string): number[] {
  return rows.flatMap((row) => (row[column] === null || row[column] === undefined ? [] : [Number(row[column])]))
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/** `durationColumn` is what total durations add up, nothing else. */
export function figuresOf(rows: readonly RawRow[], direction: Direction, durationColumn = 'duration'): Figures {
  const durations = numbers(rows, 'duration')
  const answered = durations.filter((duration) => duration > 0)
  const prices = rows.flatMap((row) => row[sides[direction].price] ?? [])
  return {
    totalCalls: rows.length,
    successfulCalls: answered.length,
    failedCalls: durations.filter((duration) => duration === 0).length,
    totalDuration: rounded(total(numbers(rows, durationColumn)) / 60, 2),
    acd: answered.length === 0 ? null : rounded(total(answered) / answered.length, 2),
    asr: rows.length === 0 ? null : rounded(answered.length / rows.length, 3) * 100,
    totalPrice: rounded(sumOfDecimals(prices), 2).toFixed(2),
  }
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** `2026-11-23` of a moment in a zone. */
function localDate(at: number, zone: string): string {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
    formats.set(zone, format)
  }
  return format.format(at)
}

const starts = new Map<string, number>()
const quarter = 900_000

/** The first moment of a local day: usually midnight, an hour later where the clock leaps over it. */
function startOfDay(date: string, zone: string): number {
  const known = starts.get(`${zone} ${date}`)
  if (known !== undefined) return known
  let at = Date.parse(`${date}T00:00:00Z`) - 16 * 3_600_000
  while (localDate(at, zone) < date) at += quarter
  starts.set(`${zone} ${date}`, at)
  return at
}

function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

function bucketDate(at: number, sampling: 'DAY' | 'WEEK' | 'MONTH', zone: string): string {
  const date = localDate(at, zone)
  if (sampling === 'MONTH') return `${date.slice(0, 7)}-01`
  return sampling === 'DAY' ? date : addDays(date, -new Date(`${date}T00:00:00Z`).getUTCDay())
}

const fixed = { MINUTE: 60_000, FIVE_MINUTES: 300_000, HOUR: 3_600_000 } as const

/** Where the bucket of a moment begins, milliseconds. Hours are whole ones in the zones of these tests. */
export function bucketOf(at: number, sampling: Sampling, zone: string): number {
  if (sampling === 'DAY' || sampling === 'WEEK' || sampling === 'MONTH')
    return startOfDay(bucketDate(at, sampling, zone), zone)
  return Math.floor(at / fixed[sampling]) * fixed[sampling]
}

/** The bucket after one. */
export function nextBucket(start: number, sampling: Sampling, zone: string): number {
  if (sampling === 'MINUTE' || sampling === 'FIVE_MINUTES' || sampling === 'HOUR') return start + fixed[sampling]
  const date = bucketDate(start, sampling, zone)
  const next = { DAY: addDays(date, 1), WEEK: addDays(date, 7), MONTH: `${addDays(date, 31).slice(0, 7)}-01` }[sampling]
  return startOfDay(next, zone)
}

export function startOf(row: RawRow, column = 'time_start'): number {
  return Date.parse(exactTime(row[column] ?? ''))
}

export interface Point extends Figures {
  readonly time: string
}

/** One point for each bucket with a call. */
export function seriesOf(
  rows: readonly RawRow[],
  direction: Direction,
  sampling: Sampling,
  { zone = 'UTC', durationColumn = 'duration' } = {},
): Point[] {
  const buckets = new Map<number, RawRow[]>()
  for (const row of rows) {
    const bucket = bucketOf(startOf(row), sampling, zone)
    const known = buckets.get(bucket)
    if (known) known.push(row)
    else buckets.set(bucket, [row])
  }
  return [...buckets]
    .sort(([a], [b]) => a - b)
    .map(([bucket, calls]) => ({
      time: new Date(bucket).toISOString(),
      ...figuresOf(calls, direction, durationColumn),
    }))
}
