import { setTimeout as delay } from 'node:timers/promises'
import { getIntrospectionQuery, type IntrospectionQuery } from 'graphql'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { inSeconds, makeToken } from '../identity/support/tokens.ts'
import { firstAccountOf, setActiveCalls, subscriptionTo, type TestAccount } from '../subscriptions/support/calls.ts'
import { openSocketStream, openSse, type OpenStream, type Stream } from '../subscriptions/support/streams.ts'
import { customerSecret, startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { asking, auditEntries, globalId, profileRows, roleFile } from './support/access-profiles.ts'
import { registeredUntil } from './support/registry.ts'

let roles: Awaited<ReturnType<typeof roleFile>>
let gateway: Gateway
/** A gateway in a process of its own. */
let apart: Awaited<ReturnType<Gateway['apart']>>
let root: string
let reader: string
let account: TestAccount
let login: Awaited<ReturnType<Gateway['login']>>
beforeAll(async () => {
  roles = await roleFile({ reader: ['read'], blind: ['change', 'remove'] })
  gateway = await startGateway({ SUBSCRIPTION_INTERVAL: '0.2', ADMIN_POLICY_FILE: roles.path })
  apart = await gateway.apart()
  root = await gateway.admin()
  reader = await gateway.admin('reads', ['reader'])
  account = await firstAccountOf(gateway, 'alice')
  login = await gateway.login('foreseen')
}, 120_000)
afterAll(async () => {
  await apart[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
  await roles[Symbol.asyncDispose]()
})

type Values = Readonly<Record<string, unknown>>

const running = 'totalCount nodes { login field operationName process startedAt lostPermissions portalLogin { login } }'
const everything = `
  profile { name version loginCount logins { totalCount nodes { login } } } newName changes { permission before after }
  gained lost newWarnings { kind permissions message } settledWarnings { message } runningAsOf
  endingSubscriptions { ${running} } affectedSubscriptions { ${running} }`

function preview(id: string, input: Values, fields = everything, token: string | undefined = root): Promise<Answer> {
  return gateway.ask(
    `query ($id: ID!, $input: UpdateAccessProfileInput!) { previewAccessProfileChange(id: $id, input: $input) { ${fields} } }`,
    { ...(token !== undefined && { token }), variables: { id, input } },
  )
}

async function profileOf(name: string): Promise<{ id: number; globalId: string; version: string }> {
  const { rows } = await gateway.primary.query(
    'SELECT customer_portal_access_profile_id AS id FROM sys.api_access WHERE login = $1',
    [name],
  )
  const found = await asking(gateway, root, 'version').read(globalId(rows[0].id))
  return { id: rows[0].id, globalId: globalId(rows[0].id), version: found.data.accessProfile.version }
}

/** Who would be concerned, by the names of their operations. */
interface Foreseen {
  readonly ending: readonly string[]
  readonly affected: readonly string[]
}

async function foreseen(id: string, input: Values): Promise<Foreseen> {
  const { data } = await preview(
    id,
    input,
    'endingSubscriptions { nodes { operationName } } affectedSubscriptions { nodes { operationName } }',
  )
  const { endingSubscriptions, affectedSubscriptions } = data.previewAccessProfileChange
  const names = ({ nodes }: { nodes: { operationName: string }[] }) => nodes.map((each) => each.operationName).sort()
  return { ending: names(endingSubscriptions), affected: names(affectedSubscriptions) }
}

describe('Foreseeing what runs', () => {
  let second: Awaited<ReturnType<Gateway['login']>>
  let other: Awaited<ReturnType<Gateway['login']>>
  let dynamic: string
  let streams: Map<string, Stream>
  let profile: string
  const withName = 'count account { name }'
  beforeAll(async () => {
    second = await gateway.login('second')
    other = await gateway.login('otherwise')
    const { id, globalId } = await profileOf('foreseen')
    profile = globalId
    const { rows } = await gateway.primary.query(
      `UPDATE sys.api_access SET customer_portal_access_profile_id = $1 WHERE login = 'second' RETURNING customer_id`,
      [id],
    )
    const cfg = { customer_id: rows[0].customer_id, customer_portal_access_profile_id: id }
    dynamic = makeToken({ sub: 'D', aud: ['customer-v1'], cfg, exp: inSeconds(600) }, { secret: customerSecret })
  })

  async function open(name: string, open: OpenStream, url: string, token: string, fields: string, headers = {}) {
    const query = subscriptionTo(account, fields).replace('subscription', `subscription ${name}`)
    const stream = await open(url, query, { token, headers })
    expect((await stream.event(0)).errors).toBeUndefined()
    streams.set(name, stream)
  }

  /** All that runs, on two processes, over both transports, of three logins and a token without one, with two profiles. */
  async function openAll(): Promise<void> {
    streams = new Map()
    await login.set({ account: true, outgoingActiveCalls: true })
    const reject = { 'x-denied': 'reject' }
    await open('count_here', openSse, gateway.url, login.token, 'count')
    await open('name_apart', openSocketStream, apart.url, login.token, withName)
    await open('id_here', openSocketStream, gateway.url, second.token, 'count account { id }')
    await open('whole_apart', openSse, apart.url, second.token, withName, reject)
    await open('whole_count_here', openSse, gateway.url, second.token, 'count', reject)
    await open('dynamic_apart', openSse, apart.url, dynamic, withName)
    await open('other_here', openSocketStream, gateway.url, other.token, withName)
    await open('other_apart', openSse, apart.url, other.token, withName)
    await registeredUntil(gateway, streams.size)
  } // prettier-ignore

  afterEach(async () => {
    await Promise.all([...streams.values()].map((stream) => stream[Symbol.asyncDispose]()))
    await registeredUntil(gateway, 0)
  })

  /** What became of each since `counts` events had come. */
  async function outcome(counts: ReadonlyMap<string, number>): Promise<Foreseen & { readonly kept: string[] }> {
    const [ending, affected, kept]: string[][] = [[], [], []]
    // Long enough for what nobody expects to come as well.
    await delay(2_500)
    for (const [name, { events, end }] of streams) {
      const later = events.slice(counts.get(name))
      const isNull = later.some(({ data }) => data?.outgoingActiveCalls?.account?.name === null)
      if (end !== null) ending?.push(name)
      else if (isNull) affected?.push(name)
      else {
        expect([name, later.length]).toEqual([name, 0])
        kept?.push(name)
      }
    }
    return { ending: ending?.sort() ?? [], affected: affected?.sort() ?? [], kept: kept?.sort() ?? [] }
  }

  const counts = (): Map<string, number> => new Map([...streams].map(([name, { events }]) => [name, events.length]))

  it('MUST say which subscriptions of two processes end and which lose fields: just these do, and no other', async () => {
    await openAll()
    const first = { account: false, invoices: false, outgoingCdrs: false }
    expect(await foreseen(profile, first)).toEqual({ ending: ['whole_apart'], affected: ['dynamic_apart', 'name_apart'] })
    let before = counts()
    // As Yeti would change it.
    await login.set(first)
    expect(await outcome(before)).toEqual({
      ending: ['whole_apart'],
      affected: ['dynamic_apart', 'name_apart'],
      kept: ['count_here', 'id_here', 'other_apart', 'other_here', 'whole_count_here'],
    })
    await registeredUntil(gateway, 7)

    const then = { outgoingActiveCalls: false }
    const ending = ['count_here', 'dynamic_apart', 'id_here', 'name_apart', 'whole_count_here']
    expect(await foreseen(profile, then)).toEqual({ ending, affected: [] })
    // What is lost already cannot be lost again.
    expect(await foreseen(profile, { account: false })).toEqual({ ending: [], affected: [] })
    await streams.get('whole_apart')?.ended()
    streams.delete('whole_apart')
    before = counts()
    const { version } = await profileOf('foreseen')
    expect((await asking(gateway, root, 'version').update(profile, version, then)).errors).toBeUndefined()
    expect(await outcome(before)).toEqual({ ending, affected: [], kept: ['other_apart', 'other_here'] })
    // Those that are left still tell what they told.
    await setActiveCalls(gateway, account, 77)
    for (const name of ['other_here', 'other_apart']) {
      const stream = streams.get(name)
      const { data, errors } = (await stream?.event(before.get(name) ?? 0)) ?? {}
      expect([data?.outgoingActiveCalls.account.name, errors]).toEqual([expect.any(String), undefined])
    }
  }, 60_000) // prettier-ignore

  it('MUST say of each whose it is, what it asks for, where and since when it runs, and what it would lose', async () => {
    await openAll()
    const { data, errors } = await preview(profile, { account: false, outgoingActiveCalls: false, payments: false })
    expect(errors).toBeUndefined()
    const { endingSubscriptions, affectedSubscriptions, runningAsOf } = data.previewAccessProfileChange
    expect(affectedSubscriptions).toEqual({ totalCount: 0, nodes: [] })
    expect(endingSubscriptions.totalCount).toBe(6)
    const found = new Map<string, Values>(endingSubscriptions.nodes.map((node: Values) => [node['operationName'], node]))
    const row = (name: string, login: string | null, lost: readonly string[]) => ({
      login: login ?? 'dynamic',
      portalLogin: login && { login },
      field: 'outgoingActiveCalls',
      operationName: name,
      process: name.endsWith('here') ? expect.stringMatching(new RegExp(` ${process.pid}$`)) : expect.not.stringMatching(new RegExp(` ${process.pid}$`)),
      startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      lostPermissions: lost,
    })
    expect(found.get('count_here')).toEqual(row('count_here', 'foreseen', ['OUTGOING_ACTIVE_CALLS']))
    expect(found.get('whole_apart')).toEqual(row('whole_apart', 'second', ['ACCOUNT', 'OUTGOING_ACTIVE_CALLS']))
    expect(found.get('dynamic_apart')).toEqual(row('dynamic_apart', null, ['OUTGOING_ACTIVE_CALLS']))
    expect(Date.now() - Date.parse(runningAsOf)).toBeLessThan(15_000)
    const few = await preview(profile, { outgoingActiveCalls: false }, 'endingSubscriptions(first: 2) { totalCount nodes { operationName } }')
    expect(few.data.previewAccessProfileChange.endingSubscriptions).toMatchObject({ totalCount: 6, nodes: [{ operationName: 'count_here' }, {}] })
    expect(few.data.previewAccessProfileChange.endingSubscriptions.nodes).toHaveLength(2)
  }, 60_000) // prettier-ignore

  it('MUST not count what ran in a process that died without a word', async () => {
    await openAll()
    const { rows } = await gateway.primary.query('SELECT name FROM portal.gateway_processes')
    const pids = rows.map(({ name }) => Number(name.split(' ').at(-1))).filter((pid) => pid !== process.pid)
    expect(pids).toHaveLength(1)
    process.kill(pids[0] ?? 0, 'SIGKILL')
    for (const name of ['name_apart', 'whole_apart', 'dynamic_apart', 'other_apart']) await streams.get(name)?.ended()
    await expect
      .poll(() => foreseen(profile, { outgoingActiveCalls: false }), { timeout: 20_000 })
      .toEqual({ ending: ['count_here', 'id_here', 'whole_count_here'], affected: [] })
    await gateway.primary.query(`UPDATE portal.gateway_processes SET seen_at = now() - interval '2 minutes' WHERE name LIKE '% ' || $1`, [pids[0]])
    await registeredUntil(gateway, 4)
  }, 60_000) // prettier-ignore
})

describe('Foreseeing a change', () => {
  let id: string
  beforeAll(async () => {
    id = (await profileOf('foreseen')).globalId
    await login.set({ account: true, outgoingActiveCalls: true, invoices: true, outgoingCdrs: true })
  })

  /** All that somebody is shown of the schema, by name. */
  async function shownTo(token: string): Promise<Set<string>> {
    const { data } = await gateway.ask(getIntrospectionQuery(), { token })
    const { types } = (data as IntrospectionQuery).__schema
    return new Set(
      types
        .filter(({ name }) => !name.startsWith('__'))
        .flatMap((type) => {
          if (type.kind === 'INPUT_OBJECT') return type.inputFields.map(({ name }) => `${type.name}.${name}`)
          if (type.kind !== 'OBJECT' && type.kind !== 'INTERFACE') return []
          return type.fields.flatMap((field) => {
            const coordinate = `${type.name}.${field.name}`
            return [coordinate, ...field.args.map(({ name }) => `${coordinate}(${name}:)`)]
          })
        }),
    )
  }

  const inputs: readonly Values[] = [
    { account: false },
    { outgoingCdrs: false, incomingCdrs: false },
    { payments: false, paymentsCryptomus: false, transactions: false },
    { services: false, outgoingStatisticsAsr: false, webrtcDialer: false },
  ]
  it.each(inputs)('MUST name just what its logins are then shown no more, and back what they gain: %j', async (input) => {
    const before = await shownTo(login.token)
    const there = await preview(id, input, 'gained lost')
    await login.set(input)
    const after = await shownTo(login.token)
    const back = Object.fromEntries(Object.keys(input).map((key) => [key, true]))
    const again = await preview(id, back, 'gained lost')
    await login.set(back)
    const lost = [...before].filter((name) => !after.has(name)).sort()
    expect(lost.length).toBeGreaterThan(0)
    expect(there.data.previewAccessProfileChange).toEqual({ gained: [], lost })
    expect(again.data.previewAccessProfileChange).toEqual({ gained: lost, lost: [] })
  }) // prettier-ignore

  it('MUST show the flags that would be others, a new name, and the profile with its logins as it is', async () => {
    const { data, errors } = await preview(id, { name: 'a better name', account: false, payments: true, invoices: false })
    expect(errors).toBeUndefined()
    expect(data.previewAccessProfileChange).toMatchObject({
      newName: 'a better name',
      changes: [
        { permission: 'ACCOUNT', before: true, after: false },
        { permission: 'INVOICES', before: true, after: false },
      ],
      profile: { name: 'profile of foreseen', loginCount: 2, logins: { totalCount: 2, nodes: [{ login: 'foreseen' }, { login: 'second' }] } },
    })
  }) // prettier-ignore

  it('MUST say nothing of what is so already', async () => {
    const { data } = await preview(id, { name: 'profile of foreseen', account: true })
    expect(data.previewAccessProfileChange).toMatchObject({
      newName: null,
      changes: [],
      gained: [],
      lost: [],
      newWarnings: [],
      settledWarnings: [],
      runningAsOf: null,
      endingSubscriptions: { totalCount: 0, nodes: [] },
      affectedSubscriptions: { totalCount: 0, nodes: [] },
    })
  })

  it('MUST warn of what could be computed then, and of nothing that could be before', async () => {
    const { data } = await preview(id, { outgoingStatisticsAsr: false })
    const { newWarnings } = data.previewAccessProfileChange
    expect(newWarnings.map(({ permissions }: { permissions: string[] }) => permissions)).toContainEqual(['OUTGOING_STATISTICS_ASR'])
    await login.set({ outgoingStatisticsAsr: false })
    const back = await preview(id, { outgoingStatisticsAsr: true })
    expect(back.data.previewAccessProfileChange.settledWarnings).toEqual(newWarnings.map(({ message }: Values) => ({ message })))
    const again = await preview(id, { outgoingStatisticsAsr: false })
    expect(again.data.previewAccessProfileChange.newWarnings).toEqual([])
    await login.set({ outgoingStatisticsAsr: true })
  }) // prettier-ignore

  it('MUST write nothing', async () => {
    const before = [await profileRows(gateway), await auditEntries(gateway)]
    const { databases } = gateway.app.services
    const statements: string[] = []
    databases.onStatement = (_database, text) => void statements.push(text.trim())
    const { errors } = await preview(id, { name: 'written?', account: false, outgoingActiveCalls: false })
    databases.onStatement = null
    expect(errors).toBeUndefined()
    expect(statements.length).toBeGreaterThan(2)
    for (const text of statements) expect(text).toMatch(/^(?:SELECT|WITH)\b(?!.*\b(?:INSERT|UPDATE|DELETE)\b)/s)
    expect([await profileRows(gateway), await auditEntries(gateway)]).toEqual(before)
  })

  it('MUST not speak of what the operator hides', async () => {
    await using hiding = await gateway.another({ OUTGOING_CDR_HIDE_FIELDS: 'src_name_in' })
    const ask = async (at: Gateway) => {
      const { data } = await at.ask(
        'query ($id: ID!) { previewAccessProfileChange(id: $id, input: { outgoingCdrs: false }) { lost } }',
        { token: root, variables: { id } },
      )
      return data.previewAccessProfileChange.lost.filter((name: string) => /srcNameIn/.test(name))
    }
    expect(await ask(gateway)).toContain('OutgoingCdr.srcNameIn')
    expect(await ask(hiding)).toEqual([])
  })
})

describe('Who may foresee', () => {
  const fields = 'changes { permission } endingSubscriptions { totalCount }'
  let id: string
  beforeAll(async () => void (id = (await profileOf('foreseen')).globalId))

  it('MUST be an administrator who may see profiles, and need not be able to change them', async () => {
    const { data, errors } = await preview(id, { account: false, name: 'x' }, fields, reader)
    expect(errors).toBeUndefined()
    expect(data.previewAccessProfileChange).toEqual({
      changes: [{ permission: 'ACCOUNT' }],
      endingSubscriptions: { totalCount: 0 },
    })
    const { version } = await profileOf('foreseen')
    const made = await asking(gateway, reader, 'version').update(id, version, { account: false })
    expect(made.errors).toMatchObject([{ extensions: { permission: 'ADMIN_CHANGE_ACCESS_PROFILES' } }])
  })

  it('MUST not be told of logins without the right to see them', async () => {
    await using stream = await openSse(gateway.url, subscriptionTo(account), login)
    await stream.event(0)
    await registeredUntil(gateway, 1)
    const input = { outgoingActiveCalls: false }
    const nodes = 'login portalLogin { login } field lostPermissions'
    const { data, errors } = await preview(id, input, `endingSubscriptions { totalCount nodes { ${nodes} } }`, reader)
    expect(data.previewAccessProfileChange.endingSubscriptions).toEqual({
      totalCount: 1,
      nodes: [
        { login: null, portalLogin: null, field: 'outgoingActiveCalls', lostPermissions: ['OUTGOING_ACTIVE_CALLS'] },
      ],
    })
    expect(errors?.map(({ extensions }) => [extensions['coordinate'], extensions['permission']])).toEqual([
      ['RunningSubscription.login', 'ADMIN_READ_PORTAL_LOGINS'],
      ['RunningSubscription.portalLogin', 'ADMIN_READ_PORTAL_LOGINS'],
    ])
  })

  it('MUST be nobody else', async () => {
    const blind = await gateway.admin('blind', ['blind'])
    const denials = [
      [blind, { code: 'FORBIDDEN', permission: 'ADMIN_READ_ACCESS_PROFILES' }],
      [login.token, { code: 'FORBIDDEN', permission: 'ADMIN' }],
      [undefined, { code: 'UNAUTHENTICATED' }],
    ] as const
    for (const [token, extensions] of denials) {
      const answer = await gateway.ask(
        `query ($id: ID!) { previewAccessProfileChange(id: $id, input: { account: false }) { ${fields} } }`,
        { ...(token && { token }), variables: { id } },
      )
      expect([answer.data, answer.errors]).toMatchObject([{ previewAccessProfileChange: null }, [{ extensions }]])
    }
  })
})

describe('What cannot be foreseen', () => {
  const wrong: readonly (readonly [name: string, id: string, input: Values, expected: Values])[] = [
    ['a profile that there is not', globalId(31_999), { account: false }, { code: 'NOT_FOUND', argument: 'id' }],
    ['a number beyond all profiles', globalId('123456789012345678'), { account: false }, { code: 'NOT_FOUND' }],
    ['what is no id', 'nonsense', { account: false }, { code: 'BAD_USER_INPUT', argument: 'id' }],
    ['the id of something else', Buffer.from('PortalLogin:1').toString('base64'), { account: false }, { code: 'BAD_USER_INPUT', argument: 'id' }],
    ['no change', globalId(1), {}, { code: 'BAD_USER_INPUT', argument: 'input' }],
    ['a flag that is neither on nor off', globalId(1), { account: null }, { code: 'BAD_USER_INPUT', argument: 'input.account' }],
    ['no name', globalId(1), { name: null }, { code: 'BAD_USER_INPUT', argument: 'input.name' }],
    ['an empty name', globalId(1), { name: ' ' }, { code: 'BAD_USER_INPUT', argument: 'input.name' }],
  ] // prettier-ignore
  it.each(wrong)('MUST be refused: %s', async (_name, id, input, expected) => {
    const { data, errors } = await preview(id, input, 'lost')
    expect(data).toEqual({ previewAccessProfileChange: null })
    expect(errors).toMatchObject([{ extensions: expected }])
  })

  it.each([0, -1, 501])('MUST be refused: a page of %i', async (first) => {
    const { errors } = await preview(globalId(1), { account: false }, `endingSubscriptions(first: ${first}) { totalCount }`)
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'first' } }])
  }) // prettier-ignore

  it('MUST be refused: an attribute that no profile has', async () => {
    const { errors } = await preview(globalId(1), { isAdministrator: true }, 'lost')
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })
})
