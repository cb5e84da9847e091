import type { RuleMap } from '../../permissions/rule.ts'
import { askedAccount } from '../asked-account.ts'
import { builder } from '../builder.ts'
import { chartArguments, chartCosts, chartPeriod, type ChartArguments } from './chart-period.ts'
import { tenantOf, type Context } from '../context.ts'
import { outgoing } from './outgoing-statistics.ts'
import { plain } from '../resource/plain.ts'

// Calls per second are the number of calls in another unit.
const rule: RuleMap = { [outgoing.section]: true, [outgoing.metrics.totalCalls.series]: true }

interface CpsPoint {
  readonly time: string
  readonly cps: number
}

const OriginatedCpsPoint = builder.objectRef<CpsPoint>('OriginatedCpsPoint').implement({
  description: 'How many calls per second began in a minute.',
  fields: (t) => ({
    time: t.field({
      type: 'DateTime',
      description: 'Where the minute begins.',
      authScopes: rule,
      ...plain(({ time }: CpsPoint) => time),
    }),
    cps: t.float({
      ...plain(({ cps }: CpsPoint) => cps),
      description: 'Its calls by 60, to three decimals.',
      authScopes: rule,
    }),
  }),
})

const { accountId, fromTime, toTime } = chartArguments(rule)

builder.queryField('originatedCpsChart', (t) =>
  t.field({
    type: [OriginatedCpsPoint],
    description:
      'How many calls per second an account originated, minute by minute in the order of time: final attempts only. Minutes without a call are left out.',
    authScopes: rule,
    extensions: chartCosts,
    args: { accountId: t.arg.id(accountId), fromTime: t.arg(fromTime), toTime: t.arg(toTime) },
    resolve: (_, args, context) => read(args, context),
  }),
)

async function read(args: ChartArguments & { readonly accountId: string }, context: Context): Promise<CpsPoint[]> {
  const { fromTime: from, toTime: to } = chartPeriod(args)
  const { series } = await context.statistics.statistics({
    ...callsByMinute,
    accountId: await askedAccount(context, args.accountId),
    contractorId: tenantOf(context).customerId,
    from,
    to,
  })
  return series.map(({ time, totalCalls }) => ({ time, cps: perSecond(Number(totalCalls)) }))
}

const callsByMinute = {
  direction: 'outgoing',
  sampling: 'minute',
  timeZone: 'UTC',
  durationColumn: 'duration',
  filters: [],
  metrics: ['totalCalls'],
  activeCalls: false,
  series: true,
  totals: false,
  fillGaps: false,
} as const

/** To three decimals. Each call is 50/3 thousandths, so there is never half of one to round. */
function perSecond(calls: number): number {
  return Math.round((calls * 1000) / 60) / 1000
}
