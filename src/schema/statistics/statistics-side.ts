import type { Direction, Metric } from '../../backends/statistics.ts'
import type { Permission } from '../../permissions/permissions.ts'
import type { RuleMap } from '../../permissions/rule.ts'
import { builder } from '../builder.ts'
import { patternFilter, rangeFilters } from './statistics-filters.ts'
import type { MetricFlags } from './statistics-metrics.ts'

/** The metrics that have flags of their own. */
export type FlaggedMetric = Exclude<Metric, 'cps'>

interface SideDefinition {
  readonly direction: Direction
  readonly section: Permission
  readonly activeCalls: Permission
  readonly metrics: Readonly<Record<FlaggedMetric, MetricFlags>>
  readonly price: 'customerPrice' | 'vendorPrice'
  /** Only where Yeti has it. */
  readonly addressFilter: boolean
}

/** The flags of one direction's statistics, and the filter that all of them share. */
export interface StatisticsSide extends SideDefinition {
  readonly where: ReturnType<typeof whereInput>
}

export function statisticsSide(definition: SideDefinition): StatisticsSide {
  return { ...definition, where: whereInput(definition) }
}

/** Metrics that a filter by duration could be used to find out. */
const durationMetrics: readonly FlaggedMetric[] = ['successfulCalls', 'failedCalls', 'totalDuration', 'acd', 'asr']

function whereInput({ direction, section: sectionFlag, metrics, price, addressFilter }: SideDefinition) {
  const section: RuleMap = { [sectionFlag]: true }
  const flagsOf = (names: readonly FlaggedMetric[]): RuleMap =>
    Object.fromEntries(
      names.flatMap((metric) => [metrics[metric].series, metrics[metric].totals]).map((flag) => [flag, true]),
    )
  // Who may not see a figure cannot find it out by a filter on what it is made of.
  const durationRule = { ...section, ...flagsOf(durationMetrics) }
  const priceRule = { ...section, ...flagsOf(['totalPrice']) }
  return builder.inputType(direction === 'outgoing' ? 'OutgoingStatisticsWhere' : 'IncomingStatisticsWhere', {
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
