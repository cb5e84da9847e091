import { sql, type Row } from '../databases.ts'
import type { ExportHold } from './hold.ts'
import { jobOf } from './jobs.ts'
import type { ExportContent, TimeFormat } from './statement.ts'

/** An export that is being made. */
export interface ExportWork extends ExportContent {
  /** `sys.cdr_exports.id` */
  readonly id: number
  /** How many times it has been begun, this one included. */
  readonly attempt: number
}

interface WorkRow extends Row {
  readonly attempts: number
  readonly fields: readonly string[]
  readonly filters: Readonly<Record<string, unknown>>
  readonly customer_account_id: number
  readonly time_format: TimeFormat
  readonly time_zone_name: string | null
}

/** Begins with it, which counts. null: there is nothing to do any more. */
export async function beginWork(hold: ExportHold, id: number): Promise<ExportWork | null> {
  const [row] = await hold.query<WorkRow>(
    sql`UPDATE portal.cdr_exports w
        SET attempts = w.attempts + 1, started_at = now(), rows_written = 0, written_until = NULL
        FROM sys.cdr_exports e WHERE e.id = w.export_id AND e.id = ${id} AND e.status = 'Pending'
        RETURNING w.attempts, e.fields, e.filters, e.customer_account_id, e.time_format, e.time_zone_name`,
  )
  if (row === undefined) return null
  return {
    id,
    attempt: row.attempts,
    accountId: row.customer_account_id,
    fields: row.fields,
    filters: row.filters,
    timeFormat: row.time_format,
    timeZone: row.time_zone_name === '' ? null : row.time_zone_name,
  }
}

/** `newest`: the time of the newest row, as it is written. */
export async function tellProgress(
  hold: ExportHold,
  { id, timeFormat, timeZone }: ExportWork,
  rows: number,
  newest: string | null,
): Promise<void> {
  const until =
    timeFormat === 'with_timezone'
      ? sql`${newest}::timestamptz`
      : sql`${newest}::timestamp AT TIME ZONE ${timeZone ?? 'UTC'}::text`
  await hold.query(
    sql`UPDATE portal.cdr_exports SET rows_written = ${rows}, written_until = coalesce(${until}, written_until)
        WHERE export_id = ${id}`,
  )
}

/**
 * The file is there, with these rows and the columns that the work says now. `lifetime` in seconds; null: for ever.
 * False when nobody waits for it any more.
 */
export async function completeWork(
  hold: ExportHold,
  { id, fields }: ExportWork,
  rows: number,
  lifetime: number | null,
): Promise<boolean> {
  const done = await hold.query(
    sql`WITH done AS (
          UPDATE sys.cdr_exports SET status = 'Completed', rows_count = ${rows}, fields = ${fields}::varchar[],
            updated_at = now() AT TIME ZONE 'UTC'
          WHERE id = ${id} AND status = 'Pending' RETURNING id
        )
        UPDATE portal.cdr_exports SET rows_written = ${rows}, finished_at = now(),
          expires_at = now() + make_interval(secs => ${lifetime}::float8)
        FROM done WHERE export_id = done.id RETURNING export_id`,
  )
  return done.length > 0
}

export async function failWork(hold: ExportHold, id: number): Promise<void> {
  await hold.query(
    sql`WITH done AS (
          UPDATE sys.cdr_exports SET status = 'Failed', updated_at = now() AT TIME ZONE 'UTC'
          WHERE id = ${id} AND status = 'Pending' RETURNING id
        )
        UPDATE portal.cdr_exports SET finished_at = now() FROM done WHERE export_id = done.id`,
  )
}

/** What went wrong was not the export's fault: this time does not count. */
export async function discountWork(hold: ExportHold, id: number): Promise<void> {
  await hold.query(sql`UPDATE portal.cdr_exports SET attempts = attempts - 1 WHERE export_id = ${id}`)
}

/** For another process, or for us after the next start; this time does not count. */
export async function giveBackWork(hold: ExportHold, id: number): Promise<void> {
  await hold.query(
    sql`WITH job AS (SELECT ${jobOf(sql`${id}::int`)})
        UPDATE portal.cdr_exports SET attempts = attempts - 1, rows_written = 0, written_until = NULL
        FROM job WHERE export_id = ${id}`,
  )
}
