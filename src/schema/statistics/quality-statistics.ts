import { incoming } from './incoming-statistics.ts'
import { outgoing } from './outgoing-statistics.ts'
import { defineStatistics } from './statistics.ts'
import { QualitySampling } from './statistics-samplings.ts'
import type { StatisticsSide } from './statistics-side.ts'

function defineQuality(field: string, side: StatisticsSide, description: string): void {
  const { totalCalls, acd, asr } = side.metrics
  defineStatistics({
    field,
    side,
    // Calls per second are the number of calls in another unit.
    metrics: { totalCalls, acd, asr, cps: totalCalls },
    sampling: QualitySampling,
    activeCalls: false,
    gaps: 'always',
    description,
  })
}

defineQuality(
  'outgoingQualityStatistics',
  outgoing,
  'Quality, minute by minute, of the calls that an account originated: final attempts only.',
)
defineQuality(
  'incomingQualityStatistics',
  incoming,
  'Quality, minute by minute, of the calls that an account terminated: every attempt counts, as in Yeti.',
)
