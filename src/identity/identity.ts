import type { Databases } from '../backends/databases.ts'
import type { Config } from '../config.ts'
import { ReadOnlyError } from '../errors.ts'
import type { Log } from '../log.ts'
import { createAccessWatcher, type AccessWatcher } from './access-watch.ts'
import { actingSubjectOf } from './acting.ts'
import { createAdmins } from './admins.ts'
import { authenticate, type Authenticated, type Credentials } from './authenticate.ts'
import { clearedCookie, sessionCookie } from './cookies.ts'
import { createCustomers } from './customers.ts'
import { createFileLinks, type FileLink, type FileReference, type OpenedFileLink } from './file-links.ts'
import { createSeal } from './keys.ts'
import type { RolePolicy } from './role-policy.ts'
import type { Secrets } from './secrets.ts'
import { endOfSession, endSession } from './sessions.ts'
import { createPrincipals } from './principals.ts'
import { createSignInLimits } from './sign-in-limits.ts'
import { signIn, type Entrance } from './sign-in.ts'
import { createTokens, type ActingToken, type IssuedToken } from './tokens.ts'
import { isReadOnly, type AdminViewer, type CustomerViewer, type Viewer } from './viewer.ts'

export { clientAddress } from './client-address.ts'
export { readAbsentColumns } from './absent-flags.ts'
export { loadRolePolicy } from './role-policy.ts'
export { loadSecrets, type Secrets } from './secrets.ts'
export { accessNotification, notifyAccessChanged, type AccessChange } from './access-notification.ts'
export { endSessionsOf } from './ended-logins.ts'
export type { AccessWatch, AccessWatcher } from './access-watch.ts'
export type { AccessListener } from './watched-sessions.ts'
export type { Authenticated, Credentials } from './authenticate.ts'
export type { FileLink, FileReference, OpenedFileLink } from './file-links.ts'
export type { ActingToken } from './tokens.ts'

export interface SignedIn extends IssuedToken {
  readonly viewer: CustomerViewer | AdminViewer
  /** `Set-Cookie` values. */
  readonly setCookies: readonly string[]
}

export interface Identity {
  authenticate(credentials: Credentials): Promise<Authenticated>
  signIn(login: string, password: string, address: string): Promise<SignedIn>
  adminSignIn(username: string, password: string, address: string): Promise<SignedIn>
  /** Ends the session for good, on every gateway process. Returns `Set-Cookie` values that clear the cookies. */
  signOut(viewer: Viewer): Promise<readonly string[]>
  /**
   * A token with which an administrator looks at the portal as this login: read-only, and worth something only as long as
   * the administrator's own session is, and the roles allow it.
   */
  actAs(administrator: AdminViewer, loginId: number): Promise<ActingToken>
  /** A short-lived signed token for one file, bound to the login and its session. */
  fileLink(viewer: CustomerViewer, file: FileReference): Promise<FileLink>
  /**
   * Decided again at delivery: login, profile, addresses, sign-out, expiry. null when the link is worth nothing
   * (any more), whatever the reason. Whether the profile allows that file is the caller's to check.
   */
  openFileLink(token: string, address: string): Promise<OpenedFileLink | null>
  /** Who has something running, and is told of every change. To be disposed before the databases are. */
  readonly access: AccessWatcher
}

export interface IdentityOptions {
  readonly config: Config
  readonly secrets: Secrets
  readonly databases: Databases
  readonly rolePolicy: RolePolicy
  readonly log: Log
}

/** Everything about who somebody is. Throws `UnavailableError` while that cannot be read; this is not "anonymous". */
export function createIdentity({ config, secrets, databases, rolePolicy, log }: IdentityOptions): Identity {
  const tokens = createTokens(config.tokens, secrets)
  const customers = createCustomers(databases, createSeal(secrets.customer), config.tokens.customerLifetime)
  const admins = createAdmins(databases, createSeal(secrets.admin), rolePolicy)
  const principals = createPrincipals(databases, { customers, admins })
  const limits = createSignInLimits(databases)
  const secureCookies = config.http.publicUrl?.startsWith('https:') ?? false
  const files = createFileLinks({
    principals,
    customerSecret: secrets.customer,
    lifetime: config.tokens.fileLinkLifetime,
  })

  const customerEntrance: Entrance<CustomerViewer> = { audience: 'customer', usualCost: 12, named: customers.named }
  const adminEntrance: Entrance<AdminViewer> = { audience: 'admin', usualCost: 10, named: admins.named }

  async function enter(
    entrance: Entrance<CustomerViewer | AdminViewer>,
    name: string,
    password: string,
    address: string,
  ) {
    const signedIn = await signIn({ limits, tokens, log }, entrance, { name, password, address })
    const other = entrance.audience === 'customer' ? 'admin' : 'customer'
    const setCookies = [sessionCookie(entrance.audience, signedIn, secureCookies), clearedCookie(other, secureCookies)]
    return { ...signedIn, setCookies }
  }

  return {
    authenticate: (credentials) => authenticate({ tokens, principals, secureCookies }, credentials),
    signIn: (login, password, address) => enter(customerEntrance, login, password, address),
    adminSignIn: (username, password, address) => enter(adminEntrance, username, password, address),
    actAs: (administrator, loginId) =>
      tokens.issueActing(actingSubjectOf(administrator, loginId), administrator.session),
    async signOut(viewer) {
      // The session is the administrator's.
      if (isReadOnly(viewer)) throw new ReadOnlyError()
      if (viewer.kind !== 'anonymous') {
        const { customerLifetime, adminLifetime } = config.tokens
        const lifetime = viewer.kind === 'customer' ? customerLifetime : adminLifetime
        await endSession(databases, viewer.session.key, endOfSession(viewer.session.expiresAt, lifetime))
      }
      return [clearedCookie('customer', secureCookies), clearedCookie('admin', secureCookies)]
    },
    fileLink: files.create,
    openFileLink: files.open,
    access: createAccessWatcher({ databases, customers, admins, log }),
  }
}
