import fs from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startApp, type App } from '../../src/app.ts'
import { errorCodes } from '../../src/errors.ts'
import { readConfig } from '../../src/config.ts'
import {
  adminSecret,
  customerSecret,
  startGateway,
  type Answer,
  type AnswerError,
  type Gateway,
} from '../support/gateway.ts'
import { breakColumn } from './support/broken-column.ts'

let gateway: Gateway
let token: string

beforeAll(async () => {
  gateway = await startGateway()
  token = await gateway.signIn('alice')
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** Whatever was sent, the next one is answered. (Of each table of single values the next row is the proof.) */
afterEach(async ({ task }) => {
  if (task.suite?.name.startsWith('A wrong value')) return
  const { data } = await gateway.ask('{ viewer { login } outgoingCdrs(first: 1) { nodes { id } } }', { token })
  expect(data).toMatchObject({ viewer: { login: 'alice' }, outgoingCdrs: { nodes: [{}] } })
})

const maxMessage = 1200

/** What holds for every refusal, whatever it is about. */
function expectRefusal({ status, errors }: Pick<Answer, 'status' | 'errors'>): AnswerError {
  expect([200, 400]).toContain(status)
  expect(errors?.length).toBeGreaterThan(0)
  for (const { message, extensions } of errors ?? []) {
    expect(errorCodes).toContain(extensions.code)
    expect(extensions.code).not.toBe('INTERNAL_SERVER_ERROR')
    expect(message.length).toBeLessThan(maxMessage)
    expect(Object.keys(extensions)).not.toContain('stacktrace')
  }
  const [first] = errors ?? []
  if (!first) throw new TypeError('No error')
  return first
}

function expectBadInput(answer: Pick<Answer, 'status' | 'errors'>, argument: string): AnswerError {
  const error = expectRefusal(answer)
  expect(error).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', argument } })
  // In words too, by its last name at least: some messages are GraphQL's own.
  expect(error.message).toContain(argument.split('.').at(-1))
  return error
}

/** A name that is written without quotes. */
class Word {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

function literal(value: unknown): string {
  if (value instanceof Word) return value.text
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([name, item]) => `${name}: ${literal(item)}`)
      .join(', ')} }`
  return JSON.stringify(value)
}

function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, item: unknown) => (item instanceof Word ? item.text : item)))
}

/** One list asked for with these arguments, written in the document or given as variables. */
const forms = {
  'in the document': (args: Readonly<Record<string, unknown>>, field: string) => {
    const given = Object.entries(args).map(([name, value]) => `${name}: ${literal(value)}`)
    return gateway.ask(`{ ${field}(${given.join(', ')}) { totalCount } }`, { token })
  },
  'in a variable': (args: Readonly<Record<string, unknown>>, field: string) => {
    const type = { outgoingCdrs: 'OutgoingCdr', accounts: 'Account', invoices: 'Invoice' }[field] ?? field
    const types: Record<string, string> = {
      where: `${type}Where`,
      orderBy: `[${type}OrderBy!]`,
      first: 'Int',
      last: 'Int',
      after: 'String',
      before: 'String',
    }
    const names = Object.keys(args)
    const definitions = names.map((name) => `$${name}: ${types[name]}`)
    return gateway.ask(
      `query (${definitions.join(', ')}) { ${field}(${names.map((name) => `${name}: $${name}`).join(', ')}) { nodes { id } } }`,
      {
        token,
        variables: Object.fromEntries(names.map((name) => [name, json(args[name])])),
      },
    )
  },
} as const

type Row = readonly [argument: string, args: Readonly<Record<string, unknown>>, field?: string]

const dates = [
  'yesterday',
  '',
  '2026-02-31T00:00:00Z',
  '2026-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-00-10T00:00:00Z',
  '2026-01-01',
  '2026-01-01T00:00:00',
  '2026-01-01 00:00:00Z',
  '2026-01-01T25:00:00Z',
  '2026-01-01T00:60:00Z',
  '2026-01-01T00:00:61Z',
  '2026-01-01T00:00:00+25:00',
  '2026-01-01T00:00:00+16:00',
  '2026-01-01T00:00:00-23:59',
  '2026-01-01T00:00:00+0200',
  '0000-01-01T00:00:00Z',
  '20260-01-01T00:00:00Z',
  '-2026-01-01T00:00:00Z',
  '2026-01-01T00:00:00.Z',
  '2026-01-01T00:00:00Z; DROP TABLE cdr.cdr',
  'infinity',
  'now',
]

const addresses = [
  'localhost',
  '300.1.1.1',
  '1.2.3',
  '1.2.3.4/24',
  '::g',
  '',
  ' 192.0.2.7',
  '192.0.2.7\0',
  'fe80::1%eth0',
  '0x7f.1',
  '010.1.1.1',
]
const bigints = [
  '9223372036854775808',
  '-9223372036854775809',
  '1e3',
  '1.5',
  '',
  ' 1',
  '0x10',
  '99999999999999999999999',
  'NaN',
]
const decimals = [
  '1e5',
  '1E-5',
  'NaN',
  'Infinity',
  '',
  '1,5',
  '.5',
  '5.',
  '--1',
  '0x1',
  '1'.repeat(31),
  `0.${'1'.repeat(31)}`,
  ' 1',
  '1 ',
  '１',
]

const values = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index))

const wrong: readonly Row[] = [
  ...dates.map((date): Row => ['where.timeStart.gte', { where: { timeStart: { gte: date } } }]),
  ['where.timeStart.gte', { where: { timeStart: { gte: 1_767_225_600 } } }],
  ['where.startDate.in', { where: { startDate: { in: ['2026-01-01T00:00:00Z', null] } } }, 'invoices'],
  ...addresses.map((address): Row => ['where.authOrigIp.eq', { where: { authOrigIp: { eq: address } } }]),
  ['where.authOrigIp.in', { where: { authOrigIp: { in: ['192.0.2.7', 'x'] } } }],
  ...bigints.map((text): Row => ['where.cdrId.eq', { where: { cdrId: { eq: text } } }]),
  ['where.cdrId.eq', { where: { cdrId: { eq: 1.5 } } }],
  ['where.cdrId.eq', { where: { cdrId: { eq: true } } }],
  ...decimals.map((text): Row => ['where.customerPrice.gt', { where: { customerPrice: { gt: text } } }]),
  ['where.customerPrice.gt', { where: { customerPrice: { gt: new Word('1e5') } } }],
  ['where.customerPrice.gt', { where: { customerPrice: { gt: true } } }],
  ['where.duration.eq', { where: { duration: { eq: 2_147_483_648 } } }],
  ['where.duration.eq', { where: { duration: { eq: -2_147_483_649 } } }],
  ['where.duration.eq', { where: { duration: { eq: 1.5 } } }],
  ['where.duration.eq', { where: { duration: { eq: '1' } } }],
  ['where.success.eq', { where: { success: { eq: 'true' } } }],
  ['where.success.eq', { where: { success: { eq: 1 } } }],
  ['where.localTag.eq', { where: { localTag: { eq: 'a\0b' } } }],
  ['where.localTag.contains', { where: { localTag: { contains: '\0' } } }],
  ['where.localTag.containsAny', { where: { localTag: { containsAny: ['a', '\0'] } } }],
  ['where.localTag.eq', { where: { localTag: { eq: 5 } } }],
  ...['x', '', '1', '00000000-0000-4000-8000-00000000000', '{00000000-0000-4000-8000-000000000000}', '\0'].map(
    (uuid): Row => ['where.uuid.eq', { where: { uuid: { eq: uuid } } }, 'accounts'],
  ),
  ...[
    'x',
    '',
    'QWNjb3VudDo=',
    Buffer.from('Account:1').toString('base64'),
    Buffer.from('Invoice:00000000-0000-4000-8000-000000000000').toString('base64'),
    '\0',
  ].map((id): Row => ['where.accountId.eq', { where: { accountId: { eq: id } } }]),
  ...['eq', 'notEq', 'gt', 'gte', 'lt', 'lte', 'in', 'notIn'].map((operator): Row => [
    `where.timeStart.${operator}`,
    { where: { timeStart: { [operator]: null } } },
  ]),
  ...['eq', 'contains', 'startsWith', 'endsWith', 'containsAny', 'in'].map((operator): Row => [
    `where.localTag.${operator}`,
    { where: { localTag: { [operator]: null } } },
  ]),
  ['where.accountId.eq', { where: { accountId: { eq: null } } }],
  ['where.localTag.in', { where: { localTag: { in: ['a', null] } } }],
  ['where.duration.in', { where: { duration: { in: Array.from({ length: 501 }, (_, index) => index) } } }],
  ['where.localTag.containsAny', { where: { localTag: { containsAny: values(501) } } }],
  ['where.cdrId.notIn', { where: { cdrId: { notIn: values(501) } } }],
  [
    'where.accountId.in',
    {
      where: {
        accountId: {
          in: Array.from({ length: 501 }, () =>
            Buffer.from('Account:00000000-0000-4000-8000-000000000000').toString('base64'),
          ),
        },
      },
    },
  ],
  ...['first', 'last'].flatMap((name): Row[] =>
    [0, -1, 501, 2_147_483_648, '5', 1.5].map((size) => [name, { [name]: size }]),
  ),
  ['last', { first: 1, last: 1 }],
  ...['x', '', '🙂', 'null', 'A'.repeat(100), '\0'].flatMap((cursor): Row[] => [
    ['after', { first: 1, after: cursor }],
    ['before', { last: 1, before: cursor }],
  ]),
  ['after', { first: 1, after: 5 }],
  ['orderBy.duration', { orderBy: [{ duration: new Word('SIDEWAYS') }] }],
  ['orderBy', { orderBy: [{ duration: new Word('ASC'), success: new Word('ASC') }] }],
  ['orderBy', { orderBy: [{}] }],
  ['orderBy', { orderBy: [null] }],
  ['orderBy', { orderBy: 'duration' }],
  ['where', { where: 'duration' }],
  ['where', { where: [{}, {}] }],
  ['where.duration', { where: { duration: 5 } }],
]

describe.each(Object.keys(forms) as (keyof typeof forms)[])('A wrong value %s', (form) => {
  it.each(
    wrong.map(([argument, args, field = 'outgoingCdrs']) => ({
      argument,
      args,
      field,
      shown: JSON.stringify(json(args)).slice(0, 90),
    })),
  )('MUST be refused naming $argument: $shown', async ({ argument, args, field }) => {
    const answer = await forms[form](args, field)
    const { errors = [] } = answer
    // GraphQL itself names some list items with their index.
    const named = String(errors[0]?.extensions['argument']).replace(/(?:\.|\[)\d+\]?/g, '')
    expectBadInput(
      {
        ...answer,
        errors: errors.map((error, index) =>
          index === 0 ? { ...error, extensions: { ...error.extensions, argument: named } } : error,
        ),
      },
      argument,
    )
  })
})

describe('A number of JSON that has lost digits', () => {
  it.each([['9007199254740993'], ['123456789012345678901234567890'], ['1e20']])(
    'MUST be refused as a BigInt: %s',
    async (text) => {
      const answer = await post(
        `{"query":"query ($where: OutgoingCdrWhere) { outgoingCdrs(where: $where) { totalCount } }","variables":{"where":{"cdrId":{"eq":${text}}}}}`,
      )
      expectBadInput(answer, 'where.cdrId.eq')
    },
  )
})

/** Anything at all as the body of a request. */
async function post(body: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body,
  })
  const answer = await response.json()
  return { status: response.status, headers: response.headers, data: answer.data, errors: answer.errors }
}

describe('What is not in the schema', () => {
  it.each([
    ['{ nothing }', 'nothing'],
    ['{ outgoingCdrs { nodes { price } } }', 'price'],
    ['{ outgoingCdrs(limit: 5) { totalCount } }', 'limit'],
    ['{ outgoingCdrs(where: { price: { eq: 1 } }) { totalCount } }', 'price'],
    ['{ outgoingCdrs(where: { duration: { like: 1 } }) { totalCount } }', 'like'],
    ['{ outgoingCdrs(where: { success: { gt: true } }) { totalCount } }', 'gt'],
    ['{ outgoingCdrs(orderBy: [{ price: ASC }]) { totalCount } }', 'price'],
    ['{ outgoingCdrs(orderBy: [{ duration: UP }]) { totalCount } }', 'UP'],
    ['{ node { id } }', 'id'],
    ['query ($x: Nothing) { outgoingCdrs(where: $x) { totalCount } }', 'Nothing'],
    ['query ($x: AccountWhere) { outgoingCdrs(where: $x) { totalCount } }', 'AccountWhere'],
    ['query ($x: String) { outgoingCdrs(first: $x) { totalCount } }', 'x'],
    ['query ($x: Int) { outgoingCdrs { totalCount } }', 'x'],
    ['{ outgoingCdrs(first: $x) { totalCount } }', 'x'],
    ['{ outgoingCdrs }', 'outgoingCdrs'],
    ['{ outgoingCdrs { totalCount { x } } }', 'totalCount'],
    ['{ ...nothing }', 'nothing'],
    ['{ ...a } fragment a on Query { ...a }', 'a'],
    ['mutation { nothing }', 'nothing'],
    ['subscription { nothing }', 'ubscription'],
    ['{ viewer @nothing { login } }', 'nothing'],
    ['query a { viewer { login } } query a { viewer { login } }', 'a'],
  ])('MUST be refused by name, as a document that is wrong: %s', async (query, name) => {
    const answer = await gateway.ask(query, { token })
    const error = expectRefusal(answer)
    expect(['GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT']).toContain(error.extensions.code)
    expect(answer.errors?.map(({ message }) => message).join()).toContain(name)
    expect(answer.data ?? null).toBeNull()
  })

  it.each([
    ['where.price', { price: { eq: 1 } }],
    ['where.duration.like', { duration: { like: 1 } }],
    ['where.__proto__', JSON.parse('{"__proto__": {"eq": 1}}')],
    ['where.constructor', { constructor: { eq: 1 } }],
  ])('MUST be refused in a variable too: %s', async (argument, where) => {
    const answer = await gateway.ask(
      'query ($where: OutgoingCdrWhere) { outgoingCdrs(where: $where) { totalCount } }',
      { token, variables: { where } },
    )
    const error = expectRefusal(answer)
    expect(error.extensions.code).toBe('BAD_USER_INPUT')
    expect(String(error.extensions['argument'])).toMatch(/^where/)
    expect(error.message).toContain(argument.split('.').at(-1))
  })
})

describe('Variables', () => {
  const query =
    'query ($id: ID!, $first: Int! = 5, $where: OutgoingCdrWhere) { node(id: $id) { id } outgoingCdrs(first: $first, where: $where) { totalCount } }'

  it.each<[string, Readonly<Record<string, unknown>> | undefined]>([
    ['id', undefined],
    ['id', {}],
    ['id', { id: null }],
    ['id', { id: {} }],
    ['id', { id: [] }],
    ['id', { id: 1.5 }],
    ['first', { id: 'x', first: null }],
    ['first', { id: 'x', first: 'many' }],
    ['first', { id: 'x', first: 2 ** 31 }],
    ['where', { id: 'x', where: 5 }],
  ])('MUST fit: $%s in %j', async (argument, variables) => {
    const answer = await gateway.ask(query, { token, ...(variables && { variables }) })
    expectBadInput(answer, argument)
    expect(answer.data ?? null).toBeNull()
  })

  it('MUST not be null where the argument may not be, though the variable may', async () => {
    for (const [query, argument] of [
      ['query ($id: ID = "x") { node(id: $id) { id } }', 'id'],
      ['query ($ids: [ID!] = []) { nodes(ids: $ids) { id } }', 'ids'],
    ] as const) {
      const answer = await gateway.ask(query, { token, variables: { [argument]: null } })
      expectBadInput(answer, argument)
    }
  })

  it.each([['5'], ['"x"'], ['[]'], ['true']])('MUST be an object, not %s', async (variables) => {
    expectRefusal(await post(`{"query":"{ viewer { login } }","variables":${variables}}`))
  })

  it('MUST be taken when there are more than the operation declares', async () => {
    const { errors } = await gateway.ask('{ viewer { login } }', { token, variables: { more: 1 } })
    expect(errors).toBeUndefined()
  })

  it('MUST be told of in bounded words, however long they are', async () => {
    const long = 'x'.repeat(1_000_000)
    for (const [variables, argument] of [
      [{ where: { timeStart: { gte: long } } }, 'where.timeStart.gte'],
      [{ where: { cdrId: { eq: long } } }, 'where.cdrId.eq'],
      [{ where: { [long]: 1 } }, 'where'],
      [{ first: long }, 'first'],
      [{ id: long }, 'id'],
      [{ after: long }, 'after'],
    ] as const) {
      const answer = await gateway.ask(
        'query ($id: ID = "x", $first: Int, $where: OutgoingCdrWhere, $after: String) { node(id: $id) { id } outgoingCdrs(first: $first, where: $where, after: $after) { totalCount nodes { id } } }',
        { token, variables },
      )
      const text = JSON.stringify(answer.errors)
      expect(text.length).toBeLessThan(5 * maxMessage)
      for (const { message } of answer.errors ?? []) expect(message.length).toBeLessThan(maxMessage)
      expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual(
        expect.arrayContaining(['BAD_USER_INPUT']),
      )
      expect(answer.errors?.some(({ extensions }) => String(extensions['argument']).startsWith(argument))).toBe(true)
    }
  })
})

describe('Arguments of other fields', () => {
  const statistics = (args: string): string => `{ incomingStatistics(${args}) { totals { totalCalls } } }`
  const good = 'accountId: "x", fromTime: "2026-01-01T00:00:00Z", sampling: HOUR'

  it.each([
    ['id', '{ node(id: "x") { id } }'],
    ['id', '{ node(id: "") { id } }'],
    ['id', '{ node(id: "T3V0Z29pbmdDZHI6OTk5OTk5OTk5OTk5OTk5OTk5OTk=") { id } }'],
    ['id', '{ node(id: 5) { id } }'],
    ['ids[1]', `{ nodes(ids: ["${Buffer.from('OutgoingCdr:5').toString('base64')}", "x"]) { id } }`],
    [
      'ids',
      `{ nodes(ids: [${values(101).map((id) => JSON.stringify(Buffer.from(`OutgoingCdr:${id}`).toString('base64')))}]) { id } }`,
    ],
    ['accountId', statistics(good)],
    ['fromTime', statistics('accountId: "x", fromTime: "2026-02-30T00:00:00Z", sampling: HOUR')],
    ['toTime', statistics(`${good}, toTime: "tomorrow"`)],
    ['sampling', statistics('accountId: "x", fromTime: "2026-01-01T00:00:00Z", sampling: YEAR')],
    ['sampling', statistics('accountId: "x", fromTime: "2026-01-01T00:00:00Z", sampling: "HOUR"')],
    ['where.srcPrefixRouting.contains', statistics(`${good}, where: { srcPrefixRouting: { contains: "a\\u0000" } }`)],
    ['where.srcPrefixRouting.eq', statistics(`${good}, where: { srcPrefixRouting: { eq: null } }`)],
    ['where.duration.gt', statistics(`${good}, where: { duration: { gt: null } }`)],
    ['where.vendorPrice.lt', statistics(`${good}, where: { vendorPrice: { lt: "cheap" } }`)],
    ['where.srcCountryId', statistics(`${good}, where: { srcCountryId: "DE" }`)],
    ['where.authOrigIp', `{ outgoingStatistics(${good}, where: { authOrigIp: "nowhere" }) { totals { totalCalls } } }`],
    [
      'where.authOrigIp',
      `{ outgoingStatistics(${good}, where: { authOrigIp: "fe80::1%eth0" }) { totals { totalCalls } } }`,
    ],
  ])('MUST be refused naming %s: %s', async (argument, query) => {
    expectBadInput(await gateway.ask(query, { token }), argument)
  })

  it('MUST be refused when more orders are given than any list needs', async () => {
    const orderBy = Array.from({ length: 2000 }, () => ({ duration: 'ASC' }))
    const answer = await gateway.ask(
      'query ($orderBy: [OutgoingCdrOrderBy!]) { outgoingCdrs(orderBy: $orderBy) { nodes { id } } }',
      { token, variables: { orderBy } },
    )
    expectBadInput(answer, 'orderBy')
  })

  it.each(['signIn(login: $text, password: "x")', 'adminSignIn(username: $text, password: "x")'])(
    'MUST be refused with a NUL character: %s',
    async (field) => {
      for (const text of ['a\0b', '\0', 'alice\0']) {
        const { errors, status } = await gateway.ask(`mutation ($text: String!) { ${field} { token } }`, {
          variables: { text },
        })
        expect(status).toBe(200)
        expect(['UNAUTHENTICATED', 'BAD_USER_INPUT', 'RATE_LIMITED']).toContain(errors?.[0]?.extensions.code)
      }
    },
  )

  it('MUST be taken when they are merely odd', async () => {
    for (const query of [
      '{ outgoingCdrs(where: {}) { totalCount } }',
      '{ outgoingCdrs(where: null, orderBy: null, first: null, after: null, last: null, before: null) { totalCount nodes { id } } }',
      '{ outgoingCdrs(where: { timeStart: null, duration: {} }) { totalCount } }',
      '{ outgoingCdrs(where: { cdrId: { eq: 9223372036854775807 } }) { totalCount } }',
      '{ outgoingCdrs(where: { cdrId: { in: ["-9223372036854775808"] } }) { totalCount } }',
      '{ outgoingCdrs(where: { customerPrice: { gt: -1, lt: 1.50 } }) { totalCount } }',
      '{ outgoingCdrs(where: { timeStart: { gte: "9999-12-31T23:59:59.999999999Z" } }) { totalCount } }',
      '{ outgoingCdrs(where: { timeStart: { gte: "0001-01-01T00:00:00-12:00" } }) { totalCount } }',
      '{ outgoingCdrs(where: { timeStart: { gte: "2026-01-01T00:00:00+14:00" } }) { totalCount } }',
      '{ outgoingCdrs(where: { authOrigIp: { eq: "::FFFF:192.0.2.7" } }) { totalCount } }',
    ]) {
      expect([query, (await gateway.ask(query, { token })).errors]).toEqual([query, undefined])
    }
  })
})

describe('A document', () => {
  it.each(
    [
      ['{', 'GRAPHQL_PARSE_FAILED'],
      ['{ outgoingCdrs(first: ) { totalCount } }', 'GRAPHQL_PARSE_FAILED'],
      ['{ outgoingCdrs(first: 01) { totalCount } }', 'GRAPHQL_PARSE_FAILED'],
      ['{ viewer { login } } }', 'GRAPHQL_PARSE_FAILED'],
      ['hello', 'GRAPHQL_PARSE_FAILED'],
      ['fragment a on Query { viewer { login } }', 'BAD_USER_INPUT'],
      ['type A { b: Int }', 'BAD_USER_INPUT'],
      [`{ ${'viewer { login } '.repeat(1000)} }`, 'GRAPHQL_PARSE_FAILED'],
      [`{ ${'a { '.repeat(600)}b${' }'.repeat(600)} }`, 'GRAPHQL_VALIDATION_FAILED'],
      [`{ outgoingCdrs(where: ${'{ a: '.repeat(400)}1${' }'.repeat(400)}) { totalCount } }`, 'BAD_USER_INPUT'],
      [
        `{ outgoingCdrs(where: { localTag: { in: ${'['.repeat(900)}${']'.repeat(900)} } }) { totalCount } }`,
        'BAD_USER_INPUT',
      ],
    ].map(([query = '', code]) => ({ query, code, shown: query.slice(0, 60) })),
  )('MUST say that it is wrong: $shown', async ({ query, code }) => {
    const error = expectRefusal(await gateway.ask(query, { token }))
    expect(error.extensions.code).toBe(code)
  })

  it('MUST be there', async () => {
    for (const body of [
      '{"query":""}',
      '{"query":"  "}',
      '{"query":null}',
      '{}',
      '{"query":5}',
      '{"query":{}}',
      '{"variables":{}}',
    ]) {
      expect(['BAD_USER_INPUT', 'GRAPHQL_PARSE_FAILED']).toContain(expectRefusal(await post(body)).extensions.code)
    }
  })

  it.each([
    ['a text', (long: string) => `{ outgoingCdrs(where: { timeStart: { gte: "${long}" } }) { totalCount } }`],
    ['a number', () => `{ outgoingCdrs(first: ${'1'.repeat(500_000)}) { totalCount } }`],
    ['an enum', (long: string) => `{ outgoingCdrs(orderBy: [{ duration: ${long} }]) { totalCount } }`],
    ['a field', (long: string) => `{ ${long} }`],
    ['an argument', (long: string) => `{ outgoingCdrs(${long}: 1) { totalCount } }`],
    ['a directive', (long: string) => `{ viewer @${long} { login } }`],
    ['a type', (long: string) => `query ($x: ${long}) { viewer(x: $x) { login } }`],
    ['a variable', (long: string) => `query ($${long}: Int) { viewer { login } }`],
    ['an alias', (long: string) => `{ ${long}: outgoingCdrs(first: 0) { nodes { id } } }`],
    ['an alias of what is denied', (long: string) => `{ ${long}: adminSignIn { token } }`],
  ])('MUST be told of in bounded words, however long %s in it is', async (_, query) => {
    const answer = await gateway.ask(query('x'.repeat(500_000)), { token })
    expectRefusal(answer)
    for (const { extensions } of answer.errors ?? []) expect(JSON.stringify(extensions).length).toBeLessThan(maxMessage)
  })

  it('MUST be taken with half of a letter in a variable', async () => {
    const { errors } = await gateway.ask(
      'query ($where: OutgoingCdrWhere) { outgoingCdrs(where: $where) { totalCount } }',
      { token, variables: { where: { localTag: { contains: '\ud83d' } } } },
    )
    expect(errors).toBeUndefined()
  })

  it('MUST have the operation that is asked for', async () => {
    const query = 'query a { viewer { login } } query b { viewer { login } }'
    for (const name of ['c', '', '__proto__', 'x'.repeat(100_000)]) {
      const error = expectRefusal(await post(JSON.stringify({ query, operationName: name })))
      expect(error.extensions.code).toBe('BAD_USER_INPUT')
      expect(error.message).toMatch(/operation/i)
    }
    expectRefusal(await post(JSON.stringify({ query })))
    expectRefusal(await post(JSON.stringify({ query, operationName: 5 })))
    expect((await post(JSON.stringify({ query, operationName: 'b' }))).errors).toBeUndefined()
  })
})

describe('A body', () => {
  it.each([
    ['broken JSON', '{"query": "{ viewer { login } }"'],
    ['no JSON', 'query { viewer { login } }'],
    ['nothing', ''],
    ['null', 'null'],
    ['a number', '5'],
    ['a text', '"{ viewer { login } }"'],
    ['a batch', '[{"query":"{ viewer { login } }"},{"query":"{ viewer { login } }"}]'],
    ['an empty batch', '[]'],
    ['bytes that are no text', '\ud800'],
  ])('MUST be one operation in JSON, not %s', async (_, body) => {
    const answer = await post(body)
    const error = expectRefusal(answer)
    expect(error.extensions.code).toBe('BAD_USER_INPUT')
    expect(answer.status).toBe(400)
    expect(answer.data ?? null).toBeNull()
  })

  it('MUST not be larger than a megabyte', async () => {
    const { status, errors } = await post(
      JSON.stringify({ query: '{ viewer { login } }', variables: { x: 'x'.repeat(1_100_000) } }),
    )
    expect(status).toBe(413)
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
    expect(errors?.[0]?.message.length).toBeLessThan(maxMessage)
  })

  it('MUST not be a huge document: refused before it is run, in bounded time', async () => {
    const started = Date.now()
    const error = expectRefusal(await post(JSON.stringify({ query: `{ ${'viewer { login } '.repeat(55_000)} }` })))
    expect(error.extensions.code).toBe('GRAPHQL_PARSE_FAILED')
    expect(Date.now() - started).toBeLessThan(2000)
  })

  it('MUST name nothing of the schema that the viewer may not see', async () => {
    const { errors } = await gateway.ask('{ outgoingCdr { totalCount } }')
    expect(errors?.[0]?.message).not.toContain('outgoingCdrs')
  })
})

/** What a gateway writes to its log, standard error, while `run` runs. */
async function logged(run: () => Promise<unknown>): Promise<Answer['data'][]> {
  const lines: string[] = []
  const write = fs.writeSync
  const spy = vi.spyOn(fs, 'writeSync').mockImplementation(((file: number, text: string, ...rest: never[]) => {
    if (file !== 2 || typeof text !== 'string') return write(file, text, ...rest)
    lines.push(text)
    return Buffer.byteLength(text)
  }) as typeof fs.writeSync)
  try {
    await run()
  } finally {
    spy.mockRestore()
  }
  return lines
    .join('')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

describe('A fault of ours', () => {
  let broken: Gateway
  let asking: { token: string }

  beforeAll(async () => {
    broken = await startGateway({ LOG_LEVEL: 'warn' })
    asking = { token: await broken.signIn('alice') }
    await breakColumn(broken.cdr, 'cdr.cdr', 'customer_price', 'customer_price cannot be read')
    await breakColumn(broken.cdr, 'billing.invoices', 'reference', 'billing.invoices cannot be read')
  })
  afterAll(() => broken[Symbol.asyncDispose]())

  it.each([
    ['of calls', '{ outgoingCdrs { nodes { customerPrice } } }', 'outgoingCdrs', 'customer_price'],
    ['of invoices', '{ invoices { nodes { reference } } }', 'invoices', 'billing.invoices'],
  ])('MUST be masked, and be in the log under the same id: %s', async (_, query, field, secret) => {
    let answer: Answer | undefined
    const lines = await logged(async () => {
      answer = await broken.ask(query, asking)
    })
    expect(answer?.status).toBe(200)
    expect(answer?.errors).toHaveLength(1)
    expect(answer?.errors?.[0]).toMatchObject({
      message: 'Unexpected error.',
      path: [field, 'nodes'],
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    })
    const correlationId = answer?.errors?.[0]?.extensions['correlationId']
    expect(correlationId).toMatch(/^[\da-f-]{36}$/)
    expect(JSON.stringify(answer?.errors)).not.toContain(secret)
    const line = lines.find((each) => each['correlationId'] === correlationId)
    expect(line).toMatchObject({ level: 50, err: { message: expect.stringContaining(secret) } })
    expect(line?.['err'].stack).toContain('rows.ts')
  })

  it('MUST leave the rest of the answer alone', async () => {
    const { data, errors } = await broken.ask(
      '{ invoices { nodes { reference } } accounts { totalCount } outgoingCdrs { totalCount nodes { duration } } }',
      asking,
    )
    expect(data).toMatchObject({ accounts: { totalCount: 4 }, outgoingCdrs: { totalCount: expect.any(Number) } })
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['INTERNAL_SERVER_ERROR'])
  })

  it('MUST have an id of its own each time', async () => {
    const { errors = [] } = await broken.ask(
      '{ a: invoices { nodes { reference } } b: invoices { nodes { reference } } }',
      asking,
    )
    expect(new Set(errors.map(({ extensions }) => extensions['correlationId'])).size).toBe(2)
  })

  it('MUST not put tokens or passwords into the log', async () => {
    const lines = await logged(async () => {
      await broken.ask('{ invoices { nodes { reference } } }', asking)
      await broken.ask('mutation { signIn(login: "alice", password: "wrong-password-demo") { token } }')
    })
    expect(JSON.stringify(lines)).not.toContain(asking.token)
    expect(JSON.stringify(lines)).not.toContain('wrong-password-demo')
  })
})

/** A way to the database that can be cut. */
interface Line extends AsyncDisposable {
  readonly url: string
  cut(): void
  mend(): Promise<void>
}

async function lineTo(databaseUrl: string): Promise<Line> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  }
  const listen = (port: number): Promise<Server> =>
    new Promise((resolve) => {
      const server = createServer((client) => {
        const upstream = keep(connect(Number(target.port), target.hostname))
        keep(client).pipe(upstream).pipe(client)
        client.on('close', () => upstream.destroy())
        upstream.on('close', () => client.destroy())
      })
      server.listen(port, '127.0.0.1', () => resolve(server))
    })
  let server = await listen(0)
  const { port } = server.address() as { port: number }
  const cut = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: Object.assign(new URL(databaseUrl), { hostname: '127.0.0.1', port: String(port) }).href,
    cut,
    mend: async () => {
      server = await listen(port)
    },
    async [Symbol.asyncDispose]() {
      cut()
    },
  }
}

describe('A database that goes away', () => {
  let app: App
  let line: Line
  let url: string

  beforeEach(async () => {
    const { database } = gateway.app.services.config
    if (database.kind !== 'external') throw new TypeError('Not the gateway of the tests')
    line = await lineTo(database.cdrUrl)
    app = await startApp(
      readConfig({
        PORT: '0',
        DATA_DIR: gateway.app.services.config.dataDirectory,
        DATABASE_URL: database.primaryUrl,
        CDR_DATABASE_URL: line.url,
        CUSTOMER_JWT_SECRET: customerSecret,
        ADMIN_JWT_SECRET: adminSecret,
        LOG_LEVEL: 'silent',
        STATEMENT_TIMEOUT: '1',
      }),
    )
    url = app.url
  })
  afterEach(async () => {
    await app[Symbol.asyncDispose]()
    await line[Symbol.asyncDispose]()
  })

  async function ask(query = '{ outgoingCdrs(first: 1) { nodes { id } } }'): Promise<Answer> {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query }),
    })
    return { ...(await response.json()), status: response.status }
  }

  function expectCode({ status, data, errors }: Answer, code: string): void {
    expect(status).toBe(200)
    expect(data).toEqual({ outgoingCdrs: { nodes: null } })
    expect(errors).toMatchObject([{ path: ['outgoingCdrs', 'nodes'], extensions: { code } }])
    expect(JSON.stringify(errors)).not.toMatch(/ECONN|127\.0\.0\.1|postgres|terminat/i)
  }

  it('MUST be UNAVAILABLE, in each field that needs it, and be back when it is', async () => {
    expect((await ask()).errors).toBeUndefined()
    line.cut()
    expectCode(await ask(), 'UNAVAILABLE')
    expectCode(await ask(), 'UNAVAILABLE')
    const { data, errors } = await ask(
      '{ accounts { totalCount } outgoingCdrs { totalCount } invoices { totalCount } }',
    )
    expect(data).toMatchObject({
      accounts: { totalCount: 4 },
      outgoingCdrs: { totalCount: null },
      invoices: { totalCount: null },
    })
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['UNAVAILABLE', 'UNAVAILABLE'])
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    await line.mend()
    expect((await ask()).errors).toBeUndefined()
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  })

  it('MUST be noticed when it ends connections, and new ones are made', async () => {
    await ask()
    await gateway.cdr.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'yeti-portal-gateway' AND datname = current_database()`,
    )
    await sleep(100)
    expect((await ask()).errors).toBeUndefined()
  })

  it('MUST be UNAVAILABLE when it ends a statement under way, and TIMEOUT when that takes too long', async () => {
    const client = await gateway.cdr.connect()
    try {
      await client.query('BEGIN; LOCK TABLE cdr.cdr IN ACCESS EXCLUSIVE MODE')
      const ended = ask()
      await vi.waitFor(async () => {
        const { rowCount } = await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name = 'yeti-portal-gateway'`)
        expect(rowCount).toBeGreaterThan(0)
      })
      expectCode(await ended, 'UNAVAILABLE')
      const started = Date.now()
      expectCode(await ask(), 'TIMEOUT')
      expect(Date.now() - started).toBeGreaterThan(900)
      expect(Date.now() - started).toBeLessThan(5000)
    } finally {
      await client.query('ROLLBACK')
      client.release()
    }
    expect((await ask()).errors).toBeUndefined()
  })

  it('MUST be 503 for a file, and 200 again', async () => {
    const { data } = await ask('{ invoices { nodes { pdf { url } } } }')
    const link = data.invoices.nodes.find(({ pdf }: { pdf: unknown }) => pdf !== null).pdf.url
    line.cut()
    const response = await fetch(link)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] })
    await line.mend()
    expect((await fetch(link)).status).toBe(200)
  })
})
