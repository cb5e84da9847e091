import type { Figures, Metric, StatisticsPoint } from '../../backends/statistics.ts'
import type { Permission } from '../../permissions/permissions.ts'
import type { RuleMap } from '../../permissions/rule.ts'
import { builder } from '../builder.ts'
import { plain } from '../resource/plain.ts'

/** The two flags of a metric: one for the chart, one for the number beside it. */
export interface MetricFlags {
  readonly series: Permission
  readonly totals: Permission
}

interface MetricType {
  readonly type: 'Int' | 'Float' | 'Decimal'
  /** Of a bucket, and of everything where that does not say otherwise. */
  readonly description: string
  readonly ofTotals?: string
}

const metricTypes: Readonly<Record<Metric, MetricType>> = {
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
  cps: {
    type: 'Float',
    description: 'Calls per second: those of the bucket by its length, in single precision, as in Yeti.',
    ofTotals:
      'Calls per second: all calls by the length of the period as far as it is over, in single precision; none for a period of no length. (Yeti divides all calls by the length of one bucket.)',
  },
}

/** A figure of a bucket (`series`) or of everything (`totals`). */
export function metricField(
  ref: ReturnType<typeof builder.objectRef<Figures>> | ReturnType<typeof builder.objectRef<StatisticsPoint>>,
  metric: Metric,
  of: keyof MetricFlags,
  rule: RuleMap,
): void {
  const { type, description, ofTotals = description } = metricTypes[metric]
  builder.objectField(ref, metric, (t) =>
    t.field({
      type,
      description: of === 'totals' ? ofTotals : description,
      authScopes: rule,
      // The source computes each metric in the type that the table above gives it.
      ...plain((figures: Figures) => figures[metric] ?? null),
    }),
  )
}
