import type { Permission } from '../../../src/permissions/permissions.ts'
import type { Answer, Gateway } from '../../support/gateway.ts'

export type Direction = 'outgoing' | 'incoming'

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

export type Form = 'series' | 'totals'

/** Microseconds since 1970; both ends are part of it. */
export interface Period {
  readonly from: bigint
  readonly to: bigint
}

export const second = 1_000_000n
export const hour = 3600n * second

export function iso(at: bigint): string {
  const whole = new Date(Number(at / 1000n)).toISOString()
  return `${whole.slice(0, -1)}${String(at % 1000n).padStart(3, '0')}Z`
}

export function microseconds(text: string): bigint {
  const [, whole = '', fraction = ''] = /^([^.Z]+)(?:\.(\d+))?Z$/.exec(text) ?? []
  return BigInt(Date.parse(`${whole}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6))
}

/** The hours of a period. */
export function hours({ from, to }: Period): Period[] {
  const found: Period[] = []
  for (let start = from; start <= to; start = start - (start % hour) + hour) {
    const next = start - (start % hour) + hour
    found.push({ from: start, to: next - 1n < to ? next - 1n : to })
  }
  return found
}

/** Somebody who asks the gateway about one account, and is answered: what is denied fails the test. */
export interface Asker {
  readonly direction: Direction
  /** The account, by its global id. */
  readonly accountId: string
  readonly token: string
  ask(query: string, variables?: Readonly<Record<string, unknown>>): Promise<Answer['data']>
}

interface Question {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** `asked`: where questions are remembered, so that they can be asked again with less. */
export function askerOf(gateway: Gateway, who: Omit<Asker, 'ask'>, asked: Question[] = []): Asker {
  return {
    ...who,
    async ask(query, variables = {}) {
      asked.push({ query, variables })
      const { data, errors } = await gateway.ask(query, { token: who.token, variables })
      if (errors) throw new Error(`${JSON.stringify(errors)} of ${query}`)
      return data
    },
  }
}

/** What of one report is asked for many periods, some in each request. */
async function report(
  { ask, direction, accountId }: Asker,
  selection: string,
  periods: readonly Period[],
  prefix?: string,
): Promise<Answer['data'][]> {
  const atATime = 25
  const where = prefix === undefined ? '' : `, where: { dstPrefixRouting: { startsWith: "${prefix}" } }`
  const answers: Answer['data'][] = []
  for (let start = 0; start < periods.length; start += atATime) {
    const fields = periods
      .slice(start, start + atATime)
      .map(
        ({ from, to }, index) =>
          `p${index}: ${direction}Statistics(accountId: "${accountId}", fromTime: "${iso(from)}", toTime: "${iso(to)}", sampling: MONTH${where}) { ${selection} }`,
      )
    answers.push(...Object.values(await ask(`{ ${fields.join('\n')} }`)))
  }
  return answers
}

export type Figure = number | string | null

/** A metric of periods, each within a month, by its chart alone or by its number alone. */
export async function figures(
  asker: Asker,
  metric: Metric,
  form: Form,
  periods: readonly Period[],
  prefix?: string,
): Promise<Figure[]> {
  const selection = form === 'totals' ? `totals { ${metric} }` : `series { time ${metric} }`
  const nothing = metric === 'acd' || metric === 'asr' ? null : 0
  return (await report(asker, selection, periods, prefix)).map((answer) => {
    if (form === 'totals') return answer.totals[metric]
    if (answer.series.length > 1) throw new Error('The period is longer than a month')
    return answer.series.length === 0 ? nothing : answer.series[0][metric]
  })
}

/** Whether anything happened in periods: by the times of the points alone. */
export async function happenings(asker: Asker, periods: readonly Period[]): Promise<boolean[]> {
  return (await report(asker, 'series { time }', periods)).map(({ series }) => series.length > 0)
}

/** Makes periods shorter until they have one call each. `look` says for each what it shows; null: nothing. */
export async function apart<T>(
  period: Period,
  look: (periods: readonly Period[]) => Promise<(T | null)[]>,
): Promise<{ readonly period: Period; readonly seen: T }[]> {
  let open = [period]
  const found: { period: Period; seen: T }[] = []
  while (open.length > 0) {
    const seen = await look(open)
    const busy = open.flatMap((one, index) => {
      const value = seen[index]
      return value === null || value === undefined ? [] : [{ period: one, seen: value }]
    })
    found.push(...busy.filter(({ period: { from, to } }) => from === to))
    open = busy.flatMap(({ period: { from, to } }) => {
      const middle = (from + to) / 2n
      return from === to
        ? []
        : [
            { from, to: middle },
            { from: middle + 1n, to },
          ]
    })
  }
  return found
}

/** To so many decimals, halves to the even digit, as Yeti rounds. */
export function rounded(value: number, places: number): number {
  const scaled = value * 10 ** places
  const below = Math.floor(scaled)
  const nearest = scaled - below === 0.5 ? below + (below % 2) : Math.round(scaled)
  return nearest / 10 ** places
}

/** `outgoingStatistics` and `Asr` of it, as a flag: written by hand, since what is tested makes no such names. */
export function flagOf(direction: Direction, metric: Metric | 'activeCalls', form: Form): Permission {
  const name = `${direction}Statistics${metric.charAt(0).toUpperCase()}${metric.slice(1)}${form === 'totals' ? 'Value' : ''}`
  return name as Permission // a wrong one would be an unknown column
}
