import { raw, sql, type Databases, type Row, type Sql } from '../databases.ts'

/** What a profile would lose: columns of flags. */
export interface Loss {
  readonly accessProfileId: number
  readonly columns: readonly string[]
}

/** What that would be for a subscription: its end, or null where it had something to tell. */
export type Consequence = 'ends' | 'loses'

export interface RunningCounts extends Row {
  readonly ends: number
  readonly loses: number
  /** The oldest of the last words of the processes that live; null: nothing runs in any. */
  readonly as_of: Date | null
}

export interface ConcernedSubscription extends Row {
  readonly login_id: number | null
  readonly login_name: string
  readonly operation_name: string | null
  readonly root_field: string
  readonly started_at: Date
  readonly process: string
  /** The columns that it would be concerned by. */
  readonly lost: readonly string[]
}

/** A process says every other second that it lives; one that has not for longer is dead, with all that it had. */
const live = sql`seen_at > now() - interval '10 seconds'`

function concerned({ columns }: Loss, consequence: Consequence): Sql {
  const ends = sql`ends_without && ${[...columns]}::text[]`
  return consequence === 'ends' ? ends : sql`NOT ${ends} AND loses_without && ${[...columns]}::text[]`
}

export async function countRunning(databases: Databases, loss: Loss): Promise<RunningCounts> {
  const [counts] = await databases.query<RunningCounts>(
    'primary',
    sql`
    SELECT (SELECT min(seen_at) FROM portal.gateway_processes WHERE ${live}) AS as_of,
      count(*) FILTER (WHERE ${concerned(loss, 'ends')})::int AS ends,
      count(*) FILTER (WHERE ${concerned(loss, 'loses')})::int AS loses
    FROM portal.running_subscriptions r JOIN portal.gateway_processes p ON p.id = r.process_id AND ${live}
    WHERE access_profile_id = ${loss.accessProfileId}`,
  )
  return counts ?? { ends: 0, loses: 0, as_of: null }
}

/** Those that have run longest first. */
export function readRunning(
  databases: Databases,
  loss: Loss,
  consequence: Consequence,
  limit: number,
): Promise<ConcernedSubscription[]> {
  const needed = raw(consequence === 'ends' ? 'ends_without' : 'loses_without')
  return databases.query<ConcernedSubscription>(
    'primary',
    sql`
    SELECT login_id, login_name, operation_name, root_field, started_at, p.name AS process,
      ARRAY(SELECT flag FROM unnest(${needed}) flag WHERE flag = ANY (${[...loss.columns]}::text[])) AS lost
    FROM portal.running_subscriptions r JOIN portal.gateway_processes p ON p.id = r.process_id AND ${live}
    WHERE access_profile_id = ${loss.accessProfileId} AND ${concerned(loss, consequence)}
    ORDER BY started_at, process_id, r.id LIMIT ${limit}`,
  )
}
