import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sourceOf } from '../../src/backends/absent-columns.ts'
import { profileTable } from '../../src/backends/access-profiles.ts'
import { sql } from '../../src/backends/databases.ts'
import { readAbsentColumns } from '../../src/identity/identity.ts'
import { permissions } from '../../src/permissions/permissions.ts'
import { additions } from '../../src/permissions/younger-flags.ts'
import { asking, globalId, yetiFlags } from '../admin/support/access-profiles.ts'
import { memoryLog } from '../identity/support/portal.ts'
import { dynamicToken, makeToken, yetiToken } from '../identity/support/tokens.ts'
import { firstAccountOf, subscriptionTo } from '../subscriptions/support/calls.ts'
import { openSse } from '../subscriptions/support/streams.ts'
import { adminSecret, customerSecret, startGateway, type Gateway } from '../support/gateway.ts'
import { ages, expectedFlags, makeOlder, names, permissionsOf, setFlags, upgrade } from './support/ages.ts'

// Yeti's table of profiles as it was before each of the migrations that brought flags, the newest first.

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

const logins = ['alice', 'bob', 'carol', 'dave'] as const
const whoAmI = '{ viewer { login permissions } }'

async function warningsAtStart(): Promise<{ level: number; msg: string; flags: Record<string, boolean> }[]> {
  const { log, lines } = memoryLog()
  await readAbsentColumns(gateway.app.services.databases, log)
  return lines.map((line) => JSON.parse(line))
}

test('Every flag MUST be one of Yeti’s first, or known by the migration that brought it', () => {
  const first =
    'account outgoing_rateplans outgoing_cdrs outgoing_cdr_exports incoming_cdrs incoming_statistics invoices payments services transactions'
  const statistics = ' active_calls acd asr failed_calls successful_calls total_calls total_duration total_price'.split(
    ' ',
  )
  const atFirst = [...first.split(' '), ...statistics.map((name) => `outgoing_statistics${name && `_${name}`}`)]
  const younger = additions.flatMap(({ flags }) => flags.map((flag) => permissions[flag].column))
  expect([...atFirst, ...younger].sort()).toEqual(Object.keys(yetiFlags).sort())
  expect(additions.map(({ migration }) => migration)).toEqual(ages.map(({ lacks }) => lacks).reverse())
})

test('A Yeti of today MUST be no reason for a warning', async () => {
  expect(await warningsAtStart()).toEqual([])
})

describe.each(ages)('A gateway on a Yeti before $lacks', (age) => {
  let older: Gateway
  let token: string
  let profiles: ReturnType<typeof asking>
  beforeAll(async () => {
    await makeOlder(gateway, age)
    older = await gateway.another()
    token = await older.admin()
    profiles = asking(older, token)
  })
  afterAll(() => older[Symbol.asyncDispose]())

  test('MUST say once which flags it has not, and what holds', async () => {
    const missing = Object.fromEntries(age.missing.map((column) => [column, yetiFlags[column]]))
    const [warning, ...others] = await warningsAtStart()
    expect(others).toEqual([])
    expect(warning).toMatchObject({ level: 40, msg: expect.stringContaining('DATABASE_URL') })
    expect(warning?.flags).toEqual(missing)
  })

  test('MUST read profiles by their key, as if the columns were there', async () => {
    const { databases } = older.app.services
    const statement = sql`EXPLAIN SELECT * FROM ${sourceOf(databases, profileTable, 'p')} WHERE p.id = 1 FOR UPDATE`
    const rows = await databases.query<{ 'QUERY PLAN': string }>('primary', statement)
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/^LockRows.*\n +-> +(Index Scan using|Seq Scan on) [^\n]+(\n +(Index Cond|Filter): [^\n]+)?$/) // prettier-ignore
  })

  test.each(logins)('MUST let %s in, with the flags of the table and Yeti’s defaults for the others', async (login) => {
    const own = await older.signIn(login)
    const { data, errors } = await older.ask(whoAmI, { token: own })
    expect(errors).toBeUndefined()
    expect(data.viewer.permissions.toSorted()).toEqual(permissionsOf(await expectedFlags(gateway, login)))
    const allOff = await older.ask('{ outgoingCdrs(first: 1) { totalCount } }', { token: own })
    expect(allOff.errors === undefined).toBe(login !== 'dave')
  })

  test('MUST take Yeti’s tokens, of logins and dynamic ones', async () => {
    const { rows } = await gateway.primary.query("SELECT * FROM sys.api_access WHERE login = 'alice'")
    const [{ id, customer_id, customer_portal_access_profile_id }] = rows
    const expected = permissionsOf(await expectedFlags(gateway, 'alice'))
    const ours = { secret: customerSecret }
    for (const made of [
      makeToken(claimsOf(yetiToken(id)), ours),
      makeToken(claimsOf(dynamicToken({ customer_id, customer_portal_access_profile_id })), ours),
    ]) {
      const { data } = await older.ask(whoAmI, { token: made })
      expect(data.viewer.permissions.toSorted()).toEqual(expected)
    }
  })

  test('MUST run subscriptions', async () => {
    const account = await firstAccountOf(gateway, 'alice')
    await using stream = await openSse(older.url, subscriptionTo(account), { token: await older.signIn('alice') })
    expect((await stream.event(0)).errors).toBeUndefined()
  })

  test('MUST list profiles, filter and order them by any flag', async () => {
    const { data, errors } = await older.ask(
      `{ accessProfiles(first: 100) { totalCount nodes { profileId version ${names(age.missing).join(' ')} warnings { kind } logins(first: 5) { totalCount } } } }`,
      { token },
    )
    expect(errors).toBeUndefined()
    expect(data.accessProfiles.nodes).toHaveLength(data.accessProfiles.totalCount)
    for (const node of data.accessProfiles.nodes) {
      for (const column of age.missing) expect(node[names([column])[0] ?? '']).toBe(yetiFlags[column])
    }
    for (const column of age.columns) {
      const [name] = names([column])
      const found = await older.ask(
        `{ on: accessProfiles(where: { ${name}: { eq: true } }) { totalCount }
           off: accessProfiles(where: { ${name}: { eq: false } }, orderBy: { ${name}: DESC }) { totalCount nodes { name } } }`,
        { token },
      )
      const all = data.accessProfiles.totalCount
      expect(found.errors).toBeUndefined()
      expect([found.data.on.totalCount, found.data.off.totalCount]).toEqual(yetiFlags[column] ? [all, 0] : [0, all])
    }
  })

  test('MUST create, change, clone and remove profiles that are as this Yeti can have them', async () => {
    const defaults = Object.fromEntries(age.missing.map((column) => [names([column])[0], yetiFlags[column]]))
    const name = `before ${age.lacks}`
    const created = await profiles.create({ name, ...defaults, invoices: false })
    expect(created.errors).toBeUndefined()
    const { id, version } = created.data.createAccessProfile
    expect(created.data.createAccessProfile).toMatchObject({ ...defaults, invoices: false })
    const updated = await profiles.update(id, version, { ...defaults, invoices: true, payments: false })
    expect(updated.data.updateAccessProfile).toMatchObject({ ...defaults, invoices: true, payments: false })
    const cloned = await profiles.clone(id, `${name}, again`, defaults)
    expect(cloned.data.cloneAccessProfile).toMatchObject({ ...defaults, payments: false })
    const { rows } = await gateway.primary.query(
      'SELECT * FROM sys.customer_portal_access_profiles WHERE name LIKE $1',
      [`${name}%`],
    )
    for (const row of rows) expect(row).toMatchObject({ invoices: true, payments: false })
    for (const { data } of [updated, cloned]) {
      const profile = data.updateAccessProfile ?? data.cloneAccessProfile
      expect(await profiles.remove(profile.id, profile.version)).toMatchObject({ errors: undefined })
    }
  })

  test('MUST refuse by name what this Yeti cannot keep, in each way that it can be asked for', async () => {
    const { rows } = await gateway.primary.query(
      "SELECT customer_portal_access_profile_id AS id FROM sys.api_access WHERE login = 'bob'",
    )
    const id = globalId(rows[0].id)
    const { data: read } = await profiles.read(id)
    const [document] = [(await profiles.export([id])).data.exportAccessProfiles]
    for (const column of age.columns) {
      const [name = ''] = names([column])
      const wanted = { [name]: !yetiFlags[column] }
      const preview = await older.ask(
        'query ($id: ID!, $input: UpdateAccessProfileInput!) { previewAccessProfileChange(id: $id, input: $input) { lost } }',
        { token, variables: { id, input: wanted } },
      )
      document.profiles[0].flags[column] = !yetiFlags[column]
      const imported = await profiles.import({ profiles: document, dryRun: false, onExisting: 'UPDATE' })
      document.profiles[0].flags[column] = yetiFlags[column]
      const answers = [
        await profiles.create({ name: 'never', ...wanted }),
        await profiles.update(id, read.accessProfile.version, wanted),
        await profiles.clone(id, 'never', wanted),
        preview,
      ]
      for (const { errors } of answers)
        expect(errors).toMatchObject([{ extensions: { code: 'CONFLICT', argument: `input.${name}` } }])
      const argument = `input.profiles.profiles[0].flags.${column}`
      expect(imported.errors).toMatchObject([
        { message: expect.stringContaining(column), extensions: { code: 'CONFLICT', argument } },
      ])
    }
    expect((await profiles.read(id)).data).toEqual(read)
    const { rowCount } = await gateway.primary.query(
      "SELECT FROM sys.customer_portal_access_profiles WHERE name = 'never'",
    )
    expect(rowCount).toBe(0)
  })

  test('MUST carry profiles out and in, foresee and explain', async () => {
    const exported = await profiles.export()
    expect(exported.errors).toBeUndefined()
    const back = await profiles.import({ profiles: exported.data.exportAccessProfiles, onExisting: 'UPDATE' })
    expect(back.errors).toBeUndefined()
    expect(new Set(back.data.importAccessProfiles.profiles.map(({ action }: { action: string }) => action))).toEqual(
      new Set(['UNCHANGED']),
    )
    const { data } = await older.ask('{ portalLogins(where: { login: { eq: "bob" } }) { nodes { id accessProfile { id name } } } }', { token }) // prettier-ignore
    const [bob] = data.portalLogins.nodes
    const acting = await older.ask('mutation ($id: ID!) { actAsPortalLogin(id: $id) { token } }', { token, variables: { id: bob.id } }) // prettier-ignore
    expect(acting.errors).toBeUndefined()
    const seen = await older.ask(whoAmI, { token: acting.data.actAsPortalLogin.token })
    expect(seen.data.viewer.permissions.toSorted()).toEqual(permissionsOf(await expectedFlags(gateway, 'bob')))
    const preview = await older.ask(
      'query ($id: ID!) { previewAccessProfileChange(id: $id, input: { invoices: false }) { lost newWarnings { kind } changes { permission } } }',
      { token, variables: { id: bob.accessProfile.id } },
    )
    expect(preview.data.previewAccessProfileChange.changes).toEqual([{ permission: 'INVOICES' }])
    const explained = await older.ask(
      'query ($id: ID!) { explainAccess(loginId: $id, query: "{ outgoingNumberlists { totalCount } accounts { totalCount } }") { accepted errors { message } } }',
      { token, variables: { id: bob.id } },
    )
    expect(explained.data.explainAccess).toEqual({ accepted: true, errors: [] })
  })
})

test('A start on an older Yeti MUST say all of it in one line, and serve', async () => {
  const { database } = gateway.app.services.config
  if (database.kind === 'embedded') throw new TypeError('Not on databases of its own')
  const { PATH = '', HOME = '' } = process.env
  const directory = await mkdtemp(join(tmpdir(), 'older-yeti-'))
  const child = spawn(process.execPath, ['scripts/start.js'], {
    env: { PATH, HOME, PORT: '0', DATA_DIR: directory, DATABASE_URL: database.primaryUrl, CDR_DATABASE_URL: database.cdrUrl, CUSTOMER_JWT_SECRET: customerSecret, ADMIN_JWT_SECRET: adminSecret, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe'],
  }) // prettier-ignore
  let log = ''
  child.stderr.on('data', (text) => (log += String(text)))
  let said = ''
  // Before it starts it may have to be built.
  for await (const text of child.stdout) if ((said += String(text)).includes('/graphql')) break
  expect(said).toContain('/graphql')
  child.kill('SIGTERM')
  await once(child, 'close')
  await rm(directory, { recursive: true, force: true })
  const about = log.split('\n').filter((line) => /webrtc_dialer|older than/.test(line))
  expect(about).toHaveLength(1)
  const oldest = ages.at(-1)
  expect(Object.keys(JSON.parse(about[0] ?? '').flags).sort()).toEqual(oldest?.missing.toSorted())
})

describe('When Yeti is upgraded while the gateway runs', () => {
  let older: Gateway
  beforeAll(async () => {
    older = await gateway.another({ SUBSCRIPTION_INTERVAL: '0.2' })
  })
  afterAll(() => older[Symbol.asyncDispose]())

  test.each(ages.toReversed())('a flag of $lacks MUST count from the next request on', async (age) => {
    const token = await older.signIn('bob')
    const admin = asking(older, await older.admin())
    // Often enough that the database keeps the statements.
    for (let round = 0; round < 5; round += 1) await older.ask(whoAmI, { token })
    const before = (await older.ask(whoAmI, { token })).data.viewer.permissions
    const { rows } = await gateway.primary.query(
      "SELECT customer_portal_access_profile_id AS id FROM sys.api_access WHERE login = 'bob'",
    )
    const profile = globalId(rows[0].id)
    const { version } = (await admin.read(profile)).data.accessProfile

    await upgrade(gateway, age)
    expect((await older.ask(whoAmI, { token })).data.viewer.permissions).toEqual(before)
    expect((await admin.read(profile)).data.accessProfile.version).toBe(version)

    await setFlags(gateway, 'bob', Object.fromEntries(age.columns.map((column) => [column, !yetiFlags[column]])))
    const after = (await older.ask(whoAmI, { token })).data.viewer.permissions
    expect(after.toSorted()).toEqual(permissionsOf(await expectedFlags(gateway, 'bob')))
    for (const column of age.columns) expect(after.includes(column.toUpperCase())).toBe(!yetiFlags[column])

    const changed = (await admin.read(profile)).data.accessProfile
    expect(changed.version).not.toBe(version)
    const input = Object.fromEntries(age.columns.map((column) => [names([column])[0], yetiFlags[column]]))
    const { data } = await admin.update(profile, changed.version, input)
    expect(data.updateAccessProfile).toMatchObject({ ...input, version })
  })

  test('a subscription MUST end that a new flag denies, and nobody else’s', async () => {
    const [column] = ['outgoing_active_calls']
    const age = { columns: [column ?? ''] }
    await makeOlder(gateway, age)
    await using late = await gateway.another({ SUBSCRIPTION_INTERVAL: '0.2' })
    const account = await firstAccountOf(gateway, 'alice')
    // Denied, since there are younger flags than the one that is missing.
    await using refused = await openSse(late.url, subscriptionTo(account), { token: await late.signIn('alice') })
    expect((await refused.event(0)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])

    for (const younger of ages.slice(0, 2)) await makeOlder(gateway, younger)
    await using older = await gateway.another({ SUBSCRIPTION_INTERVAL: '0.2' })
    await using alices = await openSse(older.url, subscriptionTo(account), { token: await older.signIn('alice') })
    await using bobs = await openSse(older.url, subscriptionTo(account), { token: await older.signIn('bob') })
    await Promise.all([alices.event(0), bobs.event(0)])
    for (const each of [age, ...ages.slice(0, 2)]) await upgrade(gateway, each)
    await setFlags(gateway, 'bob', { outgoing_active_calls: false })
    expect(await bobs.ended()).toBe('complete')
    expect(bobs.events.at(-1)?.errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN', permission: 'OUTGOING_ACTIVE_CALLS' } },
    ])
    expect(alices.end).toBe(null)
    await setFlags(gateway, 'bob', { outgoing_active_calls: true })
  })
})

describe('A column that no age of Yeti explains', () => {
  test('MUST deny what it stands for to everybody, be named at the start, and count when it is there', async () => {
    const age = { columns: ['outgoing_numberlists'] }
    await makeOlder(gateway, age)
    const [warning, ...others] = await warningsAtStart()
    expect(others).toEqual([])
    expect(warning?.flags).toEqual({ outgoing_numberlists: false })
    await using odd = await gateway.another()
    const token = await odd.signIn('alice')
    const numberlists = '{ outgoingNumberlists(first: 1) { totalCount } accounts(first: 1) { totalCount } }'
    const { data, errors } = await odd.ask(numberlists, { token })
    expect(data.outgoingNumberlists).toBeNull()
    expect(data.accounts.totalCount).toBeGreaterThan(0)
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', permission: 'OUTGOING_NUMBERLISTS' } }])
    await upgrade(gateway, age)
    expect((await odd.ask(numberlists, { token })).errors).toBeUndefined()
  })

  test('MUST open nothing when it goes while the gateway runs', async () => {
    await using running = await gateway.another()
    const token = await running.signIn('dave')
    const rename = (from: string, to: string) =>
      gateway.primary.query(`ALTER TABLE sys.customer_portal_access_profiles RENAME ${from} TO ${to}`)
    const asked = '{ accounts(first: 1) { totalCount } viewer { permissions } }'
    const before = (await running.ask(asked, { token })).data
    expect(before.accounts).toBeNull()
    await rename('outgoing_numberlists', 'outgoing_lists')
    const { data, errors } = await running.ask(asked, { token })
    expect(data ?? null).toBeNull()
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }])
    await rename('outgoing_lists', 'outgoing_numberlists')
    expect((await running.ask(asked, { token })).data).toEqual(before)
  })
})

/** The claims of a token that was made with another secret. */
function claimsOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
