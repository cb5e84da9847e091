import { raw, sql, type Databases, type Row, type Sql } from '../backends/databases.ts'
import { LRUCache } from 'lru-cache'
import { sourceOf } from '../backends/absent-columns.ts'
import { profileTable } from '../backends/profile-columns.ts'
import { profileFromArray, type AccessProfile } from '../permissions/access-profile.ts'
import { permissionKeys, permissions } from '../permissions/permissions.ts'
import { customerScopes, type Scopes } from '../permissions/scopes.ts'
import type { CustomerSubject, DynamicSubject, LoginSubject } from './claims.ts'
import { endingColumns, joinEndings, mayBeEnded, type LoginEndings } from './ended-logins.ts'
import type { Seal } from './keys.ts'
import { sameSeal, type Known, type Presence, type PresenceInSql, type Principal } from './principal.ts'
import { isLive } from './sessions.ts'
import type { CustomerViewer, Session } from './viewer.ts'

/** Who a customer is and what the profile allows: one statement, read again on every request. */
export interface Customers {
  /** What the statements read profiles from, as `p`. */
  readonly profiles: Sql
  named(login: string, presence: Presence): Promise<Principal<Known<CustomerViewer>, LoginSubject> | null>
  /**
   * The subject as this row of one of the two statements has it; null when the password is another by now, or the login
   * was signed out everywhere since.
   */
  principal(
    subject: CustomerSubject,
    row: CustomerRow | LoginRow,
    session: Session,
  ): Principal<Known<CustomerViewer>, CustomerSubject> | null
  /** The login of this row, whoever asks. */
  principalOf(row: LoginRow): Principal<Known<CustomerViewer>, LoginSubject>
}

export interface CustomerRow extends Row {
  readonly customer_id: number
  readonly customer_name: string
  readonly profile_id: number
  readonly profile_name: string
  /** The profile's flags, as the text of a `boolean[]`. */
  readonly flags: string
}

export interface LoginRow extends CustomerRow, LoginEndings {
  readonly login_id: number
  readonly login: string
  readonly password_digest: string
  readonly account_ids: readonly number[]
  readonly numberlist_ids: readonly number[]
  readonly provision_gateway_id: number | null
}

/** `lifetime`: of customers' tokens, in seconds; null: for ever. */
export function createCustomers(databases: Databases, seal: Seal, lifetime: number | null): Customers {
  const profiles = sourceOf(databases, profileTable, 'p')
  const principal: Customers['principal'] = (subject, row, { expiresAt }) => {
    if (subject.sub === 'D') return dynamicPrincipal(row, subject)
    if (!isLogin(row) || (subject.seal === undefined && mayBeEnded(expiresAt, row, lifetime))) return null
    const found = loginPrincipal(row, seal)
    return sameSeal(subject, found.subject) ? found : null
  }
  return {
    profiles,
    async named(name, presence) {
      const statement = loginStatement(profiles, sql`a.login = ${name}`, presence)
      const [row] = await databases.query<LoginRow>('primary', statement)
      return row === undefined ? null : loginPrincipal(row, seal)
    },
    principal,
    principalOf: (row) => loginPrincipal(row, seal),
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
export function loginStatement(profiles: Sql, who: Sql, { address, sessionKey }: PresenceInSql): Sql {
  return loginRows(profiles, sql`${who} AND ${address}::inet <<= ANY (a.allowed_ips) AND ${isLive(sessionKey)}`)
}

/** `condition`: on `sys.api_access a`. */
export function loginRows(profiles: Sql, condition: Sql): Sql {
  return sql`
    SELECT a.id AS login_id, a.login, a.password_digest, a.account_ids,
           a.allow_outgoing_numberlists_ids AS numberlist_ids, a.provision_gateway_id, ${customerColumns},
           ${endingColumns}
    FROM sys.api_access a
    JOIN public.contractors c ON c.id = a.customer_id
    JOIN ${profiles} ON p.id = a.customer_portal_access_profile_id
    ${joinEndings(sql`a.id`)}
    WHERE ${condition}`
}

/** What a dynamic token grants, where the statement has it. */
interface Grant {
  readonly customerId: Sql
  readonly profileId: Sql
  readonly networks: Sql
}

export function dynamicStatement(
  profiles: Sql,
  { customerId, profileId, networks }: Grant,
  { address, sessionKey }: PresenceInSql,
): Sql {
  return sql`
    SELECT ${customerColumns}
    FROM public.contractors c, ${profiles}
    WHERE c.id = ${customerId} AND p.id = ${profileId}
      AND ${address}::inet <<= ANY (${networks}::inet[]) AND ${isLive(sessionKey)}`
}

function loginPrincipal(row: LoginRow, seal: Seal): Principal<Known<CustomerViewer>, LoginSubject> {
  const subject: LoginSubject = { sub: row.login_id, seal: seal(row.login_id, row.password_digest, row.generation) }
  return {
    passwordDigest: row.password_digest,
    subject,
    viewer: (session) => ({
      ...whatAnyCustomerHas(row),
      subject: { audience: 'customer', claims: subject },
      loginId: row.login_id,
      login: row.login,
      tenant: { customerId: row.customer_id, accountIds: row.account_ids, numberlistIds: row.numberlist_ids },
      provisionGatewayId: row.provision_gateway_id,
      session,
    }),
  }
}

function dynamicPrincipal(row: CustomerRow, subject: DynamicSubject): Principal<Known<CustomerViewer>, DynamicSubject> {
  const { account_ids: accountIds, allow_outgoing_numberlists_ids: numberlistIds } = subject.cfg
  return {
    passwordDigest: null,
    subject,
    viewer: (session) => ({
      ...whatAnyCustomerHas(row),
      subject: { audience: 'customer', claims: subject },
      loginId: null,
      login: 'dynamic',
      tenant: { customerId: row.customer_id, accountIds, numberlistIds },
      provisionGatewayId: subject.cfg.provision_gateway_id,
      session,
    }),
  }
}

function whatAnyCustomerHas(
  row: CustomerRow,
): Pick<CustomerViewer, 'kind' | 'scopes' | 'customer' | 'accessProfile' | 'actor'> {
  const { profile, scopes } = allowed(row.flags)
  return {
    kind: 'customer',
    scopes,
    customer: { id: row.customer_id, name: row.customer_name },
    accessProfile: { id: row.profile_id, name: row.profile_name, flags: profile },
    actor: null,
  }
}
