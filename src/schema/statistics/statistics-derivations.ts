import type { Direction } from '../../backends/statistics.ts'
import { derivation, type Derivation, type Figure } from './derivation.ts'
import type { FlaggedMetric } from './statistics-side.ts'
import { keysOf } from '../../permissions/keys.ts'

// Which denied figures can be computed from granted ones. What counts as a metric's formula stands in
// `backends/statistics/formulas.ts`; these are the same turned round, and where else its parts are shown.

const labels: Readonly<Record<FlaggedMetric, string>> = {
  totalCalls: 'total calls',
  successfulCalls: 'successful calls',
  failedCalls: 'failed calls',
  totalDuration: 'total duration',
  acd: 'ACD',
  asr: 'ASR',
  totalPrice: 'total price',
}

const metrics: readonly FlaggedMetric[] = keysOf(labels)

const added = { precision: 'EXACT', how: "the number is the sum of the chart's points" } as const
// Of a ratio there is nothing to add up, but the longest bucket holds a month.
const oneBucket = {
  precision: 'LIMITED',
  how: 'the number is the one point of a chart of months, for periods within a month',
} as const

const sums: Readonly<Record<FlaggedMetric, Figure['sum']>> = {
  totalCalls: added,
  successfulCalls: added,
  failedCalls: added,
  totalDuration: {
    ...added,
    how: "the number is the sum of the chart's points, each of them whole seconds in minutes",
  },
  acd: oneBucket,
  asr: oneBucket,
  totalPrice: {
    precision: 'ROUNDED',
    how: "the number is the sum of the chart's points, each rounded to two decimals; the one point of a chart of months for periods within a month",
  },
}

/** Where the parts of one direction's figures are shown apart from its statistics. */
interface Elsewhere {
  readonly direction: Direction
  /** The type of its call detail records, their list, and the price that they show. */
  readonly cdr: 'OutgoingCdr' | 'IncomingCdr'
  readonly list: 'outgoingCdrs' | 'incomingCdrs'
  readonly price: 'customerPrice' | 'vendorPrice'
  /** How attributes of invoices begin that are about it. */
  readonly invoiced: 'originated' | 'terminated'
  /** What calls do to the account's balance. */
  readonly balance: 'falls' | 'rises'
}

const sides: readonly Elsewhere[] = [
  {
    direction: 'outgoing',
    cdr: 'OutgoingCdr',
    list: 'outgoingCdrs',
    price: 'customerPrice',
    invoiced: 'originated',
    balance: 'falls',
  },
  {
    direction: 'incoming',
    cdr: 'IncomingCdr',
    list: 'incomingCdrs',
    price: 'vendorPrice',
    invoiced: 'terminated',
    balance: 'rises',
  },
]

function reportOf({ direction }: Elsewhere): string {
  return direction === 'outgoing' ? 'OutgoingStatistics' : 'IncomingStatistics'
}

function figuresOf(side: Elsewhere): Figure[] {
  const report = reportOf(side)
  return [
    ...metrics.map((metric) => ({
      name: `${side.direction}.${metric}`,
      label: labels[metric],
      direction: side.direction,
      series: `${report}Point.${metric}`,
      totals: `${report}Totals.${metric}`,
      sum: sums[metric],
    })),
    {
      name: `${side.direction}.activeCalls`,
      label: 'the chart of active calls',
      direction: side.direction,
      series: `${report}Point.activeCalls`,
      totals: null,
      sum: added,
    },
  ]
}

const fewCalls = 'to the call, in periods of fewer than 1,000 calls, which can be added up'
const realSeconds = 'only about that where the gateway is set to add up billed seconds'

/** The formulas, turned to each of their parts. */
const formulas: readonly (Pick<Derivation, 'how'> &
  Partial<Derivation> & { readonly gives: FlaggedMetric; readonly from: readonly FlaggedMetric[] })[] = [
  { gives: 'totalCalls', from: ['successfulCalls', 'failedCalls'], how: 'total calls = successful + failed calls' },
  { gives: 'successfulCalls', from: ['totalCalls', 'failedCalls'], how: 'successful calls = total − failed calls' },
  { gives: 'failedCalls', from: ['totalCalls', 'successfulCalls'], how: 'failed calls = total − successful calls' },
  { gives: 'asr', from: ['successfulCalls', 'totalCalls'], how: 'ASR = successful ÷ total calls' },
  { gives: 'successfulCalls', from: ['asr', 'totalCalls'], how: `successful calls = ASR × total calls: ${fewCalls}` },
  // The ratio is rounded, and where it is 0 or 100 % one of the two says nothing.
  {
    gives: 'totalCalls',
    from: ['asr', 'successfulCalls'],
    how: 'total calls ≈ successful calls ÷ ASR',
    precision: 'ESTIMATED',
  },
  {
    gives: 'totalCalls',
    from: ['asr', 'failedCalls'],
    how: 'total calls ≈ failed calls ÷ (100 % − ASR)',
    precision: 'ESTIMATED',
  },
  {
    gives: 'acd',
    from: ['totalDuration', 'successfulCalls'],
    how: `ACD = total duration ÷ successful calls; ${realSeconds}`,
  },
  {
    gives: 'totalDuration',
    from: ['acd', 'successfulCalls'],
    how: `total duration = ACD × successful calls: to the second, in periods of fewer than 100 answered calls, which can be added up; ${realSeconds}`,
  },
  {
    gives: 'successfulCalls',
    from: ['totalDuration', 'acd'],
    how: `successful calls = total duration ÷ ACD; ${realSeconds}`,
  },
  // Periods are free, to the microsecond: each call can be asked for by itself.
  {
    gives: 'successfulCalls',
    from: ['asr'],
    how: 'successful calls: in periods so short that each has one call, those with an ASR of 100',
    laborious: true,
  },
  {
    gives: 'successfulCalls',
    from: ['acd'],
    how: 'successful calls: periods so short that each has one call have an ACD if it was answered',
    laborious: true,
  },
  {
    gives: 'successfulCalls',
    from: ['totalDuration'],
    how: 'successful calls: periods so short that each has one call have a duration if it was answered',
    laborious: true,
  },
]

/** From the records of calls, which statistics are made of. */
function fromCalls({ cdr, list, price }: Elsewhere): Step[] {
  const listed = [`Query.${list}`, `${cdr}Where.accountId`, `${cdr}Where.timeStart`]
  const counted = [...listed, `${cdr}Connection.totalCount`]
  const read = [...listed, `${cdr}Connection.nodes`]
  const laborious = true
  return [
    { gives: 'totalCalls', reads: counted, how: `total calls: how many ${list} there are` },
    {
      gives: 'successfulCalls',
      reads: [...counted, `${cdr}Where.duration`],
      how: `successful calls: how many ${list} have a duration above 0`,
    },
    { gives: 'totalDuration', reads: [...read, `${cdr}.duration`], how: `total duration: that of ${list}`, laborious },
    { gives: 'acd', reads: [...read, `${cdr}.duration`], how: `ACD: the average duration of ${list}`, laborious },
    { gives: 'totalPrice', reads: [...read, `${cdr}.${price}`], how: `total price: the sum of ${list}`, laborious },
    {
      gives: 'activeCalls',
      reads: [...read, `${cdr}.timeStart`, `${cdr}.timeEnd`],
      how: `active calls: about how many ${list} had begun and not ended`,
      precision: 'ESTIMATED',
      laborious,
    },
  ]
}

const exported = ['Mutation.createOutgoingCdrExport', 'OutgoingCdrExport.file']

/** One file for what a list takes pages for. There is none of incoming calls. */
const fromExports: readonly Step[] = [
  { gives: 'totalDuration', reads: [...exported, 'OutgoingCdr.duration'], how: 'total duration: that of an export' },
  { gives: 'acd', reads: [...exported, 'OutgoingCdr.duration'], how: 'ACD: the average duration in an export' },
  { gives: 'totalPrice', reads: [...exported, 'OutgoingCdr.customerPrice'], how: 'total price: the sum of an export' },
]

/** What an invoice says of terminated calls is what was charged for them, not their price, which is credited. */
function fromInvoices({ direction, invoiced }: Elsewhere): Step[] {
  const reading = (attributes: string[]) => [
    'Query.invoices',
    ...attributes.map((name) => `Invoice.${invoiced}${name}`),
  ]
  const precision = 'LIMITED'
  const of = 'for the periods of invoices'
  return [
    { gives: 'totalCalls', reads: reading(['CallsCount']), how: `total calls: invoices have them, ${of}`, precision },
    {
      gives: 'successfulCalls',
      reads: reading(['SuccessfulCallsCount']),
      how: `successful calls: invoices have them, ${of}`,
      precision,
    },
    {
      gives: 'totalDuration',
      reads: reading(['CallsDuration']),
      how: `total duration: invoices have it, ${of}`,
      precision,
    },
    {
      gives: 'acd',
      reads: reading(['CallsDuration', 'SuccessfulCallsCount']),
      how: `ACD: invoices have duration and successful calls, ${of}`,
      precision,
    },
    ...(direction === 'outgoing'
      ? [
          {
            gives: 'totalPrice',
            reads: reading(['AmountSpent']),
            how: `total price ≈ what invoices charge, ${of}: without calls that were credited`,
            precision: 'ESTIMATED',
          } as const,
        ]
      : []),
  ]
}

type Step = Omit<Parameters<typeof derivation>[0], 'gives'> & { readonly gives: FlaggedMetric | 'activeCalls' }

function derivationsOf(side: Elsewhere): Derivation[] {
  const own = (name: string): string => `${side.direction}.${name}`
  const report = reportOf(side)
  const steps: Step[] = [
    ...formulas.map((formula) => ({ ...formula, from: formula.from.map(own) })),
    ...fromCalls(side),
    ...(side.direction === 'outgoing' ? fromExports : []),
    ...fromInvoices(side),
    {
      gives: 'totalCalls',
      reads: [`${report}.series`, `${report}Point.time`],
      how: 'total calls: buckets without a call have no point, and periods can be so short that each has one call',
      laborious: true,
    },
    {
      gives: 'totalPrice',
      from: ['balance'],
      how: `total price ≈ by how much the balance ${side.balance}; payments, services and the other direction change it too`,
      precision: 'ESTIMATED',
      laborious: true,
    },
  ]
  return steps.map((step) => derivation({ ...step, gives: own(step.gives) }))
}

const balance: Figure = {
  name: 'balance',
  label: 'the balance',
  direction: null,
  series: null,
  totals: 'Account.balance',
  sum: added,
}
const inProgress: Figure = {
  name: 'callsInProgress',
  label: 'the number of calls in progress',
  direction: null,
  series: null,
  totals: 'OutgoingActiveCalls.count',
  sum: added,
}

/** Every figure that somebody could compute. */
export const figures: readonly Figure[] = [...sides.flatMap(figuresOf), inProgress, balance]

/** Every step by which one could be computed. */
export const derivations: readonly Derivation[] = [
  ...sides.flatMap(derivationsOf),
  derivation({
    gives: 'outgoing.totalPrice',
    from: ['outgoing.totalDuration'],
    reads: ['Query.outgoingRates', 'Rate.prefix', 'Rate.nextRate', 'OutgoingStatisticsWhere.dstPrefixRouting'],
    how: 'total price ≈ total duration of each prefix × its rate',
    precision: 'ESTIMATED',
    laborious: true,
  }),
  derivation({
    gives: 'outgoing.activeCalls',
    from: ['callsInProgress'],
    how: 'active calls: the number of calls in progress, asked for once a minute from now on',
    precision: 'LIMITED',
    laborious: true,
  }),
  derivation({
    gives: 'callsInProgress',
    // Itself and not what could be computed of it: of calls that go on there are no records yet.
    reads: ['Query.outgoingActiveCallsChart', 'OutgoingActiveCallsPoint.calls'],
    how: 'the number of calls in progress: the newest point of the chart',
  }),
  derivation({
    gives: 'balance',
    reads: ['Query.payments', 'Payment.balanceBeforePayment', 'Payment.amount'],
    how: 'the balance: payments say what it was when they were made',
    precision: 'LIMITED',
  }),
]
