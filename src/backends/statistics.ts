import { empty, join, raw, sql, type Databases, type Sql } from './databases.ts'

/** The figures of Yeti's reports, by their names there. */
export type Metric = 'totalCalls' | 'successfulCalls' | 'failedCalls' | 'totalDuration' | 'acd' | 'asr' | 'totalPrice'

export type Sampling = 'minute' | '5minutes' | 'hour' | 'day' | 'week' | 'month'

export type Direction = 'outgoing' | 'incoming'

export interface StatisticsQuery {
  readonly direction: Direction
  /** `billing.accounts.id` */
  readonly accountId: number
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
    final: sql` AND is_last_cdr`,
    active: 'originated_count',
  },
  incoming: { account: 'vendor_acc_id', price: 'vendor_price', final: empty, active: 'terminated_count' },
} as const

/**
 * Rounds to two decimals the way ClickHouse rounds floats, half to even: PostgreSQL's round of a double does
 * the same, its round of a numeric does not.
 */
function twoDecimals(value: Sql): Sql {
  return sql`round((${value})::float8 * 100) / 100`
}

/** Yeti's formulas, over the rows of a bucket; `d` is the duration. */
function formula(metric: Metric, query: StatisticsQuery): Sql {
  switch (metric) {
    case 'totalCalls':
      return sql`count(*)::int`
    case 'successfulCalls':
      return sql`(count(*) FILTER (WHERE duration > 0))::int`
    case 'failedCalls':
      return sql`(count(*) FILTER (WHERE duration = 0))::int`
    case 'totalDuration': // minutes
      return twoDecimals(sql`coalesce(sum(${raw(query.durationColumn)}), 0) / 60.0`)
    case 'acd': // seconds
      return twoDecimals(sql`avg(duration) FILTER (WHERE duration > 0)`)
    case 'asr': // percent; rounded before the multiplication, so that the float's noise is Yeti's
      return sql`round((count(*) FILTER (WHERE duration > 0))::float8 / nullif(count(*), 0) * 1000) / 1000 * 100`
    case 'totalPrice':
      return sql`round((${twoDecimals(sql`coalesce(sum(${raw(directions[query.direction].price)}), 0)`)})::numeric, 2)::text`
  }
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

function period(column: Sql, { from, to }: StatisticsQuery): Sql {
  return sql`${column} >= ${from}::timestamptz${to === null ? empty : sql` AND ${column} <= ${to}::timestamptz`}`
}

/** The columns that a figure reads. */
function columnsOf(metric: Metric, query: StatisticsQuery): readonly string[] {
  if (metric === 'totalCalls') return []
  if (metric === 'totalPrice') return [directions[query.direction].price]
  return [metric === 'totalDuration' ? query.durationColumn : 'duration']
}

/** One row per bucket, and one over everything with no bucket: in one pass, only the figures asked for. */
function callsQuery(query: StatisticsQuery): Sql {
  const { account, final } = directions[query.direction]
  const figures = query.metrics.map((metric) => sql`${formula(metric, query)} AS ${raw(`"${metric}"`)}, `)
  const columns = [...new Set(query.metrics.flatMap((metric) => columnsOf(metric, query)))].map((column) =>
    raw(`, ${column}`),
  )
  const conditions = [
    sql`${raw(account)} = ${query.accountId}${final}`,
    period(sql`time_start`, query),
    ...query.conditions,
  ]
  const bucket = query.series ? bucketOf(sql`time_start`, query) : sql`NULL::timestamptz`
  const sets = query.totals ? sql`GROUPING SETS ((bucket), ())` : sql`bucket`
  return sql`SELECT ${query.series ? sql`bucket` : sql`NULL::timestamptz AS bucket`}, ${concat(figures)}${totalMark(query)} AS total
    FROM (SELECT ${bucket} AS bucket${concat(columns)} FROM cdr.cdr WHERE ${join(conditions, ' AND ')}) calls
    ${query.series ? sql`GROUP BY ${sets}` : empty}`
}

/** Which rows are the figures over everything. */
function totalMark(query: StatisticsQuery): Sql {
  if (!query.series) return sql`true`
  return query.totals ? sql`grouping(bucket) = 1` : sql`false`
}

function concat(parts: readonly Sql[]): Sql {
  return parts.length > 0 ? join(parts, '') : empty
}

function snapshotsQuery(query: StatisticsQuery): Sql {
  const { active } = directions[query.direction]
  return sql`SELECT ${bucketOf(sql`created_at`, query)} AS bucket, max(${raw(active)}) AS active
    FROM stats.active_call_accounts WHERE account_id = ${query.accountId} AND ${period(sql`created_at`, query)} GROUP BY 1`
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
  const active = query.activeCalls ? sql`, coalesce(snapshots.active, 0) AS "activeCalls"` : empty
  const snapshots = query.activeCalls ? sql`, snapshots AS (${snapshotsQuery(query)})` : empty
  const joined = query.activeCalls ? sql` LEFT JOIN snapshots ON snapshots.bucket = calls.bucket` : empty
  const gaps = query.fillGaps && query.series
  const filled = gaps
    ? sql`, filled AS (SELECT * FROM calls UNION ALL SELECT bucket, ${concat(query.metrics.map((metric) => sql`${idle[metric]}, `))}false FROM (${bucketsQuery(query)}) buckets
        WHERE NOT EXISTS (SELECT FROM calls WHERE calls.bucket = buckets.bucket AND NOT total))`
    : empty
  const source = gaps ? raw('filled') : raw('calls')
  return sql`WITH calls AS (${callsQuery(query)})${filled}${snapshots}
    SELECT calls.*${active} FROM ${source} calls${joined} ORDER BY calls.total, calls.bucket`
}

/** What each figure is in a bucket without a call. */
const idle: Readonly<Record<Metric, Sql>> = {
  totalCalls: sql`0`,
  successfulCalls: sql`0`,
  failedCalls: sql`0`,
  totalDuration: sql`0::float8`,
  acd: sql`NULL::float8`,
  asr: sql`NULL::float8`,
  totalPrice: sql`'0.00'`,
}

interface FigureRow extends Readonly<Record<Metric, number | string | null>> {
  readonly bucket: Date | null
  readonly total: boolean
  readonly activeCalls?: number
}

/** Statistics from the call detail records in PostgreSQL: at most one statement. */
export function postgresStatistics(databases: Databases): StatisticsSource {
  return {
    async statistics(query) {
      // Figures of everything that were not asked for are no question to the database.
      if (!query.series && query.metrics.length === 0) return { series: [], totals: {} }
      const rows = await databases.query<FigureRow & Record<string, unknown>>('cdr', statement(query))
      const series = rows.flatMap(({ total, bucket, ...figures }) =>
        total || bucket === null ? [] : [{ ...figures, time: bucket.toISOString() }],
      )
      return { series, totals: rows.find((row) => row.total) ?? {} }
    },
  }
}
