import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { asking, auditEntries, camelCase, flagNames, globalId, mustRefuse, profileRows, refused, roleFile, yetiFlags } from './support/access-profiles.ts' // prettier-ignore

let roles: Awaited<ReturnType<typeof roleFile>>
let gateway: Gateway
let admin: ReturnType<typeof asking>
let count = 0

beforeAll(async () => {
  roles = await roleFile({
    reader: ['read'],
    editor: ['read', 'change'],
    remover: ['read', 'remove'],
    blind: ['change', 'remove'],
    nobody: [],
  })
  gateway = await startGateway({ ADMIN_POLICY_FILE: roles.path })
  admin = asking(gateway, await gateway.admin())
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await roles[Symbol.asyncDispose]()
})

const freshName = () => `profile ${++count}`

async function created(input: Readonly<Record<string, unknown>> = {}) {
  const { data } = await admin.create({ name: freshName(), ...input })
  return data.createAccessProfile
}

const rowOf = async (profileId: number) => (await profileRows(gateway)).find(({ id }) => id === profileId)
const flagsOf = (row: Readonly<Record<string, unknown>> | undefined) =>
  Object.fromEntries(Object.keys(yetiFlags).map((column) => [column, row?.[column]]))
const lastEntry = async () => (await auditEntries(gateway)).at(-1)
const only = (answer: Answer) => answer.errors?.[0]?.extensions

describe('Reading an access profile', () => {
  it('MUST answer every flag of it', async () => {
    const { data, errors } = await admin.read(globalId(1))
    expect(errors).toBeUndefined()
    expect(Object.fromEntries(Object.keys(yetiFlags).map((column) => [column, data.accessProfile[camelCase(column)]]))).toEqual(flagsOf(await rowOf(1))) // prettier-ignore
  })

  it('MUST answer null where there is none', async () => {
    for (const id of [30_000, 4_000_000_000, '123456789012345678']) {
      const { data, errors } = await admin.read(globalId(id))
      expect(errors).toBeUndefined()
      expect(data).toEqual({ accessProfile: null })
    }
  })

  it.each(['', '1', 'no id', Buffer.from('PortalLogin:1').toString('base64'), globalId('x'), globalId(-1)])(
    'MUST refuse %j as an id',
    (id) => mustRefuse(gateway, () => admin.read(id), { code: 'BAD_USER_INPUT', argument: 'id' }),
  )
})

describe('Creating an access profile', () => {
  it("MUST give Yeti's defaults where a flag is not given", async () => {
    const name = freshName()
    const { data, errors } = await admin.create({ name })
    expect(errors).toBeUndefined()
    const row = await rowOf(data.createAccessProfile.profileId)
    expect(row).toMatchObject({ name, ...yetiFlags })
    expect(data.createAccessProfile).toMatchObject({ name, loginCount: 0 })
  })

  it('MUST give each flag as it is told, on or off', async () => {
    const opposite = Object.fromEntries(Object.entries(yetiFlags).map(([column, value]) => [column, !value]))
    const input = Object.fromEntries(Object.entries(opposite).map(([column, value]) => [camelCase(column), value]))
    const profile = await created(input)
    expect(profile).toMatchObject(input)
    expect(flagsOf(await rowOf(profile.profileId))).toEqual(opposite)
  })

  it("MUST say in UTC when it was, as Yeti's columns have it", async () => {
    const profile = await created()
    const { rows } = await gateway.primary.query(
      `SELECT abs(extract(epoch FROM created_at - (now() AT TIME ZONE 'UTC'))) < 60 AS "isNow", created_at = updated_at AS "isSame"
       FROM sys.customer_portal_access_profiles WHERE id = $1`,
      [profile.profileId],
    )
    expect(rows).toEqual([{ isNow: true, isSame: true }])
    expect(Math.abs(Date.parse(profile.createdAt) - Date.now())).toBeLessThan(60_000)
  })

  it('MUST be in the audit log with its whole content, from whom and from where', async () => {
    const profile = await created({ outgoingCdrs: false })
    expect(await lastEntry()).toMatchObject({
      actor_kind: 'admin',
      actor_name: 'admin',
      address: '127.0.0.1',
      action: 'create',
      subject_kind: 'access_profile',
      subject_id: profile.profileId,
      subject_name: profile.name,
      before: null,
      after: { ...yetiFlags, name: profile.name, outgoing_cdrs: false },
    })
  })

  const names: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['blanks', ' \u00a0'],
    ['a blank before it', ' Sales'],
    ['a blank after it', 'Sales\u2003'],
    ['NUL in it', 'Sa\u0000les'],
    ['a line break in it', 'Sa\nles'],
    ['half of a character in it', 'Sales \ud83d!'],
    ['more than 255 characters', 'x'.repeat(256)],
  ]
  it.each(names)('MUST refuse a name that is or has %s', (_, name) =>
    mustRefuse(gateway, () => admin.create({ name }), { code: 'BAD_USER_INPUT', argument: 'input.name' }),
  )

  it('MUST take a name of 255 characters, of whatever script', async () => {
    for (const name of ['é'.repeat(255), '😀'.repeat(255), `O'Brien "\\" <b>; DROP TABLE x; -- ${count}`])
      expect((await created({ name })).name).toBe(name)
  })

  it('MUST refuse a name that another has, and nothing but the very same name', async () => {
    const { name } = await created({ name: 'Taken' })
    await refused(gateway, () => admin.create({ name }), { code: 'CONFLICT', argument: 'input.name' })
    expect((await created({ name: 'taken' })).name).toBe('taken')
  })

  it('MUST use up no number for a name that another has', async () => {
    const { profileId } = await created({ name: 'Once' })
    for (let attempt = 0; attempt < 5; attempt += 1) await admin.create({ name: 'Once' })
    expect((await created()).profileId).toBe(profileId + 1)
  })

  it.each(flagNames)('MUST refuse null for %s', (flag) =>
    mustRefuse(gateway, () => admin.create({ name: freshName(), [flag]: null }), {
      code: 'BAD_USER_INPUT',
      argument: `input.${flag}`,
    }),
  )

  it.each(['yes', 1, 'true', [true], {}])('MUST refuse %j for a flag', (value) =>
    mustRefuse(gateway, () => admin.create({ name: freshName(), outgoingCdrs: value }), {
      code: 'BAD_USER_INPUT',
      argument: 'input.outgoingCdrs',
    }),
  )
})

describe("Where Yeti's sequence gives a number that is taken", () => {
  const setSequence = (value: number, isCalled = false) =>
    gateway.primary.query(`SELECT setval('sys.customer_portal_access_profiles_id_seq', $1, $2)`, [value, isCalled])

  it('MUST create the profile all the same, one after the other', async () => {
    await setSequence(1)
    const first = await created()
    const second = await created()
    expect(second.profileId).toBe(first.profileId + 1)
    expect(new Set((await profileRows(gateway)).map(({ id }) => id)).size).toBe((await profileRows(gateway)).length)
  })

  it('MUST create all that are asked for at the same time', async () => {
    await setSequence(1)
    const answers = await Promise.all(Array.from({ length: 12 }, () => created()))
    expect(new Set(answers.map(({ profileId }) => profileId)).size).toBe(12)
  })

  it('MUST say so when there is no number left, and go on when there is one', async () => {
    const { profileId } = await created()
    await setSequence(32_767, true)
    await refused(gateway, () => admin.create({ name: freshName() }), { code: 'CONFLICT', argument: 'input' })
    await setSequence(profileId, true)
    expect((await created()).profileId).toBe(profileId + 1)
  })
})

describe('Changing an access profile', () => {
  it('MUST change what is given and nothing else', async () => {
    const before = await created()
    const row = await rowOf(before.profileId)
    const { data, errors } = await admin.update(before.id, before.version, {
      outgoingCdrs: false,
      paymentsCryptomus: true,
    })
    expect(errors).toBeUndefined()
    const { version, updatedAt } = data.updateAccessProfile
    expect(data.updateAccessProfile).toEqual({
      ...before,
      outgoingCdrs: false,
      paymentsCryptomus: true,
      version,
      updatedAt,
    })
    expect(version).not.toBe(before.version)
    expect(Date.parse(updatedAt)).toBeGreaterThanOrEqual(Date.parse(before.updatedAt))
    const { updated_at: changedAt, ...rest } = (await rowOf(before.profileId)) ?? {}
    expect({ ...rest, updated_at: row?.['updated_at'] }).toEqual({
      ...row,
      outgoing_cdrs: false,
      payments_cryptomus: true,
    })
    expect(changedAt).not.toEqual(row?.['updated_at'])
  })

  it('MUST be in the audit log with the columns that are others, before and after', async () => {
    const before = await created()
    const name = freshName()
    await admin.update(before.id, before.version, { name, invoices: false, payments: true })
    expect(await lastEntry()).toMatchObject({
      action: 'update',
      subject_id: before.profileId,
      subject_name: name,
      before: { name: before.name, invoices: true },
      after: { name, invoices: false },
    })
    expect((await lastEntry())?.changed.toSorted()).toEqual(['invoices', 'name'])
    expect(Object.keys((await lastEntry())?.after ?? {})).toHaveLength(2)
  })

  it('MUST be no error when all is so already, and write nothing', async () => {
    const before = await created()
    const state = [await profileRows(gateway), await auditEntries(gateway)]
    const { data, errors } = await admin.update(before.id, before.version, {
      name: before.name,
      invoices: before.invoices,
    })
    expect(errors).toBeUndefined()
    expect(data.updateAccessProfile).toEqual(before)
    expect([await profileRows(gateway), await auditEntries(gateway)]).toEqual(state)
  })

  it('MUST refuse an input that wants nothing', async () => {
    const { id, version } = await created()
    await refused(gateway, () => admin.update(id, version, {}), { code: 'BAD_USER_INPUT', argument: 'input' })
  })

  it.each(['name', ...flagNames])('MUST refuse null for %s, and change nothing else either', async (attribute) => {
    const { id, version } = await created()
    const input = { invoices: false, [attribute]: null }
    await refused(gateway, () => admin.update(id, version, input), {
      code: 'BAD_USER_INPUT',
      argument: `input.${attribute}`,
    })
  })

  it('MUST refuse a name that another has', async () => {
    const { name } = await created()
    const { id, version } = await created()
    await refused(gateway, () => admin.update(id, version, { name, invoices: false }), {
      code: 'CONFLICT',
      argument: 'input.name',
    })
  })

  it('MUST be NOT_FOUND where there is none', async () => {
    const nowhere = { code: 'NOT_FOUND', argument: 'id' }
    await refused(gateway, () => admin.update(globalId(30_000), 'x', { invoices: false }), nowhere)
    await refused(gateway, () => admin.remove(globalId(30_000), 'x'), nowhere)
    await refused(gateway, () => admin.clone(globalId(30_000), freshName()), nowhere)
  })

  it('MUST keep a name that Yeti allowed, and that could not be given here, while flags change', async () => {
    const { id, profileId } = await created()
    await gateway.primary.query("UPDATE sys.customer_portal_access_profiles SET name = ' odd ' WHERE id = $1", [
      profileId,
    ])
    const { data } = await admin.read(id)
    const answer = await admin.update(id, data.accessProfile.version, { invoices: false })
    expect(answer.data.updateAccessProfile).toMatchObject({ name: ' odd ', invoices: false })
  })

  it("MUST count with the customer's next request, on another gateway as well", async () => {
    await using second = await gateway.another()
    const login = await gateway.login('customer')
    const { rows } = await gateway.primary.query(`SELECT id FROM sys.customer_portal_access_profiles WHERE name = 'profile of customer'`) // prettier-ignore
    const id = globalId(rows[0].id)
    for (const invoices of [false, true, false]) {
      const { data } = await admin.read(id)
      await admin.update(id, data.accessProfile.version, { invoices })
      for (const each of [gateway, second]) {
        const answer = await each.ask('{ invoices { totalCount } }', { token: login.token })
        expect(only(answer)).toEqual(invoices ? undefined : expect.objectContaining({ permission: 'INVOICES' }))
      }
    }
  })
})

describe('Cloning an access profile', () => {
  it('MUST create one with the flags of the original, but for those that are given', async () => {
    const original = await created({ invoices: false, paymentsCryptomus: true, services: false })
    const name = freshName()
    const { data, errors } = await admin.clone(original.id, name, { invoices: true, outgoingCdrs: false })
    expect(errors).toBeUndefined()
    const clone = data.cloneAccessProfile
    expect(flagsOf(await rowOf(clone.profileId))).toEqual({
      ...flagsOf(await rowOf(original.profileId)),
      invoices: true,
      outgoing_cdrs: false,
    })
    expect(clone).toMatchObject({ name, loginCount: 0 })
    expect(await lastEntry()).toMatchObject({
      action: 'create',
      subject_id: clone.profileId,
      before: null,
      after: { name },
    })
    expect(await rowOf(original.profileId)).toMatchObject({ name: original.name })
  })

  it('MUST need no input', async () => {
    const original = await created({ transactions: false })
    for (const input of [undefined, {}]) {
      const { data } = await admin.clone(original.id, freshName(), input)
      expect(flagsOf(await rowOf(data.cloneAccessProfile.profileId))).toEqual(flagsOf(await rowOf(original.profileId)))
    }
  })

  it('MUST refuse a name that is none or that another has, and null for a flag', async () => {
    const { id, name } = await created()
    await refused(gateway, () => admin.clone(id, name), { code: 'CONFLICT', argument: 'name' })
    await refused(gateway, () => admin.clone(id, ' '), { code: 'BAD_USER_INPUT', argument: 'name' })
    const input = { invoices: null }
    await refused(gateway, () => admin.clone(id, freshName(), input), {
      code: 'BAD_USER_INPUT',
      argument: 'input.invoices',
    })
  })
})

describe('Deleting an access profile', () => {
  it('MUST remove it, and leave its whole content in the audit log', async () => {
    const { id, profileId, version, name } = await created({ invoices: false })
    const { data, errors } = await admin.remove(id, version)
    expect(errors).toBeUndefined()
    expect(data).toEqual({ deleteAccessProfile: id })
    expect(await rowOf(profileId)).toBeUndefined()
    expect(await lastEntry()).toMatchObject({
      action: 'delete',
      subject_id: profileId,
      subject_name: name,
      before: { ...yetiFlags, name, invoices: false },
      after: null,
    })
  })

  it('MUST be a conflict while logins have it, that says how many', async () => {
    await gateway.login('one of two')
    const { rows } = await gateway.primary.query(`SELECT id FROM sys.customer_portal_access_profiles WHERE name = 'profile of one of two'`) // prettier-ignore
    const id = globalId(rows[0].id)
    const { data } = await admin.read(id)
    const { version } = data.accessProfile
    const one = await refused(gateway, () => admin.remove(id, version), {
      code: 'CONFLICT',
      argument: 'id',
      loginCount: 1,
    })
    expect(one.errors?.[0]?.message).toContain('1 login has')
    await gateway.primary.query("UPDATE sys.api_access SET customer_portal_access_profile_id = $1 WHERE login = 'dave'", [rows[0].id]) // prettier-ignore
    const two = await refused(gateway, () => admin.remove(id, version), { code: 'CONFLICT', loginCount: 2 })
    expect(two.errors?.[0]?.message).toContain('2 logins have')
  })

  it('MUST be a conflict while anything else holds it', async () => {
    const { id, profileId, version } = await created()
    await gateway.primary.query(
      `CREATE TABLE sys.holders (profile smallint REFERENCES sys.customer_portal_access_profiles)`,
    )
    await gateway.primary.query('INSERT INTO sys.holders VALUES ($1)', [profileId])
    await refused(gateway, () => admin.remove(id, version), { code: 'CONFLICT', argument: 'id' })
    await gateway.primary.query('DROP TABLE sys.holders')
  })

  it('MUST refuse a version that is not the present one', async () => {
    const { id, version } = await created()
    await admin.update(id, version, { invoices: false })
    await refused(gateway, () => admin.remove(id, version), { code: 'CONFLICT', argument: 'version' })
  })

  it('MUST not be offered without a version', async () => {
    const { id } = await created()
    const answer = await gateway.ask(`mutation { deleteAccessProfile(id: "${id}") }`, { token: await gateway.admin() })
    expect(only(answer)?.code).toBe('GRAPHQL_VALIDATION_FAILED')
  })

  it("MUST take Yeti's first profile too when nobody has it", async () => {
    const { data } = await admin.read(globalId(1))
    await gateway.primary.query('UPDATE sys.api_access SET customer_portal_access_profile_id = 2 WHERE customer_portal_access_profile_id = 1') // prettier-ignore
    const { errors } = await admin.remove(globalId(1), data.accessProfile.version)
    expect(errors).toBeUndefined()
  })
})

describe('Who may not', () => {
  type Operation = (as: ReturnType<typeof asking>) => Promise<Answer>
  const { id, version } = { id: globalId(2), version: 'x' }
  const operations: Readonly<Record<string, Operation>> = {
    read: (as) => as.read(id),
    export: (as) => as.export(),
    create: (as) => as.create({ name: 'never' }),
    update: (as) => as.update(id, version, { invoices: false }),
    clone: (as) => as.clone(id, 'never'),
    import: (as) => as.import({ profiles: {}, dryRun: false }),
    delete: (as) => as.remove(id, version),
  }
  const names = Object.keys(operations)
  const run = async (name: string, as: ReturnType<typeof asking>) =>
    operations[name]?.(as) ?? Promise.reject(new Error())

  it.each(names)('MUST refuse to %s for who has not signed in', (name) =>
    mustRefuse(gateway, () => run(name, asking(gateway, undefined)), { code: 'UNAUTHENTICATED' }),
  )

  it.each(names)('MUST refuse to %s for a customer with every flag', async (name) => {
    const token = await gateway.signIn('alice')
    await refused(gateway, () => run(name, asking(gateway, token)), { code: 'FORBIDDEN', permission: 'ADMIN' })
  })

  const lacking: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
    READ_ACCESS_PROFILES: { nobody: names, blind: names },
    CHANGE_ACCESS_PROFILES: {
      reader: ['create', 'update', 'clone', 'import'],
      remover: ['create', 'update', 'clone', 'import'],
    },
    REMOVE_ACCESS_PROFILES: { reader: ['delete'], editor: ['delete'] },
  }
  const cases = Object.entries(lacking).flatMap(([capability, roles]) =>
    Object.entries(roles).flatMap(([role, refusals]) => refusals.map((name) => [name, role, capability] as const)),
  )
  it.each(cases)('MUST refuse to %s for the role %s, which lacks %s', async (name, role, capability) => {
    const token = await gateway.admin(`${role} ${name}`, [role])
    await refused(gateway, () => run(name, asking(gateway, token)), {
      code: 'FORBIDDEN',
      permission: `ADMIN_${capability}`,
    })
  })

  it('MUST let an editor change and a remover delete', async () => {
    const editor = asking(gateway, await gateway.admin('editor', ['editor']))
    const { data } = await editor.create({ name: freshName() })
    const changed = await editor.update(data.createAccessProfile.id, data.createAccessProfile.version, {
      invoices: false,
    })
    expect(changed.errors).toBeUndefined()
    const remover = asking(gateway, await gateway.admin('remover', ['remover']))
    const gone = await remover.remove(data.createAccessProfile.id, changed.data.updateAccessProfile.version)
    expect(gone.errors).toBeUndefined()
  })
})

describe('What is no attribute of an input', () => {
  const foreign = { id: 'x', profileId: 7, version: 'x', createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:00:00Z', loginCount: 0, logins: [], outgoing_cdrs: true, outgoingCdr: true, isAdmin: true, constructor: true } // prettier-ignore
  it.each(Object.entries(foreign))('MUST refuse %s, in each of them', async (attribute, value) => {
    const { id, version } = await created()
    const input = { invoices: false, [attribute]: value }
    const expected = { code: 'BAD_USER_INPUT' }
    await refused(gateway, () => admin.create({ name: freshName(), ...input }), expected)
    await refused(gateway, () => admin.update(id, version, input), expected)
    await refused(gateway, () => admin.clone(id, freshName(), input), expected)
    await refused(gateway, () => admin.import({ profiles: {}, [attribute]: value, ...(attribute === 'version' && { version: [] }) }), expected) // prettier-ignore
  })

  it('MUST be refused when it is written into the document as well', async () => {
    const token = await gateway.admin()
    for (const attribute of ['id: "x"', 'loginCount: 1', 'nothing: true']) {
      const answer = await gateway.ask(`mutation { createAccessProfile(input: { name: "n", ${attribute} }) { id } }`, {
        token,
      })
      expect(only(answer)?.code).toBe('BAD_USER_INPUT')
    }
  })

  it('MUST leave the gateway running', async () => {
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200)
  })
})
