import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeGlobalId } from '../../src/schema/resource/global-id.ts'
import { allBut, startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { addTrickyRows } from './support/rows.ts'
import { statementsOf } from './support/statements.ts'

// Lists below the rows of other lists, read for all rows together: each must be what the same list at the root is when
// it is filtered by that row.

let gateway: Gateway
const tokens = { alice: '', erin: '', frank: '' }

beforeAll(async () => {
  gateway = await startGateway()
  await addTrickyRows(gateway)
  for (const login of ['alice', 'erin', 'frank'] as const) tokens[login] = await gateway.signIn(login)
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** A list below a type, and the list at the root that has the same rows. */
interface ChildList {
  readonly parents: string
  readonly parentType: string
  readonly field: string
  readonly type: string
  readonly root: string
  readonly filter: string
  readonly table: string
  readonly wheres: readonly object[]
  readonly orders: readonly object[][]
}

const childLists: readonly ChildList[] = [
  {
    parents: 'outgoingRateplans',
    parentType: 'Rateplan',
    field: 'rates',
    type: 'Rate',
    root: 'outgoingRates',
    filter: 'rateplanId',
    table: 'class4.destinations',
    wheres: [
      {},
      { enabled: { eq: true }, prefix: { startsWith: '4' } },
      { initialRate: { gte: '0.02', lt: '1' }, connectFee: { notEq: '0' } },
      { prefix: { in: [] } },
    ],
    orders: [[], [{ initialRate: 'DESC' }], [{ connectFee: 'ASC' }, { prefix: 'DESC' }], [{ networkPrefixId: 'DESC' }]],
  },
  {
    parents: 'services',
    parentType: 'Service',
    field: 'transactions',
    type: 'Transaction',
    root: 'transactions',
    filter: 'serviceId',
    table: 'billing.transactions',
    wheres: [
      {},
      { amount: { gt: '1' }, description: { contains: 'ENEW' } },
      { createdAt: { gte: '2020-01-01T00:00:00Z' } },
      { description: { eq: 'nobody wrote this' } },
    ],
    orders: [[], [{ amount: 'ASC' }], [{ amount: 'DESC' }, { createdAt: 'ASC' }], [{ serviceId: 'ASC' }]],
  },
]

type Variables = Readonly<Record<string, unknown>>

interface Page {
  readonly totalCount: number
  readonly nodes: readonly { readonly id: string }[]
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

const page =
  'totalCount nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'
const pageArguments = 'first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy'

function declared({ type }: ChildList): string {
  return `$first: Int, $after: String, $last: Int, $before: String, $where: ${type}Where, $orderBy: [${type}OrderBy!]`
}

async function data(query: string, variables: Variables = {}, token = tokens.alice): Promise<Answer['data']> {
  const answer = await gateway.ask(query, { token, variables })
  expect(answer.errors).toBeUndefined()
  return answer.data
}

/** The pages below all parents, by the parents' ids. */
async function below(list: ChildList, variables: Variables): Promise<Map<string, Page>> {
  const query = `query (${declared(list)}) {
    ${list.parents}(first: 20) { nodes { id list: ${list.field}(${pageArguments}, where: $where) { ${page} } } } }`
  const { nodes } = (await data(query, variables))[list.parents]
  return new Map(nodes.map((node: { id: string; list: Page }) => [node.id, node.list]))
}

/** The page of one parent, from the root. */
async function fromRoot(list: ChildList, parent: string, variables: Variables): Promise<Page> {
  const where = { ...Object(variables['where']), [list.filter]: { eq: parent } }
  const query = `query (${declared(list)}) { list: ${list.root}(${pageArguments}, where: $where) { ${page} } }`
  return (await data(query, { ...variables, where })).list
}

describe.each(childLists)('$parentType.$field', (list) => {
  const { parents, parentType, field, type } = list

  it('MUST have the same rows, counts and cursors as the list at the root, for each parent, by every filter and order', async () => {
    let rows = 0
    const sizes = [{ first: 3 }, { last: 4 }, {}]
    const cases = list.wheres.flatMap((where) => list.orders.map((orderBy) => ({ where, orderBy })))
    for (const [index, variables] of cases.entries()) {
      const asked = { ...variables, ...sizes[index % sizes.length] }
      const pages = await below(list, asked)
      expect(pages.size).toBeGreaterThan(5)
      for (const [parent, found] of pages) {
        expect(found).toEqual(await fromRoot(list, parent, asked))
        rows += found.nodes.length
      }
    }
    expect(rows).toBeGreaterThan(100)
  }, 60_000)

  it('MUST be read page by page to its end, either way, and its cursors be those of the list at the root', async () => {
    for (const orderBy of list.orders) {
      const all = await below(list, { first: 500, orderBy })
      const [[parent = '', whole] = []] = [...all].sort(([, a], [, b]) => b.nodes.length - a.nodes.length)
      expect(whole?.nodes.length).toBeGreaterThan(20)
      const size = Math.ceil((whole?.nodes.length ?? 0) / 4)
      for (const backward of [false, true]) {
        const read: string[] = []
        let cursor: string | null = null
        for (let more = true; more;) {
          const variables: Variables = backward ? { last: size, before: cursor } : { first: size, after: cursor }
          const found = (await below(list, { ...variables, orderBy })).get(parent)
          expect(found).toEqual(await fromRoot(list, parent, { ...variables, orderBy }))
          read.splice(backward ? 0 : read.length, 0, ...(found?.nodes.map(({ id }) => id) ?? []))
          more = (backward ? found?.pageInfo.hasPreviousPage : found?.pageInfo.hasNextPage) ?? false
          cursor = (backward ? found?.pageInfo.startCursor : found?.pageInfo.endCursor) ?? null
        }
        expect(read).toEqual(whole?.nodes.map(({ id }) => id))
      }
    }
  }, 60_000)

  it('MUST be one statement for all parents, and one more for their counts', async () => {
    const ask = async (parentCount: number, selection: string) => {
      const statements = await statementsOf(gateway, () =>
        data(`{ ${parents}(first: ${parentCount}) { nodes { name ${field} { ${selection} } } } }`),
      )
      return statements.map(({ text }) => (text.includes(` FROM ${list.table} `) ? 'children' : 'parents'))
    }
    for (const parentCount of [1, 50]) {
      expect(await ask(parentCount, 'nodes { id }')).toEqual(['parents', 'children'])
      expect(await ask(parentCount, 'totalCount')).toEqual(['parents', 'children'])
      expect(await ask(parentCount, '__typename')).toEqual(['parents'])
      expect(await ask(parentCount, 'nodes { id } edges { cursor node { id } } totalCount')).toEqual([
        'parents',
        'children',
        'children',
      ])
    }
  })

  it('MUST read only the columns that are asked for', async () => {
    const [, children] = await statementsOf(gateway, () =>
      data(`{ ${parents} { nodes { ${field} { nodes { id } } } } }`),
    )
    expect([...(children?.text.matchAll(/AS "(\w+)"/g) ?? [])].map(([, name]) => name)).toEqual(['uuid'])
  })

  it('MUST be lists of their own where it is asked for several times', async () => {
    const query = `query { ${parents}(first: 20) {
      nodes { id ...Few two: ${field}(first: 2) { nodes { id } } other: ${field}(last: 1) { nodes { id } totalCount } }
      edges { node { id ...Few } } } }
      fragment Few on ${parentType} { few: ${field}(first: 1) { nodes { id } } }`
    const { nodes, edges } = (await data(query))[parents]
    const ids = ({ nodes: rows }: Page) => rows.map(({ id }) => id)
    const whole = await below(list, { first: 500 })
    for (const [index, node] of nodes.entries()) {
      const all = ids(whole.get(node.id) ?? node.few)
      expect([ids(node.few), ids(node.two), ids(node.other)]).toEqual([all.slice(0, 1), all.slice(0, 2), all.slice(-1)])
      expect(node.other.totalCount).toBe(whole.get(node.id)?.totalCount)
      expect(edges[index].node).toEqual({ id: node.id, few: node.few })
    }
  })

  it('MUST be there below an object found by its id', async () => {
    const pages = await below(list, { first: 5 })
    const ids = [...pages.keys()]
    const selection = `... on ${parentType} { id list: ${field}(first: 5) { ${page} } }`
    const { one, several } = await data(
      `query ($id: ID!, $ids: [ID!]!) { one: node(id: $id) { ${selection} } several: nodes(ids: $ids) { ${selection} } }`,
      { id: ids[0], ids },
    )
    expect(one).toEqual({ id: ids[0], list: pages.get(ids[0] ?? '') })
    expect(several).toEqual(ids.map((id) => ({ id, list: pages.get(id) })))
  })

  it('MUST name what is wrong with its arguments once, however many parents there are', async () => {
    for (const [args, argument] of [
      ['first: 501', 'first'],
      ['first: 1, last: 1', 'last'],
      ['after: "not a cursor"', 'after'],
      [`where: { ${field === 'rates' ? 'accountId' : 'serviceId'}: { eq: "x" } }`, /^where\.\w+\.eq$/],
    ] as const) {
      const { data: answer, errors } = await gateway.ask(
        `{ ${parents}(first: 10) { nodes { id list: ${field}(${args}) { totalCount nodes { id } } } } }`,
        { token: tokens.alice },
      )
      expect(answer[parents].nodes.length).toBeGreaterThan(5)
      for (const { list: found } of answer[parents].nodes) expect(found).toBeNull()
      expect(errors).toHaveLength(1)
      expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
      expect(errors?.[0]?.extensions['argument']).toMatch(argument)
      expect(errors?.[0]?.path).toEqual([parents, 'nodes', 0, 'list'])
    }
  })

  it('MUST have rows of the tenant alone, also where a parent has others too', async () => {
    for (const login of ['erin', 'frank'] as const) {
      const query = `{ ${parents}(first: 20) { nodes { id list: ${field}(first: 500) { totalCount nodes { id } } } }
        own: ${list.root}(first: 500) { totalCount nodes { id } } }`
      const answer = await data(query, {}, tokens[login])
      expect(answer.own.totalCount).toBeLessThanOrEqual(500)
      const own = new Set(answer.own.nodes.map(({ id }: { id: string }) => id))
      let rows = 0
      for (const { list: found } of answer[parents].nodes) {
        expect(found.totalCount).toBe(found.nodes.length)
        for (const { id } of found.nodes) expect(own.has(id)).toBe(true)
        rows += found.nodes.length
      }
      expect(rows).toBeGreaterThan(10)
    }
  })

  it('MUST cost too much where it would answer with too much', async () => {
    const { data: answer, errors } = await gateway.ask(
      `{ ${parents}(first: 500) { nodes { ${field}(first: 500) { nodes { id } } } } }`,
      { token: tokens.alice },
    )
    expect(answer).toBeUndefined()
    expect(errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX', limit: 'cost' } }])
  })

  it(`MUST take the cursor of one parent below another, but none of another list of ${type}s`, async () => {
    const pages = [...(await below(list, { first: 1 })).values()].filter(({ nodes }) => nodes.length > 0)
    const after = pages[0]?.edges[0]?.cursor
    const query = `query ($after: String) { ${parents} { nodes { list: ${field}(after: $after) { nodes { id } } } } }`
    await data(query, { after })
    const { errors } = await gateway.ask(query, { token: tokens.erin, variables: { after } })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'after' } }])
  })
})

describe('Service.transactions', () => {
  it('MUST need both flags', async () => {
    const { token, set } = await gateway.login('tester')
    const query = '{ services(first: 1) { nodes { id transactions { nodes { id } } } } }'
    for (const [flag, permission] of [
      ['transactions', 'TRANSACTIONS'],
      ['services', 'SERVICES'],
    ] as const) {
      await set(allBut(flag))
      const statements = await statementsOf(gateway, async () => {
        const { data: answer, errors } = await gateway.ask(query, { token })
        expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', permission } }])
        if (flag === 'services') expect(answer).toEqual({ services: null })
        else expect(answer.services.nodes[0].transactions).toBeNull()
      })
      expect(statements.filter(({ text }) => text.includes('billing.transactions'))).toEqual([])
    }
  })

  it('MUST leave out what another account was charged for the same service', async () => {
    const { rows } = await gateway.primary.query(
      `SELECT s.uuid FROM billing.transactions t JOIN billing.services s ON s.id = t.service_id
       WHERE s.account_id = 202 AND t.account_id IN (201, 203) LIMIT 1`,
    )
    const id = encodeGlobalId('Service', rows[0].uuid)
    const query = `query ($id: ID!) { node(id: $id) { ... on Service { transactions(first: 500) { nodes { accountId } totalCount } } } }`
    const { node } = await data(query, { id }, tokens.frank)
    const { node: all } = await data(query, { id })
    expect(node.transactions.totalCount).toBeLessThan(all.transactions.totalCount)
    expect(new Set(node.transactions.nodes.map(({ accountId }: { accountId: string }) => accountId)).size).toBeLessThan(
      2,
    )
  })
})

/** What is below rows that administrators see; each with the ids that PostgreSQL gives for one of these rows. */
const ofAdministrators = [
  {
    parents: 'contractors',
    key: 'contractorId',
    field: 'accounts',
    own: 'uuid',
    children: 'SELECT uuid::text AS id FROM billing.accounts WHERE contractor_id = $1',
  },
  {
    parents: 'contractors',
    key: 'contractorId',
    field: 'logins',
    own: 'loginId',
    children: 'SELECT id FROM sys.api_access WHERE customer_id = $1',
  },
  {
    parents: 'accessProfiles',
    key: 'profileId',
    field: 'logins',
    own: 'loginId',
    children: 'SELECT id FROM sys.api_access WHERE customer_portal_access_profile_id = $1',
  },
  {
    parents: 'portalLogins',
    key: 'loginId',
    field: 'accounts',
    own: 'uuid',
    children: `SELECT a.uuid::text AS id FROM sys.api_access l JOIN billing.accounts a ON a.id = ANY (l.account_ids) WHERE l.id = $1`,
  },
  {
    parents: 'portalLogins',
    key: 'loginId',
    field: 'outgoingNumberlists',
    own: 'numberlistId',
    children: `SELECT n.id FROM sys.api_access l JOIN class4.numberlists n ON n.id = ANY (l.allow_outgoing_numberlists_ids) WHERE l.id = $1`,
  },
] as const

describe.each(ofAdministrators)('The $field of each of $parents', ({ parents, key, field, own, children }) => {
  const query = (direction: string) =>
    `{ ${parents}(first: 20, orderBy: [{ ${key}: ${direction} }]) { nodes { ${key} list: ${field}(first: 200) { totalCount nodes { ${own} } } } } }`

  it('MUST be what PostgreSQL has for it, counted too', async () => {
    const token = await gateway.admin()
    let rows = 0
    for (const direction of ['ASC', 'DESC']) {
      const answer = await data(query(direction), {}, token)
      expect(answer[parents].nodes.length).toBeGreaterThan(10)
      for (const { list, [key]: id } of answer[parents].nodes) {
        const expected = (await gateway.primary.query<{ id: unknown }>(children, [id])).rows.map((row) => String(row.id))
        expect(list.nodes.map((node: Record<string, unknown>) => String(node[own])).sort()).toEqual(expected.sort())
        expect(list.totalCount).toBe(expected.length)
        rows += expected.length
      }
    }
    expect(rows).toBeGreaterThan(20)
  })

  it('MUST be one statement for all of them, and one more for the counts', async () => {
    const token = await gateway.admin()
    const statements = await statementsOf(gateway, () => data(query('DESC'), {}, token))
    expect(statements).toHaveLength(3)
  })
}) // prettier-ignore
