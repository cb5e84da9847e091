import type { Audience, IssuedToken } from './tokens.ts'

/** Yeti's own name for customers, so that one sign-in serves both; its admin API has no cookie. */
const names: Readonly<Record<Audience, string>> = {
  customer: '_yeti_customer_v1_session',
  admin: '_yeti_admin_session',
}

export function sessionCookie(audience: Audience, { token, expiresAt }: IssuedToken, secure: boolean): string {
  const expires = expiresAt === null ? [] : [`Expires=${expiresAt.toUTCString()}`]
  return [`${names[audience]}=${token}`, 'Path=/', ...expires, ...attributes(secure)].join('; ')
}

/** Takes the cookie from the browser, with the value that Yeti gives it. */
export function clearedCookie(audience: Audience, secure: boolean): string {
  return sessionCookie(audience, { token: 'logout', expiresAt: new Date(0) }, secure)
}

function attributes(secure: boolean): string[] {
  return ['HttpOnly', 'SameSite=Lax', ...(secure ? ['Secure'] : [])]
}

/** The token in a `Cookie` header; the customer's if there are both, since it may do less. */
export function cookieToken(header: string): { readonly audience: Audience; readonly token: string } | null {
  const values = new Map(header.split(';').map(pair).reverse()) // reversed: of two with the same name the first counts
  const audience = (['customer', 'admin'] as const).find((each) => values.get(names[each]))
  const token = audience && values.get(names[audience])
  return audience && token ? { audience, token } : null
}

function pair(text: string): [name: string, value: string] {
  const [name = '', ...value] = text.split('=')
  return [name.trim(), value.join('=').trim()]
}
