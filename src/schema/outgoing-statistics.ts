import { defineStatistics } from './statistics.ts'

defineStatistics({
  direction: 'outgoing',
  field: 'outgoingStatistics',
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
  description: 'Statistics of the calls that an account originated: final attempts only.',
})
