import { raw, sql, type Sql } from '../databases.ts'
import { isoText } from '../iso-time.ts'
import type { SnapshotsQuery } from '../statistics.ts'
import { binOf, lengths } from './buckets.ts'
import { sides } from './sides.ts'

/** The snapshots of an account as they were taken. */
export function snapshotsStatement(query: SnapshotsQuery): Sql {
  const points = query.fillGaps ? filled(query) : taken(query)
  return sql`SELECT ${isoText(sql`moment`)} AS time, calls FROM (${points}) points ORDER BY moment LIMIT ${query.limit}`
}

function taken({ direction, accountId, from, to }: SnapshotsQuery): Sql {
  return sql`SELECT created_at AS moment, ${raw(sides[direction].active)} AS calls FROM stats.active_call_accounts
    WHERE account_id = ${accountId} AND created_at >= ${from}::timestamptz AND created_at <= ${to}::timestamptz`
}

/**
 * Snapshots are taken some time in their minute. One that the period cuts off, or that is to come yet, is no reason to
 * say 0: only minutes that are wholly within the period, and over, have a gap.
 */
function filled(query: SnapshotsQuery): Sql {
  const length = raw(`interval '${lengths.minute}'`)
  const minuteOf = (time: Sql): Sql => binOf(time, lengths.minute)
  const end = sql`least(${query.to}::timestamptz, now())`
  return sql`WITH taken AS (${taken(query)})
    SELECT moment, calls FROM taken UNION ALL
    SELECT minute, 0 FROM generate_series(${minuteOf(sql`${query.from}::timestamptz`)}, ${end} - ${length}, ${length}) minute
    WHERE minute >= ${query.from}::timestamptz
      AND NOT EXISTS (SELECT FROM taken WHERE ${minuteOf(sql`taken.moment`)} = minute)`
}
