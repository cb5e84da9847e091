import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inSeconds, makeToken } from '../identity/support/tokens.ts'
import { customerSecret, startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { openSse } from '../subscriptions/support/streams.ts'
import { accountUuid, expectRefusal, id, loginsOf, valueOf, written, type Logins } from './support/portal-logins.ts'

// Aurora (101) has the accounts 201 to 204 and the numberlists 901 to 903, Borealis (102) 211 to 213.
const aurora = id('Contractor', 101)
const everything = id('CustomerPortalAccessProfile', 2)
const nothing = id('CustomerPortalAccessProfile', 4)
const password = 'correct horse'

let directory: string
let gateway: Gateway
let other: Gateway
let admin: string
let logins: Logins
let uuids: Map<number, string>

const account = (key: number) => id('ContractorAccount', uuids.get(key) ?? '')

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roles-'))
  const file = join(directory, 'policy_roles.yml')
  await writeFile(file, roles)
  gateway = await startGateway({ ADMIN_POLICY_FILE: file, SUBSCRIPTION_INTERVAL: '0.2' })
  other = await gateway.another()
  admin = await gateway.admin()
  logins = loginsOf(gateway, admin)
  uuids = new Map()
  for (const key of [201, 202, 211]) uuids.set(key, await accountUuid(gateway, key))
})
afterAll(async () => {
  await other[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

/** As an operator writes them for Yeti. */
const roles = `
reader: { System/ApiAccess: { read: true }, System/CustomerPortalAccessProfile: { read: true } }
changer: { System/ApiAccess: { read: true, change: true }, System/CustomerPortalAccessProfile: { read: true } }
changer without profiles: { System/ApiAccess: { read: true, change: true } }
blind changer: { System/ApiAccess: { change: true }, System/CustomerPortalAccessProfile: { read: true } }
remover: { System/ApiAccess: { read: true, remove: true } }
other things: { System/CustomerPortalAccessProfile: { read: true, change: true, remove: true }, AuditLogItem: { read: true } }
`

let count = 0
const plain = () => ({
  login: `customer ${++count}`,
  password,
  customerId: aurora,
  accessProfileId: everything,
  accountIds: [account(201)],
  outgoingNumberlistIds: [id('Numberlist', 901)],
})

async function created(input: Readonly<Record<string, unknown>> = {}): Promise<Answer['data']> {
  return valueOf(await logins.create({ ...plain(), ...input }))
}

/** Signs in as a customer does; null where that is refused. */
async function signIn(login: string, secret = password, { ask } = gateway): Promise<string | null> {
  const { data, errors } = await ask(
    'mutation ($login: String!, $secret: String!) { signIn(login: $login, password: $secret) { token } }',
    { variables: { login, secret } },
  )
  if (errors) expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  return data.signIn?.token ?? null
}

async function tokenOf(login: string, secret = password): Promise<string> {
  const token = await signIn(login, secret)
  if (token === null) throw new Error(`${login} cannot sign in`)
  return token
}

const seen = `{ viewer { login customer { name } permissions }
  accounts { nodes { name } } outgoingNumberlists { nodes { name } } }`

/** Who a token is taken for, on both gateways; null for nobody. */
async function known(token: string): Promise<(string | null)[]> {
  const answers = await Promise.all([gateway, other].map(({ ask }) => ask('{ viewer { login } }', { token })))
  return answers.map(({ data }) => data?.viewer?.login ?? null)
}

/** As Yeti makes it: it says nothing of a password. */
function yetiToken(loginId: number): string {
  return makeToken({ sub: loginId, aud: ['customer-v1'], exp: inSeconds(600) }, { secret: customerSecret })
}

/** A running subscription of a login, on the other gateway. */
async function subscribed(token: string) {
  const own = id('Account', uuids.get(201) ?? '')
  const stream = await openSse(other.url, `subscription { outgoingActiveCalls(accountId: "${own}") { time count } }`, {
    token,
  })
  await stream.event(0)
  return stream
}

describe('Who may change logins', () => {
  const operations: Readonly<Record<string, (given: Answer['data'], token: string) => Promise<Answer>>> = {
    portalLogin: (login, token) => logins.one(login.id, token),
    createPortalLogin: (_, token) => logins.create(plain(), token),
    updatePortalLogin: (login, token) => logins.update(login.id, login.version, { accountIds: [account(202)] }, token),
    setPortalLoginPassword: (login, token) => logins.setPassword(login.id, 'another horse', token),
    signOutPortalLogin: (login, token) => logins.signOut(login.id, token),
    deletePortalLogin: (login, token) => logins.remove(login.id, login.version, token),
  }
  const changes = ['createPortalLogin', 'updatePortalLogin', 'setPortalLoginPassword', 'signOutPortalLogin']

  const asked: Readonly<Record<string, { token: () => Promise<string>; may: readonly string[]; told: string }>> = {
    'a customer with every flag': { token: () => gateway.signIn('alice'), may: [], told: 'FORBIDDEN ADMIN' },
    'nobody who has signed in': { token: async () => '', may: [], told: 'UNAUTHENTICATED ' },
    'an administrator of other things': { token: () => gateway.admin('others', ['other things']), may: [], told: 'FORBIDDEN ADMIN_READ_PORTAL_LOGINS|FORBIDDEN ADMIN_CHANGE_PORTAL_LOGINS|FORBIDDEN ADMIN_REMOVE_PORTAL_LOGINS' }, // prettier-ignore
    'one who may look': { token: () => gateway.admin('reader', ['reader']), may: ['portalLogin'], told: 'FORBIDDEN ADMIN_CHANGE_PORTAL_LOGINS|FORBIDDEN ADMIN_REMOVE_PORTAL_LOGINS' }, // prettier-ignore
    'one who may change but not look': { token: () => gateway.admin('blind', ['blind changer']), may: [], told: 'FORBIDDEN ADMIN_READ_PORTAL_LOGINS|FORBIDDEN ADMIN_REMOVE_PORTAL_LOGINS' }, // prettier-ignore
    'one who may change': { token: () => gateway.admin('changer', ['changer']), may: ['portalLogin', ...changes], told: 'FORBIDDEN ADMIN_REMOVE_PORTAL_LOGINS' }, // prettier-ignore
    'one who may remove': { token: () => gateway.admin('remover', ['remover']), may: ['portalLogin', 'deletePortalLogin'], told: 'FORBIDDEN ADMIN_CHANGE_PORTAL_LOGINS' }, // prettier-ignore
  }

  it.each(Object.entries(asked))('MUST be decided by the roles: %s', async (_, { token, may, told }) => {
    const as = await token()
    const { id: one } = await created()
    for (const [operation, run] of Object.entries(operations)) {
      const login = valueOf(await logins.one(one))
      const before = await written(gateway)
      const { data, errors } = await run(login, as)
      if (may.includes(operation)) {
        // Of what was written everything may be seen but the profile, where that is denied.
        expect(data[operation]).not.toBeNull()
        expect((errors ?? []).every(({ path }) => path?.length === 2)).toBe(true)
        continue
      }
      expect(data[operation] ?? null).toBeNull()
      expect(errors).toHaveLength(1)
      const extensions = errors?.[0]?.extensions
      expect(told.split('|')).toContain(`${extensions?.code} ${extensions?.['permission'] ?? ''}`)
      expect(await written(gateway)).toBe(before)
    }
  })

  it('MUST not be an administrator who was removed, or whose role was taken away, from the next request on', async () => {
    const token = await gateway.admin('leaving', ['changer'])
    const login = await created()
    valueOf(await logins.signOut(login.id, token))
    await gateway.primary.query(`UPDATE gui.admin_users SET roles = '{reader}' WHERE username = 'leaving'`)
    expectRefusalOf(await logins.signOut(login.id, token), 'FORBIDDEN')
    await gateway.primary.query(`DELETE FROM gui.admin_users WHERE username = 'leaving'`)
    const before = await written(gateway)
    expectRefusalOf(await logins.signOut(login.id, token), 'UNAUTHENTICATED')
    expect(await written(gateway)).toBe(before)
  })

  it('MUST see profiles to give one, and see none in a conflict otherwise', async () => {
    const token = await gateway.admin('without profiles', ['changer without profiles'])
    const login = await created()
    const before = await written(gateway)
    for (const answer of [
      await logins.create(plain(), token),
      await logins.update(login.id, login.version, { accessProfileId: nothing }, token),
    ]) {
      expectRefusalOf(answer, 'FORBIDDEN')
      expect(answer.errors?.[0]?.extensions).toMatchObject({ permission: 'ADMIN_READ_ACCESS_PROFILES' })
    }
    const { errors } = await logins.update(login.id, 'stale', { allAccounts: true }, token)
    expect(errors?.[0]?.extensions.code).toBe('CONFLICT')
    expect(JSON.stringify(errors)).not.toContain(everything)
    expect(await written(gateway)).toBe(before)
    const { data } = await logins.update(login.id, login.version, { allAccounts: true }, token)
    expect(data.updatePortalLogin).toMatchObject({ allAccounts: true, accessProfileId: null })
  })

  function expectRefusalOf({ data, errors }: Answer, code: string): void {
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code])
    for (const value of Object.values(data)) expect(value).toBeNull()
  }
})

describe('A created login', () => {
  it('MUST be able to sign in, and see its accounts, its numberlists and what its profile allows, and no more', async () => {
    const { login } = await created()
    const { data } = await other.ask(seen, { token: await tokenOf(login) })
    expect(data.viewer).toMatchObject({ login, customer: { name: 'Aurora Telecom' } })
    expect(data.viewer.permissions).toHaveLength(46)
    expect(data.accounts.nodes).toEqual([{ name: 'Aurora Main' }])
    expect(data.outgoingNumberlists.nodes).toEqual([{ name: 'Aurora fraud ranges' }])

    const dull = await created({ accessProfileId: nothing, outgoingNumberlistIds: [] })
    const denied = await other.ask(seen, { token: await tokenOf(dull.login) })
    expect(denied.data).toMatchObject({ viewer: { permissions: [] }, accounts: null, outgoingNumberlists: null })
  })

  it('MUST see every account of its customer when that was said, and of no other', async () => {
    const { login } = await created({ accountIds: undefined, allAccounts: true })
    const { data } = await gateway.ask('{ accounts { nodes { name } } }', { token: await tokenOf(login) })
    expect(data.accounts.nodes.map(({ name }: { name: string }) => name).sort()).toEqual([
      'Aurora Dormant, "old" 東京',
      'Aurora Main',
      'Aurora Retail',
      'Aurora Wholesale',
    ])
  })

  it('MUST not be able to sign in from elsewhere than it is allowed to, nor from anywhere when that is nowhere', async () => {
    const { login } = await created({ allowedIps: ['10.0.0.0/8'] })
    expect(await signIn(login)).toBeNull()
    const nowhere = await created({ allowedIps: [] })
    expect(await signIn(nowhere.login)).toBeNull()
  })
})

describe('A changed login', () => {
  it('MUST count with its next request, on another gateway too', async () => {
    const login = await created()
    const token = await tokenOf(login.login)
    const names = async (list: string) => {
      const { data } = await other.ask(`{ ${list} { nodes { name } } }`, { token })
      return data[list]?.nodes.map(({ name }: { name: string }) => name) ?? null
    }
    expect(await names('accounts')).toEqual(['Aurora Main'])
    let { version } = login
    const change = async (input: object) =>
      void ({ version } = valueOf(await logins.update(login.id, version, { ...input })))

    await change({ accountIds: [account(202)] })
    expect(await names('accounts')).toEqual(['Aurora Retail'])
    await change({ outgoingNumberlistIds: [] })
    expect(await names('outgoingNumberlists')).toEqual([])
    await change({ accessProfileId: nothing })
    expect(await names('accounts')).toBeNull()
    await change({ login: 'renamed' })
    expect(await known(token)).toEqual(['renamed', 'renamed'])
  })

  it('MUST be out at once where its address is no more allowed, and back when it is again', async () => {
    const login = await created()
    const token = await tokenOf(login.login)
    await using stream = await subscribed(token)
    const away = valueOf(await logins.update(login.id, login.version, { allowedIps: ['10.0.0.0/8'] }))
    expect(await known(token)).toEqual([null, null])
    expect(await stream.ended()).toBe('complete')
    await logins.update(login.id, away.version, { allowedIps: ['127.0.0.0/8'] })
    expect(await known(token)).toEqual([login.login, login.login])
  })

  it('MUST end its subscription on another gateway when its profile loses it', async () => {
    const login = await created()
    await using stream = await subscribed(await tokenOf(login.login))
    await logins.update(login.id, login.version, { accessProfileId: nothing })
    expect(await stream.ended()).toBe('complete')
    expect(stream.events.at(-1)?.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })

  it('MUST sign in anew when it is of another customer, whose accounts alone it sees then', async () => {
    const login = await created()
    const tokens = [await tokenOf(login.login), yetiToken(login.loginId)]
    valueOf(
      await logins.update(login.id, login.version, { customerId: id('Contractor', 102), accountIds: [account(211)] }),
    )
    for (const token of tokens) expect(await known(token)).toEqual([null, null])
    const { data } = await gateway.ask(seen, { token: await tokenOf(login.login) })
    expect(data).toMatchObject({
      viewer: { customer: { name: 'Borealis Voice AB' } },
      accounts: { nodes: [{ name: 'Borealis Trunk' }] },
      outgoingNumberlists: { nodes: [] },
    })
  })
})

describe('Another password', () => {
  it('MUST be the only one that works, and end every session of before, on each gateway', async () => {
    const login = await created()
    const token = await tokenOf(login.login)
    const tokens = [token, yetiToken(login.loginId)]
    for (const before of tokens) expect(await known(before)).toEqual([login.login, login.login])
    await using stream = await subscribed(token)

    valueOf(await logins.setPassword(login.id, 'another horse'))
    for (const before of tokens) expect(await known(before)).toEqual([null, null])
    expect(await stream.ended()).toBe('complete')
    expect(stream.events.at(-1)?.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    expect(await signIn(login.login)).toBeNull()
    expect(await signIn(login.login, password, other)).toBeNull()
    expect(await known(await tokenOf(login.login, 'another horse'))).toEqual([login.login, login.login])
  })

  it('MUST be told apart from every other at its 72 bytes', async () => {
    const login = await created()
    const longest = 'й'.repeat(36)
    await logins.setPassword(login.id, longest)
    expect(await signIn(login.login, `${'й'.repeat(35)}q`)).toBeNull()
    expect(await signIn(login.login, `${longest}й`)).toBeNull()
    expect(await signIn(login.login, longest)).not.toBeNull()
  })
})

describe('Signing a login out', () => {
  it('MUST end its sessions everywhere and nobody else’s, and let it sign in again at once', async () => {
    const login = await created()
    const bystander = await created()
    const token = await tokenOf(login.login)
    const tokens = [token, await tokenOf(login.login), yetiToken(login.loginId)]
    const kept = await tokenOf(bystander.login)
    await using stream = await subscribed(token)
    await using going = await subscribed(kept)

    valueOf(await logins.signOut(login.id))
    for (const before of tokens) expect(await known(before)).toEqual([null, null])
    expect(await stream.ended()).toBe('complete')
    expect(await known(kept)).toEqual([bystander.login, bystander.login])
    expect(going.end).toBeNull()
    const again = await tokenOf(login.login)
    expect(await known(again)).toEqual([login.login, login.login])
    valueOf(await logins.signOut(login.id))
    expect(await known(again)).toEqual([null, null])
  })
})

describe('A deleted login', () => {
  it('MUST be out with its next request, and with what runs, and not come back by its name', async () => {
    const login = await created()
    const token = await tokenOf(login.login)
    await using stream = await subscribed(token)
    valueOf(await logins.remove(login.id, login.version))
    expect(await known(token)).toEqual([null, null])
    expect(await stream.ended()).toBe('complete')
    expect(await signIn(login.login)).toBeNull()

    valueOf(await logins.create({ ...plain(), login: login.login }))
    expect(await known(token)).toEqual([null, null])
    expect(await signIn(login.login)).not.toBeNull()
  })

  it('MUST be refused to a customer, whose own it may be', async () => {
    const login = await created()
    const token = await tokenOf(login.login)
    const { errors } = await logins.remove(login.id, login.version, token)
    expectRefusal({ data: null, errors, status: 200, headers: new Headers() }, 'FORBIDDEN')
    expect(await known(token)).toEqual([login.login, login.login])
  })
})
