import { raw, sql, type Databases, type Row, type Sql } from '../backends/databases.ts'
import { LRUCache } from 'lru-cache'
import { profileFromArray, type AccessProfile } from '../permissions/access-profile.ts'
import { permissionKeys, permissions } from '../permissions/permissions.ts'
import { customerScopes, type Scopes } from '../permissions/scopes.ts'
import type { CustomerSubject, DynamicSubject, LoginSubject } from './claims.ts'
import type { Seal } from './keys.ts'
import { sameSeal, type Presence, type PresenceInSql, type Principal } from './principal.ts'
import { isLive } from './sessions.ts'
import type { CustomerViewer } from './viewer.ts'

/** A customer as this folder hands it out: it remembers for whom the token spoke, which file links repeat. */
export interface SubjectViewer extends CustomerViewer {
  readonly subject: CustomerSubject
}

/** Who a customer is and what the profile allows: one statement, read again on every request. */
export interface Customers {
  named(login: string, presence: Presence): Promise<Principal<SubjectViewer> | null>
  /** The subject as this row of one of the two statements has it; null when the password is another by now. */
  principal(subject: CustomerSubject, row: CustomerRow | LoginRow): Principal<SubjectViewer> | null
}

export interface CustomerRow extends Row {
  readonly customer_id: number
  readonly customer_name: string
  readonly profile_id: number
  readonly profile_name: string
  /** The profile's flags, as the text of a `boolean[]`. */
  readonly flags: string
}

export interface LoginRow extends CustomerRow {
  readonly login_id: number
  readonly login: string
  readonly password_digest: string
  readonly account_ids: readonly number[]
  readonly numberlist_ids: readonly number[]
  readonly provision_gateway_id: number | null
}

export function createCustomers(databases: Databases, seal: Seal): Customers {
  function principal(subject: CustomerSubject, row: CustomerRow | LoginRow): Principal<SubjectViewer> | null {
    if (subject.sub === 'D') return dynamicPrincipal(row, subject)
    const found = isLogin(row) ? loginPrincipal(row, seal) : null
    return found !== null && sameSeal(subject, found.subject) ? found : null
  }
  return {
    async named(name, presence) {
      const [row] = await databases.query<LoginRow>('primary', loginStatement(sql`a.login = ${name}`, presence))
      return row === undefined ? null : loginPrincipal(row, seal)
    },
    principal,
  }
}

function isLogin(row: CustomerRow | LoginRow): row is LoginRow {
  return 'login_id' in row
}

// Column names come from the catalogue; nothing that anybody sends ends up here.
const flags = raw(permissionKeys.map((permission) => `p.${permissions[permission].column}`).join(', '))

interface Allowed {
  readonly profile: AccessProfile
  readonly scopes: Scopes
}

/** Many logins have one of few sets of flags; what follows from a set is worked out once. */
const allowedBy = new LRUCache<string, Allowed>({ max: 1000 })

function allowed(flagsText: string): Allowed {
  let known = allowedBy.get(flagsText)
  if (!known) {
    const profile = profileFromArray(flagsText)
    allowedBy.set(flagsText, (known = { profile, scopes: customerScopes(profile) }))
  }
  return known
}

const customerColumns = sql`
  c.id AS customer_id, c.name AS customer_name, p.id AS profile_id, p.name AS profile_name, ARRAY[${flags}]::text AS flags`

/** Yeti looks at the addresses at sign-in only; here they count for as long as the session lasts. */
export function loginStatement(who: Sql, { address, sessionKey }: PresenceInSql): Sql {
  return sql`
    SELECT a.id AS login_id, a.login, a.password_digest, a.account_ids,
           a.allow_outgoing_numberlists_ids AS numberlist_ids, a.provision_gateway_id, ${customerColumns}
    FROM sys.api_access a
    JOIN public.contractors c ON c.id = a.customer_id
    JOIN sys.customer_portal_access_profiles p ON p.id = a.customer_portal_access_profile_id
    WHERE ${who} AND ${address}::inet <<= ANY (a.allowed_ips) AND ${isLive(sessionKey)}`
}

/** What a dynamic token grants, where the statement has it. */
interface Grant {
  readonly customerId: Sql
  readonly profileId: Sql
  readonly networks: Sql
}

export function dynamicStatement(
  { customerId, profileId, networks }: Grant,
  { address, sessionKey }: PresenceInSql,
): Sql {
  return sql`
    SELECT ${customerColumns}
    FROM public.contractors c, sys.customer_portal_access_profiles p
    WHERE c.id = ${customerId} AND p.id = ${profileId}
      AND ${address}::inet <<= ANY (${networks}::inet[]) AND ${isLive(sessionKey)}`
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
      provisionGatewayId: row.provision_gateway_id,
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
      provisionGatewayId: subject.cfg.provision_gateway_id,
      session,
    }),
  }
}

function whatAnyCustomerHas(row: CustomerRow): Pick<CustomerViewer, 'kind' | 'scopes' | 'customer' | 'accessProfile'> {
  const { profile, scopes } = allowed(row.flags)
  return {
    kind: 'customer',
    scopes,
    customer: { id: row.customer_id, name: row.customer_name },
    accessProfile: { id: row.profile_id, name: row.profile_name, flags: profile },
  }
}
