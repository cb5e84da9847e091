import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { asking, auditEntries, globalId, mustRefuse, profileRows, refused, untilWaiting, yetiFlags } from './support/access-profiles.ts' // prettier-ignore

interface Profile {
  readonly name: unknown
  readonly flags: unknown
}

let gateway: Gateway
/** On a database of its own: another system. */
let elsewhere: Gateway
let here: ReturnType<typeof asking>
let there: ReturnType<typeof asking>
let count = 0

beforeAll(async () => {
  gateway = await startGateway()
  elsewhere = await startGateway()
  here = asking(gateway, await gateway.admin())
  there = asking(elsewhere, await elsewhere.admin())
})
afterAll(async () => {
  await elsewhere[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})
beforeEach(() => gateway.primary.query("DELETE FROM sys.customer_portal_access_profiles WHERE name LIKE 'T %'"))

const freshName = () => `T ${++count}`
const columns = Object.keys(yetiFlags)

/** The document as it is described, written by hand. */
const documentOf = (...profiles: readonly unknown[]) => ({ format: 'yeti-access-profiles', version: 1, profiles })
const profile = (name: string, flags: Readonly<Record<string, unknown>> = {}): Profile => ({
  name,
  flags: { ...yetiFlags, ...flags },
})
const real = { dryRun: false, onExisting: 'UPDATE' } as const

async function create(flags: Readonly<Record<string, boolean>> = {}, name = freshName()) {
  const { data } = await here.create({ name, ...flags })
  return data.createAccessProfile
}

const stored = async (from: Gateway, name: string) => {
  const row = (await profileRows(from)).find((each) => each['name'] === name)
  return row && Object.fromEntries(columns.map((column) => [column, row[column]]))
}
/** Names and flags of all profiles, which is what is carried. */
const contents = async (from: Gateway) =>
  (await profileRows(from))
    .map((row) => [row['name'], columns.map((column) => row[column])] as const)
    .sort(([one], [two]) => (String(one) < String(two) ? -1 : 1))
const stateOf = async (of: Gateway) => [await profileRows(of), await auditEntries(of)]
const problemsOf = ({ errors }: Answer) =>
  (errors?.[0]?.extensions['problems'] as { argument: string; message: string }[]).map(({ argument }) => argument) // of our own shape

describe('An export', () => {
  it('MUST have every profile with every flag, in an order that does not depend on the database', async () => {
    await create({}, 'T b')
    await create({}, 'T B')
    const { data, errors } = await here.export()
    expect(errors).toBeUndefined()
    expect(data.exportAccessProfiles).toEqual(
      documentOf(...(await contents(gateway)).map(([name, flags]) => ({ name, flags: Object.fromEntries(columns.map((column, index) => [column, flags[index]])) }))), // prettier-ignore
    )
    expect(JSON.stringify(data)).not.toMatch(/"id"|created/)
  })

  it('MUST have flags in the order of the document that defines them', async () => {
    const { id } = await create()
    const { data } = await here.export([id])
    expect(Object.keys(data.exportAccessProfiles.profiles[0].flags).slice(0, 3)).toEqual(['allow_listen_recording', 'account', 'outgoing_rateplans']) // prettier-ignore
  })

  it('MUST be of those that are asked for, each once', async () => {
    const [one, two] = [await create({ invoices: false }), await create()]
    const { data } = await here.export([two.id, one.id, two.id])
    expect(data.exportAccessProfiles).toEqual(documentOf(profile(one.name, { invoices: false }), profile(two.name)))
  })

  it('MUST say which id is none, or nobody’s', async () => {
    const { id } = await create()
    const wrong = { code: 'BAD_USER_INPUT', argument: 'ids[1]' }
    await refused(gateway, () => here.export([id, 'x']), wrong)
    await refused(gateway, () => here.export([id, globalId(30_000)]), { code: 'NOT_FOUND', argument: 'ids[1]' })
    await refused(gateway, () => here.export([]), { code: 'BAD_USER_INPUT', argument: 'ids' })
    const many = Array.from({ length: 501 }, () => id)
    await refused(gateway, () => here.export(many), { code: 'BAD_USER_INPUT', argument: 'ids' })
  })

  it('MUST be refused rather than be cut short where there are more than it can have', async () => {
    await gateway.primary.query(`INSERT INTO sys.customer_portal_access_profiles (name, created_at, updated_at) SELECT 'T many ' || n, now(), now() FROM generate_series(1, 501) n`) // prettier-ignore
    await refused(gateway, () => here.export(), { code: 'BAD_USER_INPUT', argument: 'ids' })
  })

  it('MUST make the same profiles in another system', async () => {
    await create({ invoices: false, paymentsCryptomus: true }, `T "quoted" \\ ${freshName()} é😀`)
    const dave = await here.export()
    const { errors } = await there.import({ profiles: dave.data.exportAccessProfiles, ...real })
    expect(errors).toBeUndefined()
    expect(await contents(elsewhere)).toEqual(await contents(gateway))
    expect((await there.export()).data).toEqual(dave.data)
  })
})

describe('An import', () => {
  it('MUST create what there is not, change what is otherwise, and leave the rest', async () => {
    const [changed, same] = [await create({ invoices: false }), await create()]
    const name = freshName()
    const document = documentOf(profile(same.name), profile(name, { services: false }), profile(changed.name, { account: false })) // prettier-ignore
    const { data, errors } = await here.import({ profiles: document, ...real })
    expect(errors).toBeUndefined()
    const { dryRun, profiles } = data.importAccessProfiles
    expect(dryRun).toBe(false)
    expect(profiles.map(({ name: each, action }: { name: string; action: string }) => [each, action])).toEqual([
      [same.name, 'UNCHANGED'],
      [name, 'CREATE'],
      [changed.name, 'UPDATE'],
    ])
    expect(profiles[0].changes).toEqual([])
    expect(profiles[1].changes).toHaveLength(columns.length)
    expect(profiles[1].changes).toContainEqual({ permission: 'SERVICES', before: null, after: false })
    expect(profiles[2].changes).toEqual([
      { permission: 'ACCOUNT', before: true, after: false },
      { permission: 'INVOICES', before: false, after: true },
    ])
    expect(profiles[2].accessProfile).toEqual({ profileId: changed.profileId })
    expect(await stored(gateway, changed.name)).toEqual({ ...yetiFlags, account: false })
    expect(await stored(gateway, name)).toEqual({ ...yetiFlags, services: false })
  })

  it('MUST be in the audit log, an entry for each profile that is another', async () => {
    const [changed, same] = [await create({ invoices: false }), await create()]
    const name = freshName()
    const before = (await auditEntries(gateway)).length
    await here.import({ profiles: documentOf(profile(same.name), profile(name), profile(changed.name)), ...real })
    const entries = (await auditEntries(gateway)).slice(before)
    expect(entries).toEqual([
      expect.objectContaining({ action: 'create', subject_name: name, before: null, after: { name, ...yetiFlags } }),
      expect.objectContaining({ action: 'update', subject_id: changed.profileId, before: { invoices: false }, after: { invoices: true } }), // prettier-ignore
    ])
    expect(entries[0]?.subject_id).toBeGreaterThan(0)
  })

  it('MUST leave what there is, where that is asked for', async () => {
    const [one, name] = [await create({ invoices: false }), freshName()]
    const { data } = await here.import({ profiles: documentOf(profile(one.name), profile(name)), dryRun: false, onExisting: 'SKIP' }) // prettier-ignore
    expect(data.importAccessProfiles.profiles).toMatchObject([
      { action: 'SKIP', changes: [], accessProfile: { profileId: one.profileId } },
      { action: 'CREATE' },
    ])
    expect(await stored(gateway, one.name)).toEqual({ ...yetiFlags, invoices: false })
  })

  it('MUST overwrite nothing unless that is asked for, and name all that is there', async () => {
    const [one, two] = [await create({ invoices: false }), await create()]
    const profiles = documentOf(profile(one.name), profile(freshName()), profile(two.name))
    for (const input of [{ profiles }, { profiles, dryRun: false }, { profiles, dryRun: false, onExisting: 'FAIL' }]) {
      const answer = await refused(gateway, () => here.import(input), { code: 'CONFLICT' })
      expect(problemsOf(answer)).toEqual(['input.profiles.profiles[0].name', 'input.profiles.profiles[2].name'])
    }
  })

  it("MUST count with the customer's next request", async () => {
    const login = await gateway.login('customer')
    const invoices = () => gateway.ask('{ invoices { totalCount } }', { token: login.token })
    expect((await invoices()).errors).toBeUndefined()
    await here.import({ profiles: documentOf(profile('profile of customer', { invoices: false })), ...real })
    expect((await invoices()).errors?.[0]?.extensions).toMatchObject({ permission: 'INVOICES' })
  })

  it('MUST pass numbers that are taken', async () => {
    await gateway.primary.query(`SELECT setval('sys.customer_portal_access_profiles_id_seq', 1, false)`)
    const names = Array.from({ length: 40 }, freshName)
    const { errors } = await here.import({ profiles: documentOf(...names.map((name) => profile(name))), ...real })
    expect(errors).toBeUndefined()
    for (const name of names) expect(await stored(gateway, name)).toEqual(yetiFlags)
  })

  it('MUST take 500 profiles at once, and answer all that becomes of them', async () => {
    const profiles = documentOf(...Array.from({ length: 500 }, () => profile(freshName())))
    const { data, errors } = await here.import({ profiles, ...real })
    expect(errors).toBeUndefined()
    expect(data.importAccessProfiles.profiles).toHaveLength(500)
    expect(data.importAccessProfiles.profiles[499].changes).toHaveLength(columns.length)
  })

  it('MUST take a document that is written into the query', async () => {
    const name = freshName()
    const flags = columns.map((column) => `${column}: true`).join(', ')
    const query = `mutation { importAccessProfiles(input: { dryRun: false, profiles: { format: "yeti-access-profiles", version: 1, profiles: [{ name: "${name}", flags: { ${flags} } }] } }) { profiles { action } } }` // prettier-ignore
    const { data, errors } = await gateway.ask(query, { token: await gateway.admin() })
    expect(errors).toBeUndefined()
    expect(data.importAccessProfiles.profiles).toEqual([{ action: 'CREATE' }])
    expect(Object.values((await stored(gateway, name)) ?? {})).toEqual(columns.map(() => true))
  })
})

describe('A dry run', () => {
  const mixed = async () => {
    const [changed, same] = [await create({ invoices: false }), await create()]
    return documentOf(profile(freshName(), { services: false }), profile(changed.name), profile(same.name), profile(freshName())) // prettier-ignore
  }

  it.each(['UPDATE', 'SKIP'])('MUST answer what the real run does and write nothing, with %s', async (onExisting) => {
    const profiles = await mixed()
    const before = await stateOf(gateway)
    const foreseen = await here.import({ profiles, onExisting })
    expect(await stateOf(gateway)).toEqual(before)
    expect(foreseen.errors).toBeUndefined()
    expect(foreseen.data.importAccessProfiles.dryRun).toBe(true)
    const done = await here.import({ profiles, onExisting, dryRun: false })
    const withoutIds = ({ data }: Answer) =>
      data.importAccessProfiles.profiles.map(({ accessProfile: _, ...rest }: Record<string, unknown>) => rest)
    expect(withoutIds(done)).toEqual(withoutIds(foreseen))
    expect(done.data.importAccessProfiles.version).toBe(foreseen.data.importAccessProfiles.version)
    const ids = foreseen.data.importAccessProfiles.profiles.map(
      (each: Record<string, unknown>) => each['accessProfile'],
    )
    expect([ids[0], ids[3]]).toEqual([null, null])
  })

  it('MUST be what happens unless something else is said', async () => {
    const before = await stateOf(gateway)
    const { data } = await here.import({ profiles: documentOf(profile(freshName())) })
    expect(data.importAccessProfiles).toMatchObject({ dryRun: true, profiles: [{ action: 'CREATE' }] })
    expect(await stateOf(gateway)).toEqual(before)
  })

  it("MUST use up none of Yeti's numbers", async () => {
    const { profileId } = await create()
    for (let round = 0; round < 3; round += 1) await here.import({ profiles: documentOf(profile(freshName()), profile(freshName())) }) // prettier-ignore
    expect((await create()).profileId).toBe(profileId + 1)
  })

  it('MUST answer with a version that holds the real run to it', async () => {
    const existing = await create()
    const name = freshName()
    const profiles = documentOf(profile(existing.name, { invoices: false }), profile(name))
    const { data } = await here.import({ profiles, onExisting: 'UPDATE' })
    const { version } = data.importAccessProfiles
    const changed = await here.update(existing.id, existing.version, { services: false })
    await refused(gateway, () => here.import({ profiles, ...real, version }), { code: 'CONFLICT', argument: 'input.version' }) // prettier-ignore
    await here.update(existing.id, changed.data.updateAccessProfile.version, { services: true })
    const { profileId } = await create({}, name)
    await refused(gateway, () => here.import({ profiles, ...real, version }), { code: 'CONFLICT', argument: 'input.version' }) // prettier-ignore
    await gateway.primary.query('DELETE FROM sys.customer_portal_access_profiles WHERE id = $1', [profileId])
    expect((await here.import({ profiles, ...real, version })).errors).toBeUndefined()
  })
})

describe('What is wrong with a document', () => {
  const good = profile('T good')
  const flags = { ...yetiFlags }
  const { outgoing_cdrs: _, ...withoutOne } = flags
  const cases: readonly (readonly [string, unknown, readonly string[]])[] = [
    ['no object', [], ['']],
    ['a text', JSON.stringify(documentOf(good)), ['']],
    ['a number', 1, ['']],
    ['nothing in it', {}, ['.format', '.version', '.profiles']],
    ['another format', { ...documentOf(good), format: 'x' }, ['.format']],
    ['another version', { ...documentOf(good), version: 2 }, ['.version']],
    ['the version as a text', { ...documentOf(good), version: '1' }, ['.version']],
    ['something more', { ...documentOf(good), more: 1 }, ['.more']],
    ['no list of profiles', { ...documentOf(), profiles: { 0: good } }, ['.profiles']],
    ['no profile', documentOf(), ['.profiles']],
    ['501 profiles', documentOf(...Array.from({ length: 501 }, (_, index) => profile(`T ${index}`))), ['.profiles']],
    ['a profile that is none', documentOf(good, null, 'x', []), ['.profiles[1]', '.profiles[2]', '.profiles[3]']],
    ['an id', documentOf({ ...good, id: 1 }), ['.profiles[0].id']],
    ['no name', documentOf({ flags }), ['.profiles[0].name']],
    ['a number for a name', documentOf({ ...good, name: 5 }), ['.profiles[0].name']],
    ['names that are none', documentOf(profile(''), profile(' x'), profile('a\u0000'), profile('x'.repeat(256)), profile('\ud800')), [0, 1, 2, 3, 4].map((index) => `.profiles[${index}].name`)], // prettier-ignore
    ['a name twice', documentOf(good, profile('T other'), good), ['.profiles[2].name']],
    ['no flags', documentOf({ name: 'T x' }), ['.profiles[0].flags']],
    ['a list of flags', documentOf({ name: 'T x', flags: columns }), ['.profiles[0].flags']],
    ['a flag missing', documentOf({ name: 'T x', flags: withoutOne }), ['.profiles[0].flags.outgoing_cdrs']],
    ['a flag that is null', documentOf(profile('T x', { outgoing_cdrs: null })), ['.profiles[0].flags.outgoing_cdrs']],
    ['a flag that is a number', documentOf(profile('T x', { outgoing_cdrs: 1 })), ['.profiles[0].flags.outgoing_cdrs']],
    ['a flag that is a text', documentOf(profile('T x', { outgoing_cdrs: 'true' })), ['.profiles[0].flags.outgoing_cdrs']],
    ['an unknown flag', documentOf(profile('T x', { outgoing_cdr: true })), ['.profiles[0].flags.outgoing_cdr']],
    ['a flag by its name in GraphQL', documentOf(profile('T x', { outgoingCdrs: true })), ['.profiles[0].flags.outgoingCdrs']],
    ['a flag with an odd name', documentOf(profile('T x', { 'a b"\n': true })), ['.profiles[0].flags["a b\\"\\n"]']],
    ['names of JavaScript', documentOf(profile('T x', JSON.parse('{ "__proto__": true, "constructor": { "prototype": {} }, "toString": 1 }'))), ['__proto__', 'constructor', 'toString'].map((key) => `.profiles[0].flags${key.startsWith('_') ? `["${key}"]` : `.${key}`}`)], // prettier-ignore
  ] // prettier-ignore

  it.each(cases)('MUST be said of %s, by where it is, and nothing be written', async (_, profiles, places) => {
    for (const dryRun of [true, false]) {
      const answer = await refused(gateway, () => here.import({ ...real, dryRun, profiles }), {
        code: 'BAD_USER_INPUT',
        argument: `input.profiles${places[0]}`,
        problemCount: places.length,
      })
      expect(problemsOf(answer).toSorted()).toEqual(places.map((place) => `input.profiles${place}`).toSorted())
    }
  })

  it('MUST be said all at once', async () => {
    const answer = await here.import({
      profiles: {
        ...documentOf(good, { name: ' ', flags: { ...withoutOne, invoices: 0, nothing: true } }, good),
        version: 3,
      },
    })
    expect(problemsOf(answer).toSorted()).toEqual(
      ['version', 'profiles[1].name', 'profiles[1].flags.invoices', 'profiles[1].flags.nothing', 'profiles[1].flags.outgoing_cdrs', 'profiles[2].name'].map((place) => `input.profiles.${place}`).toSorted(), // prettier-ignore
    )
    expect(answer.errors?.[0]?.message).toContain('6 problems')
  })

  it('MUST keep all the right ones out as well', async () => {
    const names = [freshName(), freshName()]
    const profiles = documentOf(profile(names[0] ?? ''), profile(names[1] ?? '', { account: 1 }))
    await refused(gateway, () => here.import({ profiles, ...real }), { code: 'BAD_USER_INPUT' })
    for (const name of names) expect(await stored(gateway, name)).toBeUndefined()
  })

  const huge: readonly (readonly [string, () => unknown])[] = [
    [
      '10,000 profiles',
      () => documentOf(...Array.from({ length: 10_000 }, (_, index) => ({ name: `T ${index}`, flags: {} }))),
    ],
    ['half a million of nothing', () => ({ ...documentOf(), profiles: Array.from({ length: 500_000 }, () => 0) })],
    ['100,000 unknown flags', () => documentOf({ name: 'T x', flags: Object.fromEntries(Array.from({ length: 90_000 }, (_, index) => [`f${index}`, 1])) })], // prettier-ignore
    ['500 profiles without a flag', () => documentOf(...Array.from({ length: 500 }, (_, index) => ({ name: `T ${index}`, flags: {} })))], // prettier-ignore
    ['a name of a million characters', () => documentOf(profile('x'.repeat(900_000)))],
  ]
  it.each(huge)('MUST be said shortly of %s', async (_, make) => {
    const answer = await refused(gateway, () => here.import({ profiles: make() }), { code: 'BAD_USER_INPUT' })
    expect(problemsOf(answer).length).toBeLessThanOrEqual(100)
    expect(JSON.stringify(answer.errors).length).toBeLessThan(50_000)
  })

  const nested = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`
  it.each([
    ['lists', nested('[', ']', 200_000)],
    ['objects', nested('{"a":', '}', 100_000)],
    ['profiles', `{"format":"yeti-access-profiles","version":1,"profiles":${nested('[', ']', 200_000)}}`],
    ['flags', `{"format":"yeti-access-profiles","version":1,"profiles":[{"name":"T x","flags":${nested('{"account":', '}', 50_000)}}]}`], // prettier-ignore
  ])('MUST be said of %s that are nested without end, also to who has not signed in', async (_, json) => {
    const query = 'mutation ($json: JSON!) { importAccessProfiles(input: { profiles: $json }) { dryRun } }'
    for (const [token, code] of [
      [await gateway.admin(), 'BAD_USER_INPUT'],
      ['', 'UNAUTHENTICATED'],
    ] as const) {
      // prettier-ignore
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: `{"query":${JSON.stringify(query)},"variables":{"json":${json}}}`,
      })
      const { errors } = await response.json()
      expect(errors[0].extensions.code).toBe(code)
    }
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200)
  })

  it.each([
    { dryRun: null },
    { dryRun: 'no' },
    { onExisting: 'OVERWRITE' },
    { onExisting: null },
    { version: 5 },
    { profiles: null },
  ])('MUST be said of %j beside it', (input) =>
    mustRefuse(gateway, () => here.import({ profiles: documentOf(good), ...input }), { code: 'BAD_USER_INPUT' }),
  )
})

describe('Imports and others at the same time', () => {
  it('MUST not lose a change that somebody is just making', async () => {
    const existing = await create()
    const client = await gateway.primary.connect()
    await client.query('BEGIN')
    await client.query('UPDATE sys.customer_portal_access_profiles SET services = false WHERE id = $1', [
      existing.profileId,
    ])
    const run = here.import({ profiles: documentOf(profile(existing.name, { invoices: false })), ...real })
    await untilWaiting(gateway)
    await client.query('COMMIT')
    client.release()
    const { data } = await run
    // It waited, saw what had been changed, and says that it took it back.
    expect(data.importAccessProfiles.profiles[0].changes).toEqual([
      { permission: 'INVOICES', before: true, after: false },
      { permission: 'SERVICES', before: false, after: true },
    ])
  })

  it('MUST be a conflict, and write nothing, when somebody just gave one of the names', async () => {
    const [first, name] = [freshName(), freshName()]
    const client = await gateway.primary.connect()
    await client.query('BEGIN')
    await client.query('INSERT INTO sys.customer_portal_access_profiles (name, created_at, updated_at) VALUES ($1, now(), now())', [name]) // prettier-ignore
    const run = here.import({ profiles: documentOf(profile(first), profile(name)), ...real })
    await untilWaiting(gateway)
    await client.query('COMMIT')
    client.release()
    expect((await run).errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', argument: 'input.profiles' })
    expect(await stored(gateway, first)).toBeUndefined()
  })

  it('MUST all end, whatever they touch and in whatever order', async () => {
    await using second = await gateway.another()
    const other = asking(second, await second.admin())
    const existing = await Promise.all(Array.from({ length: 6 }, () => create()))
    const names = Array.from({ length: 6 }, freshName)
    const all = [...existing.map(({ name }) => name), ...names]
    const document = (flags: Readonly<Record<string, boolean>>, order: readonly string[]) =>
      documentOf(...order.map((name) => profile(name, flags)))
    const answers = await Promise.all([
      here.import({ profiles: document({ invoices: false }, all), ...real }),
      other.import({ profiles: document({ services: false }, all.toReversed()), ...real }),
      here.import({ profiles: document({ payments: false }, all.toSorted()), onExisting: 'UPDATE' }),
      other.import({ profiles: document({ payments: false }, all.toReversed()), onExisting: 'UPDATE' }),
      ...existing.map(({ id, version }) => other.update(id, version, { transactions: false })),
    ])
    for (const { errors } of answers) expect(errors?.[0]?.extensions.code ?? 'CONFLICT').toBe('CONFLICT')
    // All or none: what one import wrote is in all of its profiles that nobody else has changed since.
    const rows = (await profileRows(gateway)).filter(({ name }) => names.includes(String(name)))
    expect(rows.length % names.length).toBe(0)
    expect(new Set(rows.map(({ invoices, services }) => `${invoices} ${services}`)).size).toBeLessThanOrEqual(1)
    expect(rows.every(({ id }) => Number(id) > 0)).toBe(true)
  })
})
