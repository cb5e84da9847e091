import { raw, sql, type Databases, type Row, type Sql } from '../backends/databases.ts'
import { profileFromRow } from '../permissions/access-profile.ts'
import { permissionKeys, permissions } from '../permissions/permissions.ts'
import { customerScopes } from '../permissions/scopes.ts'
import type { CustomerSubject, DynamicSubject, LoginSubject } from './claims.ts'
import type { Seal } from './keys.ts'
import { sameSeal, type Presence, type Principal } from './principal.ts'
import { isLive } from './sessions.ts'
import type { CustomerViewer } from './viewer.ts'

/** A customer as this folder hands it out: it remembers for whom the token spoke, which file links repeat. */
export interface SubjectViewer extends CustomerViewer {
  readonly subject: CustomerSubject
}

/** Who a customer is and what the profile allows: one statement, read again on every request. */
export interface Customers {
  named(login: string, presence: Presence): Promise<Principal<SubjectViewer> | null>
  of(subject: CustomerSubject, presence: Presence): Promise<Principal<SubjectViewer> | null>
}

interface CustomerRow extends Row {
  readonly customer_id: number
  readonly customer_name: string
  readonly profile_id: number
  readonly profile_name: string
}

interface LoginRow extends CustomerRow {
  readonly login_id: number
  readonly login: string
  readonly password_digest: string
  readonly account_ids: readonly number[]
  readonly numberlist_ids: readonly number[]
}

export function createCustomers(databases: Databases, seal: Seal): Customers {
  async function login(who: Sql, presence: Presence): Promise<Principal<SubjectViewer, LoginSubject> | null> {
    const [row] = await databases.query<LoginRow>('primary', loginStatement(who, presence))
    return row === undefined ? null : loginPrincipal(row, seal)
  }
  return {
    named: (name, presence) => login(sql`a.login = ${name}`, presence),
    async of(subject, presence) {
      if (subject.sub === 'D') {
        const [row] = await databases.query<CustomerRow>('primary', dynamicStatement(subject, presence))
        return row === undefined ? null : dynamicPrincipal(row, subject)
      }
      const found = await login(sql`a.id = ${subject.sub}`, presence)
      return found !== null && sameSeal(subject, found.subject) ? found : null
    },
  }
}

// Column names come from the catalogue; nothing that anybody sends ends up here.
const flags = raw(permissionKeys.map((permission) => `p.${permissions[permission].column}`).join(', '))

const customerColumns = sql`
  c.id AS customer_id, c.name AS customer_name, p.id AS profile_id, p.name AS profile_name, ${flags}`

/** Yeti looks at the addresses at sign-in only; here they count for as long as the session lasts. */
function loginStatement(who: Sql, { address, sessionKey }: Presence): Sql {
  return sql`
    SELECT a.id AS login_id, a.login, a.password_digest, a.account_ids,
           a.allow_outgoing_numberlists_ids AS numberlist_ids, ${customerColumns}
    FROM sys.api_access a
    JOIN public.contractors c ON c.id = a.customer_id
    JOIN sys.customer_portal_access_profiles p ON p.id = a.customer_portal_access_profile_id
    WHERE ${who} AND ${address}::inet <<= ANY (a.allowed_ips) AND ${isLive(sessionKey)}`
}

function dynamicStatement({ cfg }: DynamicSubject, { address, sessionKey }: Presence): Sql {
  return sql`
    SELECT ${customerColumns}
    FROM public.contractors c, sys.customer_portal_access_profiles p
    WHERE c.id = ${cfg.customer_id} AND p.id = ${cfg.customer_portal_access_profile_id}
      AND ${address}::inet <<= ANY (${cfg.allowed_ips}::inet[]) AND ${isLive(sessionKey)}`
}

function loginPrincipal(row: LoginRow, seal: Seal): Principal<SubjectViewer, LoginSubject> {
  const subject: LoginSubject = { sub: row.login_id, seal: seal(row.login_id, row.password_digest) }
  return {
    passwordDigest: row.password_digest,
    subject,
    viewer: (session) => ({
      ...whatAnyCustomerHas(row),
      subject,
      loginId: row.login_id,
      login: row.login,
      tenant: { customerId: row.customer_id, accountIds: row.account_ids, numberlistIds: row.numberlist_ids },
      session,
    }),
  }
}

function dynamicPrincipal(row: CustomerRow, subject: DynamicSubject): Principal<SubjectViewer, DynamicSubject> {
  const { account_ids: accountIds, allow_outgoing_numberlists_ids: numberlistIds } = subject.cfg
  return {
    passwordDigest: null,
    subject,
    viewer: (session) => ({
      ...whatAnyCustomerHas(row),
      subject,
      loginId: null,
      login: 'dynamic',
      tenant: { customerId: row.customer_id, accountIds, numberlistIds },
      session,
    }),
  }
}

function whatAnyCustomerHas(row: CustomerRow): Pick<CustomerViewer, 'kind' | 'scopes' | 'customer' | 'accessProfile'> {
  const profile = profileFromRow(row)
  return {
    kind: 'customer',
    scopes: customerScopes(profile),
    customer: { id: row.customer_id, name: row.customer_name },
    accessProfile: { id: row.profile_id, name: row.profile_name, flags: profile },
  }
}
