import type { GraphQLResolveInfo } from 'graphql'
import type { Direction, Figures, Metric, Sampling, Statistics, StatisticsPoint } from '../backends/statistics.ts'
import { BadUserInputError } from '../errors.ts'
import type { Permission } from '../permissions/permissions.ts'
import type { RuleMap } from '../permissions/rule.ts'
import { accounts } from './account.ts'
import { builder } from './builder.ts'
import { searchCost } from './connection.ts'
import { tenantOf, type Context } from './context.ts'
import { accountInternalId } from './list-query.ts'
import { plain } from './plain.ts'
import { selectionOf } from './selection.ts'
import { patternFilter, rangeFilters, statisticsConditions, type StatisticsFilter } from './statistics-filters.ts'

/** The two flags of a metric: one for the chart, one for the number beside it. */
export interface MetricFlags {
  readonly series: Permission
  readonly totals: Permission
}

export interface StatisticsDefinition {
  readonly direction: Direction
  readonly field: 'outgoingStatistics' | 'incomingStatistics'
  readonly section: Permission
  readonly activeCalls: Permission
  readonly metrics: Readonly<Record<Metric, MetricFlags>>
  readonly price: 'customerPrice' | 'vendorPrice'
  /** Only where Yeti has it. */
  readonly addressFilter: boolean
  readonly description: string
}

const metricTypes = {
  totalCalls: { type: 'Int', description: 'How many calls.' },
  successfulCalls: { type: 'Int', description: 'How many with a duration above 0.' },
  failedCalls: { type: 'Int', description: 'How many with a duration of 0.' },
  totalDuration: { type: 'Float', description: 'The sum of durations in minutes, to two decimals.' },
  acd: {
    type: 'Float',
    description: 'Average call duration: of the calls with a duration, in seconds, to two decimals.',
  },
  asr: {
    type: 'Float',
    description:
      'Answer-seizure ratio in percent: rounded to three decimals before it is multiplied by 100, as in Yeti.',
  },
  totalPrice: { type: 'Decimal', description: "The sum of prices in the account's currency, to two decimals." },
} as const satisfies Record<Metric, { type: string; description: string }>

const metricNames = Object.keys(metricTypes) as readonly Metric[] // the table has no other keys

/** Metrics that a filter by duration could be used to find out. */
const durationMetrics: readonly Metric[] = ['successfulCalls', 'failedCalls', 'totalDuration', 'acd', 'asr']

const StatisticsSampling = builder.enumType('StatisticsSampling', {
  description: 'How long a bucket is. Weeks begin on Sunday.',
  values: {
    MINUTE: { value: 'minute' },
    FIVE_MINUTES: { value: '5minutes' },
    HOUR: { value: 'hour' },
    DAY: { value: 'day' },
    WEEK: { value: 'week' },
    MONTH: { value: 'month' },
  } as const satisfies Record<string, { value: Sampling }>,
})

/** Seconds, at least; a week of minutes is 10,080 buckets. */
const bucketSeconds: Readonly<Record<Sampling, number>> = {
  minute: 60,
  '5minutes': 300,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  month: 2_419_200,
}
const maxBuckets = 12_000

/** The root field of one direction with its types. */
export function defineStatistics(definition: StatisticsDefinition): void {
  const section: RuleMap = { [definition.section]: true }
  const name = capitalised(definition.field)
  const Point = pointType(name, definition, section)
  const Totals = totalsType(name, definition, section)
  const Result = builder.objectRef<Statistics>(name).implement({
    fields: (t) => ({
      series: t.field({
        type: [Point],
        description:
          'One point per bucket, in the order of time. Buckets without a call are left out unless `fillGaps` is set.',
        authScopes: section,
        resolve: ({ series }) => series as StatisticsPoint[], // the executor does not change it
      }),
      totals: t.field({
        type: Totals,
        description: 'Over all calls of the period; not the sum or average of the buckets.',
        authScopes: section,
        resolve: ({ totals }) => totals,
      }),
    }),
  })
  const where = whereInput(name, definition, section)
  builder.queryField(definition.field, (t) =>
    t.field({
      type: Result,
      description: definition.description,
      authScopes: section,
      extensions: { rows: { args: ['fromTime', 'toTime', 'sampling'], count: bucketRows }, cost: searchCost },
      args: {
        accountId: t.arg.id({ required: true, description: 'The account, by its `id`.', authScopes: section }),
        fromTime: t.arg({ type: 'DateTime', required: true, description: 'From this moment on.', authScopes: section }),
        toTime: t.arg({
          type: 'DateTime',
          description: 'Up to this moment, which is part of it; default now.',
          authScopes: section,
        }),
        sampling: t.arg({ type: StatisticsSampling, required: true, authScopes: section }),
        where: t.arg({ type: where, authScopes: section }),
        fillGaps: t.arg.boolean({
          defaultValue: false,
          description: 'Also the buckets without a call, up to now: counts 0, ratios null.',
          authScopes: section,
        }),
      },
      resolve: (_, args, context, info) => read(definition, args, context, info),
    }),
  )
}

function pointType(name: string, { metrics, activeCalls }: StatisticsDefinition, section: RuleMap) {
  const ref = builder.objectRef<StatisticsPoint>(`${name}Point`)
  builder.objectType(ref, {
    description: 'The figures of one bucket.',
    fields: (t) => ({
      time: t.field({
        type: 'DateTime',
        description: 'Where the bucket begins.',
        authScopes: section,
        ...plain((point: StatisticsPoint) => point.time),
      }),
      activeCalls: t.int({
        description: 'The most calls in progress at a time, from snapshots once a minute. Filters do not apply to it.',
        authScopes: { ...section, [activeCalls]: true },
        ...plain((point: StatisticsPoint) => point.activeCalls ?? null),
      }),
    }),
  })
  for (const metric of metricNames) metricField(ref, metric, { ...section, [metrics[metric].series]: true })
  return ref
}

function totalsType(name: string, { metrics }: StatisticsDefinition, section: RuleMap) {
  const ref = builder.objectRef<Figures>(`${name}Totals`)
  builder.objectType(ref, { description: 'The figures of the whole period.' })
  for (const metric of metricNames) metricField(ref, metric, { ...section, [metrics[metric].totals]: true })
  return ref
}

type FiguresRef = ReturnType<typeof builder.objectRef<Figures>> | ReturnType<typeof builder.objectRef<StatisticsPoint>>

function metricField(ref: FiguresRef, metric: Metric, rule: RuleMap): void {
  const { type, description } = metricTypes[metric]
  builder.objectField(ref, metric, (t) =>
    t.field({
      type,
      description,
      authScopes: rule,
      // The source computes each metric in the type that the table above gives it.
      ...plain((figures: Figures) => figures[metric] ?? null),
    }),
  )
}

function whereInput(name: string, { metrics, price, addressFilter }: StatisticsDefinition, section: RuleMap) {
  const flagsOf = (names: readonly Metric[]): RuleMap =>
    Object.fromEntries(
      names.flatMap((metric) => [metrics[metric].series, metrics[metric].totals]).map((flag) => [flag, true]),
    )
  // Who may not see a figure cannot find it out by a filter on what it is made of.
  const durationRule = { ...section, ...flagsOf(durationMetrics) }
  const priceRule = { ...section, ...flagsOf(['totalPrice']) }
  return builder.inputType(`${name}Where`, {
    description: 'Only calls that match all of these.',
    fields: (t) => ({
      srcCountryId: t.int({ description: 'The country of the calling number.', authScopes: section }),
      dstCountryId: t.int({ description: 'The country of the called number.', authScopes: section }),
      srcPrefixRouting: t.field({ type: patternFilter, description: 'The calling number.', authScopes: section }),
      dstPrefixRouting: t.field({ type: patternFilter, description: 'The called number.', authScopes: section }),
      ...(addressFilter && {
        authOrigIp: t.string({ description: "The originator's IP address.", authScopes: section }),
      }),
      duration: t.field({ type: rangeFilters.duration, description: 'Answered seconds.', authScopes: durationRule }),
      [price]: t.field({ type: rangeFilters.price, description: 'The price of a call.', authScopes: priceRule }),
    }),
  })
}

interface StatisticsArguments {
  readonly accountId: string
  readonly fromTime: string
  readonly toTime?: string | null | undefined
  readonly sampling: Sampling
  readonly where?: StatisticsFilter | null | undefined
  readonly fillGaps?: boolean | null | undefined
}

async function read(
  definition: StatisticsDefinition,
  args: StatisticsArguments,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<Statistics> {
  const { direction } = definition
  const conditions = statisticsConditions(args.where ?? {})
  checkPeriod(args)
  const accountId = await accountInternalId(context, accounts, args.accountId, 'accountId')
  if (accountId === null) throw new BadUserInputError('accountId', 'no such account.')
  const asked = askedFigures(definition, info)
  // Yeti does not ask its database either when nothing can have happened yet.
  if (Date.parse(args.fromTime) > Date.now()) return { series: [], totals: {} }
  const { timeZone, outgoingDuration, incomingDuration } = context.config.statistics
  return context.statistics.statistics({
    direction,
    accountId,
    contractorId: tenantOf(context).customerId,
    from: args.fromTime,
    to: args.toTime ?? null,
    sampling: args.sampling,
    timeZone,
    durationColumn: direction === 'outgoing' ? outgoingDuration : incomingDuration,
    conditions,
    fillGaps: args.fillGaps ?? false,
    ...asked,
  })
}

/** Only what the operation asks for, and may, is computed. */
function askedFigures({ field }: StatisticsDefinition, info: GraphQLResolveInfo) {
  const name = capitalised(field)
  const top = selectionOf(info, info.fieldNodes, name)
  const point = selectionOf(info, top.get('series') ?? [], `${name}Point`)
  const totals = selectionOf(info, top.get('totals') ?? [], `${name}Totals`)
  return {
    metrics: metricNames.filter((metric) => point.has(metric) || totals.has(metric)),
    activeCalls: point.has('activeCalls'),
    series: top.has('series'),
    totals: top.has('totals'),
  }
}

function checkPeriod({ fromTime, toTime, sampling }: StatisticsArguments): void {
  const from = Date.parse(fromTime)
  const to = toTime ? Date.parse(toTime) : Date.now()
  if (toTime && to < from) throw new BadUserInputError('toTime', 'is before fromTime.')
  if (bucketCount({ fromTime, toTime, sampling }) > maxBuckets) {
    throw new BadUserInputError(
      'sampling',
      `the period has more than ${maxBuckets} buckets; take a longer sampling or a shorter period.`,
    )
  }
}

/** How many buckets a period can have, up to now. */
function bucketCount({
  fromTime,
  toTime,
  sampling,
}: Pick<StatisticsArguments, 'fromTime' | 'toTime' | 'sampling'>): number {
  const to = Math.min(toTime ? Date.parse(toTime) : Infinity, Date.now())
  return Math.max(0, (to - Date.parse(fromTime)) / 1000 / bucketSeconds[sampling])
}

/** The same, for what an operation costs; the arguments are not known to be right yet. */
function bucketRows({ fromTime, toTime, sampling }: Readonly<Record<string, unknown>>): number {
  if (typeof fromTime !== 'string' || !isSampling(sampling)) return 1
  const count = bucketCount({ fromTime, toTime: typeof toTime === 'string' ? toTime : null, sampling })
  return Math.min(Math.ceil(count), maxBuckets)
}

function isSampling(value: unknown): value is Sampling {
  return typeof value === 'string' && value in bucketSeconds
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
