import { sql, type Sql } from '../backends/databases.ts'
import { adminStatement, type AdminRow, type Admins } from './admins.ts'
import type { ActingSubject } from './claims.ts'
import { loginRows, type Customers, type LoginRow } from './customers.ts'
import type { Known, PresenceInSql, Principal } from './principal.ts'
import type { AdminViewer, CustomerViewer } from './viewer.ts'

// An administrator who looks at the portal as one of its logins sees it as it stands: the login's customer, accounts
// and flags. Everything else is the administrator's own: addresses, password, roles and session.

/** With the password that the administrator has now: another one ends it. */
export function actingSubjectOf(administrator: AdminViewer, loginId: number): ActingSubject {
  const seal = isKnown(administrator) && administrator.subject.audience === 'admin' && administrator.subject.claims.seal
  if (!seal) throw new TypeError('Take the viewer that authenticate gave')
  return { loginId, administrator: { sub: administrator.adminId, seal } }
}

function isKnown(administrator: AdminViewer): administrator is Known<AdminViewer> {
  return 'subject' in administrator
}

export interface ActingRow extends LoginRow {
  readonly actor: AdminRow
}

export function actingStatement(profiles: Sql, login: Sql, administrator: Sql, presence: PresenceInSql): Sql {
  return sql`
    SELECT l.*, to_jsonb(u) AS actor
    FROM (${loginRows(profiles, login)}) l, (${adminStatement(administrator, presence)}) u`
}

export function actingPrincipal(
  customers: Customers,
  admins: Admins,
  subject: ActingSubject,
  row: ActingRow,
): Principal<Known<CustomerViewer>, null> | null {
  const actor = admins.actor(subject.administrator, row.actor)
  if (actor === null) return null
  const { viewer } = customers.principalOf(row)
  return {
    passwordDigest: null,
    subject: null,
    viewer: (session) => ({ ...viewer(session), actor, subject: { audience: 'acting', claims: subject } }),
  }
}
