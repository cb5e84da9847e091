import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answer, Gateway } from '../support/gateway.ts'
import { capabilities, startAdministration, type Administration } from './support/administration.ts'

// What an administrator may do is what the roles in the database may, by the file, at this very request.

let world: Administration
let gateway: Gateway
let count = 0

beforeAll(async () => {
  world = await startAdministration()
  gateway = world.gateway
})
afterAll(() => world[Symbol.asyncDispose]())

async function newAdmin(...roles: readonly string[]) {
  const name = `somebody ${++count}`
  const token = await gateway.admin(name, roles)
  const set = (to: readonly (string | null)[]) =>
    gateway.primary.query('UPDATE gui.admin_users SET roles = $2 WHERE username = $1', [name, to])
  return { name, token, set }
}

async function capabilitiesOf(token: string, asked: Pick<Gateway, 'ask'> = gateway): Promise<string[]> {
  const { data, errors } = await asked.ask('{ viewer { kind capabilities } }', { token })
  expect(errors).toBeUndefined()
  expect(data.viewer.kind).toBe('ADMIN')
  return data.viewer.capabilities
}

function logins(token: string, asked: Pick<Gateway, 'ask'> = gateway): Promise<Answer> {
  return asked.ask('{ portalLogins(first: 1) { nodes { login } } }', { token })
}

async function expectDenied(answer: Answer): Promise<void> {
  expect(answer.data).toEqual({ portalLogins: null })
  expect(answer.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', permission: 'ADMIN_READ_PORTAL_LOGINS' } }])
}

describe('An administrator', () => {
  test('MUST be told what the roles allow, and that no flag is on', async () => {
    for (const capability of capabilities) {
      expect(await capabilitiesOf(await world.tokenWith([capability]))).toEqual([capability])
    }
    expect(await capabilitiesOf(await world.tokenWith([]))).toEqual([])
    expect(await capabilitiesOf(world.root)).toEqual(capabilities)
    const { data } = await gateway.ask('{ viewer { permissions customer { name } accessProfile { account } accountIds } }', { token: world.root }) // prettier-ignore
    expect(data.viewer).toEqual({ permissions: [], customer: null, accessProfile: null, accountIds: [] })
  })

  test('MUST be told the same at the sign-in, also whoever may do nothing', async () => {
    const { name } = await newAdmin('no such role')
    const query = 'mutation ($name: String!) { adminSignIn(username: $name, password: "admin-demo") { viewer { login capabilities } } }'
    const { data } = await gateway.ask(query, { variables: { name } })
    expect(data.adminSignIn.viewer).toEqual({ login: name, capabilities: [] })
  }) // prettier-ignore

  test.each([[[]], [['no such role']], [['Root']], [['']], [[null]], [['may_READ_PORTAL_LOGINS,root']], [['","root']]])(
    'MUST be denied with the roles %j',
    async (roles) => {
      const { token, set } = await newAdmin('may_READ_PORTAL_LOGINS')
      await set(roles)
      expect(await capabilitiesOf(token)).toEqual([])
      await expectDenied(await logins(token))
    },
  )

  test('MUST be without flags, whatever a role is called', async () => {
    const { token } = await newAdmin('account', 'invoices', 'authenticated', 'admin', 'readPortalLogins')
    expect(await capabilitiesOf(token)).toEqual([])
    const { data, errors } = await gateway.ask('{ accounts { totalCount } }', { token })
    expect(data).toEqual({ accounts: null })
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', permission: 'ACCOUNT' } }])
  })
})

describe('Roles that are changed in the database', () => {
  test('MUST count at the next request with the same token, and on another gateway', async () => {
    await using other = await gateway.another()
    const { token, set } = await newAdmin('nothing')
    for (const each of [gateway, other]) await expectDenied(await logins(token, each))
    await set(['may_READ_PORTAL_LOGINS'])
    for (const each of [gateway, other]) expect((await logins(token, each)).errors).toBeUndefined()
    await set(['root'])
    for (const each of [gateway, other]) expect(await capabilitiesOf(token, each)).toEqual(capabilities)
    await set(['may_READ_AUDIT_LOG', 'nothing'])
    for (const each of [gateway, other]) {
      await expectDenied(await logins(token, each))
      expect(await capabilitiesOf(token, each)).toEqual(['READ_AUDIT_LOG'])
    }
  })

  test('MUST count in the schema that is shown', async () => {
    const shown = async (token: string) => {
      const { data } = await gateway.ask('{ __type(name: "PortalLogin") { name } }', { token })
      return data.__type
    }
    const { token, set } = await newAdmin('may_READ_PORTAL_LOGINS')
    expect(await shown(token)).toEqual({ name: 'PortalLogin' })
    await set(['may_READ_ACCESS_PROFILES'])
    expect(await shown(token)).toBeNull()
  })
})

test('A customer’s login MUST be no administrator, whatever it is called', async () => {
  for (const name of ['root', 'admin', 'may_READ_PORTAL_LOGINS']) {
    const { token } = await gateway.login(name)
    const { data, errors } = await gateway.ask('{ viewer { kind capabilities } portalLogins { totalCount } }', { token })
    expect(data).toEqual({ viewer: { kind: 'CUSTOMER', capabilities: [] }, portalLogins: null })
    expect(errors).toMatchObject([{ extensions: { permission: 'ADMIN' } }])
  }
}) // prettier-ignore

test('Without a file of roles root alone MUST be able to do anything', async () => {
  await using plain = await gateway.another({ ADMIN_POLICY_FILE: '' })
  expect(await capabilitiesOf(world.root, plain)).toEqual(capabilities)
  const { token } = await newAdmin('may_READ_PORTAL_LOGINS')
  expect((await logins(token)).errors).toBeUndefined()
  await expectDenied(await logins(token, plain))
})
