import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { body, lists, logins, startTenants, third, type Tenants } from './support.ts'

let tenants: Tenants
beforeAll(async () => {
  tenants = await startTenants()
})
afterAll(() => tenants[Symbol.asyncDispose]())

describe.each(lists)('$field', (list) => {
  test.each(logins)('MUST be exactly the rows of %s, and count them', async (login) => {
    const own = await tenants.ownRows(list, login)
    expect(own.length).toBeGreaterThan(0)
    expect(await tenants.listed(list, login)).toEqual({ ids: own, totalCount: own.length })
  })

  test('MUST leave out rows that there are: the other customer’s, the third’s, those of other accounts', async () => {
    const [alice, frank, erin] = await Promise.all(
      (['alice', 'frank', 'erin'] as const).map((login) => tenants.ownRows(list, login)),
    )
    expect((await tenants.rowsOf(list, third)).length).toBeGreaterThan(0)
    expect(frank?.every((id) => alice?.includes(id))).toBe(true)
    expect(frank?.length).toBeLessThan(alice?.length ?? 0)
    const common = alice?.filter((id) => erin?.includes(id))
    if (list.isShared) expect(common?.length).toBeLessThan(alice?.length ?? 0)
    else expect(common).toEqual([])
  })

  test('MUST take a cursor from whom it was made for alone, and for its own order', async () => {
    const first = `{ list: ${list.field}(first: 1, orderBy: [{ ${list.order}: ASC }]) { pageInfo { endCursor } } }`
    const cursorOf = async (login: string, query = first): Promise<string> => {
      const { data } = await tenants.as(login, query)
      return data.list.pageInfo.endCursor
    }
    const after = (cursor: string) =>
      `{ list: ${list.field}(first: 1, after: "${cursor}", orderBy: [{ ${list.order}: ASC }]) { totalCount } }`
    const refused = body(await tenants.as('erin', after('bm90IGEgY3Vyc29y')))
    expect(refused).toMatchObject({ data: { list: null }, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })

    for (const login of logins) {
      const own = await cursorOf(login)
      expect((await tenants.as(login, after(own))).errors).toBeUndefined()
      for (const other of logins.filter((each) => each !== login)) {
        expect(body(await tenants.as(other, after(own)))).toEqual(refused)
      }
      const otherOrder = await cursorOf(login, first.replace('ASC', 'DESC'))
      expect(body(await tenants.as(login, after(otherOrder)))).toEqual(refused)
    }
  })
})

test('A call between two customers MUST be outgoing to the one alone, and incoming to the other alone', async () => {
  const { rows } = await tenants.gateway.cdr.query(
    'SELECT id FROM cdr.cdr WHERE customer_id = 101 AND vendor_id = 102 AND is_last_cdr LIMIT 1',
  )
  const [outgoing, incoming] = ['OutgoingCdr', 'IncomingCdr'].map((type) =>
    Buffer.from(`${type}:${rows[0].id}`).toString('base64'),
  )
  const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'
  const found = async (login: string) => (await tenants.as(login, query, { ids: [outgoing, incoming] })).data.nodes
  expect(await found('alice')).toEqual([{ id: outgoing }, null])
  expect(await found('erin')).toEqual([null, { id: incoming }])
})
