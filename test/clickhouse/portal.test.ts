import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Permission } from '../../src/permissions/permissions.ts'
import { accountId, iso, main } from '../schema/support/calls.ts'
import { allBut, type Answer, type Gateway } from '../support/gateway.ts'
import { texts } from './support/calls.ts'
import { startEngines, type Engines } from './support/engines.ts'
import { tell } from './support/snapshots.ts'
import { plain } from './support/tables.ts'

const hour = 3_600_000
const from = iso(Math.floor(Date.now() / 1000) * 1000 - 60 * hour)
const to = iso(Math.floor(Date.now() / 1000) * 1000 - 2 * hour)
const logins = ['alice', 'carol', 'erin'] as const
/** One of erin's. */
const erins = 211

let engines: Engines
let onClickHouse: Gateway
let accounts: Readonly<Record<'own' | 'foreign', string>>

/** What the gateway asked, without what it looks at when it starts. */
function asked(): Engines['bridge']['seen'] {
  return engines.bridge.seen.filter(({ queryId }) => queryId.startsWith('portal-'))
}

beforeAll(async () => {
  const settings = { STATISTICS_TIME_ZONE: 'Europe/Kyiv', OUTGOING_STATISTICS_USE_CUSTOMER_DURATION: 'true' }
  engines = await startEngines(plain, settings)
  onClickHouse = await engines.gateway.another({ CLICKHOUSE_URL: engines.bridge.url })
  accounts = { own: await accountId(engines.gateway, main), foreign: await accountId(engines.gateway, erins) }
}, 180_000)
afterAll(async () => {
  await onClickHouse[Symbol.asyncDispose]()
  await engines[Symbol.asyncDispose]()
})
beforeEach(() => void engines.bridge.seen.splice(0))

/** The answers of both gateways to one query. */
async function both(query: string, login: string): Promise<[Answer, Answer]> {
  const token = await engines.gateway.signIn(login)
  return Promise.all([engines.gateway.ask(query, { token }), onClickHouse.ask(query, { token })])
}

/** Errors without what is another in each answer. */
function comparable({ status, data, errors }: Answer): unknown {
  const same = errors?.map(({ message, path, extensions }) => ({
    message,
    path,
    extensions: { ...extensions, correlationId: undefined },
  }))
  return { status, data, errors: same?.sort((one, other) => (String(one.path) < String(other.path) ? -1 : 1)) }
}

async function expectAlike(query: string, login: string): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const [expected, got] = await both(query, login)
    // A minute may begin between the two.
    if (attempt < 3 && JSON.stringify(comparable(got)) !== JSON.stringify(comparable(expected))) continue
    expect(comparable(got), query).toEqual(comparable(expected))
    return got
  }
}

const figures = 'totalCalls successfulCalls failedCalls totalDuration acd asr totalPrice'

function statistics(direction: string, account: string, args: string, selection?: string): string {
  const chosen = selection ?? `series { time activeCalls ${figures} } totals { ${figures} }`
  return `${direction}Statistics(accountId: "${account}", fromTime: "${from}", toTime: "${to}", ${args}) { ${chosen} }`
}

const queries: Readonly<Record<string, (account: string) => string>> = {
  outgoingStatistics: (account) => statistics('outgoing', account, 'sampling: HOUR, fillGaps: true'),
  'outgoingStatistics by day': (account) => statistics('outgoing', account, 'sampling: DAY'),
  'outgoingStatistics with filters': (account) =>
    statistics('outgoing', account, 'sampling: HOUR, where: { duration: { gt: 5 }, customerPrice: { lt: "1" } }'),
  incomingStatistics: (account) => statistics('incoming', account, 'sampling: FIVE_MINUTES'),
  outgoingQualityStatistics: (account) =>
    `outgoingQualityStatistics(accountId: "${account}", fromTime: "${from}", toTime: "${to}", sampling: FIFTEEN_MINUTES) { series { time totalCalls acd asr cps } totals { totalCalls acd asr cps } }`,
  incomingQualityStatistics: (account) =>
    `incomingQualityStatistics(accountId: "${account}", fromTime: "${from}", toTime: "${to}", sampling: FIVE_MINUTES) { series { time totalCalls acd asr cps } totals { totalCalls acd asr cps } }`,
  originatedCpsChart: (account) => `originatedCpsChart(accountId: "${account}", toTime: "${to}") { time cps }`,
  outgoingActiveCallsChart: (account) =>
    `outgoingActiveCallsChart(accountId: "${account}", fromTime: "${from}", toTime: "${to}", fillGaps: true) { time calls }`,
  incomingActiveCallsChart: (account) =>
    `incomingActiveCallsChart(accountId: "${account}", fromTime: "${from}", toTime: "${to}") { time calls }`,
}

function everything(): string {
  const fields = Object.values(queries).map((query, index) => `q${index}: ${query(accounts.own)}`)
  return `{ ${fields.join(' ')} }`
}

describe.each(logins)('The portal of %s on ClickHouse', (login) => {
  it.each(Object.keys(queries))('MUST answer as on PostgreSQL: %s', async (name) => {
    for (const account of [accounts.own, accounts.foreign])
      await expectAlike(`{ ${queries[name]?.(account) ?? ''} }`, login)
  })

  it('MUST answer as on PostgreSQL when all is asked for at once', async () => {
    const { data, errors } = await expectAlike(everything(), login)
    if (login !== 'alice') return expect(errors?.length).toBeGreaterThan(0)
    expect(errors).toBeUndefined()
    for (const answer of Object.values(data))
      expect(JSON.stringify(answer)).toMatch(/"(totalCalls|calls|cps)":[\d.]*[1-9]/)
  })
})

describe('A denied figure', () => {
  const cases: readonly { denied: Permission[]; column: RegExp }[] = [
    { denied: ['outgoingStatisticsTotalPrice', 'outgoingStatisticsTotalPriceValue'], column: /customer_price/ },
    { denied: ['outgoingStatisticsTotalDuration', 'outgoingStatisticsTotalDurationValue'], column: /customer_duration/ },
    {
      denied: [
        'outgoingStatisticsSuccessfulCalls', 'outgoingStatisticsSuccessfulCallsValue', 'outgoingStatisticsFailedCalls',
        'outgoingStatisticsFailedCallsValue', 'outgoingStatisticsAcd', 'outgoingStatisticsAcdValue',
        'outgoingStatisticsAsr', 'outgoingStatisticsAsrValue',
      ],
      column: /\bduration\b/,
    },
    { denied: ['outgoingStatisticsActiveCalls'], column: /active_calls/ },
  ] // prettier-ignore

  it.each(cases)('MUST leave $column out of every statement', async ({ denied, column }) => {
    const { token, set } = await engines.gateway.login(`without ${denied[0]}`)
    const query = `{ ${statistics('outgoing', accounts.own, 'sampling: HOUR')} }`
    await onClickHouse.ask(query, { token })
    expect(asked().some(({ statement }) => column.test(statement))).toBe(true)
    engines.bridge.seen.splice(0)
    await set(allBut(...denied))
    const { errors } = await onClickHouse.ask(query, { token })
    expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(['FORBIDDEN']))
    expect(asked().length).toBeGreaterThan(0)
    expect(asked().filter(({ statement }) => column.test(statement))).toEqual([])
  })

  it('MUST not come to a statement at all when it is all that is asked for', async () => {
    const [, { data, errors }] = await both(
      `{ ${statistics('outgoing', accounts.own, 'sampling: HOUR', 'series { totalPrice } totals { totalPrice }')} }`,
      'carol',
    )
    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN')
    expect(JSON.stringify(data)).not.toMatch(/\d/)
    expect(asked().filter(({ statement }) => statement.includes('price'))).toEqual([])
  })
})

describe("Somebody else's account", () => {
  it.each(Object.keys(queries))('MUST have the error of one that is not there, and no statement: %s', async (name) => {
    const query = (account: string) => `{ ${queries[name]?.(account) ?? ''} }`
    const unknown = Buffer.from('Account:00000000-0000-4000-8000-000000000000').toString('base64')
    const token = await engines.gateway.signIn('alice')
    const foreign = await onClickHouse.ask(query(accounts.foreign), { token })
    const missing = await onClickHouse.ask(query(unknown), { token })
    expect(foreign.errors?.length).toBeGreaterThan(0)
    expect(comparable(foreign)).toEqual(comparable(missing))
    expect(asked()).toEqual([])
  })
})

describe('Texts of filters', () => {
  const hostile = [...texts, "x' OR 1=1 --", "\\' OR ''='", '{accountId:UInt32}', '`; DROP TABLE cdrs; --', "') UNION ALL SELECT 1 --"].filter(
    (text) => text.length > 6,
  ) // prettier-ignore

  it.each(['eq', 'startsWith', 'endsWith', 'contains'])('MUST be bound and never part of a statement: %s', async (operator) => {
    for (const text of hostile) {
      engines.bridge.seen.splice(0)
      const value = JSON.stringify(text)
      const where = `where: { srcPrefixRouting: { ${operator}: ${value} }, dstPrefixRouting: { ${operator}: ${value} } }`
      const query = statistics('outgoing', accounts.own, `sampling: DAY, ${where}`, 'totals { totalCalls }')
      await expectAlike(`{ ${query} }`, 'alice')
      expect(asked().length).toBeGreaterThan(0)
      for (const { statement, parameters } of asked()) {
        expect(statement).not.toContain(text)
        expect(statement).not.toContain("'OR")
        expect(Object.values(parameters)).toContain(escaped(text))
      }
    }
  }) // prettier-ignore
})

/** As ClickHouse wants a text in a parameter. */
function escaped(text: string): string {
  return text.replace(/[\\']/g, '\\$&').replaceAll('\t', '\\t').replaceAll('\n', '\\n')
}

describe('Every statement', () => {
  it('MUST have an id of its own, limits of time and memory, and write nothing', async () => {
    await expectAlike(everything(), 'alice')
    const ids = asked().map(({ queryId }) => queryId)
    expect(ids.length).toBeGreaterThan(8)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { settings, statement } of asked()) {
      expect(settings).toMatchObject({ max_execution_time: '30', max_memory_usage: String(1024 ** 3), readonly: '2' })
      expect(statement).toMatch(/^\s*(SELECT|WITH)\b/)
    }
  })
})

describe('Calls in progress', () => {
  const calls = Array.from({ length: 40 }, (_, index) => ({
    id: String(1000 + index),
    customer_id: index % 4 === 3 ? 102 : 101,
    customer_acc_id: index % 4 === 3 ? erins : main,
    vendor_acc_id: 202,
    start_time: iso(Date.parse(to) + index * 1000),
    connect_time: index % 2 === 0 ? iso(Date.parse(to) + index * 2000) : null,
    src_prefix_routing: texts[index % texts.length],
    destination_initial_rate: '0.012',
  }))
  const fields = 'snapshotTimestamp startTime connectTime srcPrefixRouting destinationInitialRate'

  it.each(logins)('MUST be those of PostgreSQL for %s', async (login) => {
    await tell(engines, [{ secondsAgo: 5, calls }])
    for (const account of [accounts.own, accounts.foreign]) {
      for (const args of ['', '(first: 3)', '(where: { connectTimeNull: true })', '(where: { srcPrefixRouting: { contains: "o" } })'])
        await expectAlike(`{ outgoingActiveCalls(accountId: "${account}") { time count calls${args} { ${fields} } } }`, login)
    }
  }) // prettier-ignore

  it('MUST be the calls of the own account alone', async () => {
    await tell(engines, [{ secondsAgo: 5, calls }])
    const { data } = await expectAlike(
      `{ outgoingActiveCalls(accountId: "${accounts.own}") { count calls { ${fields} } } }`,
      'alice',
    )
    expect(data.outgoingActiveCalls.count).toBe(30)
    expect(data.outgoingActiveCalls.calls).toHaveLength(30)
  })
})
