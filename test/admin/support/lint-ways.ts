import type { Permission } from '../../../src/permissions/permissions.ts'
import type { Direction, Figure, Metric, Period } from './lint-asker.ts'
import { invoice, readCalls, exportCalls } from './lint-elsewhere.ts'
import {
  F,
  S,
  T,
  answeredCalls,
  answeredOfAcd,
  answeredOfAsr,
  average,
  begun,
  billedAnswered,
  billedCalls,
  billedSeconds,
  byRates,
  exportedSeconds,
  exportedSpeakers,
  listed,
  listedAnswered,
  listedSeconds,
  listedSpeakers,
  minus,
  minutes,
  minutesOfAcd,
  minutesOfDuration,
  money,
  one,
  plus,
  ratio,
  seconds,
  secondsWith,
  spoken,
  totalOfAnswered,
  totalOfFailed,
  whole,
  type Knowing,
} from './lint-figures.ts'

export type Precision = 'EXACT' | 'ROUNDED' | 'LIMITED' | 'ESTIMATED'
/** What a profile can deny. */
export type Denied = Metric | 'activeCalls' | 'callsInProgress' | 'balance'

/** One way to compute a denied figure of statistics, as somebody would who has found it out. */
export interface StatisticsWay {
  readonly gives: Metric
  readonly from: readonly Metric[]
  readonly flags: readonly Permission[]
  readonly precision: Precision
  readonly laborious: boolean
  compute(known: Knowing, period: Period): Promise<Figure>
}

type Rule = readonly [
  gives: Metric,
  from: string,
  kind: string,
  compute: (known: Knowing, period: Period) => Promise<Figure>,
]

/**
 * Every way that takes no more than is needed, found by hand. From: the figures, by their letters, then `:` and the
 * flags of what else is read. Kind: `=` exactly, `.` for certain periods, `~` about; `!` with many questions.
 */
const common: readonly Rule[] = [
  ['totalCalls', 'SF', '=', plus(S, F)],
  ['totalCalls', 'DAF', '=', plus(answeredOfAcd, F)],
  ['totalCalls', 'RS', '~', totalOfAnswered],
  ['totalCalls', 'RF', '~', totalOfFailed],
  ['totalCalls', 'DAR', '~', async (known, period) => whole((await answeredOfAcd(known, period)) / (((await one(known, 'asr', period)) ?? 0) / 100))],
  ['totalCalls', ':section', '=!', begun],
  ['totalCalls', ':calls', '=', listed],
  ['totalCalls', ':invoices', '.', billedCalls],

  ['successfulCalls', 'TF', '=', minus(T, F)],
  ['successfulCalls', 'RT', '=', answeredOfAsr],
  ['successfulCalls', 'DA', '=', answeredOfAcd],
  ['successfulCalls', 'RF', '~', minus(totalOfFailed, F)],
  ['successfulCalls', 'R', '=!', answeredCalls('asr')],
  ['successfulCalls', 'A', '=!', answeredCalls('acd')],
  ['successfulCalls', 'D', '=!', answeredCalls('totalDuration')],
  ['successfulCalls', 'F', '=!', minus(begun, F)],
  ['successfulCalls', ':calls', '=', listedAnswered],
  ['successfulCalls', ':invoices', '.', billedAnswered],

  ['failedCalls', 'TS', '=', minus(T, S)],
  ['failedCalls', 'RT', '=', minus(T, answeredOfAsr)],
  ['failedCalls', 'DAT', '=', minus(T, answeredOfAcd)],
  ['failedCalls', 'RS', '~', minus(totalOfAnswered, S)],
  ['failedCalls', 'DAR', '~', async (known, period) => {
    const answered = await answeredOfAcd(known, period)
    return whole(answered / (((await one(known, 'asr', period)) ?? 0) / 100)) - answered
  }],
  ['failedCalls', 'S', '=!', minus(begun, S)],
  ['failedCalls', 'R', '=!', minus(begun, answeredCalls('asr'))],
  ['failedCalls', 'A', '=!', minus(begun, answeredCalls('acd'))],
  ['failedCalls', 'D', '=!', minus(begun, answeredCalls('totalDuration'))],
  ['failedCalls', ':calls', '=', minus(listed, listedAnswered)],
  ['failedCalls', ':invoices', '.', minus(billedCalls, billedAnswered)],

  ['asr', 'ST', '=', ratio(S, T)],
  ['asr', 'SF', '=', ratio(S, plus(S, F))],
  ['asr', 'FT', '=', ratio(minus(T, F), T)],
  ['asr', 'DAT', '=', ratio(answeredOfAcd, T)],
  ['asr', 'DAF', '=', ratio(answeredOfAcd, plus(answeredOfAcd, F))],
  ['asr', 'S', '=!', ratio(S, begun)],
  ['asr', 'F', '=!', ratio(minus(begun, F), begun)],
  ['asr', 'A', '=!', ratio(answeredCalls('acd'), begun)],
  ['asr', 'D', '=!', ratio(answeredCalls('totalDuration'), begun)],
  // From its chart to its number.
  ['asr', 'RT', '=', ratio(answeredOfAsr, T)],
  ['asr', 'R', '=!', ratio(answeredCalls('asr'), begun)],
  ['asr', ':calls', '=', ratio(listedAnswered, listed)],
  ['asr', ':invoices', '.', ratio(billedAnswered, billedCalls)],

  ['totalDuration', 'AS', '=', minutes(secondsWith('successfulCalls'))],
  ['totalDuration', 'ATF', '=', minutes(secondsWith(minus(T, F)))],
  ['totalDuration', 'ART', '=', minutes(secondsWith(answeredOfAsr))],
  ['totalDuration', 'ARF', '~', minutes(secondsWith(minus(totalOfFailed, F)))],
  ['totalDuration', 'A', '=!', minutes(spoken)],
  ['totalDuration', 'A:calls', '=', minutes(secondsWith(listedAnswered))],
  ['totalDuration', ':calls', '=!', minutes(listedSeconds)],
  ['totalDuration', ':invoices', '.', minutes(billedSeconds)],

  ['acd', 'DS', '=', average(seconds, S)],
  ['acd', 'DTF', '=', average(seconds, minus(T, F))],
  ['acd', 'DRT', '=', average(seconds, answeredOfAsr)],
  ['acd', 'DRF', '~', average(seconds, minus(totalOfFailed, F))],
  ['acd', 'D', '=!', average(seconds, answeredCalls('totalDuration'))],
  // From its chart to its number.
  ['acd', 'AS', '=', average(secondsWith('successfulCalls'), S)],
  ['acd', 'ATF', '=', average(secondsWith(minus(T, F)), minus(T, F))],
  ['acd', 'ART', '=', average(secondsWith(answeredOfAsr), answeredOfAsr)],
  ['acd', 'DA', '=', average(seconds, answeredOfAcd)],
  ['acd', 'A', '=!', average(spoken, answeredCalls('acd'))],
  ['acd', 'A:calls', '=', average(secondsWith(listedAnswered), listedAnswered)],
  ['acd', 'D:calls', '=', average(seconds, listedAnswered)],
  ['acd', ':calls', '=!', average(listedSeconds, listedSpeakers)],
  ['acd', ':invoices', '.', average(billedSeconds, billedAnswered)],

  ['totalPrice', ':calls', '=!', async ({ asker }, period) => money(await readCalls(asker, period, 'price'))],
] // prettier-ignore

const ofOutgoing: readonly Rule[] = [
  ['totalDuration', ':calls exports', '=', minutes(exportedSeconds)],
  ['acd', ':calls exports', '=', average(exportedSeconds, exportedSpeakers)],
  ['totalPrice', ':calls exports', '=', async ({ asker }, period) => money(await exportCalls(asker, period))],
  ['totalPrice', ':invoices', '~', async ({ asker }) => Number((await invoice(asker, 'originatedAmountSpent'))['originatedAmountSpent']).toFixed(2)],
  ['totalPrice', 'D:rates', '~!', byRates(minutesOfDuration)],
  ['totalPrice', 'A:rates', '~!', byRates(minutesOfAcd)],
] // prettier-ignore

const letters: Readonly<Record<string, Metric>> = {
  T: 'totalCalls',
  S: 'successfulCalls',
  F: 'failedCalls',
  D: 'totalDuration',
  A: 'acd',
  R: 'asr',
}

const precisions: Readonly<Record<string, Precision>> = { '=': 'EXACT', '.': 'LIMITED', '~': 'ESTIMATED' }

function flagsOf(direction: Direction): Readonly<Record<string, Permission>> {
  return {
    section: direction === 'outgoing' ? 'outgoingStatistics' : 'incomingStatistics',
    calls: direction === 'outgoing' ? 'outgoingCdrs' : 'incomingCdrs',
    exports: 'outgoingCdrExports',
    invoices: 'invoices',
    rates: 'outgoingRateplans',
  }
}

export function statisticsWays(direction: Direction): StatisticsWay[] {
  const named = flagsOf(direction)
  return [...common, ...(direction === 'outgoing' ? ofOutgoing : [])].map(([gives, what, kind, compute]) => {
    const [figures = '', elsewhere = ''] = what.split(':')
    const names = [...(figures === '' ? [] : ['section']), ...elsewhere.split(' ').filter(Boolean)]
    return {
      gives,
      from: [...figures].flatMap((letter) => letters[letter] ?? []),
      flags: names.flatMap((name) => named[name] ?? []),
      precision: precisions[kind.charAt(0)] ?? 'EXACT',
      laborious: kind.endsWith('!'),
      compute,
    }
  })
}

/** The ways that are not about statistics made of statistics; each has a test of its own. */
export const otherWays: readonly {
  readonly gives: Denied
  readonly of: Direction | null
  readonly flags: readonly Permission[]
  readonly precision: Precision
  readonly laborious: boolean
}[] = [
  ...(['outgoing', 'incoming'] as const).flatMap((of) => [
    { gives: 'totalPrice', of, flags: ['account'], precision: 'ESTIMATED', laborious: true } as const,
    { gives: 'totalPrice', of, flags: ['payments'], precision: 'ESTIMATED', laborious: true } as const,
  ]),
  { gives: 'activeCalls', of: 'outgoing', flags: ['outgoingActiveCalls'], precision: 'LIMITED', laborious: true },
  { gives: 'activeCalls', of: 'outgoing', flags: ['outgoingCdrs'], precision: 'ESTIMATED', laborious: true },
  { gives: 'activeCalls', of: 'incoming', flags: ['incomingCdrs'], precision: 'ESTIMATED', laborious: true },
  {
    gives: 'callsInProgress',
    of: null,
    flags: ['outgoingStatistics', 'outgoingStatisticsActiveCalls'],
    precision: 'EXACT',
    laborious: false,
  },
  { gives: 'balance', of: null, flags: ['payments'], precision: 'LIMITED', laborious: false },
]
