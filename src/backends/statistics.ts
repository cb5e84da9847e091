import { empty, join, raw, sql, type Databases, type Row, type Sql } from './databases.ts'

/** The figures of Yeti's reports, by their names there. */
export type Metric = 'totalCalls' | 'successfulCalls' | 'failedCalls' | 'totalDuration' | 'acd' | 'asr' | 'totalPrice'

export type Sampling = 'minute' | '5minutes' | 'hour' | 'day' | 'week' | 'month'

export type Direction = 'outgoing' | 'incoming'

export interface StatisticsQuery {
  readonly direction: Direction
  /** `billing.accounts.id` */
  readonly accountId: number
  /** Whose account it is. */
  readonly contractorId: number
  /** ISO 8601; both bounds are inclusive, as in Yeti. */
  readonly from: string
  readonly to: string | null
  readonly sampling: Sampling
  readonly timeZone: string
  /** The column that total durations add up: real or billed seconds. */
  readonly durationColumn: 'duration' | 'customer_duration' | 'vendor_duration'
  /** Conditions on the calls, besides account and period. */
  readonly conditions: readonly Sql[]
  readonly metrics: readonly Metric[]
  readonly activeCalls: boolean
  readonly series: boolean
  readonly totals: boolean
  /** Also the buckets without a call. */
  readonly fillGaps: boolean
}

export type Figures = { readonly [M in Metric]?: number | string | null }

export interface StatisticsPoint extends Figures {
  /** Start of the bucket, ISO 8601. */
  readonly time: string
  readonly activeCalls?: number
}

export interface Statistics {
  readonly series: readonly StatisticsPoint[]
  readonly totals: Figures
}

/** Where statistics come from; PostgreSQL here, another engine may take its place. */
export interface StatisticsSource {
  statistics(query: StatisticsQuery): Promise<Statistics>
}

const directions = {
  outgoing: {
    account: 'customer_acc_id',
    price: 'customer_price',
    active: 'originated_count',
    calls: () => sql`is_last_cdr`,
  },
  incoming: {
    account: 'vendor_acc_id',
    price: 'vendor_price',
    active: 'terminated_count',
    // Says nothing new, but the account's column has no index in Yeti, and this one has.
    calls: ({ contractorId }: StatisticsQuery) => sql`vendor_id = ${contractorId}`,
  },
} as const

/** What figures are made of: sums, which can be summed further without a loss. */
type Part = 'calls' | 'answered' | 'unanswered' | 'seconds' | 'talk' | 'price'

/** The parts over calls. */
function sumOf(part: Part, query: StatisticsQuery): Sql {
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
      return sql`sum(${raw(directions[query.direction].price)})`
  }
}

/** The column that a part reads. */
function columnOf(part: Part, query: StatisticsQuery): string | null {
  if (part === 'calls') return null
  if (part === 'price') return directions[query.direction].price
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
  /** Over the parts of a bucket. */
  readonly figure: Sql
  /** In a bucket without a call. */
  readonly idle: Sql
}

/** Yeti's formulas. */
const formulas: Readonly<Record<Metric, Formula>> = {
  totalCalls: { parts: ['calls'], figure: sql`coalesce(sum(calls), 0)::int`, idle: sql`0` },
  successfulCalls: { parts: ['answered'], figure: sql`coalesce(sum(answered), 0)::int`, idle: sql`0` },
  failedCalls: { parts: ['unanswered'], figure: sql`coalesce(sum(unanswered), 0)::int`, idle: sql`0` },
  // Minutes.
  totalDuration: {
    parts: ['seconds'],
    figure: twoDecimals(sql`coalesce(sum(seconds), 0) / 60.0`),
    idle: sql`0::float8`,
  },
  // Seconds.
  acd: {
    parts: ['talk', 'answered'],
    figure: twoDecimals(sql`sum(talk) / nullif(sum(answered), 0)`),
    idle: sql`NULL::float8`,
  },
  // Percent; rounded before the multiplication, so that the float's noise is Yeti's.
  asr: {
    parts: ['answered', 'calls'],
    figure: sql`round(sum(answered)::float8 / nullif(sum(calls), 0) * 1000) / 1000 * 100`,
    idle: sql`NULL::float8`,
  },
  totalPrice: {
    parts: ['price'],
    figure: sql`round((${twoDecimals(sql`coalesce(sum(price), 0)`)})::numeric, 2)::text`,
    idle: sql`'0.00'`,
  },
}

/** The start of the bucket of a time. Weeks begin on Sunday, as ClickHouse's and Yeti's do. */
function bucketOf(time: Sql, { sampling, timeZone }: StatisticsQuery): Sql {
  switch (sampling) {
    case '5minutes':
      return sql`date_bin('5 minutes', ${time}, 'epoch')`
    case 'week':
      return sql`((date_trunc('week', (${time} AT TIME ZONE ${timeZone}::text) + interval '1 day') - interval '1 day') AT TIME ZONE ${timeZone}::text)`
    default:
      return sql`date_trunc(${raw(`'${sampling}'`)}, ${time}, ${timeZone}::text)`
  }
}

/**
 * The start of the granule of a time: a stretch that lies within one bucket. What a clock shows costs more than
 * all sums together, so it is asked once per granule, not once per call.
 */
function granuleOf(time: Sql, { sampling, timeZone }: StatisticsQuery): Sql {
  const short = sampling === 'minute' || sampling === '5minutes'
  // Every clock has been whole quarters of an hour from UTC for as long as there have been calls over IP.
  const longest = isWholeHoursFromUtc(timeZone) ? '1 hour' : '15 minutes'
  return sql`date_bin(${raw(`'${short ? lengths[sampling] : longest}'`)}, ${time}, 'epoch')`
}

const wholeHours = new Map<string, boolean>()
/** Milliseconds. */
const week = 604_800_000

/** Whether a zone's clock is, in every week of all calls that are or will be. */
function isWholeHoursFromUtc(timeZone: string): boolean {
  let known = wholeHours.get(timeZone)
  if (known === undefined) {
    const clock = new Intl.DateTimeFormat('en', { timeZone, minute: 'numeric' })
    let at = Date.UTC(1990, 0)
    const end = Date.now() + 52 * week
    while (at < end && clock.format(at) === '0') at += week
    known = at >= end
    wholeHours.set(timeZone, known)
  }
  return known
}

/**
 * Keeps a subquery apart. Else the planner takes the granules for as many as there are calls, and sorts those on
 * disk; so it hashes them, in parallel. (The type, too, matters: of a plain 0 it does not see in time that it is one.)
 */
const apart = sql`OFFSET bigint '0'`

function period(column: Sql, { from, to }: StatisticsQuery): Sql {
  return sql`${column} >= ${from}::timestamptz${to === null ? empty : sql` AND ${column} <= ${to}::timestamptz`}`
}

/** The calls, with what the parts are made of and their granule. */
function callRows(query: StatisticsQuery, parts: readonly Part[]): Sql {
  const { account, calls } = directions[query.direction]
  const columns = new Set(parts.flatMap((part) => columnOf(part, query) ?? []))
  const selected = [...columns].map((column) => raw(column))
  if (query.series) selected.push(sql`${granuleOf(sql`time_start`, query)} AS granule`)
  const conditions = [
    sql`${raw(account)} = ${query.accountId}`,
    calls(query),
    period(sql`time_start`, query),
    ...query.conditions,
  ]
  return sql`SELECT ${list(selected)} FROM cdr.cdr WHERE ${join(conditions, ' AND ')} ${apart}`
}

/** One row per bucket, and one over everything with no bucket: in one pass, only the figures asked for. */
function callsQuery(query: StatisticsQuery): Sql {
  const parts = [...new Set(query.metrics.flatMap((metric) => formulas[metric].parts))]
  const sums = parts.map((part) => sql`${sumOf(part, query)} AS ${raw(part)}`)
  const figures = query.metrics.map((metric) => sql`${formulas[metric].figure} AS ${raw(`"${metric}"`)}`)
  const calls = callRows(query, parts)
  if (!query.series) {
    return sql`SELECT ${list([sql`NULL::timestamptz AS bucket`, ...figures])} FROM (SELECT ${list(sums)} FROM (${calls}) calls) parts`
  }
  const bucket = sql`${bucketOf(sql`granule`, query)} AS bucket`
  return sql`SELECT ${list([raw('bucket'), ...figures])} FROM (
      SELECT ${list([bucket, ...sums])} FROM (${calls}) calls GROUP BY granule
    ) parts GROUP BY ${query.totals ? sql`GROUPING SETS ((bucket), ())` : sql`bucket`}`
}

function list(parts: readonly Sql[]): Sql {
  return parts.length > 0 ? join(parts, ', ') : empty
}

function snapshotsQuery(query: StatisticsQuery): Sql {
  const active = raw(directions[query.direction].active)
  return sql`SELECT bucket, max(active) AS active FROM (
      SELECT ${bucketOf(sql`granule`, query)} AS bucket, max(${active}) AS active FROM (
        SELECT ${granuleOf(sql`created_at`, query)} AS granule, ${active} FROM stats.active_call_accounts
        WHERE account_id = ${query.accountId} AND ${period(sql`created_at`, query)} ${apart}
      ) snapshots GROUP BY granule
    ) granules GROUP BY bucket`
}

const lengths: Readonly<Record<Sampling, string>> = {
  minute: '1 minute',
  '5minutes': '5 minutes',
  hour: '1 hour',
  day: '1 day',
  week: '1 week',
  month: '1 month',
}

/** The buckets that begin by the clock of the time zone, which does not go evenly. */
const byTheClock: ReadonlySet<Sampling> = new Set<Sampling>(['day', 'week', 'month'])

/** Every bucket of the period up to now. */
function bucketsQuery(query: StatisticsQuery): Sql {
  const from = sql`${query.from}::timestamptz`
  const to = sql`least(${query.to}::timestamptz, now())`
  const step = raw(`interval '${lengths[query.sampling]}'`)
  if (!byTheClock.has(query.sampling)) {
    return sql`SELECT bucket FROM generate_series(${bucketOf(from, query)}, ${to}, ${step}) bucket`
  }
  const zone = sql`${query.timeZone}::text`
  // Stepped in local time: where the clock leaps over midnight, a day begins later, and the next does not.
  const start = localStart(sql`${from} AT TIME ZONE ${zone}`, query.sampling)
  return sql`SELECT local AT TIME ZONE ${zone} AS bucket FROM generate_series(${start}, ${to} AT TIME ZONE ${zone}, ${step}) local`
}

function localStart(local: Sql, sampling: Sampling): Sql {
  if (sampling === 'week') return sql`date_trunc('week', (${local}) + interval '1 day') - interval '1 day'`
  return sql`date_trunc(${raw(`'${sampling}'`)}, ${local})`
}

function statement(query: StatisticsQuery): Sql {
  const figures = query.metrics.map((metric) => raw(`"${metric}"`))
  const active = query.activeCalls ? [sql`coalesce(snapshots.active, 0) AS "activeCalls"`] : []
  const snapshots = query.activeCalls ? sql`, snapshots AS (${snapshotsQuery(query)})` : empty
  const joined = query.activeCalls ? sql` LEFT JOIN snapshots ON snapshots.bucket = calls.bucket` : empty
  const gaps = query.fillGaps && query.series
  const filled = gaps
    ? sql`, filled AS (SELECT * FROM calls UNION ALL SELECT ${list([raw('bucket'), ...query.metrics.map((metric) => formulas[metric].idle)])}
        FROM (${bucketsQuery(query)}) buckets WHERE NOT EXISTS (SELECT FROM calls WHERE calls.bucket = buckets.bucket))`
    : empty
  // The row over everything comes last: it has no bucket.
  return sql`WITH calls AS (${callsQuery(query)})${filled}${snapshots}
    SELECT ${list([isoText(sql`calls.bucket`), ...figures, ...active])} FROM ${raw(gaps ? 'filled' : 'calls')} calls${joined}
    ORDER BY calls.bucket`
}

/** As it goes out; a `Date` for each point would be made for nothing. */
function isoText(time: Sql): Sql {
  return sql`to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS time`
}

/** Statistics from the call detail records in PostgreSQL: at most one statement. */
export function postgresStatistics(databases: Databases): StatisticsSource {
  return {
    async statistics(query) {
      // Figures of everything that were not asked for are no question to the database.
      if (!query.series && query.metrics.length === 0) return { series: [], totals: {} }
      const rows = await databases.query<StatisticsPoint & Row>('cdr', statement(query))
      const totals = query.totals ? rows.pop() : undefined
      return { series: rows, totals: totals ?? {} }
    },
  }
}
