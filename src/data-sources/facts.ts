import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { asGatewayError, settingOf, sql, type Databases, type ServerName } from '../backends/databases.ts'
import { messageOf, sqlStateOf } from '../backends/databases/errors.ts'
import { UnavailableError } from '../errors.ts'
import type { Log } from '../log.ts'
import { refusalOf, type Address } from './database-error.ts'

/** What a database says of itself. */
export interface Facts {
  /** `server_version_num` */
  readonly version: number
  readonly versionText: string
  readonly role: string
  readonly isStandby: boolean
  readonly mayCreateSchema: boolean
  /** Who owns the schema `portal`, and whether that is our role, or one that it belongs to; null: there is none. */
  readonly portalOwner: string | null
  readonly ownsPortal: boolean
  /** Which of Yeti's tables are there, and whether they may be read. */
  readonly tables: Readonly<Record<string, boolean>>
}

/** Tables by which Yeti's databases are known, and without which nobody can sign in. */
export const toldTables = [
  'sys.api_access',
  'sys.customer_portal_access_profiles',
  'public.contractors',
  'cdr.cdr',
] as const

/** Looked up in the catalogue, which shows also what may not be used. Any PostgreSQL that one could meet answers it. */
const statement = sql`
  SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS "versionText",
    current_user AS role, pg_is_in_recovery() AS "isStandby",
    has_database_privilege(current_database(), 'CREATE') AS "mayCreateSchema",
    portal.owner AS "portalOwner", coalesce(pg_has_role(portal.owner, 'USAGE'), false) AS "ownsPortal",
    coalesce((
      SELECT json_object_agg(nspname || '.' || relname,
        has_schema_privilege(pg_namespace.oid, 'USAGE') AND has_any_column_privilege(pg_class.oid, 'SELECT'))
      FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE nspname || '.' || relname = ANY(${[...toldTables]}::text[])
    ), '{}') AS tables
  FROM (SELECT 1) one LEFT JOIN (
    SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = 'portal'
  ) portal ON true`

/** Milliseconds between two tries to reach a database. */
const retryDelay = 2_000

/** SQLSTATEs of a server that would not let us in later either: the role, its password, the database, the right. */
const refusals = /^(28|3D000|42501)/

export interface Asking {
  readonly server: ServerName
  readonly address: Address
  readonly log: Log
  readonly signal?: AbortSignal | undefined
}

/** Waits until a database answers. Throws `DatabaseError` when it does not let us in. */
export async function readFacts(databases: Databases, asking: Asking): Promise<Facts> {
  const { server, address, log, signal } = asking
  for (;;) {
    const facts = await tryFacts(databases, asking)
    if (!(facts instanceof UnavailableError)) return facts
    const reason = waitsFor(facts.originalError)
    log.warn(
      `${settingOf[server]}: the database at ${address.server} does not answer (${reason}); trying again in ${retryDelay / 1000} s`,
    )
    await sleep(retryDelay, undefined, { ...(signal && { signal }) })
  }
}

/** The same without waiting. */
export async function tryFacts(databases: Databases, { server, address }: Asking): Promise<Facts | UnavailableError> {
  const pool = server === 'replica' ? databases.replica?.pool : databases[server]
  if (!pool) throw new TypeError('There is no replica')
  try {
    return await ask(pool)
  } catch (error) {
    const known = asGatewayError(error)
    if (known instanceof UnavailableError && !refusals.test(sqlStateOf(error))) return known
    throw refusalOf(settingOf[server], address, error)
  }
}

async function ask(pool: pg.Pool): Promise<Facts> {
  const { rows } = await pool.query<Facts>({ text: statement.text, values: statement.values })
  const [facts] = rows
  if (!facts) throw new TypeError('One row was expected')
  return facts
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'there is no such host, or no name server',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
}

/** In plain words where it is one of the usual reasons. */
function waitsFor(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return words[code] ?? messageOf(error)
}
