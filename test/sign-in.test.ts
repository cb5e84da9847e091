import { createHmac } from 'node:crypto'
import bcrypt from 'bcrypt'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { adminSecret, allBut, customerSecret, startGateway, type Answer, type Gateway } from './support/gateway.ts'
import { statementsDuring } from './permissions/support/asking.ts'

const viewer = '{ viewer { kind login customer { name } } }'
const mutation = `mutation ($login: String!, $password: String!) {
  signIn(login: $login, password: $password) { token expiresAt viewer { kind login customer { name } permissions } }
}`
const adminMutation = `mutation ($username: String!, $password: String!) {
  adminSignIn(username: $username, password: $password) { token expiresAt viewer { kind login customer { name } permissions } }
}`
const customerCookie = '_yeti_customer_v1_session'

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())
beforeEach(() => gateway.primary.query('DELETE FROM portal.rate_limits'))

function signIn(login: string, password = `${login}-demo`): Promise<Answer> {
  return gateway.ask(mutation, { variables: { login, password } })
}

function codes({ errors = [] }: Answer): string[] {
  return errors.map(({ extensions }) => extensions.code)
}

function body({ status, data, errors }: Answer): object {
  return { status, data, errors }
}

async function who(asking: { token?: string; headers?: Readonly<Record<string, string>> }): Promise<string | null> {
  const { data } = await gateway.ask(viewer, asking)
  return data.viewer?.login ?? null
}

/** A cookie as a browser sends it back. */
function cookiesOf({ headers }: Answer): Map<string, string> {
  return new Map(headers.getSetCookie().map((line) => [line.split('=', 1).join(), line]))
}

function sent(name: string, line = ''): { headers: { cookie: string } } {
  return { headers: { cookie: `${name}=${/=([^;]*)/.exec(line)?.[1] ?? ''}` } }
}

/** A token by the rules of Yeti (portal-behaviour.md 2.2), made here from nothing but an HMAC. */
function yetiToken(claims: object, secret = customerSecret, header: object = { alg: 'HS256' }): string {
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds
}

async function loginId(login: string): Promise<number> {
  const { rows } = await gateway.primary.query('SELECT id FROM sys.api_access WHERE login = $1', [login])
  return rows[0].id
}

describe('Signing in', () => {
  test.each([
    ['alice', 'Aurora Telecom', 46],
    ['bob', 'Aurora Telecom', 44],
    ['carol', 'Aurora Telecom', 38],
    ['dave', 'Aurora Telecom', 0],
    ['erin', 'Borealis Voice AB', 46],
    ['frank', 'Aurora Telecom', 46],
  ])('MUST let %s in, say who it is, and give a token that says so again', async (login, customer, flags) => {
    const { data, errors } = await signIn(login)
    expect(errors).toBeUndefined()
    const { token, viewer: shown, expiresAt } = data.signIn
    const self = { kind: 'CUSTOMER', login, customer: { name: customer } }
    expect(shown).toEqual({ ...self, permissions: expect.any(Array) })
    expect(shown.permissions).toHaveLength(flags)
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now())
    expect((await gateway.ask(viewer, { token })).data).toEqual({ viewer: self })
  })

  test('MUST let the administrator in, who is no customer', async () => {
    const { data } = await gateway.ask(adminMutation, { variables: { username: 'admin', password: 'admin-demo' } })
    const self = { kind: 'ADMIN', login: 'admin', customer: null }
    expect(data.adminSignIn.viewer).toEqual({ ...self, permissions: [] })
    expect((await gateway.ask(viewer, { token: data.adminSignIn.token })).data).toEqual({ viewer: self })
  })

  test('MUST NOT let anybody in at the other door', async () => {
    expect(codes(await signIn('admin'))).toEqual(['UNAUTHENTICATED'])
    const asAdmin = await gateway.ask(adminMutation, { variables: { username: 'alice', password: 'alice-demo' } })
    expect(codes(asAdmin)).toEqual(['UNAUTHENTICATED'])
    expect(asAdmin.data).toEqual({ adminSignIn: null })
  })

  test('MUST answer a wrong password, an unknown login and an address that is not allowed in the same words', async () => {
    await gateway.login('elsewhere')
    await gateway.primary.query(`UPDATE sys.api_access SET allowed_ips = '{198.51.100.0/24}' WHERE login = 'elsewhere'`)
    const answers = await Promise.all([
      signIn('alice', 'wrong'),
      signIn('nobody', 'wrong'),
      signIn('alice', ''),
      signIn('ALICE', 'alice-demo'),
      signIn("alice' OR '1'='1", 'alice-demo'),
      signIn('alice\0', 'alice-demo'),
      signIn('elsewhere', 'alice-demo'),
      signIn('alice', 'x'.repeat(5_000)),
    ])
    expect(answers[0]).toMatchObject({
      status: 200,
      data: { signIn: null },
      errors: [{ message: 'Incorrect login or password.', path: ['signIn'], extensions: { code: 'UNAUTHENTICATED' } }],
    })
    for (const answer of answers) {
      expect(body(answer)).toEqual(answers[0] && body(answers[0]))
      expect(answer.headers.getSetCookie()).toEqual([])
    }
  })
})

describe('Too many failures', () => {
  // From here on passwords are quickly compared: what is counted is not how long that takes.
  beforeAll(async () => {
    for (const login of ['alice', 'bob', 'carol', 'dave', 'erin', 'frank']) {
      const digest = bcrypt.hashSync(`${login}-demo`, 4)
      await gateway.primary.query('UPDATE sys.api_access SET password_digest = $1 WHERE login = $2', [digest, login])
    }
  })

  test('MUST be told to wait, and with the right password too', async () => {
    for (let n = 0; n < 10; n += 1) expect(codes(await signIn('bob', `wrong-${n}`))).toEqual(['UNAUTHENTICATED'])
    for (const password of ['wrong', 'bob-demo']) {
      const refused = await signIn('bob', password)
      expect(refused).toMatchObject({ status: 200, data: { signIn: null } })
      expect(refused.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', retryAfter: expect.any(Number) } }])
    }
    expect(codes(await signIn('dave'))).toEqual([])
  })

  /** The last of so many attempts in one request has the right password. */
  function flood(count: number): Promise<Answer> {
    const password = (n: number) => (n === count ? 'bob-demo' : `wrong-${n}`)
    const attempts = Array.from({ length: count }, (_, n) => `try${n}: signIn(login: "bob", password: "${password(n + 1)}") { token }`)
    return gateway.ask(`mutation { ${attempts.join(' ')} }`)
  } // prettier-ignore

  test('MUST be as many in one request as in many', async () => {
    const few = await flood(3)
    expect(codes(few)).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED'])
    expect(few.data.try2.token).toEqual(expect.any(String))
    await gateway.primary.query('DELETE FROM portal.rate_limits')
    const many = await flood(20)
    expect(codes(many).filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(10)
    expect(codes(many).filter((code) => code === 'RATE_LIMITED')).toHaveLength(10)
    expect(Object.values(many.data)).toEqual(Array.from({ length: 20 }, () => null))
  })

  test('MUST NOT even be tried a hundred at a time', async () => {
    const { result, statements } = await statementsDuring(gateway, () => flood(100))
    expect(codes(result)).toEqual(['QUERY_TOO_COMPLEX'])
    expect(result.data ?? null).toBeNull()
    expect(statements).toEqual([])
  })
})

describe('A token', () => {
  test('MUST follow Yeti’s rules, so that its own API takes it too', async () => {
    const { data } = await signIn('alice')
    const [header = '', claims = '', signature] = data.signIn.token.split('.')
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
    expect(read(header)).toEqual({ alg: 'HS256' })
    expect(read(claims)).toMatchObject({ aud: ['customer-v1'], sub: await loginId('alice') })
    expect(new Date(read(claims).exp * 1000).toISOString()).toBe(data.signIn.expiresAt)
    expect(createHmac('sha256', customerSecret).update(`${header}.${claims}`).digest('base64url')).toBe(signature)
  })

  test('MUST be taken from Yeti, as a bearer or as its cookie', async () => {
    const token = yetiToken({ aud: ['customer-v1'], sub: await loginId('erin'), exp: inSeconds(60) })
    expect(await who({ token })).toBe('erin')
    expect(await who({ headers: { authorization: token } })).toBe('erin')
    expect(await who(sent(customerCookie, `${customerCookie}=${token};`))).toBe('erin')
  })

  test.each<[string, (sub: number) => string]>([
    ['for administrators, signed with the customers’ secret', (sub) => yetiToken({ aud: ['admin'], sub, exp: inSeconds(60) })],
    ['for administrators, with the number of a login', (sub) => yetiToken({ aud: ['admin'], sub, exp: inSeconds(60) }, adminSecret)],
    ['for customers, signed with the administrators’ secret', (sub) => yetiToken({ aud: ['customer-v1'], sub, exp: inSeconds(60) }, adminSecret)],
    ['for both', (sub) => yetiToken({ aud: ['customer-v1', 'admin'], sub, exp: inSeconds(60) })],
    ['for nobody', (sub) => yetiToken({ sub, exp: inSeconds(60) })],
    ['that has expired', (sub) => yetiToken({ aud: ['customer-v1'], sub, exp: inSeconds(-1) })],
    ['that never expires', (sub) => yetiToken({ aud: ['customer-v1'], sub })],
    ['whose subject is text', (sub) => yetiToken({ aud: ['customer-v1'], sub: String(sub), exp: inSeconds(60) })],
    ['without a signature', (sub) => yetiToken({ aud: ['customer-v1'], sub, exp: inSeconds(60) }).replace(/[^.]+$/, '')],
    ['with the algorithm none', (sub) => yetiToken({ aud: ['customer-v1'], sub, exp: inSeconds(60) }, customerSecret, { alg: 'none' })],
    ['with another algorithm', (sub) => yetiToken({ aud: ['customer-v1'], sub, exp: inSeconds(60) }, customerSecret, { alg: 'HS512' })],
    ['signed with nothing', (sub) => yetiToken({ aud: ['customer-v1'], sub, exp: inSeconds(60) }, '')],
  ])('MUST be refused %s', async (_, make) => {
    const answer = await gateway.ask(viewer, { token: make(await loginId('alice')) })
    expect(answer.data).toEqual({ viewer: null })
    expect(answer.errors).toMatchObject([
      { message: 'Authorization token expired or incorrect.', extensions: { code: 'UNAUTHENTICATED' } },
    ])
  }) // prettier-ignore

  test('of an administrator MUST NOT be a customer’s in the customers’ cookie, nor the reverse', async () => {
    const admin = await gateway.ask(adminMutation, { variables: { username: 'admin', password: 'admin-demo' } })
    const { token } = admin.data.adminSignIn
    expect(await who({ token })).toBe('admin')
    expect(await who(sent(customerCookie, `${customerCookie}=${token};`))).toBeNull()
    expect(await who(sent('_yeti_admin_session', `_yeti_admin_session=${await gateway.signIn('dave')};`))).toBeNull()
  })
})

describe('The cookie', () => {
  test('MUST be set at sign-in, out of reach of scripts and other sites, and do instead of the token', async () => {
    const answer = await signIn('alice')
    const line = cookiesOf(answer).get(customerCookie)
    const { token, expiresAt } = answer.data.signIn
    expect(line?.split('; ')).toEqual([
      `${customerCookie}=${token}`,
      'Path=/',
      `Expires=${new Date(expiresAt).toUTCString()}`,
      'HttpOnly',
      'SameSite=Lax',
    ])
    expect(await who(sent(customerCookie, line))).toBe('alice')
  })

  test('MUST NOT count where a header says otherwise', async () => {
    const cookie = sent(customerCookie, cookiesOf(await signIn('alice')).get(customerCookie)).headers
    expect(await who({ headers: cookie })).toBe('alice')
    expect(await who({ headers: { ...cookie, authorization: 'Bearer nonsense' } })).toBeNull()
    expect(await who({ token: await gateway.signIn('erin'), headers: cookie })).toBe('erin')
  })

  test('MUST NOT be believed from another site', async () => {
    const { headers } = sent(customerCookie, cookiesOf(await signIn('alice')).get(customerCookie))
    const from = (more: Readonly<Record<string, string>>) =>
      fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers, ...more },
        body: JSON.stringify({ query: viewer }),
      })
    expect((await from({ origin: gateway.url })).status).toBe(200)
    expect((await from({})).status).toBe(200)
    for (const more of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]) {
      const answer = await from(more)
      expect(answer.status).toBe(403)
      expect(await answer.text()).not.toContain('alice')
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      expect((await from({ 'content-type': type })).status).toBe(415)
    }
  })
})

describe('Signing out', () => {
  const signOut = 'mutation { signOut }'

  test('MUST end the token and the cookie for good, and clear the cookies', async () => {
    const answer = await signIn('alice')
    const { token } = answer.data.signIn
    const cookie = sent(customerCookie, cookiesOf(answer).get(customerCookie))
    const other = await gateway.signIn('alice')
    const out = await gateway.ask(signOut, { token })
    expect(out.data).toEqual({ signOut: true })
    expect([...cookiesOf(out).values()]).toEqual(
      [customerCookie, '_yeti_admin_session'].map((name) => expect.stringMatching(`^${name}=logout; Path=/; Expires=Thu, 01 Jan 1970`)),
    )
    expect(await who({ token })).toBeNull()
    expect(await who(cookie)).toBeNull()
    expect(await who({ token: other })).toBe('alice')
  }) // prettier-ignore

  test('MUST end the links to files of that session, and no others', async () => {
    const link = async (token: string): Promise<string> => {
      const { data } = await gateway.ask('{ invoices(first: 20) { nodes { pdf { url } } } }', { token })
      return data.invoices.nodes.find(({ pdf }: { pdf: object | null }) => pdf !== null).pdf.url
    }
    const [mine, others] = [await gateway.signIn('alice'), await gateway.signIn('alice')]
    const links = [await link(mine), await link(others)]
    const statuses = async () => Promise.all(links.map(async (url) => (await fetch(url)).status))
    expect(await statuses()).toEqual([200, 200])
    await gateway.ask(signOut, { token: mine })
    expect(await statuses()).toEqual([404, 200])
  })

  test('MUST end a token of Yeti in each way that it can be written', async () => {
    const token = yetiToken({ aud: ['customer-v1'], sub: await loginId('alice'), exp: inSeconds(60) })
    expect(await who({ token })).toBe('alice')
    await gateway.ask(signOut, { token })
    // The last letter of a signature has bits that mean nothing, and padding may be written or not.
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_='
    for (const spelling of [token, `${token}=`, ...[...letters].map((letter) => token.slice(0, -1) + letter)]) {
      expect([spelling.slice(-3), await who({ token: spelling })]).toEqual([spelling.slice(-3), null])
    }
  })

  test('MUST be no failure for somebody who has not signed in', async () => {
    expect((await gateway.ask(signOut)).data).toEqual({ signOut: true })
  })
})

describe('A signed-in customer', () => {
  const permissions = '{ viewer { permissions accessProfile { invoices payments } } invoices(first: 1) { totalCount } }'

  test('MUST have a changed profile from the very next request on', async () => {
    const { token, set } = await gateway.login('changing')
    const seen = async () => (await gateway.ask(permissions, { token })).data
    expect((await seen()).viewer.permissions).toHaveLength(46)
    await set(allBut('invoices'))
    const without = await seen()
    expect(without.invoices).toBeNull()
    expect(without.viewer.permissions).toHaveLength(45)
    expect(without.viewer.permissions).not.toContain('INVOICES')
    expect(without.viewer.accessProfile).toEqual({ invoices: false, payments: true })
    await set({ invoices: true })
    expect((await seen()).invoices.totalCount).toBeGreaterThan(0)
  })

  test('MUST have another profile from the very next request on', async () => {
    const { token } = await gateway.login('reassigned')
    const dave = `(SELECT customer_portal_access_profile_id FROM sys.api_access WHERE login = 'dave')`
    expect((await gateway.ask(permissions, { token })).data.invoices).not.toBeNull()
    await gateway.primary.query(
      `UPDATE sys.api_access SET customer_portal_access_profile_id = ${dave} WHERE login = 'reassigned'`,
    )
    expect((await gateway.ask(permissions, { token })).data).toMatchObject({
      invoices: null,
      viewer: { permissions: [] },
    })
  })

  test('MUST be out when the login is deleted', async () => {
    const { token } = await gateway.login('leaving')
    expect(await who({ token })).toBe('leaving')
    await gateway.primary.query(`DELETE FROM sys.api_access WHERE login = 'leaving'`)
    const answer = await gateway.ask(viewer, { token })
    expect(answer.data).toEqual({ viewer: null })
    expect(codes(answer)).toEqual(['UNAUTHENTICATED'])
  })

  test('MUST be out when the address is not allowed any more', async () => {
    const { token } = await gateway.login('moving')
    await gateway.primary.query(`UPDATE sys.api_access SET allowed_ips = '{198.51.100.0/24}' WHERE login = 'moving'`)
    expect(await who({ token })).toBeNull()
  })

  test('MUST be out when the password has changed', async () => {
    const { token } = await gateway.login('renewed')
    await gateway.primary.query(
      `UPDATE sys.api_access SET password_digest = (SELECT password_digest FROM sys.api_access WHERE login = 'bob') WHERE login = 'renewed'`,
    )
    expect(await who({ token })).toBeNull()
  })
})
