import { empty, join, sql, type Row, type Sql } from '../backends/databases.ts'
import { actingPrincipal, actingStatement, type ActingRow } from './acting.ts'
import { adminStatement, type AdminRow, type Admins } from './admins.ts'
import type { DynamicSubject, Subject } from './claims.ts'
import { dynamicStatement, loginStatement, type CustomerRow, type Customers, type LoginRow } from './customers.ts'
import type { Principal } from './principal.ts'
import type { Session } from './viewer.ts'

/** Somebody whose changes matter. */
export interface Watched {
  readonly subject: Subject
  /** Normalised. */
  readonly address: string | null
  readonly session: Session
  /** Of what was read last; null: may not act any more. Empty: nothing was read yet. */
  readonly fingerprint: string | null
}

export interface Changed<W extends Watched> {
  readonly watched: W
  readonly fingerprint: string | null
  /** null: deleted, disabled, from elsewhere, signed out, or with another password. */
  readonly principal: Principal | null
}

type FoundRow = LoginRow | CustomerRow | AdminRow | ActingRow

interface ChangeRow extends Row {
  readonly n: number
  readonly fingerprint: string | null
  readonly found: FoundRow | null
}

/** What makes principals of rows. */
export interface Readers {
  readonly customers: Customers
  readonly admins: Admins
}

type Query = <R extends Row>(statement: Sql) => Promise<R[]>

/** Who of these is not as they were: one statement for everybody, which answers with the changed ones only. */
export async function readChanges<W extends Watched>(
  query: Query,
  readers: Readers,
  watched: readonly W[],
): Promise<Changed<W>[]> {
  if (watched.length === 0) return []
  const rows = await query<ChangeRow>(changesStatement(readers.customers.profiles, watched))
  return rows.flatMap(({ n, fingerprint, found }) => {
    const who = watched[n]
    if (who === undefined) return []
    return [{ watched: who, fingerprint, principal: found && principalOf(readers, who, found) }]
  })
}

/** Each kind of subject takes the rows of its own statement only. */
function principalOf({ customers, admins }: Readers, { subject, session }: Watched, found: FoundRow): Principal | null {
  if (subject.audience === 'admin') return isAdmin(found) ? admins.principal(subject.claims, found) : null
  if (subject.audience === 'acting')
    return isActing(found) ? actingPrincipal(customers, admins, subject.claims, found) : null
  return isAdmin(found) || isActing(found) ? null : customers.principal(subject.claims, found, session)
}

function isAdmin(row: FoundRow): row is AdminRow {
  return 'encrypted_password' in row
}

function isActing(row: FoundRow): row is ActingRow {
  return 'actor' in row
}

const presence = { address: sql`w.address`, sessionKey: sql`w.session_key` }

function changesStatement(profiles: Sql, watched: readonly Watched[]): Sql {
  const all = watched.map((who, n) => ({ n, ...who }))
  const logins = all.flatMap(({ subject, ...who }) =>
    subject.audience === 'customer' && subject.claims.sub !== 'D' ? [{ ...who, id: subject.claims.sub }] : [],
  )
  const admins = all.flatMap(({ subject, ...who }) =>
    subject.audience === 'admin' ? [{ ...who, id: subject.claims.sub }] : [],
  )
  const dynamics = all.flatMap(({ subject, ...who }) =>
    subject.audience === 'customer' && subject.claims.sub === 'D' ? [{ ...who, cfg: subject.claims.cfg }] : [],
  )
  const actings = all.flatMap(({ subject, ...who }) =>
    subject.audience === 'acting' ? [{ ...who, ...subject.claims }] : [],
  )
  const parts = [
    changesOf(
      logins,
      sql`${logins.map(({ id }) => id)}::int[]`,
      sql`id`,
      loginStatement(profiles, sql`a.id = w.id`, presence),
    ),
    changesOf(admins, sql`${admins.map(({ id }) => id)}::int[]`, sql`id`, adminStatement(sql`u.id = w.id`, presence)),
    changesOf(
      dynamics,
      grants(dynamics),
      sql`customer_id, profile_id, networks`,
      dynamicStatement(profiles, grant, presence),
    ),
    changesOf(
      actings,
      sql`${actings.map(({ loginId }) => loginId)}::int[], ${actings.map(({ administrator }) => administrator.sub)}::int[]`,
      sql`id, admin_id`,
      actingStatement(profiles, sql`a.id = w.id`, sql`u.id = w.admin_id`, presence),
    ),
  ]
  return join(
    parts.filter((part) => part !== empty),
    ' UNION ALL ',
  )
}

const grant = { customerId: sql`w.customer_id`, profileId: sql`w.profile_id`, networks: sql`w.networks` }

function grants(dynamics: readonly { readonly cfg: DynamicSubject['cfg'] }[]): Sql {
  return sql`
    ${dynamics.map(({ cfg }) => cfg.customer_id)}::int[],
    ${dynamics.map(({ cfg }) => cfg.customer_portal_access_profile_id)}::int[],
    ${dynamics.map(({ cfg }) => `{${cfg.allowed_ips.join(',')}}`)}::text[]`
}

interface Asked {
  readonly n: number
  readonly address: string | null
  readonly session: Session
  readonly fingerprint: string | null
}

/** `reading` reads one of them, who is `w` there. */
function changesOf(asked: readonly Asked[], arrays: Sql, names: Sql, reading: Sql): Sql {
  if (asked.length === 0) return empty
  return sql`
    SELECT w.n, l.fingerprint, l.found
    FROM unnest(
      ${asked.map(({ n }) => n)}::int[], ${asked.map(({ address }) => address)}::text[],
      ${asked.map(({ session }) => session.key)}::text[], ${asked.map(({ fingerprint }) => fingerprint)}::text[],
      ${arrays}
    ) AS w (n, address, session_key, fingerprint, ${names})
    LEFT JOIN LATERAL (
      SELECT encode(sha256(convert_to(r::text, 'UTF8')), 'base64') AS fingerprint, to_jsonb(r) AS found
      FROM (${reading}) r
    ) l ON true
    WHERE l.fingerprint IS DISTINCT FROM w.fingerprint`
}
