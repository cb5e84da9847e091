import { createHmac } from 'node:crypto'

/** Tokens by the rules of RFC 7515 and nothing else, so that the oracle is not the library under test. */
export interface Forgery {
  readonly secret?: string | Buffer
  readonly header?: object
  readonly hash?: 'sha256' | 'sha384' | 'sha512'
}

export const customerSecret = 'c0ffee-customer-secret-of-the-tests-0123456789abcdef'
export const adminSecret = 'badcafe-admin-secret-of-the-tests-0123456789abcdef'

export function makeToken(
  claims: unknown,
  { secret = customerSecret, header = { alg: 'HS256' }, hash = 'sha256' }: Forgery = {},
): string {
  const signed = `${encoded(header)}.${encoded(claims)}`
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`
}

/** A token as Yeti makes it for a login. */
export function yetiToken(sub: unknown, claims: object = {}): string {
  return makeToken({ sub, aud: ['customer-v1'], exp: inSeconds(600), ...claims })
}

/** A token as Yeti makes it for a customer without a login. */
export function dynamicToken(cfg: unknown, claims: object = {}): string {
  return yetiToken('D', { cfg, ...claims })
}

/** A token as Yeti makes it for an administrator. */
export function adminToken(sub: unknown, claims: object = {}): string {
  return makeToken({ sub, aud: ['admin'], exp: inSeconds(600), ...claims }, { secret: adminSecret })
}

/** The claims of a token whose signature is checked here by hand. */
export function checkedClaims(token: string, secret: string): Record<string, unknown> {
  const [header = '', payload = '', signature] = token.split('.')
  const expected = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')
  if (signature !== expected) throw new Error('The signature is wrong')
  if (decoded(header)['alg'] !== 'HS256') throw new Error('The algorithm is wrong')
  return decoded(payload)
}

export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds
}

export function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decoded(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}
