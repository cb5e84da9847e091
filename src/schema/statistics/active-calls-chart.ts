import type { Direction, SnapshotPoint } from '../../backends/statistics.ts'
import { BadUserInputError } from '../../errors.ts'
import type { RuleMap } from '../../permissions/rule.ts'
import { askedAccount } from '../asked-account.ts'
import { builder } from '../builder.ts'
import { chartArguments, chartCosts, chartPeriod, tooLong, type ChartArguments } from './chart-period.ts'
import type { Context } from '../context.ts'
import { incoming } from './incoming-statistics.ts'
import { outgoing } from './outgoing-statistics.ts'
import { maxPoints } from './period.ts'
import { plain } from '../resource/plain.ts'
import { statisticsFilters, type StatisticsFilter } from './statistics-filters.ts'
import type { StatisticsSide } from './statistics-side.ts'

function defineActiveCallsChart({ direction, section, activeCalls, where }: StatisticsSide, what: string): void {
  const rule: RuleMap = { [section]: true, [activeCalls]: true }
  const { accountId, fromTime, toTime } = chartArguments(rule)
  const Point = pointType(direction, rule, what)
  builder.queryField(`${direction}ActiveCallsChart`, (t) =>
    t.field({
      type: [Point],
      description: `How many calls that an account ${what} were in progress, counted once a minute, in the order of time. Yeti keeps the counts for about a month.`,
      authScopes: rule,
      extensions: chartCosts,
      args: {
        accountId: t.arg.id(accountId),
        fromTime: t.arg(fromTime),
        toTime: t.arg(toTime),
        where: t.arg({
          type: where,
          description:
            'Only calls that match all of these. Only where the gateway has ClickHouse, which keeps the single calls of every count; else a condition is BAD_USER_INPUT.',
          authScopes: rule,
        }),
        fillGaps: t.arg.boolean({
          defaultValue: false,
          description:
            'Also 0 for each minute without a count, which is what a missing one means: for those that lie wholly within the period and are over.',
          authScopes: rule,
        }),
      },
      resolve: (_, args, context) => read(direction, args, context),
    }),
  )
}

function pointType(direction: Direction, rule: RuleMap, what: string) {
  const name = direction === 'outgoing' ? 'OutgoingActiveCallsPoint' : 'IncomingActiveCallsPoint'
  return builder.objectRef<SnapshotPoint>(name).implement({
    description: `How many calls that an account ${what} were in progress at a moment.`,
    fields: (t) => ({
      time: t.field({
        type: 'DateTime',
        description: 'When they were counted; of a filled gap the start of the minute.',
        authScopes: rule,
        ...plain(({ time }: SnapshotPoint) => time),
      }),
      calls: t.int({
        ...plain(({ calls }: SnapshotPoint) => calls),
        description: 'How many there were.',
        authScopes: rule,
      }),
    }),
  })
}

interface Arguments extends ChartArguments {
  readonly accountId: string
  readonly where?: StatisticsFilter | null | undefined
  readonly fillGaps?: boolean | null | undefined
}

async function read(direction: Direction, args: Arguments, context: Context): Promise<SnapshotPoint[]> {
  const filters = statisticsFilters(args.where ?? {})
  const { fromTime: from, toTime: to } = chartPeriod(args)
  if (filters.length > 0 && !context.statistics.filtersSnapshots) {
    throw new BadUserInputError('where', 'this installation keeps no single calls of past moments to choose from.')
  }
  const accountId = await askedAccount(context, args.accountId)
  const fillGaps = args.fillGaps ?? false
  const query = { direction, accountId, from, to, filters, fillGaps, limit: maxPoints + 1 }
  const points = await context.statistics.snapshots(query)
  // They may have been taken more often than once a minute.
  if (points.length > maxPoints) throw tooLong('counts')
  return [...points]
}

defineActiveCallsChart(outgoing, 'originated')
defineActiveCallsChart(incoming, 'terminated')
