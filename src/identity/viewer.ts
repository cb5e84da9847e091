import type { AccessProfile } from '../permissions/access-profile.ts'
import { anonymousScopes, type Scopes } from '../permissions/scopes.ts'

/** Whose rows a customer may see: those of one contractor, narrowed to some accounts where that is set. */
export interface Tenant {
  /** `public.contractors.id` */
  readonly customerId: number
  /** `billing.accounts.id`; empty means every account of the customer. */
  readonly accountIds: readonly number[]
  /** `class4.numberlists.id`; empty means none. */
  readonly numberlistIds: readonly number[]
}

/** What of a token is needed to end it: the same for every token of one sign-in. */
export interface Session {
  /** The key under which a sign-out is remembered. */
  readonly key: string
  /** When the token expires; null for one that never does. */
  readonly expiresAt: Date | null
}

/** Nobody has signed in. A value that may do nothing, so that no code has to think of `undefined`. */
export interface AnonymousViewer {
  readonly kind: 'anonymous'
  readonly scopes: Scopes
  /** Why a token that was presented was not accepted; null when there was none. */
  readonly refusal: string | null
}

export interface CustomerViewer {
  readonly kind: 'customer'
  readonly scopes: Scopes
  /** `sys.api_access.id`; null for a dynamic token, which has no login row. */
  readonly loginId: number | null
  readonly login: string
  readonly customer: { readonly id: number; readonly name: string }
  readonly tenant: Tenant
  readonly accessProfile: { readonly id: number; readonly name: string; readonly flags: AccessProfile }
  /** The administrator who looks at the portal as this login, and can change nothing; null: the customer. */
  readonly actor: ActingAdministrator | null
  /** `class4.gateways.id` whose identity the login's call tokens carry; null when it has none. */
  readonly provisionGatewayId: number | null
  readonly session: Session
}

export type ActingAdministrator = Pick<AdminViewer, 'adminId' | 'username'>

export interface AdminViewer {
  readonly kind: 'admin'
  readonly scopes: Scopes
  /** `gui.admin_users.id` */
  readonly adminId: number
  readonly username: string
  readonly roles: readonly string[]
  readonly session: Session
}

export type Viewer = AnonymousViewer | CustomerViewer | AdminViewer

/** Whether somebody may look, and change nothing: an administrator who acts as a login. */
export function isReadOnly(viewer: Viewer): boolean {
  return viewer.kind === 'customer' && viewer.actor !== null
}

/** What lines of the log say of somebody who acts as a login; null of everybody else. */
export function actingMark(viewer: Viewer): Readonly<Record<string, unknown>> | null {
  if (viewer.kind !== 'customer' || viewer.actor === null) return null
  const { loginId, login, actor } = viewer
  return { adminId: actor.adminId, administrator: actor.username, loginId, login }
}

export const anonymous: AnonymousViewer = Object.freeze({ kind: 'anonymous', scopes: anonymousScopes, refusal: null })
