import { normalizeAddress } from './address.ts'
import { actingSubject, claimsOf, customerSubject, fileClaims, type Subject } from './claims.ts'
import { signJwt, verifyJwt } from './jwt.ts'
import { deriveKey } from './keys.ts'
import type { Known } from './principal.ts'
import type { Principals } from './principals.ts'
import type { CustomerViewer } from './viewer.ts'

/** A file that a customer may fetch by a link: an invoice or a CDR export by its uuid, a recording by the id of its CDR. */
export type FileReference =
  | { readonly kind: 'invoice' | 'export'; readonly id: string }
  | { readonly kind: 'outgoing-recording' | 'incoming-recording'; readonly id: string }

export interface FileLink {
  readonly token: string
  readonly expiresAt: Date
}

export interface OpenedFileLink {
  readonly viewer: CustomerViewer
  readonly file: FileReference
}

export interface FileLinks {
  create(viewer: CustomerViewer, file: FileReference): Promise<FileLink>
  open(token: string, address: string): Promise<OpenedFileLink | null>
}

export interface FileLinkOptions {
  readonly principals: Principals
  readonly customerSecret: string
  /** Seconds. */
  readonly lifetime: number
}

const audience = 'portal-file'

/** Links carry who and what, never that it is allowed: that is read again when the file is fetched. */
export function createFileLinks({ principals, customerSecret, lifetime }: FileLinkOptions): FileLinks {
  const key = deriveKey(customerSecret, 'file')
  return {
    async create(viewer, { kind, id }) {
      const iat = Math.floor(Date.now() / 1000)
      const sessionEnd = viewer.session.expiresAt?.getTime() ?? Infinity
      const exp = Math.min(iat + lifetime, Math.floor(sessionEnd / 1000))
      const claims = { aud: audience, ...claimsOf(subjectOf(viewer)), kind, id, sid: viewer.session.key, iat, exp }
      return { token: await signJwt(claims, key), expiresAt: new Date(exp * 1000) }
    },
    async open(token, address) {
      const claims = await verifyJwt(token, { key, audience, mustExpire: true })
      const subject = subjectIn(claims)
      const file = fileClaims.safeParse(claims)
      if (subject === null || !file.success) return null
      const { kind, id, sid, exp } = file.data
      const session = { key: sid, expiresAt: new Date(exp * 1000) }
      const principal = await principals.of({
        subject,
        address: normalizeAddress(address),
        session,
      })
      const viewer = principal?.viewer(session)
      return viewer?.kind === 'customer' ? { viewer, file: { kind, id } } : null
    },
  }
}

/** What names an administrator is never taken for the customer's own, whatever else is wrong with it. */
function subjectIn(claims: unknown): Subject | null {
  if (typeof claims === 'object' && claims !== null && 'act' in claims) {
    const acting = actingSubject.safeParse(claims)
    return acting.success ? { audience: 'acting', claims: acting.data } : null
  }
  const customer = customerSubject.safeParse(claims)
  return customer.success ? { audience: 'customer', claims: customer.data } : null
}

function subjectOf(viewer: CustomerViewer): Subject {
  if (!knowsSubject(viewer)) throw new TypeError('Take the viewer that authenticate gave')
  return viewer.subject
}

function knowsSubject(viewer: CustomerViewer): viewer is Known<CustomerViewer> {
  return 'subject' in viewer
}
