import type { Sampling } from '../../backends/statistics.ts'
import { builder } from '../builder.ts'

function samplingEnum(name: string, description: string, samplings: Readonly<Record<string, Sampling>>) {
  const values = Object.entries(samplings).map(([key, value]) => [key, { value }] as const)
  return builder.enumType(name, { description, values: Object.fromEntries(values) })
}

export type SamplingEnum = ReturnType<typeof samplingEnum>

export const StatisticsSampling = samplingEnum('StatisticsSampling', 'How long a bucket is. Weeks begin on Sunday.', {
  MINUTE: 'minute',
  FIVE_MINUTES: '5minutes',
  HOUR: 'hour',
  DAY: 'day',
  WEEK: 'week',
  MONTH: 'month',
})

export const QualitySampling = samplingEnum('QualitySampling', 'How long a bucket is.', {
  MINUTE: 'minute',
  FIVE_MINUTES: '5minutes',
  FIFTEEN_MINUTES: '15minutes',
})

/** Seconds, at least. */
export const bucketSeconds: Readonly<Record<Sampling, number>> = {
  minute: 60,
  '5minutes': 300,
  '15minutes': 900,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  month: 2_419_200,
}

export function isSampling(value: unknown): value is Sampling {
  return typeof value === 'string' && value in bucketSeconds
}
