import { sql, type Sql } from './databases.ts'

/** A time as it goes out; a `Date` for each row would be made for nothing. */
export function isoText(time: Sql): Sql {
  return sql`to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}
