import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { pino } from 'pino'
import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openDataSources } from '../../src/data-sources.ts'
import { canceled, completed, create, accountId, newPayment, retail, setRates } from '../payments/support/payments.ts'
import { notify, startCryptomus, type CryptomusServer } from '../support/cryptomus-server.ts'
import { adminSecret, customerSecret, startGateway, type Gateway } from '../support/gateway.ts'
import { asking, globalId } from './support/access-profiles.ts'
import { modestDatabase } from './support/modest-role.ts'
import { id, loginsOf, valueOf } from './support/portal-logins.ts'
import { expectChanges, expectRow, lastVersion, rowOf, versionsSince, type Version } from './support/versions.ts'

const profiles = 'sys.customer_portal_access_profiles'
const items = 'class4.numberlist_items'

let cryptomus: CryptomusServer
let gateway: Gateway
let admin: string
let alice: string
let last: number

beforeAll(async () => {
  cryptomus = await startCryptomus()
  gateway = await startGateway({ ...cryptomus.settings, TRUSTED_PROXIES: '127.0.0.1' })
  admin = await gateway.admin()
  alice = await gateway.signIn('alice')
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await cryptomus[Symbol.asyncDispose]()
})
beforeEach(async () => void (last = await lastVersion(gateway)))

/** The same account for administrators. */
function contractorAccount(account: string): string {
  const [, uuid = ''] = Buffer.from(account, 'base64').toString().split(':')
  return id('ContractorAccount', uuid)
}

const from = { 'x-forwarded-for': '192.0.2.7' }

/** The same gateway for clients that come from somewhere. */
const outside: Pick<Gateway, 'ask'> = { ask: (query, asking) => gateway.ask(query, { ...asking, headers: from }) }

async function written(): Promise<Version[]> {
  return versionsSince(gateway, last)
}

async function one(): Promise<Version> {
  const versions = await written()
  expect(versions).toHaveLength(1)
  return versions[0] ?? expect.unreachable()
}

const byAdmin = { whodunnit: '1', ip: '192.0.2.7' }
const byCustomer = { whodunnit: null, ip: '192.0.2.7' }

describe("What administrators change, in Yeti's audit log", () => {
  test('MUST tell of a profile from its creation to its end', async () => {
    const { create, update, remove } = asking(outside, admin)
    const made = valueOf(await create({ name: 'followed', invoices: false }))
    const model = { item_type: 'System::CustomerPortalAccessProfile', item_id: String(made.profileId), ...byAdmin }
    const first = await rowOf(gateway, profiles, made.profileId)
    const creation = await one()
    expect(creation).toMatchObject({ ...model, event: 'create', object: null })
    expectChanges(creation.changes, null, first)
    expect(creation.changes).toMatchObject({ name: [null, 'followed'], invoices: [null, false], account: [null, true] })

    last = creation.id
    const changed = valueOf(await update(made.id, made.version, { name: 'followed on', services: false }))
    const second = await rowOf(gateway, profiles, made.profileId)
    const change = await one()
    expect(change).toMatchObject({ ...model, event: 'update' })
    expectRow(change.object, first)
    expectChanges(change.changes, first, second)
    expect(Object.keys(change.changes).sort()).toEqual(['name', 'services', 'updated_at'])

    last = change.id
    valueOf(await remove(made.id, changed.version))
    const removal = await one()
    expect(removal).toMatchObject({ ...model, event: 'destroy' })
    expectRow(removal.object, second)
    expectChanges(removal.changes, second, null)
  })

  test('MUST tell of a login, and that its password is another, and never the password', async () => {
    const logins = loginsOf(outside, admin)
    const input = {
      login: 'yes',
      password: 'a password that is told to nobody',
      customerId: id('Contractor', 101),
      accessProfileId: globalId(1),
      accountIds: [contractorAccount(await accountId(gateway, retail))],
      allowedIps: ['192.0.2.0/24', '::1'],
    }
    const made = valueOf(await logins.create(input))
    const row = await rowOf(gateway, 'sys.api_access', made.loginId)
    const creation = await one()
    expect(creation).toMatchObject({ item_type: 'System::ApiAccess', event: 'create', object: null, ...byAdmin })
    expectChanges(creation.changes, null, row)
    expect(creation.changes).toMatchObject({
      login: [null, 'yes'],
      account_ids: [null, [retail]],
      allowed_ips: [null, ['192.0.2.0/24', '::1']],
      allow_outgoing_numberlists_ids: [null, []],
    })

    last = creation.id
    const renamed = valueOf(await logins.update(made.id, made.version, { login: '0123' }))
    const second = await rowOf(gateway, 'sys.api_access', made.loginId)
    valueOf(await logins.setPassword(made.id, 'another one that is told to nobody'))
    valueOf(await logins.signOut(made.id))
    const third = await rowOf(gateway, 'sys.api_access', made.loginId)
    valueOf(await logins.remove(made.id, renamed.version))
    const [rename, password, removal, ...more] = await written()
    expect(more).toEqual([])
    expect([rename, password, removal].map((version) => version?.event)).toEqual(['update', 'update', 'destroy'])
    expectRow(rename?.object ?? null, row)
    expectChanges(rename?.changes ?? {}, row, second)
    expect(Object.keys(password?.changes ?? {}).sort()).toEqual(['password_digest', 'updated_at'])
    expectChanges(password?.changes ?? {}, second, third)
    expectRow(removal?.object ?? null, third)
    const all = await gateway.primary.query('SELECT v::text FROM gui.versions v')
    expect(JSON.stringify(all.rows)).not.toMatch(/told to nobody|\$2[aby]\$/)
  })

  test('MUST tell of every profile of an import on its own, all in one transaction', async () => {
    const admins = asking(outside, admin)
    const { data } = await admins.export([globalId(1)])
    const [profile] = data.exportAccessProfiles.profiles
    const names = ['imported one', 'imported two']
    const file = { ...data.exportAccessProfiles, profiles: names.map((name) => ({ ...profile, name })) }
    const input = { profiles: file, onExisting: 'UPDATE' }
    expect((await admins.import({ ...input, dryRun: true })).errors).toBeUndefined()
    expect(await written()).toEqual([])
    expect((await admins.import({ ...input, dryRun: false })).errors).toBeUndefined()
    const versions = await written()
    expect(versions.map(({ event, changes }) => [event, changes['name']?.[1]])).toEqual(names.map((name) => ['create', name]))
    expect(new Set(versions.map(({ txid }) => txid)).size).toBe(1)
    last = versions.at(-1)?.id ?? 0
    const other = { ...file, profiles: [file.profiles[0], { ...file.profiles[1], flags: { ...profile.flags, invoices: !profile.flags.invoices } }] }
    expect((await admins.import({ ...input, profiles: other, dryRun: false })).errors).toBeUndefined()
    const [change, ...rest] = await written()
    expect(rest).toEqual([])
    expect(change).toMatchObject({ event: 'update', object: { name: 'imported two' } })
    expect(Object.keys(change?.changes ?? {}).sort()).toEqual(['invoices', 'updated_at'])
  }) // prettier-ignore

  test('MUST NOT have what was refused, or has changed nothing', async () => {
    const { create, update, read } = asking(outside, admin)
    await create({ name: '' })
    const { accessProfile } = (await read(globalId(1))).data
    await update(globalId(1), 'another version', { invoices: false })
    await update(globalId(1), accessProfile.version, { invoices: accessProfile.invoices })
    expect(await written()).toEqual([])
  })

  test.each(['yes', 'null', '0123', '12,345', ':symbol', '2026-07-18', '1:30', '~', '- x', 'a: b #c', '"quoted"', 'ünï 😀', '{a}', '=', '<<'])(
    'MUST read back a profile called %j as a text',
    async (name) => {
      const { create } = asking(outside, admin)
      valueOf(await create({ name }))
      expect((await one()).changes['name']).toEqual([null, name])
    },
  ) // prettier-ignore
})

describe("What customers change, in Yeti's audit log", () => {
  const as = { headers: from }

  async function listOf(): Promise<string> {
    const { data } = await gateway.ask('{ outgoingNumberlists { nodes { id } } }', { token: alice })
    return data.outgoingNumberlists.nodes[0].id
  }

  test('MUST tell of each number that is added, changed and removed, and from where', async () => {
    const input = { outgoingNumberlistId: await listOf(), keys: ['3804410', '0123', '3804411'], actionId: 1 }
    const { data } = await gateway.ask(
      'mutation ($input: CreateOutgoingNumberlistItemsInput!) { createOutgoingNumberlistItems(input: $input) { id } }',
      { token: alice, variables: { input }, ...as },
    )
    const [item] = data.createOutgoingNumberlistItems
    const creations = await written()
    expect(creations).toHaveLength(3)
    for (const creation of creations) {
      expect(creation).toMatchObject({ item_type: 'Routing::NumberlistItem', event: 'create', object: null, ...byCustomer })
      expectChanges(creation.changes, null, await rowOf(gateway, items, creation.item_id))
    }
    expect(creations.map(({ changes }) => changes['key'])).toEqual(input.keys.map((key) => [null, key]))

    const before = await rowOf(gateway, items, creations[0]?.item_id)
    await gateway.ask(`mutation { updateOutgoingNumberlistItem(id: "${item.id}", input: { actionId: null }) { id } }`, { token: alice, ...as })
    const after = await rowOf(gateway, items, creations[0]?.item_id)
    await gateway.ask(`mutation { deleteOutgoingNumberlistItem(id: "${item.id}") }`, { token: alice, ...as })
    const [change, removal, ...more] = (await written()).slice(3)
    expect(more).toEqual([])
    expect(change).toMatchObject({ event: 'update', item_id: String(before['id']), ...byCustomer })
    expectRow(change?.object ?? null, before)
    expectChanges(change?.changes ?? {}, before, after)
    expect(removal).toMatchObject({ event: 'destroy', item_id: String(before['id']), ...byCustomer })
    expectRow(removal?.object ?? null, after)
    expectChanges(removal?.changes ?? {}, after, null)
  }) // prettier-ignore

  test('MUST tell nothing of what is not theirs, or was refused', async () => {
    const [foreign] = (await gateway.primary.query(`SELECT i.id FROM ${items} i ORDER BY id`)).rows
    const own = await listOf()
    const erin = await gateway.signIn('erin')
    const item = Buffer.from(`OutgoingNumberlistItem:${foreign.id}`).toString('base64')
    for (const mutation of [
      `deleteOutgoingNumberlistItem(id: "${item}")`,
      `updateOutgoingNumberlistItem(id: "${item}", input: { actionId: 1 }) { id }`,
      `createOutgoingNumberlistItem(input: { outgoingNumberlistId: "${own}", key: "1" }) { id }`,
    ])
      expect((await gateway.ask(`mutation { ${mutation} }`, { token: erin })).errors).toHaveLength(1)
    expect(await written()).toEqual([])
  })

  test('MUST tell of an export', async () => {
    const { data, errors } = await gateway.ask(
      'mutation ($input: CreateOutgoingCdrExportInput!) { createOutgoingCdrExport(input: $input) { id } }',
      {
        token: alice,
        ...as,
        variables: {
          input: {
            accountId: await accountId(gateway, retail),
            filters: { timeStartGte: '2026-01-01T00:00:00Z', timeStartLt: '2026-01-02T00:00:00Z' },
            timeZoneName: 'Europe/Kyiv',
          },
        },
      },
    )
    expect(errors).toBeUndefined()
    expect(data.createOutgoingCdrExport).not.toBeNull()
    const creation = await one()
    expect(creation).toMatchObject({ item_type: 'CdrExport', event: 'create', object: null, ...byCustomer })
    const row = await rowOf(gateway, 'sys.cdr_exports', creation.item_id)
    expectChanges(creation.changes, null, row)
  })

  test('MUST tell of a payment from its creation to the balance that it tops up', async () => {
    await setRates(gateway, '0.9997')
    await create(gateway, alice, { accountId: await accountId(gateway, retail), amount: '100.50', notes: 'line\nline: "yes"' })
    const creation = await one()
    expect(creation).toMatchObject({ item_type: 'Payment', event: 'create', object: null, whodunnit: null })
    const pending = await rowOf(gateway, 'billing.payments', creation.item_id)
    expectChanges(creation.changes, null, pending)
    expect(creation.text).toContain('- !ruby/object:BigDecimal 18:0.1005e3\n')

    const account = await rowOf(gateway, 'billing.accounts', retail)
    last = creation.id
    expect(await notify(gateway.url, { order_id: creation.item_id, merchant_amount: '99.12345678' })).toBe(200)
    const [payment, balance, ...more] = await written()
    expect(more).toEqual([])
    expect(payment).toMatchObject({ item_type: 'Payment', event: 'update', item_id: creation.item_id })
    const credited = await rowOf(gateway, 'billing.payments', creation.item_id)
    expect(credited).toMatchObject({ status_id: completed })
    expectRow(payment?.object ?? null, pending)
    expectChanges(payment?.changes ?? {}, pending, credited)
    expect(balance).toMatchObject({ item_type: 'Account', event: 'update', item_id: String(retail) })
    expectRow(balance?.object ?? null, account)
    expectChanges(balance?.changes ?? {}, account, await rowOf(gateway, 'billing.accounts', retail))
    expect(Object.keys(balance?.changes ?? {})).toEqual(['balance'])
    expect(await notify(gateway.url, { order_id: creation.item_id, merchant_amount: '99.12345678' })).toBe(200)
    expect(await written()).toHaveLength(2)
  }) // prettier-ignore

  test('MUST tell of a payment that came to nothing', async () => {
    await setRates(gateway, '0.9997')
    const payment = await newPayment(gateway, alice)
    last = await lastVersion(gateway)
    expect(await notify(gateway.url, { order_id: payment.id, status: 'cancel' })).toBe(200)
    expect((await one()).changes).toEqual({ status_id: [30, canceled] })
    last = await lastVersion(gateway)
    cryptomus.behaviour = { status: 422, body: '{"state":1,"message":"no"}' }
    await create(gateway, alice, { accountId: await accountId(gateway, retail), amount: '7' })
    cryptomus.behaviour = 'answer'
    expect((await written()).map(({ event, changes }) => [event, changes['status_id']])).toEqual([
      ['create', [null, 30]],
      ['update', [30, canceled]],
    ])
  })
})

describe("Where Yeti's audit log cannot be written", () => {
  test.each([
    ['there is no right to add to it', ''],
    ['there is no right to its numbers', 'GRANT INSERT ON gui.versions TO ROLE; REVOKE ALL ON SEQUENCE gui.versions_id_seq FROM ROLE'],
    ['there is no such table', 'DROP TABLE gui.versions'],
  ])('since %s, changes MUST go on, and one line at the start MUST say so', async (_, statement) => {
    await using database = await modestDatabase()
    await database.owner.query(statement.replaceAll('ROLE', database.role))
    const settings = { DATABASE_URL: database.url, CUSTOMER_JWT_SECRET: customerSecret, ADMIN_JWT_SECRET: adminSecret }
    const lines: string[] = []
    const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line).msg) })
    await (await openDataSources(readConfig(settings), log))[Symbol.asyncDispose]()
    expect(lines.filter((line) => line.includes('gui.versions'))).toHaveLength(1)

    const app = await startApp(readConfig({ ...settings, PORT: '0', LOG_LEVEL: 'silent', EXPORT_WORKERS: '0' }))
    const ask = async (query: string, token?: string) => {
      const response = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ query }),
      })
      const { data, errors } = await response.json()
      expect(errors).toBeUndefined()
      return data
    }
    const { adminSignIn } = await ask('mutation { adminSignIn(username: "admin", password: "admin-demo") { token } }')
    await ask('mutation { createAccessProfile(input: { name: "made all the same" }) { id } }', adminSignIn.token)
    const { auditLog } = await ask('{ auditLog { nodes { subjectName } } }', adminSignIn.token)
    expect(auditLog.nodes).toEqual([{ subjectName: 'made all the same' }])
    await app[Symbol.asyncDispose]()
  }) // prettier-ignore

  test('the start MUST be silent about it where it can be written, and it MUST be', async () => {
    await using database = await modestDatabase()
    await database.owner.query(`GRANT INSERT ON gui.versions TO ${database.role}`)
    const lines: string[] = []
    const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line).msg) })
    const settings = { DATABASE_URL: database.url, CUSTOMER_JWT_SECRET: customerSecret, ADMIN_JWT_SECRET: adminSecret }
    await using sources = await openDataSources(readConfig(settings), log)
    expect(lines.filter((line) => line.includes('gui.versions'))).toEqual([])
    expect([...(sources.databases.versions?.keys() ?? [])]).toContain('sys.api_access')
  })
})
