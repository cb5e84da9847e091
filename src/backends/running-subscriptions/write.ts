import { sql, type Databases } from '../databases.ts'

/** What a process tells of a subscription that runs in it. */
export interface RunningRow {
  /** Counted by the process. */
  readonly id: number
  readonly startedAt: Date
  /** `sys.api_access.id`; null for a dynamic token, which has no login row. */
  readonly loginId: number | null
  readonly login: string
  readonly accessProfileId: number
  /** The client's own text; null where it gave none. */
  readonly operationName: string | null
  readonly rootField: string
  /** Columns of flags: it ends when one of them is lost. */
  readonly endsWithout: readonly string[]
  /** Columns of flags: some of its answers become null when one of them is lost. */
  readonly losesWithout: readonly string[]
}

export interface ProcessNews {
  readonly processId: string
  readonly processName: string
  /** What it was known by before, and is no more. */
  readonly formerIds: readonly string[]
  /** New, or not as they were. */
  readonly rows: readonly RunningRow[]
  /** Numbers of those that have ended. */
  readonly gone: readonly number[]
}

/**
 * Tells of a process and of what has changed in it, by one statement, which also removes what silent processes have left.
 * true: nothing was known of the process, so it has to tell of everything.
 */
export async function writeRunning(databases: Databases, news: ProcessNews): Promise<boolean> {
  const { processId, processName, formerIds, rows, gone } = news
  const [process] = await databases.query<{ is_new: boolean }>(
    'primary',
    sql`
    WITH process AS (
      INSERT INTO portal.gateway_processes AS p (id, name) VALUES (${processId}::uuid, ${processName})
      ON CONFLICT (id) DO UPDATE SET seen_at = now()
      RETURNING registered_at = now() AS is_new
    ), dead AS (
      DELETE FROM portal.gateway_processes WHERE id IN (
        SELECT id FROM portal.gateway_processes
        WHERE id <> ${processId}::uuid AND (seen_at < now() - interval '1 minute' OR id = ANY (${formerIds}::uuid[]))
        -- Others tidy up as well; nobody waits for anybody.
        FOR UPDATE SKIP LOCKED
      )
    ), gone AS (
      DELETE FROM portal.running_subscriptions WHERE process_id = ${processId}::uuid AND id = ANY (${gone}::bigint[])
    ), running AS (
      INSERT INTO portal.running_subscriptions AS r (process_id, id, login_id, login_name, access_profile_id,
        operation_name, root_field, started_at, ends_without, loses_without)
      SELECT ${processId}::uuid, id, login_id, login_name, access_profile_id, operation_name, root_field, started_at,
        ends_without::text[], loses_without::text[]
      FROM unnest(
        ${rows.map(({ id }) => id)}::bigint[], ${rows.map(({ loginId }) => loginId)}::int[],
        ${rows.map(({ login }) => login)}::text[], ${rows.map(({ accessProfileId }) => accessProfileId)}::int[],
        ${rows.map(({ operationName }) => operationName)}::text[], ${rows.map(({ rootField }) => rootField)}::text[],
        ${rows.map(({ startedAt }) => startedAt.toISOString())}::timestamptz[],
        ${rows.map(({ endsWithout }) => arrayText(endsWithout))}::text[],
        ${rows.map(({ losesWithout }) => arrayText(losesWithout))}::text[]
      ) AS news (id, login_id, login_name, access_profile_id, operation_name, root_field, started_at, ends_without,
        loses_without)
      ON CONFLICT (process_id, id) DO UPDATE SET login_id = excluded.login_id, login_name = excluded.login_name,
        access_profile_id = excluded.access_profile_id, ends_without = excluded.ends_without,
        loses_without = excluded.loses_without
    )
    SELECT is_new FROM process`,
    { isRepeated: true },
  )
  return process?.is_new === true
}

/** Nothing runs there any more. */
export async function removeProcesses(databases: Databases, ids: readonly string[]): Promise<void> {
  await databases.query('primary', sql`DELETE FROM portal.gateway_processes WHERE id = ANY (${ids}::uuid[])`)
}

/** Arrays of arrays would have to be of one length. Columns need no quotes. */
function arrayText(columns: readonly string[]): string {
  return `{${columns.join(',')}}`
}
