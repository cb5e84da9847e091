import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { only, startGateway, type Gateway } from '../support/gateway.ts'
import { forgetActiveCalls, setActiveCalls, subscriptionTo } from '../subscriptions/support/calls.ts'
import { borealis, forgetSingleCalls, writeSnapshot } from '../subscriptions/support/single-calls.ts'
import { openSse } from '../subscriptions/support/streams.ts'
import { accountId, main, unknownAccount } from './support/calls.ts'
import { camelCase, shownTime, textRows, type RawRow } from './support/subjects.ts'

let gateway: Gateway
let token: string
let account: { readonly internal: number; readonly id: string }

/** Section 7.2 of Yeti's behaviour, word for word. */
const columns = [
  'snapshot_timestamp', 'start_time', 'connect_time', 'destination_prefix', 'destination_initial_interval',
  'destination_initial_rate', 'destination_next_interval', 'destination_next_rate', 'destination_fee', 'src_name_in',
  'src_prefix_in', 'dst_prefix_in', 'src_prefix_routing', 'dst_prefix_routing', 'from_domain', 'to_domain',
  'ruri_domain', 'diversion_in', 'pai_in', 'ppi_in', 'privacy_in', 'rpid_in', 'rpid_privacy_in',
  'auth_orig_transport_protocol_id', 'auth_orig_ip', 'auth_orig_port',
] // prettier-ignore
const integers = new Set([
  'destination_initial_interval',
  'destination_next_interval',
  'auth_orig_transport_protocol_id',
  'auth_orig_port',
])
const all = columns.map(camelCase).join(' ')

/** Values that make filters earn their living: in both cases, with wildcards, missing, alike but for the end. */
const texts = [
  null,
  '',
  '380501234567',
  '380501234568',
  '12345',
  '50%_Off\\x',
  'Ünïcode Élan',
  'ünïcode élan',
  'abc',
  'ABC',
]
const addresses = [null, '192.0.2.1', '192.0.2.10', '2001:db8::1', '::ffff:192.0.2.1']

/** Sixty calls of alice's first account, some of which began at the same moment. */
function trickyCalls(): Record<string, unknown>[] {
  const pick = <T>(values: readonly T[], index: number, step: number): T | undefined =>
    values[(index * step + Math.floor(index / 7)) % values.length]
  return Array.from({ length: 60 }, (_, index) => ({
    customer_acc_id: main,
    start_time: new Date(Date.now() - 3_600_000 + (index % 20) * 1001).toISOString(),
    connect_time: index % 3 === 0 ? null : new Date(Date.now() - 60_000 - index).toISOString(),
    destination_prefix: pick(texts, index, 1),
    destination_initial_interval: index % 4 === 0 ? null : 60,
    destination_initial_rate: pick([null, '0', '0.10', '12345678901234567890.0123456789'], index, 1),
    destination_next_interval: index,
    destination_next_rate: '0.010',
    destination_fee: '-1.5',
    ...Object.fromEntries(columns.slice(9, 23).map((column, at) => [column, pick(texts, index, at + 1)])),
    auth_orig_transport_protocol_id: pick([null, 1, 2, 3], index, 1),
    auth_orig_ip: pick(addresses, index, 1),
    auth_orig_port: pick([null, 0, 5060, 65_535], index, 3),
  }))
}

/** The calls of the newest snapshot, straight from the table, those that began last first. */
async function newest(): Promise<RawRow[]> {
  const rows = await textRows(
    gateway.primary,
    `SELECT * FROM portal.active_calls WHERE snapshot_timestamp = (SELECT max(snapshot_timestamp) FROM portal.active_calls)`,
  )
  const own = rows.filter((row) => row['customer_id'] === '101' && row['customer_acc_id'] === String(main))
  const key = (row: RawRow) => `${shownTime(row['start_time'] ?? '')} ${row['id']?.padStart(20, '0')}`
  return own.sort((one, other) => (key(one) < key(other) ? 1 : -1))
}

function shown(row: RawRow): Record<string, unknown> {
  const value = (column: string) => {
    const text = row[column] ?? null
    if (text === null) return null
    if (integers.has(column)) return Number(text)
    return /(timestamp|time)$/.test(column) ? shownTime(text) : text
  }
  return Object.fromEntries(columns.map((column) => [camelCase(column), value(column)]))
}

async function ask(fields: string, asked = account.id, asking = token) {
  return gateway.ask(`{ active: outgoingActiveCalls(accountId: "${asked}") { ${fields} } }`, { token: asking })
}

async function read(fields: string, asked = account.id, asking = token) {
  const { data, errors } = await ask(fields, asked, asking)
  expect(errors).toBeUndefined()
  return data.active
}

/** The first event of a subscription. */
async function told(fields: string) {
  await using stream = await openSse(gateway.url, subscriptionTo(account, fields), { token })
  const { data, errors } = await stream.event(0)
  return { active: data?.outgoingActiveCalls, errors }
}

beforeAll(async () => {
  gateway = await startGateway({ SUBSCRIPTION_INTERVAL: '0.2' })
  token = await gateway.signIn('alice')
  account = { internal: main, id: await accountId(gateway, main) }
})
afterAll(() => gateway[Symbol.asyncDispose]())

beforeEach(async () => {
  await forgetSingleCalls(gateway)
  await forgetActiveCalls(gateway)
  // What must not be seen: an earlier snapshot, another account's, somebody else's, and calls of before a change of hands.
  await writeSnapshot(gateway, [{ customer_acc_id: main, src_name_in: 'earlier' }], 60)
  await writeSnapshot(gateway, [
    ...trickyCalls(),
    { customer_acc_id: 202, src_name_in: 'of another account' },
    { customer_acc_id: 211, customer_id: borealis, src_name_in: "of somebody else's" },
    { customer_acc_id: main, customer_id: borealis, src_name_in: 'of whose account it was' },
  ])
})

describe('The list of calls in progress', () => {
  it('MUST have all columns of the calls of the newest snapshot, those that began last first', async () => {
    const expected = (await newest()).map(shown)
    expect(expected).toHaveLength(60)
    expect((await read(`calls(first: 500) { ${all} }`)).calls).toEqual(expected)
    expect((await told(`calls(first: 500) { ${all} }`)).active.calls).toEqual(expected)
  })

  it('MUST have exactly the columns of Yeti', async () => {
    const { data } = await gateway.ask('{ __type(name: "OutgoingActiveCall") { fields { name } } }', { token })
    expect(data.__type.fields.map(({ name }: { name: string }) => name).sort()).toEqual(columns.map(camelCase).sort())
  })

  it.each([
    ['', 50],
    ['(first: 1)', 1],
    ['(first: 7)', 7],
    ['(first: null)', 50],
    ['(first: 500)', 60],
  ])('MUST have the first of them: %s', async (args, length) => {
    const expected = (await newest()).map(shown).slice(0, length)
    expect((await read(`calls${args} { ${all} }`)).calls).toEqual(expected)
    expect((await told(`calls${args} { ${all} }`)).active.calls).toEqual(expected)
  })

  it('MUST read nothing but what is asked for', async () => {
    const statements: string[] = []
    gateway.app.services.databases.onStatement = (_, text) => void statements.push(text)
    await read('time count')
    await read('calls { srcPrefixIn __typename }')
    await read('calls { __typename }')
    gateway.app.services.databases.onStatement = null
    const lists = statements.filter((text) => text.includes('portal.active_calls'))
    const named = lists.map((text) => columns.filter((column) => text.includes(`call.${column}`)).sort())
    expect(named).toEqual([['src_prefix_in', 'start_time'], ['start_time']])
  })

  it('MUST have one search for each list of one operation', async () => {
    const { active, errors } = await told(
      'few: calls(first: 2) { startTime } many: calls { startTime } answered: calls(where: { connectTimeNull: false }) { connectTime }',
    )
    expect(errors).toBeUndefined()
    const rows = await newest()
    const starts = rows.map((row) => ({ startTime: shown(row)['startTime'] }))
    const expected = {
      few: starts.slice(0, 2),
      many: starts.slice(0, 50),
      answered: rows
        .filter((row) => row['connect_time'] !== null)
        .map((row) => ({ connectTime: shown(row)['connectTime'] })),
    }
    expect(active).toEqual(expected)
    expect(
      await read(
        'few: calls(first: 2) { startTime } many: calls { startTime } answered: calls(where: { connectTimeNull: false }) { connectTime }',
      ),
    ).toEqual(expected)
  })
})

type Test = (row: RawRow) => boolean

function filters(): [string, Test][] {
  const text = (row: RawRow, column: string): string => row[column] ?? '\0'
  const numbers = ['src_name_in', 'src_prefix_in', 'dst_prefix_in', 'src_prefix_routing', 'dst_prefix_routing']
  const patterns = numbers.flatMap((column): [string, Test][] => {
    const of = (filter: string) => `${camelCase(column)}: { ${filter} }`
    return [
      [of('eq: "380501234567"'), (row) => text(row, column) === '380501234567'],
      [of('eq: "abc"'), (row) => text(row, column) === 'abc'],
      [of('eq: ""'), (row) => text(row, column) === ''],
      [of('startsWith: "38050"'), (row) => text(row, column).startsWith('38050')],
      [of('startsWith: "50%_"'), (row) => text(row, column).startsWith('50%_')],
      [of('startsWith: "ab"'), (row) => text(row, column).startsWith('ab')],
      [of('endsWith: "8"'), (row) => text(row, column).endsWith('8')],
      [of('endsWith: "\\\\x"'), (row) => text(row, column).endsWith('\\x')],
      [of('endsWith: "_x"'), () => false],
      // Only `contains` is blind to upper and lower case.
      [of('contains: "BC"'), (row) => text(row, column).toLowerCase().includes('bc')],
      [of('contains: "ÉL"'), (row) => text(row, column).toLowerCase().includes('él')],
      [of('contains: "%_o"'), (row) => text(row, column).toLowerCase().includes('%_o')],
      [of('startsWith: "3", endsWith: "7", contains: "0"'), (row) => text(row, column) === '380501234567'],
      [of(''), () => true],
    ]
  })
  return [
    ...patterns,
    ['authOrigIp: "192.0.2.1"', (row) => row['auth_orig_ip'] === '192.0.2.1'],
    ['authOrigIp: "2001:0DB8:0:0::1"', (row) => row['auth_orig_ip'] === '2001:db8::1'],
    ['authOrigIp: "::ffff:c000:201"', (row) => row['auth_orig_ip'] === '::ffff:192.0.2.1'],
    ['authOrigIp: "203.0.113.9"', () => false],
    ['authOrigPort: 5060', (row) => row['auth_orig_port'] === '5060'],
    ['authOrigPort: 0', (row) => row['auth_orig_port'] === '0'],
    ['authOrigTransportProtocolId: 2', (row) => row['auth_orig_transport_protocol_id'] === '2'],
    ['connectTimeNull: true', (row) => row['connect_time'] === null],
    ['connectTimeNull: false', (row) => row['connect_time'] !== null],
    ['connectTimeNull: null, authOrigPort: null, srcNameIn: null', () => true],
    [
      'connectTimeNull: false, authOrigPort: 5060, dstPrefixIn: { contains: "1" }',
      (row) =>
        row['connect_time'] !== null &&
        row['auth_orig_port'] === '5060' &&
        row['dst_prefix_in']?.includes('1') === true,
    ],
  ]
}

describe('Filters of calls in progress', () => {
  it('MUST leave those that match, in a query and in a subscription', async () => {
    const rows = await newest()
    let matched = 0
    for (const [where, test] of filters()) {
      const expected = rows.filter(test).map((row) => ({ startTime: shown(row)['startTime'] }))
      if (expected.length > 0) matched++
      const fields = `calls(first: 500, where: { ${where} }) { startTime }`
      expect((await read(fields)).calls, where).toEqual(expected)
      expect((await told(fields)).active.calls, where).toEqual(expected)
    }
    // Most of them find something, else this would show little.
    expect(matched).toBeGreaterThan(filters().length * 0.7)
  })

  it('MUST look at the whole snapshot in a query, past the first that are shown', async () => {
    const [oldest] = (await newest()).slice(-1)
    const port = 40_000
    await gateway.primary.query('UPDATE portal.active_calls SET auth_orig_port = $1 WHERE id = $2', [
      port,
      oldest?.['id'],
    ])
    expect((await read(`calls(first: 1, where: { authOrigPort: ${port} }) { authOrigPort }`)).calls).toEqual([
      { authOrigPort: port },
    ])
  })

  it('MUST be those of Yeti, no more and no less', async () => {
    const { data } = await gateway.ask(
      '{ __type(name: "OutgoingActiveCallWhere") { inputFields { name type { name inputFields { name } } } } }',
      { token },
    )
    const found = Object.fromEntries(
      data.__type.inputFields.map(
        ({ name, type }: { name: string; type: { inputFields: { name: string }[] | null } }) => [
          name,
          type.inputFields?.map((field) => field.name).sort() ?? null,
        ],
      ),
    )
    const pattern = ['contains', 'endsWith', 'eq', 'startsWith']
    expect(found).toEqual({
      authOrigIp: null,
      authOrigPort: null,
      authOrigTransportProtocolId: null,
      connectTimeNull: null,
      srcNameIn: pattern,
      srcPrefixIn: pattern,
      dstPrefixIn: pattern,
      srcPrefixRouting: pattern,
      dstPrefixRouting: pattern,
    })
  })

  it.each([
    ['first', 'first: 0'],
    ['first', 'first: 501'],
    ['first', 'first: -1'],
    ['where.authOrigIp', 'where: { authOrigIp: "192.0.2" }'],
    ['where.authOrigIp', 'where: { authOrigIp: "fe80::1%eth0" }'],
    ['where.authOrigIp', `where: { authOrigIp: "' OR true --" }`],
    ['where.srcNameIn.eq', 'where: { srcNameIn: { eq: null } }'],
    ['where.dstPrefixIn.contains', 'where: { dstPrefixIn: { contains: "\\u0000" } }'],
    ['where.srcPrefixRouting.startsWith', `where: { srcPrefixRouting: { startsWith: "${'1'.repeat(501)}" } }`],
  ])('MUST be refused naming %s: %s', async (argument, args) => {
    const { data, errors } = await ask(`count calls(${args}) { startTime }`)
    expect(data).toEqual({ active: { count: 0, calls: null } })
    expect(errors).toMatchObject([{ path: ['active', 'calls'], extensions: { code: 'BAD_USER_INPUT', argument } }])
    const { active, errors: refusals } = await told(`count calls(${args}) { startTime }`)
    expect(active ?? null).toBeNull()
    expect(refusals).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument } }])
  })

  it.each(['where: { authOrigPort: 99999999999 }', 'where: { connectTimeNull: "yes" }', 'where: { srcCountryId: 1 }'])(
    'MUST be refused by the schema: %s',
    async (args) => {
      const { errors } = await ask(`calls(${args}) { startTime }`)
      expect(['BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED']).toContain(errors?.[0]?.extensions.code)
    },
  )
})

describe('A snapshot that is not there', () => {
  const age = (seconds: number) =>
    gateway.primary.query(
      `UPDATE portal.active_calls SET snapshot_timestamp = snapshot_timestamp - interval '${seconds} seconds'`,
    )

  it('MUST mean that there are no calls, where none are counted', async () => {
    await forgetSingleCalls(gateway)
    expect(await read('count calls { startTime }')).toEqual({ count: 0, calls: [] })
    expect(await told('count calls { startTime }')).toMatchObject({ active: { count: 0, calls: [] } })
  })

  it('MUST mean that there are none when it is older than two minutes', async () => {
    await age(121)
    await setActiveCalls(gateway, account, 3)
    expect(await read('count calls { startTime }')).toEqual({ count: 3, calls: [] })
    expect(await told('count calls { startTime }')).toMatchObject({ active: { count: 3, calls: [] } })
  })

  it('MUST be said where calls are counted and nobody tells which they are', async () => {
    await age(601)
    await setActiveCalls(gateway, account, 3)
    const { data, errors } = await ask('count calls { startTime }')
    expect(data).toEqual({ active: { count: 3, calls: null } })
    expect(errors).toMatchObject([{ path: ['active', 'calls'], extensions: { code: 'UNAVAILABLE' } }])
    expect(errors?.[0]?.message).toContain('does not tell which')
    const event = await told('count calls { startTime }')
    expect(event.active).toEqual({ count: 3, calls: null })
    expect(event.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }])
    expect(await read('count')).toEqual({ count: 3 })
  })
})

describe('Whose calls they are', () => {
  it('MUST refuse accounts of others, and those that the login has not, as if there were none', async () => {
    const frank = await gateway.signIn('frank')
    const missing = await ask('calls { srcNameIn }', unknownAccount)
    expect(missing.errors).toMatchObject([{ message: 'accountId: no such account.' }])
    expect((await ask('calls { srcNameIn }', await accountId(gateway, 211))).errors).toEqual(missing.errors)
    expect((await ask('calls { srcNameIn }', account.id, frank)).errors).toEqual(missing.errors)
    expect((await read('calls { srcNameIn }', await accountId(gateway, 202), frank)).calls).toEqual([
      { srcNameIn: 'of another account' },
    ])
  })

  it('MUST tell erin of hers alone', async () => {
    const erin = await gateway.signIn('erin')
    expect((await read('calls { srcNameIn }', await accountId(gateway, 211), erin)).calls).toEqual([
      { srcNameIn: "of somebody else's" },
    ])
  })
})

describe('The flag outgoing_active_calls', () => {
  it('MUST deny the list with everything else, and nothing be read', async () => {
    const login = await gateway.login('active calls')
    await login.set(only('account', 'outgoingCdrs', 'outgoingStatistics', 'outgoingStatisticsActiveCalls'))
    const statements: string[] = []
    gateway.app.services.databases.onStatement = (_, text) => void statements.push(text)
    const { data, errors } = await ask(`count calls(where: { authOrigPort: 1 }) { ${all} }`, account.id, login.token)
    gateway.app.services.databases.onStatement = null
    expect(data).toEqual({ active: null })
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', coordinate: 'Query.outgoingActiveCalls' } }])
    expect(statements).toEqual([expect.stringContaining('sys.api_access')])
  })

  it('MUST be enough for all of it', async () => {
    const login = await gateway.login('active calls alone')
    await login.set(only('outgoingActiveCalls'))
    const rows = await newest()
    const got = await read(`calls(first: 500, where: { connectTimeNull: true }) { ${all} }`, account.id, login.token)
    expect(got.calls).toEqual(rows.filter((row) => row['connect_time'] === null).map(shown))
  })
})
