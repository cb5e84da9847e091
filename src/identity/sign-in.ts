import { UnauthenticatedError } from '../errors.ts'
import type { Log } from '../log.ts'
import { normalizeAddress } from './address.ts'
import { verifyPassword } from './passwords.ts'
import type { CustomerSubject } from './claims.ts'
import type { Presence, Principal } from './principal.ts'
import { newSessionKey } from './sessions.ts'
import type { SignInLimits } from './sign-in-limits.ts'
import type { Audience, IssuedToken, Tokens } from './tokens.ts'

/** One of the two kinds of people who have a password. */
export interface Entrance<V> {
  readonly audience: Audience
  /** bcrypt's cost as Yeti sets it for them. */
  readonly usualCost: number
  named(name: string, presence: Presence): Promise<Principal<V, CustomerSubject> | null>
}

export interface SignInServices {
  readonly limits: SignInLimits
  readonly tokens: Tokens
  readonly log: Log
}

export interface SignInRequest {
  readonly name: string
  readonly password: string
  readonly address: string
}

/** Unknown name, wrong password, address not allowed: one answer, after the same work. */
export async function signIn<V>(
  { limits, tokens, log }: SignInServices,
  { audience, usualCost, named }: Entrance<V>,
  { name, password, address: given }: SignInRequest,
): Promise<IssuedToken & { readonly viewer: V }> {
  const address = normalizeAddress(given)
  const attempt = { audience, address, login: name }
  await limits.count(attempt)

  const sessionKey = newSessionKey()
  const principal = canBeAName(name) ? await named(name, { address, sessionKey }) : null
  const proven = await verifyPassword(password, principal?.passwordDigest ?? null, usualCost)
  if (principal === null || !proven) {
    log.info({ audience, address }, 'A sign-in was refused')
    throw new UnauthenticatedError('Incorrect login or password.')
  }

  await limits.forgive(attempt)
  const issued = await tokens.issue(audience, principal.subject, sessionKey)
  log.info({ audience, address, subject: principal.subject.sub }, 'Signed in')
  return { ...issued, viewer: principal.viewer({ key: sessionKey, expiresAt: issued.expiresAt }) }
}

/** PostgreSQL has no text with NUL, and would say so with an error. */
function canBeAName(text: string): boolean {
  return text !== '' && !text.includes('\0')
}
