import { defineStatistics } from './statistics.ts'

defineStatistics({
  direction: 'incoming',
  field: 'incomingStatistics',
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
  description: 'Statistics of the calls that an account terminated: every attempt counts, as in Yeti.',
})
