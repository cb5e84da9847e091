import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { body, globalId, lists, logins, missing, startTenants, third, type List, type Tenants } from './support.ts'

let tenants: Tenants
beforeAll(async () => {
  tenants = await startTenants()
})
afterAll(() => tenants[Symbol.asyncDispose]())

const byId = 'query ($id: ID!) { node(id: $id) { __typename id } }'
const byIds = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }'

/** Ways to ask for one object, from hardly anything to what needs its flag. */
function waysToAsk({ type, guarded }: List): string[] {
  return ['__typename', 'id', `... on ${type} { id ${guarded} }`].flatMap((selection) => [
    `query ($id: ID!) { found: node(id: $id) { ${selection} } }`,
    `query ($id: ID!) { found: nodes(ids: [$id]) { ${selection} } }`,
  ])
}

describe.each(lists)('An object of $field, asked for by its id,', (list) => {
  test.each(logins)('MUST be found by %s where it is in the list, and nowhere else', async (login) => {
    const own = await tenants.ownRows(list, login)
    const all = (await Promise.all([101, 102, third, 104].map((each) => tenants.rowsOf(list, each)))).flat()
    const others = all.filter((id) => !own.includes(id))
    const some = [...own.slice(0, 20), ...others.slice(0, 40), ...others.slice(-40)]
    const { data, errors } = await tenants.as(login, byIds, { ids: some })
    expect(errors).toBeUndefined()
    expect(data.nodes).toEqual(some.map((id) => (own.includes(id) ? { __typename: list.type, id } : null)))
    const [one] = own
    expect((await tenants.as(login, byId, { id: one })).data).toEqual({ node: { __typename: list.type, id: one } })
  })

  test('MUST answer the same whether it is somebody else’s, of another account, or nobody’s', async () => {
    const own = await tenants.ownRows(list, 'frank')
    const ofOtherAccount = (await tenants.ownRows(list, 'alice')).find((id) => !own.includes(id))
    const erins = (await tenants.ownRows(list, 'erin')).find((id) => !own.includes(id))
    const ofThird = (await tenants.rowsOf(list, third)).find((id) => !own.includes(id))
    for (const query of waysToAsk(list)) {
      const nobodys = body(await tenants.as('frank', query, { id: missing(list) }))
      expect(nobodys).toEqual({ status: 200, data: { found: query.includes('nodes') ? [null] : null } })
      for (const id of [ofOtherAccount, erins, ofThird]) {
        expect(body(await tenants.as('frank', query, { id }))).toEqual(nobodys)
      }
    }
  })

  test('MUST be denied in the same words whether it is one’s own, somebody else’s, or nobody’s', async () => {
    const { token, set } = await tenants.gateway.login(`denied-${list.field}`)
    const flag = list.flag ?? list.field
    await set({ [flag]: false })
    const [own] = await tenants.ownRows(list, 'alice')
    const [foreign] = await tenants.rowsOf(list, third)
    for (const query of waysToAsk(list).filter((each) => list.type !== 'Account' || each.includes(list.guarded))) {
      const answers = []
      for (const id of [missing(list), foreign, own]) answers.push(await tenants.gateway.ask(query, { token, variables: { id } }))
      const permission = flag.replace(/[A-Z]/g, '_$&').toUpperCase()
      for (const { errors = [] } of answers) {
        expect(errors.map(({ extensions }) => extensions['permission'])).toEqual([permission])
      }
      const [nobodys, ...rest] = answers.map(body)
      // An account's id needs no flag, so one's own is found; only what is below is denied.
      for (const each of list.type === 'Account' ? rest.slice(0, 1) : rest) expect(each).toEqual(nobodys)
      expect(nobodys).toMatchObject({ status: 200, data: { found: query.includes('nodes') ? [null] : null } })
    }
  }) // prettier-ignore
})

describe('An id that is none of ours', () => {
  test.each([
    ['text', 'not an id'],
    ['without a key', 'QWNjb3VudA=='],
    ['with SQL in its key', globalId('Account', '1 OR 1=1')],
    ['with a key of another kind', globalId('Account', '201')],
    ['with a key that no row can have', globalId('OutgoingCdr', '99999999999999999999')],
    ['with a negative key', globalId('OutgoingCdr', '-1')],
    ['of a type that is no object', globalId('Query', '1')],
    ['of a type that is only inside others', globalId('OutgoingCdrConnection', '1')],
    ['of a name on every prototype', globalId('constructor', '1')],
    ['in other letters', globalId('account', '00000000-0000-4000-8000-000000000000')],
    ['with its key in capitals', globalId('Account', 'ABCDEF00-0000-4000-8000-000000000000')],
    ['in another spelling of base64', globalId('OutgoingCdr', '1').replace(/=+$/, '')],
    ['empty', ''],
  ])('MUST be refused without asking a database: %s', async (_, id) => {
    const { data, errors } = await tenants.as('erin', byId, { id })
    expect(data).toEqual({ node: null })
    expect(errors).toMatchObject([{ path: ['node'], extensions: { code: 'BAD_USER_INPUT', argument: 'id' } }])
  })

  test('MUST be named where it is one of several, which take no harm', async () => {
    const [list] = lists
    const own = list ? await tenants.ownRows(list, 'erin') : []
    const { data, errors } = await tenants.as('erin', byIds, { ids: [own[0], 'not an id'] })
    expect(data).toEqual({ nodes: null })
    expect(errors).toMatchObject([{ path: ['nodes'], extensions: { code: 'BAD_USER_INPUT', argument: 'ids[1]' } }])
  })
})
