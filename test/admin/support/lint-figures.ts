import { countCalls, exportCalls, invoice, rates, readCalls } from './lint-elsewhere.ts'
import { apart, happenings, hours, rounded, type Asker, type Metric, type Period } from './lint-asker.ts'

// How somebody computes figures from others, by the definitions of the figures and nothing of the gateway's.

/** What somebody knows who may see certain figures: of each what it is in any period within a month. */
export interface Knowing {
  readonly asker: Asker
  readonly of: (metric: Metric, periods: readonly Period[], prefix?: string) => Promise<(number | null)[]>
}

type Counter = (known: Knowing, period: Period) => Promise<number>

/** Added up over the hours of a period: what is computed of each is a whole number. */
function perHour(metrics: readonly Metric[], formula: (...values: (number | null)[]) => number): Counter {
  return async ({ of }, period) => {
    const parts = hours(period)
    const values = await Promise.all(metrics.map((metric) => of(metric, parts)))
    return parts.reduce((sum, _, hour) => sum + formula(...values.map((each) => each[hour] ?? null)), 0)
  }
}

export function whole(value: number): number {
  return Math.round(value)
}

const count = (metric: Metric): Counter => perHour([metric], (value) => value ?? 0)
export const [T, S, F] = [count('totalCalls'), count('successfulCalls'), count('failedCalls')]
export const seconds = perHour(['totalDuration'], (minutes) => whole((minutes ?? 0) * 60))

export const answeredOfAsr = perHour(['asr', 'totalCalls'], (asr, total) => whole(((asr ?? 0) / 100) * (total ?? 0)))
export const answeredOfAcd = perHour(['totalDuration', 'acd'], (minutes, acd) =>
  acd === null ? 0 : whole(((minutes ?? 0) * 60) / acd),
)
export const secondsWith =
  (answered: Metric | Counter): Counter =>
  async (known, period) => {
    const parts = hours(period)
    const acds = await known.of('acd', parts)
    const counts = typeof answered === 'string' ? await known.of(answered, parts) : await each(answered, known, parts)
    return parts.reduce((sum, _, hour) => sum + whole((acds[hour] ?? 0) * (counts[hour] ?? 0)), 0)
  }

async function each(counter: Counter, known: Knowing, periods: readonly Period[]): Promise<number[]> {
  const found: number[] = []
  for (const period of periods) found.push(await counter(known, period))
  return found
}

/** The one value of a whole period. */
export async function one({ of }: Knowing, metric: Metric, period: Period): Promise<number | null> {
  return (await of(metric, [period]))[0] ?? null
}

/** Single calls, by what a figure shows of each. */
function singles({ of }: Knowing, metric: Metric, period: Period) {
  return apart(period, async (periods) =>
    (await of(metric, periods)).map((value) => (value === 0 && metric === 'totalDuration' ? null : value)),
  )
}

export const begun: Counter = async ({ asker }, period) =>
  (await apart(period, async (periods) => (await happenings(asker, periods)).map((any) => (any ? true : null)))).length
export const answeredCalls =
  (metric: 'asr' | 'acd' | 'totalDuration'): Counter =>
  async (known, period) =>
    (await singles(known, metric, period)).filter(({ seen }) => metric !== 'asr' || seen === 100).length
export const spoken: Counter = async (known, period) =>
  (await singles(known, 'acd', period)).reduce((sum, { seen }) => sum + whole(seen), 0)

export const minus =
  (one: Counter, other: Counter): Counter =>
  async (known, period) =>
    (await one(known, period)) - (await other(known, period))
export const plus =
  (one: Counter, other: Counter): Counter =>
  async (known, period) =>
    (await one(known, period)) + (await other(known, period))
export const ratio = (answered: Counter, all: Counter) => async (known: Knowing, period: Period) => {
  const total = await all(known, period)
  return total === 0 ? null : rounded((await answered(known, period)) / total, 3) * 100
}
export const average = (talk: Counter, answered: Counter) => async (known: Knowing, period: Period) => {
  const calls = await answered(known, period)
  return calls === 0 ? null : rounded((await talk(known, period)) / calls, 2)
}
export const minutes = (talk: Counter) => async (known: Knowing, period: Period) =>
  rounded((await talk(known, period)) / 60, 2)
const quotient =
  (known: Metric, share: (asr: number) => number): Counter =>
  async (knowing, period) => {
    const [asr, part] = [await one(knowing, 'asr', period), await one(knowing, known, period)]
    return whole((part ?? 0) / share((asr ?? 0) / 100))
  }
export const totalOfAnswered = quotient('successfulCalls', (asr) => asr)
export const totalOfFailed = quotient('failedCalls', (asr) => 1 - asr)

export const listed: Counter = ({ asker }, period) => countCalls(asker, period)
export const listedAnswered: Counter = ({ asker }, period) => countCalls(asker, period, ', duration: { gt: 0 }')
export const listedSeconds: Counter = async ({ asker }, period) =>
  (await readCalls(asker, period, 'duration')).reduce((sum, { duration }) => sum + duration, 0)
export const listedSpeakers: Counter = async ({ asker }, period) =>
  (await readCalls(asker, period, 'duration')).filter(({ duration }) => duration > 0).length
export const exportedSeconds: Counter = async ({ asker }, period) =>
  (await exportCalls(asker, period)).reduce((sum, { duration }) => sum + duration, 0)
export const exportedSpeakers: Counter = async ({ asker }, period) =>
  (await exportCalls(asker, period)).filter(({ duration }) => duration > 0).length

export function money(prices: readonly { readonly price: string | null }[]): string {
  const sum = prices.reduce((total, { price }) => total + Math.round(Number(price ?? 0) * 1e5), 0) / 1e5
  return rounded(sum, 2).toFixed(2)
}

/** Of the newest invoice; `originated` or `terminated`. The period is the invoice's. */
const invoiced =
  (name: string): Counter =>
  async ({ asker }) => {
    const field = `${asker.direction === 'outgoing' ? 'originated' : 'terminated'}${name}`
    return Number((await invoice(asker, field))[field])
  }
export const [billedCalls, billedAnswered, billedSeconds] = [
  invoiced('CallsCount'),
  invoiced('SuccessfulCallsCount'),
  invoiced('CallsDuration'),
]

/** By how many minutes to each prefix cost what; who calls 4930 does not pay for 49. */
export const byRates =
  (minutesTo: (known: Knowing, period: Period, prefixes: readonly string[]) => Promise<ReadonlyMap<string, number>>) =>
  async (known: Knowing, period: Period) => {
    const perMinute = await rates(known.asker)
    const spent = await minutesTo(known, period, [...perMinute.keys()])
    return [...spent].reduce((sum, [prefix, time]) => sum + time * (perMinute.get(prefix) ?? 0), 0).toFixed(2)
  }

/** Of each prefix without the longer ones. */
export async function minutesOfDuration({ of }: Knowing, period: Period, prefixes: readonly string[]) {
  const all = new Map<string, number>()
  for (const prefix of prefixes) all.set(prefix, (await of('totalDuration', [period], prefix))[0] ?? 0)
  const longer = (prefix: string) =>
    prefixes.filter(
      (other) =>
        other !== prefix &&
        other.startsWith(prefix) &&
        !prefixes.some(
          (between) =>
            between !== other && between !== prefix && other.startsWith(between) && between.startsWith(prefix),
        ),
    )
  return new Map(
    prefixes.map((prefix) => [
      prefix,
      (all.get(prefix) ?? 0) - longer(prefix).reduce((sum, other) => sum + (all.get(other) ?? 0), 0),
    ]),
  )
}

/** Call by call: who is called shows where the filter leaves it in. */
export async function minutesOfAcd(known: Knowing, period: Period, prefixes: readonly string[]) {
  const spent = new Map<string, number>()
  const calls = (await singles(known, 'acd', period)).map((single) => single.period)
  const left = new Set(calls)
  for (const prefix of [...prefixes].sort((one, other) => other.length - one.length)) {
    const open = [...left]
    const seen = await known.of('acd', open, prefix)
    open.forEach((call, index) => {
      const talk = seen[index]
      if (talk === null || talk === undefined) return
      spent.set(prefix, (spent.get(prefix) ?? 0) + talk / 60)
      left.delete(call)
    })
  }
  return spent
}
