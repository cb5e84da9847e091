import { sql, type Sql } from '../databases.ts'

/** Where graphile-worker has its tables. */
export const jobSchema = 'portal'

export const exportTask = 'make_cdr_export'

/**
 * How often the queue itself tries, each time later than before: 3 s, 7 s, 20 s, … 37 minutes, 2 hours; together 3 and a
 * half hours, which is how long a database may be away.
 */
export const maxRuns = 10

/**
 * Puts an export into the queue, in whatever transaction this is part of. Instead of its job that waits, if there is
 * one; beside its job that runs, which is then not tried again.
 */
export function jobOf(exportId: Sql): Sql {
  return sql`portal.add_job(${exportTask}, json_build_object('id', ${exportId}), job_key => ${keyOf(exportId)}, max_attempts => ${maxRuns}::int)`
}

/** By which the job of an export is found. */
export function keyOf(exportId: Sql): Sql {
  return sql`'cdr-export-' || ${exportId}`
}
