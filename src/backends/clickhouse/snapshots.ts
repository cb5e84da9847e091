import type { SnapshotPoint, SnapshotsQuery } from '../statistics.ts'
import { bucketsIn, endOf } from './buckets.ts'
import type { ClickHouse } from './client.ts'
import { chosenCalls, period } from './conditions.ts'
import { bound, sql } from './statement.ts'

/** Milliseconds. */
const minute = 60_000

/**
 * How many of an account's calls each snapshot has, of those that the filters leave. As Yeti's own counts do, those of a
 * direction are 0 where the account has calls of the other direction alone.
 */
export async function clickhouseSnapshots(
  clickhouse: ClickHouse,
  query: SnapshotsQuery,
): Promise<readonly SnapshotPoint[]> {
  const account = bound('UInt32', query.accountId)
  const rows = await clickhouse.query<{ at: string; calls: string }>(sql`
    SELECT toUnixTimestamp64Milli(toDateTime64(snapshot_timestamp, 3)) AS at, countIf(${chosenCalls(query)}) AS calls
    FROM active_calls
    WHERE (customer_acc_id = ${account} OR vendor_acc_id = ${account}) AND ${period('snapshot_timestamp', query)}
    GROUP BY snapshot_timestamp ORDER BY snapshot_timestamp LIMIT ${bound('UInt32', query.limit)}`)
  const taken = rows.map(({ at, calls }) => ({ at: Number(at), calls: Number(calls) }))
  const points = query.fillGaps ? [...taken, ...gapsBetween(taken, query)] : taken
  return points
    .sort((one, other) => one.at - other.at)
    .slice(0, query.limit)
    .map(({ at, calls }) => ({ time: new Date(at).toISOString(), calls }))
}

interface Taken {
  readonly at: number
  readonly calls: number
}

/** The minutes that lie wholly within the period, are over, and have no snapshot. */
function gapsBetween(taken: readonly Taken[], { from, to }: SnapshotsQuery): Taken[] {
  const minutes = new Set(taken.map(({ at }) => Math.floor(at / minute) * minute))
  const [begin, end] = [Date.parse(from), endOf(to) - minute]
  return bucketsIn({ kind: 'even', seconds: minute / 1000 }, { from, to })
    .map((second) => second * 1000)
    .filter((start) => start >= begin && start <= end && !minutes.has(start))
    .map((at) => ({ at, calls: 0 }))
}
