import { defineStatistics } from './statistics.ts'
import { StatisticsSampling } from './statistics-samplings.ts'
import { statisticsSide } from './statistics-side.ts'

export const incoming = statisticsSide({
  direction: 'incoming',
  section: 'incomingStatistics',
  activeCalls: 'incomingStatisticsActiveCalls',
  metrics: {
    totalCalls: { series: 'incomingStatisticsTotalCalls', totals: 'incomingStatisticsTotalCallsValue' },
    successfulCalls: { series: 'incomingStatisticsSuccessfulCalls', totals: 'incomingStatisticsSuccessfulCallsValue' },
    failedCalls: { series: 'incomingStatisticsFailedCalls', totals: 'incomingStatisticsFailedCallsValue' },
    totalDuration: { series: 'incomingStatisticsTotalDuration', totals: 'incomingStatisticsTotalDurationValue' },
    acd: { series: 'incomingStatisticsAcd', totals: 'incomingStatisticsAcdValue' },
    asr: { series: 'incomingStatisticsAsr', totals: 'incomingStatisticsAsrValue' },
    totalPrice: { series: 'incomingStatisticsTotalPrice', totals: 'incomingStatisticsTotalPriceValue' },
  },
  price: 'vendorPrice',
  addressFilter: false,
})

defineStatistics({
  field: 'incomingStatistics',
  side: incoming,
  metrics: incoming.metrics,
  sampling: StatisticsSampling,
  activeCalls: true,
  gaps: 'on demand',
  description: 'Statistics of the calls that an account terminated: every attempt counts, as in Yeti.',
})
