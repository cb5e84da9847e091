import { raw, sql, type Sql } from '../databases.ts'
import type { Metric, StatisticsQuery } from '../statistics.ts'
import { lengths } from './buckets.ts'
import { sides } from './sides.ts'

/** What figures are made of: sums, which can be summed further without a loss. */
export type Part = 'calls' | 'answered' | 'unanswered' | 'seconds' | 'talk' | 'price'

/** The parts over calls. */
export function sumOf(part: Part, query: StatisticsQuery): Sql {
  switch (part) {
    case 'calls':
      return sql`count(*)::int`
    case 'answered':
      return sql`(count(*) FILTER (WHERE duration > 0))::int`
    case 'unanswered':
      return sql`(count(*) FILTER (WHERE duration = 0))::int`
    case 'seconds':
      return sql`sum(${raw(query.durationColumn)})`
    case 'talk':
      return sql`sum(duration) FILTER (WHERE duration > 0)`
    case 'price':
      return sql`sum(${raw(sides[query.direction].price)})`
  }
}

/** The column that a part reads. */
export function columnOf(part: Part, query: StatisticsQuery): string | null {
  if (part === 'calls') return null
  if (part === 'price') return sides[query.direction].price
  return part === 'seconds' ? query.durationColumn : 'duration'
}

/**
 * Rounds to two decimals the way ClickHouse rounds floats, half to even: PostgreSQL's round of a double does
 * the same, its round of a numeric does not.
 */
function twoDecimals(value: Sql): Sql {
  return sql`round((${value})::float8 * 100) / 100`
}

interface Formula {
  readonly parts: readonly Part[]
  /** Over the parts of a bucket, or of everything. */
  readonly figure: (query: StatisticsQuery) => Sql
  /** In a bucket without a call. */
  readonly idle: Sql
}

function always(figure: Sql): () => Sql {
  return () => figure
}

/** Yeti's formulas. */
export const formulas: Readonly<Record<Metric, Formula>> = {
  totalCalls: { parts: ['calls'], figure: always(sql`coalesce(sum(calls), 0)::int`), idle: sql`0` },
  successfulCalls: { parts: ['answered'], figure: always(sql`coalesce(sum(answered), 0)::int`), idle: sql`0` },
  failedCalls: { parts: ['unanswered'], figure: always(sql`coalesce(sum(unanswered), 0)::int`), idle: sql`0` },
  // Minutes.
  totalDuration: {
    parts: ['seconds'],
    figure: always(twoDecimals(sql`coalesce(sum(seconds), 0) / 60.0`)),
    idle: sql`0::float8`,
  },
  // Seconds.
  acd: {
    parts: ['talk', 'answered'],
    figure: always(twoDecimals(sql`sum(talk) / nullif(sum(answered), 0)`)),
    idle: sql`NULL::float8`,
  },
  // Percent; rounded before the multiplication, so that the float's noise is Yeti's.
  asr: {
    parts: ['answered', 'calls'],
    figure: always(sql`round(sum(answered)::float8 / nullif(sum(calls), 0) * 1000) / 1000 * 100`),
    idle: sql`NULL::float8`,
  },
  totalPrice: {
    parts: ['price'],
    figure: always(sql`round((${twoDecimals(sql`coalesce(sum(price), 0)`)})::numeric, 2)::text`),
    idle: sql`'0.00'`,
  },
  // A second; in single precision, as Yeti's.
  cps: {
    parts: ['calls'],
    figure: (query) => sql`(coalesce(sum(calls), 0)::float8 / ${secondsOf(query)})::real`,
    idle: sql`0::real`,
  },
}

/** How long the calls of a figure have come for: a bucket, or the period as far as it is over. */
function secondsOf(query: StatisticsQuery): Sql {
  const bucket = seconds(raw(`interval '${lengths[query.sampling]}'`))
  const { from, to } = query
  const whole = sql`nullif(${seconds(sql`least(${to}::timestamptz, now()) - ${from}::timestamptz`)}, 0)`
  if (!query.series) return whole
  return query.totals ? sql`CASE WHEN bucket IS NULL THEN ${whole} ELSE ${bucket} END` : bucket
}

function seconds(interval: Sql): Sql {
  return sql`extract(epoch FROM ${interval})::float8`
}
