import { defineStatistics } from './statistics.ts'
import { StatisticsSampling } from './statistics-samplings.ts'
import { statisticsSide } from './statistics-side.ts'

export const outgoing = statisticsSide({
  direction: 'outgoing',
  section: 'outgoingStatistics',
  activeCalls: 'outgoingStatisticsActiveCalls',
  metrics: {
    totalCalls: { series: 'outgoingStatisticsTotalCalls', totals: 'outgoingStatisticsTotalCallsValue' },
    successfulCalls: { series: 'outgoingStatisticsSuccessfulCalls', totals: 'outgoingStatisticsSuccessfulCallsValue' },
    failedCalls: { series: 'outgoingStatisticsFailedCalls', totals: 'outgoingStatisticsFailedCallsValue' },
    totalDuration: { series: 'outgoingStatisticsTotalDuration', totals: 'outgoingStatisticsTotalDurationValue' },
    acd: { series: 'outgoingStatisticsAcd', totals: 'outgoingStatisticsAcdValue' },
    asr: { series: 'outgoingStatisticsAsr', totals: 'outgoingStatisticsAsrValue' },
    totalPrice: { series: 'outgoingStatisticsTotalPrice', totals: 'outgoingStatisticsTotalPriceValue' },
  },
  price: 'customerPrice',
  addressFilter: true,
})

defineStatistics({
  field: 'outgoingStatistics',
  side: outgoing,
  metrics: outgoing.metrics,
  sampling: StatisticsSampling,
  activeCalls: true,
  gaps: 'on demand',
  description: 'Statistics of the calls that an account originated: final attempts only.',
})
