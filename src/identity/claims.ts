import { z } from 'zod'
import { isNetwork } from './address.ts'

// Bounds are those of the columns, so that no token makes a statement fail.
const serial = z.int32()
const smallSerial = z.int().min(-32_768).max(32_767)
const key = z.string().regex(/^[\w-]{16,64}$/)
const day = 86_400
const moment = z
  .number()
  .nonnegative()
  .max(100_000_000 * day) // the last that a Date can say

/** What a dynamic token allows, in Yeti's own words; there is no login row behind it. */
const dynamicGrant = z
  .strictObject({
    customer_id: serial,
    account_ids: z.array(serial).default([]),
    allow_outgoing_numberlists_ids: z.array(serial).default([]),
    allowed_ips: z.array(z.string().refine(isNetwork)).default(['0.0.0.0/0', '::/0']),
    customer_portal_access_profile_id: smallSerial.default(1),
    provision_gateway_id: serial.nullable().default(null),
    /** From before profiles had that flag. */
    allow_listen_recording: z.unknown().optional(),
  })
  .transform(({ allow_listen_recording: _, ...grant }) => grant)

export const loginSubject = z.object({ sub: serial, seal: z.string().optional() })
export const dynamicSubject = z.object({ sub: z.literal('D'), cfg: dynamicGrant })
export const customerSubject = z.union([loginSubject, dynamicSubject])

/** For whom a token speaks; exactly the claims that say so. `seal` is ours: Yeti's tokens have none. */
export type LoginSubject = z.infer<typeof loginSubject>
export type DynamicSubject = z.infer<typeof dynamicSubject>
export type CustomerSubject = LoginSubject | DynamicSubject

/** An administrator who acts as a login; `act` as in RFC 8693. Named apart from other subjects, not to be taken for one. */
export const actingSubject = z
  .object({ sub: serial, act: z.object({ sub: serial, seal: z.string() }) })
  .transform(({ sub, act }) => ({ loginId: sub, administrator: act }))
export type ActingSubject = z.infer<typeof actingSubject>

/** Somebody for whom a token speaks, by the kind of token. */
export type Subject =
  | { readonly audience: 'customer'; readonly claims: CustomerSubject }
  | { readonly audience: 'admin'; readonly claims: LoginSubject }
  | { readonly audience: 'acting'; readonly claims: ActingSubject }

/** What a token says of it, to be read again by the schemas here. */
export function claimsOf(subject: Subject): object {
  if (subject.audience !== 'acting') return subject.claims
  const { loginId, administrator } = subject.claims
  return { sub: loginId, act: administrator }
}

export const sessionClaims = z.object({ sid: key.optional(), exp: moment.optional() })
export type SessionClaims = z.infer<typeof sessionClaims>

export const fileClaims = z.object({
  kind: z.enum(['invoice', 'outgoing-recording', 'incoming-recording', 'export']),
  id: z.string(),
  sid: key,
  exp: moment,
})
