import { createHash, createHmac } from 'node:crypto'
import { getNamedType, type GraphQLInputObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { schema } from '../../src/schema/index.ts'
import { startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { inOrder, matches, type ValueType } from './support/naive.ts'
import { addTrickyRows, trickyOnly } from './support/rows.ts'
import { selectedColumns, statementsOf } from './support/statements.ts'
import {
  aurora,
  borealis,
  enumCodes,
  enumName,
  exactTime,
  kindName,
  rawRows,
  rowColumn,
  subjects,
  type RawRow,
  type Subject,
} from './support/subjects.ts'

let gateway: Gateway
/** Erin is another customer, frank has one of alice's accounts, tester has alice's customer and profile. */
const tokens = { alice: '', erin: '', frank: '', tester: '' }
const administrators = { first: '', second: '' }
const rows = new Map<string, RawRow[]>()

beforeAll(async () => {
  gateway = await startGateway()
  await addTrickyRows(gateway)
  for (const login of ['alice', 'erin', 'frank'] as const) tokens[login] = await gateway.signIn(login)
  tokens.tester = (await gateway.login('tester')).token
  administrators.first = await gateway.admin()
  administrators.second = await gateway.admin('second')
  for (const subject of subjects) rows.set(subject.field, await rawRows(gateway, subject))
})
afterAll(() => gateway[Symbol.asyncDispose]())

const each = subjects.map((subject) => ({ type: subject.resource.name, ...subject }))
const cdrs = each.filter(({ table }) => table === 'cdr.cdr')
const ofTenants = each.filter(({ isReference }) => !isReference)

type Where = Readonly<Record<string, unknown>>

/** Who asks for a list: alice, or another login that is named; of what is for administrators, one of two. */
function tokenFor({ forAdministrators }: Subject, login: keyof typeof tokens = 'alice'): string {
  if (forAdministrators) return login === 'alice' ? administrators.first : administrators.second
  return tokens[login]
}

function rowsOf(subject: Subject): RawRow[] {
  return rows.get(subject.field) ?? []
}

/** The rows that a test's own filter leaves: those of the tricky day, where there is one. */
function trickyRowsOf(subject: Subject): RawRow[] {
  return rowsOf(subject).filter((row) => subject.table !== 'cdr.cdr' || row['time_start']?.startsWith('2020-01-01'))
}

function keyOf(subject: Subject, row: RawRow): string {
  return row[subject.key.column] ?? ''
}

/** What a row has of an attribute: its column's text, and of an enum its name. */
function valueOf(subject: Subject, attribute: string, row: RawRow): string | null {
  const text = row[rowColumn(subject, attribute)] ?? null
  const kind = subject.resource.attributes.get(attribute)?.kind
  return typeof kind === 'object' ? enumName(kind.ref.name, text) : text
}

/** What `value` of this attribute is as an argument. */
function asArgument(type: ValueType, text: string): unknown {
  if (type === 'Int') return Number(text)
  if (type === 'Boolean') return text.startsWith('t')
  return type === 'DateTime' ? exactTime(text) : text
}

interface Filter {
  readonly attribute: string
  readonly operators: readonly string[]
  readonly type: ValueType
  /** Of an enum. */
  readonly names?: readonly string[]
}

function inputFields(name: string): readonly [string, string][] {
  const type = schema.getType(name) as GraphQLInputObjectType
  return Object.entries(type.getFields()).map(([field, { type: of }]) => [field, getNamedType(of).name])
}

/** What the schema offers to filter by; the meanings are the tests' own. */
function filtersOf({ resource }: Subject): Filter[] {
  return inputFields(`${resource.name}Where`)
    .filter(([, input]) => input !== 'IDFilter')
    .map(([attribute, input]) => {
      const operators = inputFields(input).map(([operator]) => operator)
      const type = input.replace(/Filter$/, '')
      const codes = enumCodes[type]
      // Names of enums are texts, of which only the same are equal.
      return codes
        ? { attribute, operators, type: 'String', names: Object.keys(codes) }
        : { attribute, operators, type: type as ValueType }
    })
}

/** A filter that nothing matches. */
function nothing(subject: Subject): Where {
  const [filter] = filtersOf(subject).filter(({ operators }) => operators.includes('in'))
  return { ...subject.everything, [filter?.attribute ?? '']: { in: [] } }
}

/** As many searches with their counts as one operation may well cost. */
const atOnce = 10

/** Many lists in few requests: an alias and a variable each. */
async function lists(subject: Subject, wheres: readonly Where[], selection: string): Promise<Answer['data'][]> {
  if (wheres.length > atOnce) {
    return [
      ...(await lists(subject, wheres.slice(0, atOnce), selection)),
      ...(await lists(subject, wheres.slice(atOnce), selection)),
    ]
  }
  const { field, resource, key } = subject
  const variables = wheres.map((_, index) => `$w${index}: ${resource.name}Where`)
  const fields = wheres.map(
    (_, index) =>
      `l${index}: ${field}(first: 500, where: $w${index}, orderBy: [{ ${key.attribute}: ASC }]) { ${selection} }`,
  )
  const answer = await gateway.ask(`query (${variables.join(', ')}) { ${fields.join('\n')} }`, {
    token: tokenFor(subject),
    variables: Object.fromEntries(wheres.map((where, index) => [`w${index}`, where])),
  })
  expect(answer.errors).toBeUndefined()
  return wheres.map((_, index) => answer.data[`l${index}`])
}

describe.each(each)('The list of $type', (subject) => {
  const { field, resource, everything } = subject

  async function list(args: string, selection: string): Promise<Answer> {
    return gateway.ask(`query ($where: ${resource.name}Where) { ${field}(where: $where${args}) { ${selection} } }`, {
      token: tokenFor(subject),
      variables: { where: everything },
    })
  }

  it('MUST have 50 rows on a page by default, and count all', async () => {
    const { data } = await list('', 'nodes { id } totalCount pageInfo { hasNextPage hasPreviousPage }')
    expect(data[field].nodes).toHaveLength(Math.min(50, rowsOf(subject).length))
    expect(data[field].totalCount).toBe(rowsOf(subject).length)
    expect(data[field].pageInfo).toEqual({ hasNextPage: rowsOf(subject).length > 50, hasPreviousPage: false })
  })

  it('MUST give as many as asked for, up to 500', async () => {
    for (const size of [1, 49, 500]) {
      const length = Math.min(size, rowsOf(subject).length)
      for (const word of ['first', 'last']) {
        expect((await list(`, ${word}: ${size}`, 'nodes { id }')).data[field].nodes).toHaveLength(length)
      }
    }
  })

  it.each(['first', 'last'])('MUST refuse %s of 501, 0 and -1', async (word) => {
    for (const size of [501, 0, -1]) {
      const { data, errors } = await list(`, ${word}: ${size}`, 'nodes { id }')
      expect(data).toEqual({ [field]: null })
      expect(errors).toMatchObject([{ path: [field], extensions: { code: 'BAD_USER_INPUT', argument: word } }])
    }
  })

  it('MUST be the same as nodes and as edges', async () => {
    const { data } = await list(
      ', first: 7',
      'nodes { id } edges { cursor node { id } } pageInfo { startCursor endCursor }',
    )
    const { nodes, edges, pageInfo } = data[field]
    expect(edges.map(({ node }: { node: unknown }) => node)).toEqual(nodes)
    expect(pageInfo).toEqual({ startCursor: edges[0].cursor, endCursor: edges[6].cursor })
  })

  it('MUST be empty, without cursors, where nothing matches', async () => {
    const [found] = await lists(
      subject,
      [nothing(subject)],
      'nodes { id } edges { cursor } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }',
    )
    expect(found).toEqual({
      nodes: [],
      edges: [],
      totalCount: 0,
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    })
  })

  it("MUST be in Yeti's default order", async () => {
    const { column, type, descending } = subject.order
    const { data } = await list(', first: 500', `nodes { ${subject.key.attribute} }`)
    const byKey = new Map(rowsOf(subject).map((row) => [keyOf(subject, row), row]))
    const values = data[field].nodes.map(
      (node: Record<string, string>) => byKey.get(String(node[subject.key.attribute]))?.[column],
    )
    const expected = rowsOf(subject)
      .map((row) => row[column] ?? null)
      .sort((a, b) => inOrder(type, descending, a, b))
      .slice(0, 500)
    expect(values).toEqual(expected)
  })
})

describe.each(cdrs)('The window of $type', (subject) => {
  const { field, resource } = subject
  const hour = 3_600_000
  const hoursAgo = (hours: number): string => new Date(Date.now() - hours * hour).toISOString()

  async function countOf(timeStart: Where | undefined): Promise<number> {
    const { data } = await gateway.ask(
      `query ($where: ${resource.name}Where) { ${field}(where: $where) { totalCount } }`,
      {
        token: tokenFor(subject),
        variables: { where: timeStart && { timeStart } },
      },
    )
    return data[field].totalCount
  }

  function count(from: number, to = 0): number {
    const starts = rowsOf(subject).map((row) => Date.parse(exactTime(row['time_start'] ?? '')))
    return starts.filter((time) => time >= Date.now() - from * hour && time < Date.now() - to * hour).length
  }

  it('MUST be the last 24 hours when nothing says from when', async () => {
    expect(count(24)).toBeGreaterThan(10)
    expect(count(24)).toBeLessThan(rowsOf(subject).length)
    expect(await countOf(undefined)).toBe(count(24))
    expect(await countOf({})).toBe(count(24))
  })

  it.each(['gt', 'gte'])('MUST be lifted by %s', async (operator) => {
    expect(await countOf({ [operator]: hoursAgo(48) })).toBe(count(48))
    expect(await countOf({ [operator]: '2000-01-01T00:00:00Z' })).toBe(rowsOf(subject).length)
  })

  it('MUST be lifted by eq', async () => {
    const [oldest] = rowsOf(subject)
      .map((row) => row['time_start'] ?? '')
      .sort()
    const same = rowsOf(subject).filter((row) => row['time_start'] === oldest)
    expect(await countOf({ eq: exactTime(oldest ?? '') })).toBe(same.length)
  })

  it.each<[string, () => unknown, () => number]>([
    ['lt', () => hoursAgo(12), () => count(24, 12)],
    ['lte', () => hoursAgo(12), () => count(24, 12)],
    ['lt', () => '2020-01-02T00:00:00Z', () => 0],
    ['in', () => trickyRowsOf(subject).map((row) => exactTime(row['time_start'] ?? '')), () => 0],
    ['notEq', () => '2020-01-01T12:00:00Z', () => count(24)],
    ['notIn', () => ['2020-01-01T12:00:00Z'], () => count(24)],
  ])('MUST stay with %s alone', async (operator, value, expected) => {
    expect(await countOf({ [operator]: value() })).toBe(expected())
  })

  it('MUST not hold for one record asked for by its id', async () => {
    const [row] = trickyRowsOf(subject)
    const id = Buffer.from(`${resource.name}:${row?.['id']}`).toString('base64')
    const { data } = await gateway.ask('query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }', {
      token: tokenFor(subject),
      variables: { id },
    })
    expect(data).toEqual({ node: { id }, nodes: [{ id }] })
  })
})

/** Values to compare with: some that rows have, and for texts parts of them, in other letters, and what looks like a pattern. */
function values(type: ValueType, found: readonly string[]): string[] {
  const distinct = [...new Set(found)].sort()
  const step = Math.max(1, Math.floor(distinct.length / 4))
  const some = distinct.filter((_, index) => index % step === 0).slice(0, 5)
  return type === 'UUID'
    ? [...some.slice(0, 2), some[0]?.toUpperCase() ?? '', '00000000-0000-4000-8000-000000000000']
    : some
}

function patterns(found: readonly string[]): string[] {
  const long = [...(found.find((text) => text.length > 4) ?? 'abc')]
  const swapped = long.map((letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))
  const parts = [long.slice(0, 3), swapped.slice(0, 3), swapped.slice(-3), swapped.slice(1, 4), swapped]
  return ['', '%', '_', '\\', 'a%c', 'A_C', 'a\\C', '%%', 'NLÏCODE é', ...parts.map((letters) => letters.join(''))]
}

function argumentsFor({ type }: Filter, operator: string, found: readonly string[]): unknown[] {
  const some = values(type, found)
  const given = some.map((text) => asArgument(type, text))
  if (operator === 'in' || operator === 'notIn') return [[], given.slice(0, 1), given, [...given, ...given]]
  if (operator === 'containsAny')
    return [[], ['%'], ['_', '\\'], patterns(found).slice(-4), ['nothing has this', 'ABC']]
  if (operator === 'contains' || operator === 'startsWith' || operator === 'endsWith') return patterns(found)
  return given
}

describe.each(each)('Filters of $type', (subject) => {
  const { key } = subject

  it.each(filtersOf(subject))('MUST compare $attribute as the simplest filter would', async (filter) => {
    const { attribute, operators, type, names } = filter
    const of = attribute === 'timeStart' ? rowsOf(subject) : trickyRowsOf(subject)
    const found = names ?? trickyRowsOf(subject).flatMap((row) => valueOf(subject, attribute, row) ?? [])
    const cases = operators.flatMap((operator) =>
      argumentsFor(filter, operator, found).map((value) => ({ operator, value })),
    )
    const wheres = cases.map(({ operator, value }) =>
      attribute === 'timeStart'
        ? {
            timeStart: {
              ...(operator !== 'gte' && operator !== 'eq' && { gte: '2000-01-01T00:00:00Z' }),
              [operator]: value,
            },
          }
        : { ...trickyOnly(subject), [attribute]: { [operator]: value } },
    )
    const answers = await lists(subject, wheres, `nodes { ${key.attribute} } totalCount`)
    for (const [index, { operator, value }] of cases.entries()) {
      const expected = of
        .filter((row) =>
          matches(
            type,
            operator,
            valueOf(subject, attribute, row),
            typeof value === 'number' || typeof value === 'boolean' ? String(value) : value,
          ),
        )
        .map((row) => keyOf(subject, row))
        .sort((a, b) => inOrder(key.attribute === 'uuid' ? 'UUID' : 'BigInt', false, a, b))
      const got = answers[index]
      const what = `${attribute} ${operator} ${JSON.stringify(value)}`
      expect(got.totalCount, what).toBe(expected.length)
      expect(
        got.nodes.map((node: Record<string, unknown>) => String(node[key.attribute])),
        what,
      ).toEqual(expected.slice(0, 500))
    }
  })

  const [first, second = first] = filtersOf(subject).filter(
    ({ type, attribute }) => type === 'Decimal' || (type === 'Int' && !attribute.endsWith('Id')),
  )

  it.runIf(first)('MUST hold together, also several of one attribute', async () => {
    if (!first || !second) throw new TypeError('A number is needed')
    const where = {
      ...trickyOnly(subject),
      [first.attribute]: { gte: asArgument(first.type, '0'), lt: asArgument(first.type, '40') },
      ...(second !== first && { [second.attribute]: { notEq: asArgument(second.type, '0') } }),
    }
    const expected = trickyRowsOf(subject).filter((row) => {
      const [one, other] = [
        row[rowColumn(subject, first.attribute)] ?? null,
        row[rowColumn(subject, second.attribute)] ?? null,
      ]
      return (
        matches(first.type, 'gte', one, '0') &&
        matches(first.type, 'lt', one, '40') &&
        (second === first || matches(second.type, 'notEq', other, '0'))
      )
    })
    const [found] = await lists(subject, [where], 'totalCount')
    expect(found.totalCount).toBe(expected.length)
    expect(expected.length).toBeGreaterThan(0)
  })
})

describe.each(each.filter(({ resource }) => resource.links.has('account')))(
  'The filter by account of $type',
  (subject) => {
    const { resource } = subject
    const id = (uuid: string): string => Buffer.from(`Account:${uuid}`).toString('base64')
    const missing = id('00000000-0000-4000-8000-000000000000')

    it('MUST take ids of accounts, and match nothing for unknown and foreign ones', async () => {
      const accounts = (await gateway.primary.query('SELECT id, uuid, contractor_id FROM billing.accounts ORDER BY id'))
        .rows
      const uuidOf = (number: number): string => id(accounts.find((account) => account.id === number)?.uuid)
      const [main, retail, foreign] = [uuidOf(201), uuidOf(202), uuidOf(211)]
      const cases: [Where, (account: string | null) => boolean][] = [
        [{ eq: main }, (account) => account === '201'],
        [{ eq: foreign }, () => false],
        [{ eq: missing }, () => false],
        [{ in: [] }, () => false],
        [{ in: [main, retail] }, (account) => account === '201' || account === '202'],
        [{ in: [main, foreign, missing] }, (account) => account === '201'],
        [{ in: [foreign] }, () => false],
        [{ notEq: main }, (account) => account !== '201' && account !== null],
        [{ notEq: foreign }, () => true],
        [{ notIn: [main, retail] }, (account) => account !== '201' && account !== '202' && account !== null],
        [{ eq: main, notEq: main }, () => false],
      ]
      const answers = await lists(
        subject,
        cases.map(([accountId]) => ({ ...trickyOnly(subject), accountId })),
        'totalCount',
      )
      for (const [index, [accountId, test]] of cases.entries()) {
        const expected = trickyRowsOf(subject).filter((row) =>
          test(row[resource.links.get('account')?.column ?? ''] ?? null),
        ).length
        expect(answers[index].totalCount, JSON.stringify(accountId)).toBe(expected)
      }
    })
  },
)

interface PageOf {
  readonly nodes: readonly Readonly<Record<string, unknown>>[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string
    readonly endCursor: string
  }
}

type Order = readonly Readonly<Record<string, 'ASC' | 'DESC'>>[]

/** Reads a list page by page from either end, and gives its rows in the list's order. */
async function pagesOf(subject: Subject, orderBy: Order, size: number, backward = false): Promise<string[]> {
  const { field, resource, key } = subject
  const query = `query ($where: ${resource.name}Where, $orderBy: [${resource.name}OrderBy!], $size: Int, $cursor: String) {
    ${field}(where: $where, orderBy: $orderBy, ${backward ? 'last: $size, before' : 'first: $size, after'}: $cursor) {
      nodes { ${key.attribute} } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
  const read: string[] = []
  let cursor: string | null = null
  for (let page = 0; page < 100; page++) {
    const answer: Answer = await gateway.ask(query, {
      token: tokenFor(subject),
      variables: { where: trickyOnly(subject), orderBy, size, cursor },
    })
    expect(answer.errors).toBeUndefined()
    const { nodes, pageInfo }: PageOf = answer.data[field]
    const keys = nodes.map((node) => String(node[key.attribute]))
    read.splice(backward ? 0 : read.length, 0, ...keys)
    expect(backward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage).toBe(page > 0)
    const more = backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage
    // There is more exactly while not everything was read.
    expect(more).toBe(read.length < trickyRowsOf(subject).length)
    if (!more) return read
    expect(nodes).toHaveLength(size)
    cursor = backward ? pageInfo.startCursor : pageInfo.endCursor
  }
  throw new Error('The list has no end')
}

function typeOf(subject: Subject, attribute: string): ValueType {
  const kinds: Readonly<Record<string, ValueType>> = {
    text: 'String',
    integer: 'Int',
    bigint: 'BigInt',
    decimal: 'Decimal',
    time: 'DateTime',
    boolean: 'Boolean',
    uuid: 'UUID',
    address: 'IPAddress',
  }
  const { kind } = subject.resource.attributes.get(attribute) ?? {}
  // Links are ordered by the other's internal id, enums by their codes.
  if (typeof kind === 'object' && kind.sqlType === 'text') return 'String'
  return kinds[kindName(kind)] ?? 'BigInt'
}

/** What a row is ordered by. */
function orderValue(subject: Subject, attribute: string, row: RawRow): string | null {
  const link = subject.resource.links.get(attribute.replace(/Id$/, ''))
  const text = row[link?.column ?? rowColumn(subject, attribute)] ?? null
  // As in Yeti, for PostgreSQL no value is greater than any.
  return attribute === 'renewPeriod' ? (text ?? '32767') : text
}

function ordersOf({ resource }: Subject): string[] {
  return inputFields(`${resource.name}OrderBy`).map(([attribute]) => attribute)
}

/** Every row exactly once, and each in its place. */
function checkOrder(subject: Subject, orderBy: Order, read: readonly string[]): void {
  const byKey = new Map(trickyRowsOf(subject).map((row) => [keyOf(subject, row), row]))
  expect([...read].sort()).toEqual([...byKey.keys()].sort())
  const keys = orderBy.flatMap((item) => Object.entries(item))
  for (const [index, key] of read.slice(1).entries()) {
    const [one, other] = [byKey.get(read[index] ?? '') ?? {}, byKey.get(key) ?? {}]
    const [difference = 0] = keys
      .map(([attribute, direction]) => {
        const [first, second] = [one, other].map((row) => orderValue(subject, attribute, row))
        return inOrder(typeOf(subject, attribute), direction === 'DESC', first ?? null, second ?? null)
      })
      .filter((sign) => sign !== 0)
    expect(difference, `${JSON.stringify(orderBy)} at ${index}`).toBeLessThanOrEqual(0)
  }
}

describe.each(each)('The order of $type', (subject) => {
  it.each(ordersOf(subject))(
    'MUST hold through all pages by %s, in both directions, read from either end',
    async (attribute) => {
      await Promise.all(
        (['ASC', 'DESC'] as const).map(async (direction) => {
          const orderBy = [{ [attribute]: direction }]
          // Three pages one way, two or three the other, so that they end at different rows.
          const size = Math.ceil(trickyRowsOf(subject).length / 3)
          const forward = await pagesOf(subject, orderBy, size)
          checkOrder(subject, orderBy, forward)
          expect(await pagesOf(subject, orderBy, size + 11, true)).toEqual(forward)
        }),
      )
    },
  )

  it('MUST hold by several attributes, with values that repeat and rows without', async () => {
    const names = ordersOf(subject)
    // Those with the fewest values first, which is where the next attribute matters.
    const numbers = new Map(
      names.map((name) => [name, new Set(trickyRowsOf(subject).map((row) => orderValue(subject, name, row))).size]),
    )
    const [a = '', b = '', c = a] = names.toSorted((one, other) => (numbers.get(one) ?? 0) - (numbers.get(other) ?? 0))
    const orders: Order[] = [
      [{ [a]: 'ASC' }, { [c]: 'DESC' }],
      [{ [c]: 'DESC' }, { [b]: 'DESC' }],
      [{ [c]: 'ASC' }, { [a]: 'DESC' }, { [b]: 'ASC' }],
      [{ [a]: 'DESC' }, { [subject.key.attribute]: 'ASC' }],
      [{ [a]: 'ASC' }, { [a]: 'DESC' }],
      [{ [subject.key.attribute]: 'DESC' }, { [a]: 'ASC' }],
    ]
    const size = Math.ceil(trickyRowsOf(subject).length / 6)
    for (const orderBy of orders) {
      const forward = await pagesOf(subject, orderBy, size)
      checkOrder(subject, orderBy, forward)
      expect(await pagesOf(subject, orderBy, size + 2, true)).toEqual(forward)
    }
  })

  it('MUST be the default one for an empty list of orders', async () => {
    const { field } = subject
    const { data } = await gateway.ask(`{ a: ${field}(orderBy: []) { nodes { id } } b: ${field} { nodes { id } } }`, {
      token: tokenFor(subject),
    })
    expect(data.a).toEqual(data.b)
  })

  it('MUST be the same when a page is asked for again, and rows come in meanwhile do not shift it', async () => {
    const { field } = subject
    const token = tokenFor(subject)
    const first = await gateway.ask(`{ ${field}(first: 2) { pageInfo { endCursor } } }`, { token })
    const { endCursor } = first.data[field].pageInfo
    const query = `query ($after: String) { ${field}(first: 1, after: $after) { nodes { id } } }`
    const ask = async (): Promise<unknown> =>
      (await gateway.ask(query, { token, variables: { after: endCursor } })).data[field].nodes
    expect(await ask()).toEqual(await ask())
  })
})

describe.each(each)('Cursors of $type', (subject) => {
  const { field } = subject
  // Any but the default one.
  const by = ordersOf(subject).find((name) => rowColumn(subject, name) !== subject.order.column) ?? ''

  async function cursorOf(of: Subject = subject, args = '', asking = tokenFor(of)): Promise<string> {
    const { data } = await gateway.ask(`{ ${of.field}(first: 1${args}) { pageInfo { endCursor } } }`, { token: asking })
    expect(data[of.field].pageInfo.endCursor).toMatch(/^[\w-]+$/)
    return data[of.field].pageInfo.endCursor
  }

  async function use(cursor: string, args = '', asking = tokenFor(subject), backward = false): Promise<Answer> {
    const page = backward ? 'last: 1, before: $cursor' : 'first: 1, after: $cursor'
    return gateway.ask(`query ($cursor: String) { ${field}(${page}${args}) { nodes { id } } }`, {
      token: asking,
      variables: { cursor },
    })
  }

  function expectRefused({ status, data, errors }: Answer, argument = 'after'): void {
    expect(status).toBe(200)
    expect(data).toEqual({ [field]: null })
    expect(errors).toHaveLength(1)
    expect(errors?.[0]).toMatchObject({ path: [field], extensions: { code: 'BAD_USER_INPUT', argument } })
    expect(errors?.[0]?.message).toMatch(new RegExp(`^${argument}: `))
  }

  it('MUST work for the list they are of', async () => {
    expect((await use(await cursorOf())).errors).toBeUndefined()
    const args = `, orderBy: [{ ${by}: DESC }]`
    expect((await use(await cursorOf(subject, args), args)).errors).toBeUndefined()
  })

  it('MUST be refused by another order, also by the other direction of the same', async () => {
    const cursor = await cursorOf(subject, `, orderBy: [{ ${by}: DESC }]`)
    expectRefused(await use(cursor))
    expectRefused(await use(cursor, `, orderBy: [{ ${by}: ASC }]`))
    expectRefused(await use(await cursorOf(), `, orderBy: [{ ${by}: DESC }]`))
  })

  it.each(subjects.filter(({ field: other }) => other !== field))(
    'MUST be refused when they are of $field',
    async (other) => {
      expectRefused(await use(await cursorOf(other)))
    },
  )

  it.runIf(subject.isReference)('MUST be taken from everybody, since the rows are the same for all', async () => {
    for (const login of ['erin', 'frank'] as const)
      expect((await use(await cursorOf(subject, '', tokenFor(subject, login)))).errors).toBeUndefined()
  })

  it.skipIf(subject.isReference)(
    'MUST be refused by another customer, and by a login with other accounts',
    async () => {
      expectRefused(await use(await cursorOf(subject, '', tokenFor(subject, 'erin'))))
      expectRefused(await use(await cursorOf(subject, '', tokenFor(subject, 'frank'))))
    },
  )

  it('MUST be taken from another login of the same customer', async () => {
    expect((await use(await cursorOf(subject, '', tokenFor(subject, 'tester')))).errors).toBeUndefined()
  })

  it('MUST be refused once altered in any character, cut, lengthened, or made up', async () => {
    const cursor = await cursorOf()
    const altered = [...cursor].map(
      (letter, index) => cursor.slice(0, index) + (letter === 'A' ? 'B' : 'A') + cursor.slice(index + 1),
    )
    // The last character may hold bits that no byte has; that one is the same cursor.
    const bytes = (text: string): string => Buffer.from(text, 'base64url').toString('hex')
    const forged = altered.filter((text) => bytes(text) !== bytes(cursor))
    const payload = Buffer.from(cursor, 'base64url').subarray(16)
    const made = [
      payload.toString('base64url'),
      Buffer.concat([Buffer.alloc(16), payload]).toString('base64url'),
      Buffer.concat([createHmac('sha256', '').update(payload).digest().subarray(0, 16), payload]).toString('base64url'),
      Buffer.concat([createHash('sha256').update(payload).digest().subarray(0, 16), payload]).toString('base64url'),
    ]
    const cut = [
      cursor.slice(0, -4),
      cursor.slice(4),
      cursor.slice(0, 16),
      `${cursor}AAAA`,
      '',
      ' ',
      'null',
      '🙂',
      'A'.repeat(10_000),
    ]
    const all = [...forged, ...made, ...cut]
    for (let from = 0; from < all.length; from += atOnce) {
      const some = all.slice(from, from + atOnce)
      const roots = some.map(
        (text, index) => `c${index}: ${field}(first: 1, after: ${JSON.stringify(text)}) { nodes { id } }`,
      )
      const { errors = [] } = await gateway.ask(`{ ${roots.join(' ')} }`, { token: tokenFor(subject) })
      expect(errors.map(({ path, extensions }) => [path?.[0], extensions.code, extensions['argument']]).sort()).toEqual(
        some.map((_, index) => [`c${index}`, 'BAD_USER_INPUT', 'after']).sort(),
      )
    }
    expectRefused(await use(forged[20] ?? '', '', tokenFor(subject), true), 'before')
  })

  it('MUST not show what stands in the row they are of', async () => {
    const attribute = subject.key.attribute
    const { data } = await gateway.ask(
      `{ ${field}(first: 20, orderBy: [{ ${by}: ASC }]) { edges { cursor node { ${attribute} ${by} } } } }`,
      { token: tokenFor(subject) },
    )
    for (const { cursor, node } of data[field].edges) {
      const text = Buffer.from(cursor, 'base64url').toString('latin1')
      for (const value of [node[attribute], node[by]]) {
        if (String(value).length > 4) expect(text).not.toContain(String(value))
      }
    }
  })

  it('MUST go with the direction of reading', async () => {
    const cursor = await cursorOf()
    const token = tokenFor(subject)
    const ask = (args: string): Promise<Answer> => gateway.ask(`{ ${field}(${args}) { nodes { id } } }`, { token })
    expectRefused(await ask(`last: 1, after: "${cursor}"`), 'after')
    expectRefused(await ask(`first: 1, before: "${cursor}"`), 'before')
    expectRefused(await ask(`before: "${cursor}"`), 'before')
    expectRefused(await ask('first: 1, last: 1'), 'last')
  })
})

describe.each(each)('Statements of $type', (subject) => {
  const { field, resource, table } = subject

  async function statements(query: string, variables?: Where) {
    const recorded = await statementsOf(gateway, async () => {
      const { errors } = await gateway.ask(query, { token: tokenFor(subject), ...(variables && { variables }) })
      expect(errors).toBeUndefined()
    })
    return { all: recorded, own: recorded.filter(({ text }) => text.includes(` FROM ${table} `)) }
  }

  it.each([...resource.attributes.values()].filter(({ shown }) => shown !== false))(
    'MUST select nothing but $name when that is asked for',
    async ({ name, read }) => {
      const { all, own } = await statements(`{ ${field} { nodes { ${name} } } }`)
      expect(all).toHaveLength(1)
      expect(own.flatMap((statement) => selectedColumns(statement, table))).toEqual([read.name])
      expect(own[0]?.text).not.toMatch(/SELECT[^(]*\*/)
    },
  )

  it('MUST select nothing at all for the number of rows', async () => {
    const { all } = await statements(`{ ${field} { totalCount } }`)
    expect(all).toHaveLength(1)
    expect(all[0]?.text).toMatch(/^SELECT count\(\*\)/)
  })

  it('MUST not count when no number of rows is asked for, nor read when no row is', async () => {
    expect((await statements(`{ ${field} { nodes { id } } }`)).all).toHaveLength(1)
    expect((await statements(`{ ${field} { __typename } }`)).all).toHaveLength(0)
    expect(
      (await statements(`{ ${field} { nodes { __typename } pageInfo { hasNextPage } } }`)).own.flatMap((statement) =>
        selectedColumns(statement, table),
      ),
    ).toEqual([])
  })

  it('MUST read a page once, however it is asked for', async () => {
    const { all } = await statements(
      `{ ${field} { nodes { id } edges { node { id } cursor } pageInfo { hasNextPage endCursor } } }`,
    )
    expect(all).toHaveLength(1)
  })

  it('MUST not select what @skip and @include leave out', async () => {
    const [first = '', second = ''] = [...resource.attributes.values()]
      .filter(({ shown }) => shown !== false)
      .map(({ name }) => name)
    const { own } = await statements(
      `query ($no: Boolean!) { ${field} { nodes { ${first} ${second} @include(if: $no) ... @include(if: $no) { id } } } }`,
      { no: false },
    )
    expect(own.flatMap((statement) => selectedColumns(statement, table))).toEqual([
      resource.attributes.get(first)?.read.name,
    ])
  })

  it('MUST be as many for 500 rows with their accounts as for one', async () => {
    if (!resource.links.has('account')) return
    const query = `query ($first: Int, $where: ${resource.name}Where) { ${field}(first: $first, where: $where) { totalCount nodes { id accountId account { name balance } } edges { node { account { name balance } } } } }`
    const one = await statements(query, { first: 1, where: subject.everything })
    const many = await statements(query, { first: 500, where: subject.everything })
    const kinds = (list: typeof one) =>
      list.all.map(({ database, text }) => `${database}: ${/ FROM ([\w.]+)/.exec(text)?.[1]}`).sort()
    expect(kinds(many)).toEqual(kinds(one))
    // The page, its number of rows, the accounts' ids, and the accounts.
    expect(one.all).toHaveLength(4)
  })

  it('MUST hold every value as a parameter', async () => {
    const value = 'O\'Reilly"; DROP TABLE cdr.cdr; --'
    const attribute = filtersOf(subject).find(({ operators }) => operators.includes('containsAny'))?.attribute ?? ''
    const { all } = await statements(
      `query ($where: ${resource.name}Where) { ${field}(where: $where) { totalCount } }`,
      {
        where: { [attribute]: { eq: value, contains: value, in: [value], containsAny: [value] } },
      },
    )
    for (const { text } of all) expect(text).not.toContain('Reilly')
  })
})

describe('Rows of others', () => {
  it.each(ofTenants)('MUST never be in a list of $type', async (subject) => {
    const { field, resource, key, everything } = subject
    const query = `query ($where: ${resource.name}Where) { ${field}(first: 500, where: $where, orderBy: [{ ${key.attribute}: ASC }]) { totalCount nodes { ${key.attribute} } } }`
    for (const [login, contractor, account] of [
      ['alice', aurora, undefined],
      ['erin', borealis, undefined],
      ['frank', aurora, 202],
    ] as const) {
      const own = await rawRows(gateway, subject, contractor, account)
      expect(own.length).toBeGreaterThan(0)
      const { data } = await gateway.ask(query, { token: tokens[login], variables: { where: everything } })
      expect(data[field].totalCount).toBe(own.length)
      const keys = new Set(own.map((row) => keyOf(subject, row)))
      for (const node of data[field].nodes) expect(keys.has(String(node[key.attribute]))).toBe(true)
    }
  })
})
