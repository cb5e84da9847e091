import { sql, type Row } from '../../databases.ts'
import type { Finding } from '../finding.ts'
import type { Query } from './look.ts'

const table = 'cdr.cdr'

interface DayRow extends Row {
  /** `2026-11-24` */
  readonly day: string
  readonly next_day: string
  readonly is_today: boolean
}

/** Today and tomorrow in UTC, as far as calls have nowhere to go. */
export async function partitionFindings(query: Query): Promise<readonly Finding[]> {
  const rows = await query<DayRow>(sql`
    WITH parent AS (
      SELECT relation.oid FROM pg_class relation JOIN pg_namespace schema ON schema.oid = relation.relnamespace
      WHERE schema.nspname || '.' || relation.relname = ${table} AND relation.relkind = 'p'
    ), bounds AS (
      SELECT pg_get_expr(part.relpartbound, part.oid) AS bound
      FROM parent, pg_partition_tree(parent.oid) tree JOIN pg_class part ON part.oid = tree.relid
      WHERE tree.isleaf AND tree.level > 0
    ), days AS (
      SELECT date_trunc('day', now(), 'UTC') + number * interval '1 day' AS start, number = 0 AS is_today
      FROM generate_series(0, 1) number
    )
    SELECT to_char(start, 'YYYY-MM-DD') AS day, to_char(start + interval '1 day', 'YYYY-MM-DD') AS next_day, is_today
    FROM days
    WHERE EXISTS (SELECT FROM parent) AND NOT EXISTS (
      SELECT FROM bounds WHERE bound = 'DEFAULT' OR (
        replace(substring(bound FROM 'FROM \\(''?([^'')]+)'), 'MINVALUE', '-infinity')::timestamptz <= start
        AND replace(substring(bound FROM 'TO \\(''?([^'')]+)'), 'MAXVALUE', 'infinity')::timestamptz > start))
    ORDER BY start`)
  return rows.map(({ day, next_day: nextDay, is_today: isToday }) => ({
    level: isToday ? 'without' : 'hint',
    what: `${table} has no partition for ${isToday ? 'today' : 'tomorrow'}, ${day} in UTC`,
    then: `calls of ${isToday ? 'today' : 'tomorrow'} cannot be stored, and so are not shown; Yeti's own hourly job makes these`,
    mend: `CREATE TABLE ${table}_${day.replaceAll('-', '_')} PARTITION OF ${table} FOR VALUES FROM ('${day} 00:00:00+00') TO ('${nextDay} 00:00:00+00');`,
  }))
}
