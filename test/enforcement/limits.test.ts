import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type Gateway } from '../support/gateway.ts'

let gateway: Gateway
let token: string
let accountId: string

beforeAll(async () => {
  gateway = await startGateway()
  token = await gateway.signIn('alice')
  const { data } = await gateway.ask('{ accounts { nodes { id } } }', { token })
  accountId = data.accounts.nodes[0].id
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** Many selections under names of their own. */
function times(count: number, selection: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => selection(index)).join(' ')
}

/** 25 different fields of a call. */
const manyFields = `id cdrId timeStart timeConnect timeEnd duration success srcPrefixRouting dstPrefixRouting localTag
  destinationInitialInterval destinationInitialRate destinationNextInterval destinationNextRate destinationFee customerPrice
  customerDuration srcNameIn srcPrefixIn fromDomain dstPrefixIn toDomain ruriDomain diversionIn legaDisconnectCode`

const tooLarge: [why: string, limit: string, query: string, variables?: Record<string, unknown>][] = [
  ['51 aliases', 'aliases', `{ viewer { ${times(51, (n) => `a${n}: login`)} } }`],
  [
    '51 aliases in a fragment',
    'aliases',
    `{ viewer { ...F } } fragment F on Viewer { ${times(51, (n) => `a${n}: __typename`)} }`,
  ],
  [
    '17 searches with their counts, of one call each',
    'cost',
    `{ ${times(17, (n) => `a${n}: outgoingCdrs(first: 1) { totalCount nodes { id } }`)} }`,
  ],
  ['31 root fields', 'rootFields', `{ ${times(31, () => 'viewer { login }')} }`],
  [
    '10 pages of 500 calls',
    'cost',
    `{ ${times(10, (n) => `a${n}: outgoingCdrs(first: 500) { nodes { ${manyFields} } }`)} }`,
  ],
  [
    'the same with page sizes from variables',
    'cost',
    `query ($n: Int!) { ${times(10, (n) => `a${n}: outgoingCdrs(first: $n) { nodes { ${manyFields} } }`)} }`,
    { n: 500 },
  ],
  [
    'the same with page sizes from default values',
    'cost',
    `query ($n: Int = 500) { ${times(10, (n) => `a${n}: outgoingCdrs(last: $n) { nodes { ${manyFields} } }`)} }`,
  ],
]

describe('an operation that asks for too much', () => {
  it.each(tooLarge)('MUST be refused before anything is read: %s', async (_why, limit, query, variables = {}) => {
    const statements: string[] = []
    gateway.app.services.databases.onStatement = (_database, text) => statements.push(text)
    const { data, errors, status } = await gateway.ask(query, { token, variables })
    gateway.app.services.databases.onStatement = null
    expect(status).toBe(200)
    expect(data).toBeUndefined()
    expect(errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX', limit } }])
    expect(statements.filter((text) => /cdr\.cdr|billing\./.test(text))).toEqual([])
  })

  it('MUST be refused for statistics of many buckets', async () => {
    const fromTime = new Date(Date.now() - 8 * 86_400_000).toISOString()
    const series = 'series { time totalCalls successfulCalls failedCalls totalDuration acd asr totalPrice activeCalls }'
    const query = `query ($a: ID!, $f: DateTime!) { outgoingStatistics(accountId: $a, fromTime: $f, sampling: MINUTE) { ${series} } }`
    const { errors } = await gateway.ask(query, { token, variables: { a: accountId, f: fromTime } })
    expect(errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX', limit: 'cost' } }])
  })

  it('MUST be refused quickly where fragments multiply', async () => {
    const fragments = times(24, (n) => `fragment F${n} on Query { ...F${n + 1} x${n}: viewer { login } ...F${n + 1} }`)
    const { errors } = await gateway.ask(`{ ...F0 } ${fragments} fragment F24 on Query { __typename }`, { token })
    expect(errors).toBeUndefined()
  })
})

describe('what a portal asks', () => {
  it('MUST pass: a page of 500 calls with every field', async () => {
    const { errors } = await gateway.ask(
      `{ outgoingCdrs(first: 500) { totalCount nodes { ${manyFields} account { id name } } } }`,
      { token },
    )
    expect(errors).toBeUndefined()
  })

  it('MUST pass: a week by minutes, and the introspection of GraphiQL', async () => {
    const fromTime = new Date(Date.now() - 6 * 86_400_000).toISOString()
    const query = `query ($a: ID!, $f: DateTime!) {
      outgoingStatistics(accountId: $a, fromTime: $f, sampling: MINUTE) { series { time totalCalls asr acd activeCalls } totals { totalCalls } }
    }`
    const { errors } = await gateway.ask(query, { token, variables: { a: accountId, f: fromTime } })
    expect(errors).toBeUndefined()
  })
})
