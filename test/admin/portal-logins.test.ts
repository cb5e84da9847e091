import bcrypt from 'bcrypt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { untilWaiting } from './support/access-profiles.ts'
import {
  accountUuid,
  auditSince,
  expectRefusal,
  id,
  lastAudit,
  loginsOf,
  valueOf,
  written,
  type Logins,
} from './support/portal-logins.ts'

// Aurora (101) has the accounts 201 to 204, Borealis (102) 211 to 213.
const aurora = id('Contractor', 101)
const borealis = id('Contractor', 102)
const byDefault = id('CustomerPortalAccessProfile', 1)
const everything = id('CustomerPortalAccessProfile', 2)
const nowhere = '00000000-0000-4000-8000-000000000000'

let gateway: Gateway
let admin: string
let logins: Logins
let account: (key: number) => string
let auroraGateway: number
let borealisGateway: number
/** For what is refused, and so leaves it as it is. */
let standing: Answer['data']

beforeAll(async () => {
  gateway = await startGateway()
  admin = await gateway.admin()
  logins = loginsOf(gateway, admin)
  const uuids = new Map<number, string>()
  for (const key of [201, 202, 203, 211, 212]) uuids.set(key, await accountUuid(gateway, key))
  account = (key) => id('ContractorAccount', uuids.get(key) ?? nowhere)
  auroraGateway = await gatewayOf(101)
  borealisGateway = await gatewayOf(102)
  standing = await created({ provisionGatewayId: id('Gateway', auroraGateway) })
})
afterAll(() => gateway[Symbol.asyncDispose]())

async function gatewayOf(contractor: number): Promise<number> {
  const { rows } = await gateway.primary.query('SELECT min(id) AS id FROM class4.gateways WHERE contractor_id = $1', [contractor]) // prettier-ignore
  return rows[0].id
}

let count = 0
const plain = () => ({
  login: `login ${++count}`,
  password: 'correct horse',
  customerId: aurora,
  accessProfileId: byDefault,
  accountIds: [account(202)],
})

async function created(input: Readonly<Record<string, unknown>> = {}): Promise<Answer['data']> {
  return valueOf(await logins.create({ ...plain(), ...input }))
}

async function stored(loginId: number): Promise<Answer['data']> {
  const { rows } = await gateway.primary.query('SELECT * FROM sys.api_access WHERE id = $1', [loginId])
  return rows[0] ?? null
}

/** That this is refused, and leaves nothing behind. */
async function refused(run: () => Promise<Answer>, code: string, argument?: string): Promise<Answer> {
  const before = await written(gateway)
  const answer = await run()
  expectRefusal(answer, code, argument)
  expect(await written(gateway)).toBe(before)
  return answer
}

type Wrong = [title: string, argument: string, input: () => Readonly<Record<string, unknown>>]

/** None of these is an address that somebody could come from. */
const networks = ['', 'localhost', '10.0.0', '10.0.0.1/33', '::/129', '10.0.0.0/8 ', '10.0.0.0/', '10.0.0.0/8/8', 'fe80::1%eth0', '::ffff:10.0.0.1', "'; --"] // prettier-ignore

describe('Creating a login', () => {
  it('MUST store what Yeti would: ids in order and once, networks without host bits', async () => {
    const last = await lastAudit(gateway)
    const login = await created({
      login: 'Full',
      accountIds: [account(203), account(201), account(203)],
      outgoingNumberlistIds: [903, 901, 903].map((list) => id('Numberlist', list)),
      allowedIps: ['2001:db8::/32', '10.1.2.3/8', '192.0.2.7', '10.0.0.0/8'],
      provisionGatewayId: id('Gateway', auroraGateway),
    })
    expect(login).toMatchObject({
      login: 'Full',
      allAccounts: false,
      allowedIps: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'],
      customerId: aurora,
      accessProfileId: byDefault,
      provisionGatewayId: id('Gateway', auroraGateway),
    })
    const row = await stored(login.loginId)
    expect(row).toMatchObject({
      id: login.loginId,
      login: 'Full',
      customer_id: 101,
      account_ids: [201, 203],
      allow_outgoing_numberlists_ids: [901, 903],
      allowed_ips: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'],
      customer_portal_access_profile_id: 1,
      provision_gateway_id: auroraGateway,
    })
    expect(row.password_digest).toMatch(/^\$2a\$12\$/)
    expect(await bcrypt.compare('correct horse', row.password_digest)).toBe(true)
    expect(Date.now() - row.created_at).toBeLessThan(60_000)
    expect(row.updated_at).toEqual(row.created_at)
    const { password_digest: _1, created_at: _2, updated_at: _3, id: _4, ...given } = row
    expect(await auditSince(gateway, last)).toMatchObject([
      {
        actor_kind: 'admin',
        actor_name: 'admin',
        address: '127.0.0.1',
        action: 'create',
        subject_kind: 'portal_login',
        subject_id: login.loginId,
        subject_name: 'Full',
        before: null,
        after: given,
      },
    ])
  })

  it("MUST take Yeti's defaults for what is left out, but never the accounts", async () => {
    const login = await created({ accountIds: undefined, allAccounts: true })
    expect(login).toMatchObject({ allAccounts: true, accounts: { nodes: [] }, provisionGatewayId: null })
    expect(await stored(login.loginId)).toMatchObject({
      account_ids: [],
      allowed_ips: ['0.0.0.0/0', '::/0'],
      allow_outgoing_numberlists_ids: [],
      provision_gateway_id: null,
    })
  })

  it('may leave a login with addresses from nowhere, when that is said', async () => {
    expect(await created({ allowedIps: [] })).toMatchObject({ allowedIps: [] })
  })

  it.each([
    ['an empty list beside it', { accountIds: [], allAccounts: true }, true],
    ['its opposite beside a list', { allAccounts: false }, false],
  ])('may say allAccounts with %s', async (_, input, all) => {
    expect(await created(input)).toMatchObject({ allAccounts: all })
  })

  it('MUST take logins that only differ in case', async () => {
    await created({ login: 'Case' })
    await created({ login: 'case' })
  })

  it.each<Wrong>([
    ['no name', 'input.login', () => ({ login: '' })],
    ['a name of blanks', 'input.login', () => ({ login: ' \u00a0' })],
    ['a name with a blank at its end', 'input.login', () => ({ login: 'alice ' })],
    ['a name with NUL', 'input.login', () => ({ login: 'a\0' })],
    ['a name with half a character', 'input.login', () => ({ login: 'a\ud800' })],
    ['a name without end', 'input.login', () => ({ login: 'a'.repeat(256) })],
    ['no password', 'input.password', () => ({ password: '' })],
    ['a password with NUL', 'input.password', () => ({ password: 'a\0b' })],
    ['a password of 73 bytes', 'input.password', () => ({ password: 'a'.repeat(73) })],
    ['a password of 74 bytes in 37 letters', 'input.password', () => ({ password: 'й'.repeat(37) })],
    ['a customer that is none', 'input.customerId', () => ({ customerId: 'x' })],
    ['a customer that there is not', 'input.customerId', () => ({ customerId: id('Contractor', 999) })],
    ['a customer past every number', 'input.customerId', () => ({ customerId: id('Contractor', '9'.repeat(18)) })],
    ['an account in place of the customer', 'input.customerId', () => ({ customerId: account(201) })],
    ['a profile that is none', 'input.accessProfileId', () => ({ accessProfileId: '' })],
    ['a profile that there is not', 'input.accessProfileId', () => ({ accessProfileId: id('CustomerPortalAccessProfile', 40_000) })], // prettier-ignore
    ["another customer's account", 'input.accountIds[1]', () => ({ accountIds: [account(201), account(211)] })],
    ['an account that there is not', 'input.accountIds[0]', () => ({ accountIds: [id('ContractorAccount', nowhere)] })], // prettier-ignore
    ['an account of the portal', 'input.accountIds[0]', () => ({ accountIds: [id('Account', nowhere)] })],
    ['an account twice, and then a foreign one', 'input.accountIds[2]', () => ({ accountIds: [account(201), account(201), account(212)] })], // prettier-ignore
    ['more accounts than can be meant', 'input.accountIds', () => ({ accountIds: Array.from({ length: 1001 }, () => account(201)) })], // prettier-ignore
    ['no accounts, unsaid', 'input.accountIds', () => ({ accountIds: undefined })],
    ['an empty list of accounts', 'input.accountIds', () => ({ accountIds: [] })],
    ['an empty list, and not all either', 'input.accountIds', () => ({ accountIds: [], allAccounts: false })],
    ['not all accounts, and none named', 'input.allAccounts', () => ({ accountIds: undefined, allAccounts: false })],
    ['all accounts, and some', 'input.allAccounts', () => ({ allAccounts: true })],
    ['null for the accounts', 'input.accountIds', () => ({ accountIds: null, allAccounts: true })],
    ['null for all accounts', 'input.allAccounts', () => ({ allAccounts: null })],
    ['a numberlist that there is not', 'input.outgoingNumberlistIds[1]', () => ({ outgoingNumberlistIds: [901, 9_999].map((list) => id('Numberlist', list)) })], // prettier-ignore
    ['a numberlist of the portal', 'input.outgoingNumberlistIds[0]', () => ({ outgoingNumberlistIds: [id('OutgoingNumberlist', 901)] })], // prettier-ignore
    ['more numberlists than can be meant', 'input.outgoingNumberlistIds', () => ({ outgoingNumberlistIds: Array.from({ length: 1001 }, () => id('Numberlist', 901)) })], // prettier-ignore
    ['null for the numberlists', 'input.outgoingNumberlistIds', () => ({ outgoingNumberlistIds: null })],
    ['null for the addresses', 'input.allowedIps', () => ({ allowedIps: null })],
    ['more addresses than can be meant', 'input.allowedIps', () => ({ allowedIps: Array.from({ length: 1001 }, () => '10.0.0.1') })], // prettier-ignore
    ...networks.map((network): Wrong => [`the address "${network}"`, 'input.allowedIps[1]', () => ({ allowedIps: ['10.0.0.1', network] })]), // prettier-ignore
    ["another customer's gateway", 'input.provisionGatewayId', () => ({ provisionGatewayId: id('Gateway', borealisGateway) })], // prettier-ignore
    ['a gateway that there is not', 'input.provisionGatewayId', () => ({ provisionGatewayId: id('Gateway', 99_999) })],
    ['a gateway that is none', 'input.provisionGatewayId', () => ({ provisionGatewayId: aurora })],
  ])('MUST be refused with %s, naming %s', async (_, argument, input) => {
    await refused(() => logins.create({ ...plain(), ...input() }), 'BAD_USER_INPUT', argument)
  })

  it.each(['login', 'password', 'customerId', 'accessProfileId'])('MUST be refused without %s', async (name) => {
    const answer = await refused(() => logins.create({ ...plain(), [name]: undefined }), 'BAD_USER_INPUT', 'input')
    expect(answer.errors?.[0]?.message).toContain(`Field "${name}" of required type`)
  })

  it.each(['id', 'loginId', 'passwordDigest', 'password_digest', 'createdAt', 'version', 'customer', '__proto__'])(
    'MUST be refused with a field that is not for writing: %s',
    async (name) => {
      const input = JSON.parse(`{ ${JSON.stringify(plain()).slice(1, -1)}, "${name}": "1" }`)
      await refused(() => logins.create(input), 'BAD_USER_INPUT', 'input')
    },
  )

  it('MUST be a CONFLICT when there is a login of that name', async () => {
    await refused(() => logins.create({ ...plain(), login: 'alice' }), 'CONFLICT', 'input.login')
  })

  it('MUST give a name to one alone of many who want it at once', async () => {
    const other = await gateway.another()
    try {
      const asking = [gateway, other, gateway, other, gateway, other]
      const answers = await Promise.all(asking.map((each) => loginsOf(each, admin).create({ ...plain(), login: 'wanted' }))) // prettier-ignore
      const refusals = answers.filter(({ errors }) => errors !== undefined)
      expect(refusals).toHaveLength(asking.length - 1)
      for (const answer of refusals) expectRefusal(answer, 'CONFLICT', 'input.login')
    } finally {
      await other[Symbol.asyncDispose]()
    }
  })
})

describe('What a login is given', () => {
  it.each(['createPortalLogin', 'updatePortalLogin'])(
    'MUST not be gone when it is given: %s is a CONFLICT then',
    async (operation) => {
      const { rows } = await gateway.primary.query(
        `INSERT INTO sys.customer_portal_access_profiles (name, created_at, updated_at) VALUES ($1, now(), now()) RETURNING id`,
        [`short-lived ${operation}`],
      )
      const accessProfileId = id('CustomerPortalAccessProfile', rows[0].id)
      const yeti = await gateway.primary.connect()
      try {
        await yeti.query('BEGIN')
        await yeti.query('DELETE FROM sys.customer_portal_access_profiles WHERE id = $1', [rows[0].id])
        const asked =
          operation === 'createPortalLogin'
            ? logins.create({ ...plain(), accessProfileId })
            : logins.update(standing.id, standing.version, { accessProfileId })
        await untilWaiting(gateway)
        await yeti.query('COMMIT')
        expectRefusal(await asked, 'CONFLICT', 'input')
      } finally {
        yeti.release()
      }
    },
  )
})

describe('One login', () => {
  it('MUST be found by its id, as in the list', async () => {
    const login = await created()
    expect(valueOf(await logins.one(login.id))).toEqual(login)
    const list = await gateway.ask(`{ portalLogins(where: { loginId: { eq: ${login.loginId} } }) { nodes { id version login } } }`, { token: admin }) // prettier-ignore
    expect(list.data.portalLogins.nodes).toEqual([{ id: login.id, version: login.version, login: login.login }])
  })

  it('MUST be null when there is none', async () => {
    expect(valueOf(await logins.one(id('PortalLogin', 999_999)))).toBeNull()
    expect(valueOf(await logins.one(id('PortalLogin', '9'.repeat(18))))).toBeNull()
  })

  it.each(['', 'x', id('Account', nowhere), id('PortalLogin', 'x')])('MUST have the id of a login, not "%s"', async (wrong) => {
    expectRefusal(await logins.one(wrong), 'BAD_USER_INPUT', 'id')
  }) // prettier-ignore

  it('MUST have another version for anything but its password and its times', async () => {
    const { id: same, version, loginId } = await created()
    const versionNow = async () => valueOf(await logins.one(same)).version
    await logins.setPassword(same, 'another horse')
    await gateway.primary.query('UPDATE sys.api_access SET updated_at = now(), created_at = NULL WHERE id = $1', [loginId]) // prettier-ignore
    expect(await versionNow()).toBe(version)
    const seen = new Set([version])
    for (const assignment of [
      `login = 'renamed'`,
      'customer_id = 102',
      `account_ids = '{}'`,
      `allowed_ips = '{}'`,
      `allow_outgoing_numberlists_ids = '{901}'`,
      'customer_portal_access_profile_id = 2',
      `provision_gateway_id = ${auroraGateway}`,
    ]) {
      await gateway.primary.query(`UPDATE sys.api_access SET ${assignment} WHERE id = $1`, [loginId])
      seen.add(await versionNow())
    }
    expect(seen.size).toBe(8)
  })
})

describe('Updating a login', () => {
  it('MUST change what is given and nothing else, and say both sides in the audit log', async () => {
    const before = await created({ outgoingNumberlistIds: [id('Numberlist', 901)] })
    const rowBefore = await stored(before.loginId)
    const last = await lastAudit(gateway)
    const after = valueOf(
      await logins.update(before.id, before.version, { accessProfileId: everything, accountIds: [account(203)] }),
    )
    expect(after.version).not.toBe(before.version)
    expect(after).toMatchObject({ login: before.login, accessProfileId: everything, accounts: { nodes: [{ accountId: 203 }] } }) // prettier-ignore
    const row = await stored(before.loginId)
    expect(row).toEqual({
      ...rowBefore,
      account_ids: [203],
      customer_portal_access_profile_id: 2,
      updated_at: row.updated_at,
    })
    expect(row.updated_at > rowBefore.updated_at).toBe(true)
    expect(await auditSince(gateway, last)).toMatchObject([
      {
        action: 'update',
        subject_kind: 'portal_login',
        subject_id: before.loginId,
        subject_name: before.login,
        before: { account_ids: [202], customer_portal_access_profile_id: 1 },
        after: { account_ids: [203], customer_portal_access_profile_id: 2 },
        changed: ['account_ids', 'customer_portal_access_profile_id'],
      },
    ])
  })

  it('MUST write nothing where nothing changes, in whatever order it is said', async () => {
    const login = await created({ accountIds: [account(201), account(202)], allowedIps: ['10.0.0.0/8', '192.0.2.7'] })
    await gateway.primary.query(`UPDATE sys.api_access SET account_ids = '{202,201}', allowed_ips = '{192.0.2.7,10.0.0.0/8}' WHERE id = $1`, [login.loginId]) // prettier-ignore
    const { version } = valueOf(await logins.one(login.id))
    const before = await written(gateway)
    const same = {
      login: login.login,
      customerId: aurora,
      accessProfileId: byDefault,
      accountIds: [account(202), account(201)],
      outgoingNumberlistIds: [],
      allowedIps: ['10.0.0.9/8', '192.0.2.7'],
      provisionGatewayId: null,
    }
    expect(valueOf(await logins.update(login.id, version, same))).toMatchObject({ version })
    expect(await written(gateway)).toBe(before)
  })

  it('MUST take the gateway away with null, and nothing else', async () => {
    const login = await created({ provisionGatewayId: id('Gateway', auroraGateway) })
    const after = valueOf(await logins.update(login.id, login.version, { provisionGatewayId: null }))
    expect(after.provisionGatewayId).toBeNull()
    for (const name of [
      'login',
      'customerId',
      'accessProfileId',
      'accountIds',
      'allAccounts',
      'outgoingNumberlistIds',
      'allowedIps',
    ])
      // prettier-ignore
      await refused(() => logins.update(login.id, after.version, { [name]: null }), 'BAD_USER_INPUT', `input.${name}`)
  })

  it('MUST widen a login to every account only when that is said', async () => {
    const login = await created()
    await refused(() => logins.update(login.id, login.version, { accountIds: [] }), 'BAD_USER_INPUT', 'input.accountIds') // prettier-ignore
    const wide = valueOf(await logins.update(login.id, login.version, { allAccounts: true }))
    expect(wide.allAccounts).toBe(true)
    await refused(() => logins.update(login.id, wide.version, { allAccounts: false }), 'BAD_USER_INPUT', 'input.allAccounts') // prettier-ignore
    const narrow = valueOf(await logins.update(login.id, wide.version, { accountIds: [account(201)] }))
    expect(narrow).toMatchObject({ allAccounts: false, accounts: { nodes: [{ accountId: 201 }] } })
  })

  it.each<Wrong>([
    ['nothing', 'input', () => ({})],
    ['no name', 'input.login', () => ({ login: '' })],
    ["another customer's account", 'input.accountIds[1]', () => ({ accountIds: [account(201), account(211)] })],
    ['a profile that there is not', 'input.accessProfileId', () => ({ accessProfileId: id('CustomerPortalAccessProfile', 999) })], // prettier-ignore
    ['a numberlist that there is not', 'input.outgoingNumberlistIds[0]', () => ({ outgoingNumberlistIds: [id('Numberlist', 9_999)] })], // prettier-ignore
    ['what is no address', 'input.allowedIps[0]', () => ({ allowedIps: ['anywhere'] })],
    ["another customer's gateway", 'input.provisionGatewayId', () => ({ provisionGatewayId: id('Gateway', borealisGateway) })], // prettier-ignore
    ['another customer alone', 'input.accountIds', () => ({ customerId: borealis })],
    ['another customer, and accounts of the one before', 'input.accountIds[0]', () => ({ customerId: borealis, accountIds: [account(202)] })], // prettier-ignore
    ['another customer, and nothing of its gateway', 'input.provisionGatewayId', () => ({ customerId: borealis, accountIds: [account(211)] })], // prettier-ignore
    ['another customer, and the gateway of the one before', 'input.provisionGatewayId', () => ({ customerId: borealis, allAccounts: true, provisionGatewayId: id('Gateway', auroraGateway) })], // prettier-ignore
  ])('MUST be refused with %s, naming %s', async (_, argument, input) => {
    await refused(() => logins.update(standing.id, standing.version, input()), 'BAD_USER_INPUT', argument)
  })

  it('MUST not come to mean every account of another customer, though it had every one before', async () => {
    const login = await created({ accountIds: undefined, allAccounts: true })
    await refused(() => logins.update(login.id, login.version, { customerId: borealis }), 'BAD_USER_INPUT', 'input.accountIds') // prettier-ignore
    const moved = valueOf(await logins.update(login.id, login.version, { customerId: borealis, accountIds: [account(211)] })) // prettier-ignore
    expect(moved).toMatchObject({ customerId: borealis, allAccounts: false, accounts: { nodes: [{ accountId: 211 }] } })
  })

  it.each(['password', 'passwordDigest', 'id', 'createdAt', 'updatedAt', 'version'])(
    'MUST be refused with a field that is not for writing: %s',
    async (name) => {
      await refused(() => logins.update(standing.id, standing.version, { [name]: 'x' }), 'BAD_USER_INPUT', 'input')
    },
  )

  it('MUST be a CONFLICT when another login has that name', async () => {
    await refused(() => logins.update(standing.id, standing.version, { login: 'alice' }), 'CONFLICT', 'input.login')
  })

  it('MUST be NOT_FOUND when there is no such login', async () => {
    await refused(() => logins.update(id('PortalLogin', 999_999), 'x', { login: 'x' }), 'NOT_FOUND', 'id')
    await refused(() => logins.update(id('Contractor', 101), 'x', { login: 'x' }), 'BAD_USER_INPUT', 'id')
  })

  it('MUST show both sides when the login is another than the one that was read', async () => {
    const read = await created({ accountIds: [account(201), account(202)], provisionGatewayId: id('Gateway', auroraGateway) }) // prettier-ignore
    const now = valueOf(await logins.update(read.id, read.version, { allowedIps: ['10.0.0.0/8'], accountIds: [account(203)] })) // prettier-ignore
    const yours = {
      accountIds: [account(201)],
      allowedIps: ['10.0.0.0/8'],
      login: 'elsewhere',
      accessProfileId: everything,
    }
    const { errors } = await refused(() => logins.update(read.id, read.version, yours), 'CONFLICT', 'version')
    expect(errors?.[0]?.extensions).toEqual({
      code: 'CONFLICT',
      argument: 'version',
      current: {
        version: now.version,
        login: read.login,
        customerId: aurora,
        accessProfileId: byDefault,
        accountIds: [account(203)],
        allAccounts: false,
        outgoingNumberlistIds: [],
        allowedIps: ['10.0.0.0/8'],
        provisionGatewayId: id('Gateway', auroraGateway),
      },
      yours: { version: read.version, ...yours, allAccounts: false },
      differing: ['login', 'accessProfileId', 'accountIds'],
    })
  })

  it('MUST lose nothing when two administrators change the same login at once', async () => {
    const other = await gateway.another()
    const second = await gateway.admin('second')
    const sides = [loginsOf(gateway, admin), loginsOf(other, second)] as const
    try {
      const { id: same } = await created()
      for (let round = 0; round < 10; round++) {
        const { version, accounts } = valueOf(await logins.one(same))
        const elsewhere = accounts.nodes[0].accountId === 201 ? 202 : 201
        const last = await lastAudit(gateway)
        const answers = await Promise.all([
          sides[0].update(same, version, { accountIds: [account(elsewhere)] }),
          sides[1].update(same, version, { allowedIps: [`10.0.0.${round}`] }),
        ])
        const lost = answers.findIndex(({ errors }) => errors !== undefined)
        const [won, refusal] = lost === 0 ? [answers[1], answers[0]] : [answers[0], answers[1]]
        expectRefusal(refusal, 'CONFLICT', 'version')
        expect(valueOf(await logins.one(same))).toEqual(valueOf(won))
        expect(refusal.errors?.[0]?.extensions['current']).toMatchObject({ version: valueOf(won).version })
        expect(await auditSince(gateway, last)).toHaveLength(1)
      }
    } finally {
      await other[Symbol.asyncDispose]()
    }
  })
})

describe('Deleting a login', () => {
  it('MUST remove it and keep in the audit log what it was', async () => {
    const login = await created({ outgoingNumberlistIds: [id('Numberlist', 901)] })
    const last = await lastAudit(gateway)
    expect(valueOf(await logins.remove(login.id, login.version))).toBe(login.id)
    expect(await stored(login.loginId)).toBeNull()
    expect(valueOf(await logins.one(login.id))).toBeNull()
    expect(await auditSince(gateway, last)).toMatchObject([
      {
        action: 'delete',
        subject_id: login.loginId,
        subject_name: login.login,
        before: { login: login.login, customer_id: 101, account_ids: [202], allow_outgoing_numberlists_ids: [901] },
        after: null,
      },
    ])
  })

  it('MUST be a CONFLICT when the login was changed since', async () => {
    const login = await created()
    const { version } = valueOf(await logins.update(login.id, login.version, { allAccounts: true }))
    const { errors } = await refused(() => logins.remove(login.id, login.version), 'CONFLICT', 'version')
    expect(errors?.[0]?.extensions).toMatchObject({ current: { version, allAccounts: true }, differing: [] })
  })

  it('MUST be NOT_FOUND the second time', async () => {
    const login = await created()
    await logins.remove(login.id, login.version)
    await refused(() => logins.remove(login.id, login.version), 'NOT_FOUND', 'id')
  })
})

describe('Setting a password, and signing out', () => {
  it('MUST answer with the login and be in the audit log, without saying which', async () => {
    const login = await created()
    const last = await lastAudit(gateway)
    expect(valueOf(await logins.setPassword(login.id, 'another horse'))).toEqual(login)
    expect(valueOf(await logins.signOut(login.id))).toEqual(login)
    const { password_digest: digest } = await stored(login.loginId)
    expect(digest).toMatch(/^\$2a\$12\$/)
    expect(await bcrypt.compare('another horse', digest)).toBe(true)
    const nothing = { before: null, after: null, changed: [], subject_id: login.loginId, subject_name: login.login }
    expect(await auditSince(gateway, last)).toMatchObject([
      { action: 'set_password', ...nothing },
      { action: 'sign_out', ...nothing },
    ])
  })

  it.each([
    ['none', ''],
    ['one with NUL', 'a\0b'],
    ['one of 73 bytes', 'a'.repeat(73)],
    ['37 letters of two bytes', 'й'.repeat(37)],
  ])(
    // prettier-ignore
    'MUST refuse a password that bcrypt cannot tell from others: %s',
    async (_, password) => {
      await refused(() => logins.setPassword(standing.id, password), 'BAD_USER_INPUT', 'password')
    },
  )

  it('MUST be NOT_FOUND when there is no such login', async () => {
    await refused(() => logins.setPassword(id('PortalLogin', 999_999), 'x'), 'NOT_FOUND', 'id')
    await refused(() => logins.signOut(id('PortalLogin', 999_999)), 'NOT_FOUND', 'id')
    await refused(() => logins.signOut('x'), 'BAD_USER_INPUT', 'id')
  })
})
