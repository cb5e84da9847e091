import type { GraphQLResolveInfo } from 'graphql'
import type { Figures, Metric, Sampling, Statistics, StatisticsPoint } from '../../backends/statistics.ts'
import { BadUserInputError } from '../../errors.ts'
import type { RuleMap } from '../../permissions/rule.ts'
import { askedAccount } from '../asked-account.ts'
import { builder } from '../builder.ts'
import { searchCost } from '../resource/connection.ts'
import { tenantOf, type Context } from '../context.ts'
import { assertInOrder, maxPoints, pointsIn, stretchesIn } from './period.ts'
import { plain } from '../resource/plain.ts'
import { selectionOf } from '../resource/selection.ts'
import { statisticsFilters, type StatisticsFilter } from './statistics-filters.ts'
import { metricField, type MetricFlags } from './statistics-metrics.ts'
import { bucketSeconds, isSampling, type SamplingEnum } from './statistics-samplings.ts'
import type { StatisticsSide } from './statistics-side.ts'

export interface StatisticsDefinition {
  readonly field: string
  readonly side: StatisticsSide
  readonly metrics: { readonly [M in Metric]?: MetricFlags }
  readonly sampling: SamplingEnum
  /** Whether its points tell the calls in progress too. */
  readonly activeCalls: boolean
  /** Buckets without a call are there when they are asked for, or always. */
  readonly gaps: 'on demand' | 'always'
  readonly description: string
}

/** The root field of one report with its types. */
export function defineStatistics(definition: StatisticsDefinition): void {
  const { side, description } = definition
  const section: RuleMap = { [side.section]: true }
  const onDemand = definition.gaps === 'on demand'
  const type = resultType(definition, section)
  builder.queryField(definition.field, (t) =>
    t.field({
      type,
      description,
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
        sampling: t.arg({ type: definition.sampling, required: true, authScopes: section }),
        where: t.arg({ type: side.where, authScopes: section }),
        ...(onDemand && {
          fillGaps: t.arg.boolean({
            defaultValue: false,
            description: 'Also the buckets without a call, up to now: counts 0, ratios null.',
            authScopes: section,
          }),
        }),
      },
      resolve: (_, args, context, info) => read(definition, args, context, info),
    }),
  )
}

function resultType(definition: StatisticsDefinition, section: RuleMap) {
  const name = capitalised(definition.field)
  const Point = pointType(name, definition, section)
  const Totals = totalsType(name, definition, section)
  const gaps =
    definition.gaps === 'on demand'
      ? 'Buckets without a call are left out unless `fillGaps` is set.'
      : 'Buckets without a call are there too, up to the end of the period or now: counts 0, ratios null.'
  return builder.objectRef<Statistics>(name).implement({
    fields: (t) => ({
      series: t.field({
        type: [Point],
        description: `One point per bucket, in the order of time. ${gaps}`,
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
}

function pointType(name: string, { metrics, side, activeCalls }: StatisticsDefinition, section: RuleMap) {
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
      ...(activeCalls && {
        activeCalls: t.int({
          description:
            'The most calls in progress at a time, from snapshots once a minute. Filters do not apply to it.',
          authScopes: { ...section, [side.activeCalls]: true },
          ...plain((point: StatisticsPoint) => point.activeCalls ?? null),
        }),
      }),
    }),
  })
  for (const [metric, { series }] of flaggedIn(metrics))
    metricField(ref, metric, 'series', { ...section, [series]: true })
  return ref
}

function totalsType(name: string, { metrics }: StatisticsDefinition, section: RuleMap) {
  const ref = builder.objectRef<Figures>(`${name}Totals`)
  builder.objectType(ref, { description: 'The figures of the whole period.' })
  for (const [metric, { totals }] of flaggedIn(metrics))
    metricField(ref, metric, 'totals', { ...section, [totals]: true })
  return ref
}

function flaggedIn(metrics: StatisticsDefinition['metrics']): [Metric, MetricFlags][] {
  return Object.entries(metrics) as [Metric, MetricFlags][] // the type has no other keys
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
  const { direction } = definition.side
  const filters = statisticsFilters(args.where ?? {})
  assertInOrder(args)
  assertNotTooMany(args)
  const accountId = await askedAccount(context, args.accountId)
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
    filters,
    fillGaps: definition.gaps === 'always' || (args.fillGaps ?? false),
    ...asked,
  })
}

/** Only what the operation asks for, and may, is computed. */
function askedFigures({ field, metrics }: StatisticsDefinition, info: GraphQLResolveInfo) {
  const name = capitalised(field)
  const top = selectionOf(info, info.fieldNodes, name)
  const point = selectionOf(info, top.get('series') ?? [], `${name}Point`)
  const totals = selectionOf(info, top.get('totals') ?? [], `${name}Totals`)
  return {
    metrics: flaggedIn(metrics).flatMap(([metric]) => (point.has(metric) || totals.has(metric) ? [metric] : [])),
    activeCalls: point.has('activeCalls'),
    series: top.has('series'),
    totals: top.has('totals'),
  }
}

function assertNotTooMany(args: StatisticsArguments): void {
  if (stretchesIn(args, bucketSeconds[args.sampling]) <= maxPoints) return
  throw new BadUserInputError(
    'sampling',
    `the period has more than ${maxPoints} buckets; take a longer sampling or a shorter period.`,
  )
}

/** How many buckets there can be, for what an operation costs; the arguments are not known to be right yet. */
function bucketRows({ fromTime, toTime, sampling }: Readonly<Record<string, unknown>>): number {
  if (typeof fromTime !== 'string' || !isSampling(sampling)) return 1
  return pointsIn({ fromTime, toTime: typeof toTime === 'string' ? toTime : null }, bucketSeconds[sampling])
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
