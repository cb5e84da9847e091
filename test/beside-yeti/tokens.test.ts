import { createHmac, timingSafeEqual } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkedClaims, inSeconds, makeToken } from '../identity/support/tokens.ts'
import { adminSecret, customerSecret, startGateway, type Gateway } from '../support/gateway.ts'

// Tokens go to and fro: a browser that has signed in at Yeti comes here with Yeti's token or cookie, and the other way
// round. That one of them is read by the rules stands in identity/tokens.test.ts; here it is over HTTP, with the rows.

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

const customerCookie = '_yeti_customer_v1_session'
const ours = { secret: customerSecret }
const whoAmI = '{ viewer { login kind accountIds permissions } }'

/** In one of the ways in which Yeti takes it. */
const manners = [
  ['in the header after Bearer', (token: string) => ({ authorization: `Bearer ${token}` })],
  ['in the header alone', (token: string) => ({ authorization: token })],
  ['in the cookie', (token: string) => ({ cookie: `theme=dark; ${customerCookie}=${token}` })],
] as const

interface LoginRow {
  readonly id: number
  readonly customer_id: number
  readonly customer_portal_access_profile_id: number
}

async function loginOf(name: string): Promise<LoginRow> {
  const { rows } = await gateway.primary.query<LoginRow>('SELECT * FROM sys.api_access WHERE login = $1', [name])
  const [row] = rows
  if (!row) throw new TypeError(`The demo has no ${name}`)
  return row
}

/** As Yeti makes it: no iat, no jti, no issuer; a number as subject; a list with one audience. */
const forLogin = (id: number, exp = inSeconds(600)) => makeToken({ sub: id, aud: ['customer-v1'], exp }, ours)
const dynamic = (cfg: object, exp = inSeconds(600)) => makeToken({ sub: 'D', aud: ['customer-v1'], exp, cfg }, ours)

/** A grant with each key that Yeti writes. */
const grant = (row: LoginRow, more: object = {}) => ({
  customer_id: row.customer_id,
  account_ids: [202],
  allow_outgoing_numberlists_ids: [],
  allowed_ips: ['0.0.0.0/0', '::/0'],
  customer_portal_access_profile_id: row.customer_portal_access_profile_id,
  provision_gateway_id: null,
  ...more,
})

async function accountNames(headers: Readonly<Record<string, string>>) {
  const { data } = await gateway.ask('{ accounts(first: 50) { nodes { name } } }', { headers })
  return data.accounts?.nodes.map(({ name }: { name: string }) => name)
}

describe.each(manners)('A token of Yeti %s', (_, headersFor) => {
  test('MUST let its login in, with its own rows', async () => {
    const { id } = await loginOf('frank')
    const headers = headersFor(forLogin(id))
    expect((await gateway.ask(whoAmI, { headers })).data.viewer).toMatchObject({ login: 'frank', kind: 'CUSTOMER' })
    expect(await accountNames(headers)).toEqual(['Aurora Retail'])
  })

  test('MUST let a customer in who has no login, narrowed to what the token grants', async () => {
    const alice = await loginOf('alice')
    const headers = headersFor(dynamic(grant(alice)))
    const { data } = await gateway.ask(whoAmI, { headers })
    expect(data.viewer).toMatchObject({ kind: 'CUSTOMER', accountIds: [expect.any(String)] })
    expect(data.viewer.permissions).toHaveLength(46)
    expect(await accountNames(headers)).toEqual(['Aurora Retail'])
    const lists = await gateway.ask('{ outgoingNumberlists(first: 1) { totalCount } }', { headers })
    expect(lists.data.outgoingNumberlists.totalCount).toBe(0)
    expect(await accountNames(headersFor(dynamic({ ...grant(alice), account_ids: [] })))).toContain('Aurora Main')
  })

  test('MUST follow the profile that it names, and be nobody’s for a customer or profile that is none', async () => {
    const [alice, dave] = [await loginOf('alice'), await loginOf('dave')]
    const denied = headersFor(dynamic(grant(alice, { customer_portal_access_profile_id: dave.customer_portal_access_profile_id }))) // prettier-ignore
    expect((await gateway.ask(whoAmI, { headers: denied })).data.viewer.permissions).toEqual([])
    for (const cfg of [{ customer_id: 2_000_000 }, { customer_portal_access_profile_id: 32_000 }]) {
      const { data, errors } = await gateway.ask(whoAmI, { headers: headersFor(dynamic(grant(alice, cfg))) })
      expect(data.viewer).toBeNull()
      expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    }
  })

  test('MUST be refused of a login that there is not, and once it has expired', async () => {
    const { id } = await loginOf('frank')
    for (const token of [forLogin(2_000_000), forLogin(id, inSeconds(-5))])
      expect((await gateway.ask(whoAmI, { headers: headersFor(token) })).data.viewer).toBeNull()
  })
})

describe('A cookie of Yeti', () => {
  test('MUST be renewed here as Yeti does, for the same login or the same grant', async () => {
    const alice = await loginOf('alice')
    const cfg = grant(alice)
    for (const token of [forLogin(alice.id, inSeconds(60)), dynamic(cfg, inSeconds(60))]) {
      const { headers } = await gateway.ask(whoAmI, { headers: { cookie: `${customerCookie}=${token}` } })
      const [line = ''] = headers.getSetCookie()
      const [, renewed = ''] = new RegExp(`^${customerCookie}=([^;]+);`).exec(line) ?? []
      const { exp, sub, cfg: kept } = yetiReads(renewed, 'customer-v1') ?? {}
      expect(Number(exp)).toBeGreaterThan(inSeconds(500))
      expect([sub, kept]).toEqual([JSON.parse(payloadOf(token)).sub, JSON.parse(payloadOf(token)).cfg])
      expect(line.toLowerCase()).toContain('; path=/; ')
      expect(line).toContain(`Expires=${new Date(Number(exp) * 1000).toUTCString()}`)
    }
  })

  test('MUST be let go when it says that somebody has signed out at Yeti', async () => {
    const answer = await gateway.ask(whoAmI, { headers: { cookie: `${customerCookie}=logout` } })
    expect(answer.data.viewer).toBeNull()
    expect(answer.headers.getSetCookie()).toEqual([])
  })
})

/** Where a lifetime is set Yeti refuses what has expired, and takes what never does. */
function yetiReads(token: string, audience: 'customer-v1' | 'admin'): Record<string, unknown> | null {
  const [header = '', payload = '', signature = '', ...rest] = token.split('.')
  const secret = audience === 'admin' ? adminSecret : customerSecret
  const expected = createHmac('sha256', secret).update(`${header}.${payload}`).digest()
  const given = Buffer.from(signature, 'base64url')
  if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return null
  if (JSON.parse(Buffer.from(header, 'base64url').toString()).alg !== 'HS256') return null
  const claims = JSON.parse(payloadOf(token))
  // Of the two spellings that the standard allows Yeti writes the list.
  if (!Array.isArray(claims.aud) || !claims.aud.includes(audience)) return null
  return claims.exp !== undefined && claims.exp <= Date.now() / 1000 ? null : claims
}

function payloadOf(token: string): string {
  return Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
}

describe('A token of the gateway', () => {
  test('MUST pass every check of Yeti’s for a login: key, audience, time, and the row of its subject', async () => {
    const token = await gateway.signIn('alice')
    const claims = yetiReads(token, 'customer-v1')
    expect(typeof claims?.['sub']).toBe('number')
    const { rows } = await gateway.primary.query('SELECT login FROM sys.api_access WHERE id = $1', [claims?.['sub']])
    expect(rows).toEqual([{ login: 'alice' }])
    expect(yetiReads(token, 'admin')).toBeNull()
  })

  test('MUST pass them for an administrator, and be nobody’s at the customers’ API', async () => {
    const token = await gateway.admin()
    const claims = yetiReads(token, 'admin')
    const { rows } = await gateway.primary.query('SELECT username FROM gui.admin_users WHERE id = $1', [
      claims?.['sub'],
    ])
    expect(rows).toEqual([{ username: 'admin' }])
    expect(checkedClaims(token, adminSecret)['aud']).toEqual(['admin'])
    expect(yetiReads(token, 'customer-v1')).toBeNull()
  })

  test('MUST NOT be worth anything there when it is one for acting as a login, or for a file', async () => {
    const admin = await gateway.admin()
    const { data } = await gateway.ask('{ portalLogins(where: { login: { eq: "alice" } }) { nodes { id } } }', { token: admin }) // prettier-ignore
    const variables = { id: data.portalLogins.nodes[0].id }
    const acting = await gateway.ask('mutation ($id: ID!) { actAsPortalLogin(id: $id) { token } }', { token: admin, variables }) // prettier-ignore
    const { token } = acting.data.actAsPortalLogin
    const invoices = await gateway.ask('{ invoices(first: 50) { nodes { pdf { url } } } }', { token: await gateway.signIn('alice') }) // prettier-ignore
    const pdf = invoices.data.invoices.nodes.find((node: { pdf: object | null }) => node.pdf !== null).pdf
    for (const each of [token, pdf.url.split('/files/')[1].split('/')[0]])
      for (const audience of ['customer-v1', 'admin'] as const) expect(yetiReads(each, audience)).toBeNull()
  })
})

describe('A token of an administrator that Yeti made', () => {
  const yetis = (id: number) => makeToken({ sub: id, aud: ['admin'], exp: inSeconds(600) }, { secret: adminSecret })

  test('MUST be taken in the header and in the cookie, for what the roles allow', async () => {
    const { rows } = await gateway.primary.query("SELECT id FROM gui.admin_users WHERE username = 'admin'")
    for (const headers of [{ authorization: `Bearer ${yetis(rows[0].id)}` }, { cookie: `_yeti_admin_session=${yetis(rows[0].id)}` }]) {
      const { data } = await gateway.ask('{ viewer { login kind } accessProfiles { totalCount } }', { headers })
      expect(data.viewer).toEqual({ login: 'admin', kind: 'ADMIN' })
      expect(data.accessProfiles.totalCount).toBeGreaterThan(0)
    } // prettier-ignore
  })

  test('MUST be refused for one who is disabled, where Yeti’s own API lets him in', async () => {
    await gateway.admin('left')
    const { rows } = await gateway.primary.query("UPDATE gui.admin_users SET enabled = false WHERE username = 'left' RETURNING id") // prettier-ignore
    const { data, errors } = await gateway.ask('{ viewer { login } }', { token: yetis(rows[0].id) })
    expect(data.viewer).toBeNull()
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  })
})

describe('Where Yeti’s tokens never expire', () => {
  test('MUST one without an end be taken, and ours have none', async () => {
    await using eternal = await gateway.another({ CUSTOMER_TOKEN_LIFETIME: 'none' })
    const { id } = await loginOf('erin')
    const token = makeToken({ sub: id, aud: ['customer-v1'] }, ours)
    expect((await eternal.ask(whoAmI, { token })).data.viewer.login).toBe('erin')
    expect((await gateway.ask(whoAmI, { token })).data.viewer).toBeNull()
    expect(JSON.parse(payloadOf(await eternal.signIn('erin')))).not.toHaveProperty('exp')
  })
})
