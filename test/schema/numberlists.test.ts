import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { encodeGlobalId } from '../../src/schema/resource/global-id.ts'
import { startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { statementsOf } from './support/statements.ts'

let gateway: Gateway
let token: string
/** Alice's: by prefix, by the whole number; of her customer but not given to her; another customer's. */
let lists: { prefix: number; strict: number; notGiven: number; foreign: number; unused: number }

beforeAll(async () => {
  gateway = await startGateway()
  token = await gateway.signIn('alice')
  lists = await makeLists()
})
afterAll(() => gateway[Symbol.asyncDispose]())

beforeEach(async () => {
  await gateway.primary.query('DELETE FROM class4.numberlist_items WHERE numberlist_id = ANY($1)', [
    Object.values(lists),
  ])
})

async function makeLists() {
  const { rows } = await gateway.primary.query<{ id: number }>(
    `INSERT INTO class4.numberlists (name, mode_id, default_action_id)
     VALUES ('T prefix', 2, 2), ('T strict', 1, 1), ('T not given', 1, 1), ('T foreign', 1, 1), ('T unused', 1, 1) RETURNING id`,
  )
  const [prefix = 0, strict = 0, notGiven = 0, foreign = 0, unused = 0] = rows.map(({ id }) => id)
  for (const [list, customer, account] of [
    [prefix, 101, 201],
    [strict, 101, 202],
    [notGiven, 101, 201],
    [foreign, 102, 211],
  ])
    await gateway.primary.query(
      `INSERT INTO class4.customers_auth (customer_id, account_id, rateplan_id, gateway_id, routing_plan_id, name, enabled, dst_numberlist_id)
       SELECT $1, $2, rateplan_id, gateway_id, routing_plan_id, 'T auth ' || $3::int, false, $3 FROM class4.customers_auth LIMIT 1`,
      [customer, account, list],
    )
  // Frank's account is 202; erin is of another customer.
  await give('alice', [prefix, strict, foreign, unused])
  await give('frank', [prefix, strict])
  await give('erin', [prefix, foreign])
  return { prefix, strict, notGiven, foreign, unused }
}

async function give(login: string, ids: readonly number[]): Promise<void> {
  await gateway.primary.query('UPDATE sys.api_access SET allow_outgoing_numberlists_ids = $2 WHERE login = $1', [
    login,
    ids,
  ])
}

const listId = (id: number | string) => encodeGlobalId('OutgoingNumberlist', String(id))
const itemId = (id: number | string) => encodeGlobalId('OutgoingNumberlistItem', String(id))

async function stored(list: number): Promise<(readonly [string, number | null])[]> {
  const { rows } = await gateway.primary.query<{ key: string; action_id: number | null }>(
    'SELECT key, action_id FROM class4.numberlist_items WHERE numberlist_id = $1 ORDER BY key',
    [list],
  )
  return rows.map(({ key, action_id: action }) => [key, action] as const)
}

async function insert(list: number, ...keys: readonly string[]): Promise<string[]> {
  const { rows } = await gateway.primary.query<{ id: string }>(
    'INSERT INTO class4.numberlist_items (numberlist_id, key) SELECT $1, unnest($2::text[]) RETURNING id',
    [list, keys],
  )
  return rows.map(({ id }) => id)
}

const create = (input: object, as = token): Promise<Answer> =>
  gateway.ask(
    'mutation ($input: CreateOutgoingNumberlistItemInput!) { createOutgoingNumberlistItem(input: $input) { id key actionId outgoingNumberlist { name } } }',
    { token: as, variables: { input } },
  )

const createMany = (input: object, as = token): Promise<Answer> =>
  gateway.ask(
    'mutation ($input: CreateOutgoingNumberlistItemsInput!) { createOutgoingNumberlistItems(input: $input) { key actionId } }',
    { token: as, variables: { input } },
  )

const update = (id: string, input: object, as = token): Promise<Answer> =>
  gateway.ask(
    'mutation ($id: ID!, $input: UpdateOutgoingNumberlistItemInput!) { updateOutgoingNumberlistItem(id: $id, input: $input) { key actionId } }',
    { token: as, variables: { id, input } },
  )

const remove = (id: string, as = token): Promise<Answer> =>
  gateway.ask('mutation ($id: ID!) { deleteOutgoingNumberlistItem(id: $id) }', { token: as, variables: { id } })

function expectRefusal({ data, errors }: Answer, code: string, argument: string): void {
  expect(errors).toHaveLength(1)
  expect(errors?.[0]?.extensions).toMatchObject({ code, argument })
  for (const value of Object.values(data)) expect(value).toBeNull()
}

describe('Numberlists', () => {
  const names = async (as: string) => {
    const { data } = await gateway.ask('{ outgoingNumberlists(where: { name: { startsWith: "T " } }) { totalCount nodes { name numberlistId modeId defaultActionId } } }', { token: as }) // prettier-ignore
    return data.outgoingNumberlists.nodes.map(({ name }: { name: string }) => name)
  }

  it('MUST be those that are given to the login and that its customer checks called numbers against', async () => {
    expect(await names(token)).toEqual(['T prefix', 'T strict'])
  })

  it("MUST be narrowed to the login's accounts", async () => {
    expect(await names(await gateway.signIn('frank'))).toEqual(['T strict'])
  })

  it("MUST not be another customer's, though its id be given", async () => {
    expect(await names(await gateway.signIn('erin'))).toEqual(['T foreign'])
  })

  it('MUST be none where none is given, unlike with accounts', async () => {
    await give('bob', [])
    expect(await names(await gateway.signIn('bob'))).toEqual([])
  })

  it('MUST have their items below them, searched, sorted and paged, in one statement for all lists', async () => {
    await insert(lists.prefix, '1', '12', '13', '2')
    await insert(lists.strict, '120', '9')
    const query = `{ outgoingNumberlists(where: { name: { startsWith: "T " } }) { nodes { name
      items(first: 2, where: { key: { startsWith: "1" } }, orderBy: [{ key: DESC }]) { totalCount nodes { key } pageInfo { hasNextPage } } } } }`
    let answer: Answer | undefined
    const statements = await statementsOf(gateway, async () => (answer = await gateway.ask(query, { token })))
    expect(answer?.data.outgoingNumberlists.nodes).toEqual([
      {
        name: 'T prefix',
        items: { totalCount: 3, nodes: [{ key: '13' }, { key: '12' }], pageInfo: { hasNextPage: true } },
      },
      { name: 'T strict', items: { totalCount: 1, nodes: [{ key: '120' }], pageInfo: { hasNextPage: false } } },
    ])
    expect(statements.filter(({ text }) => text.includes('numberlist'))).toHaveLength(3)
  })
})

describe('Creating an item', () => {
  it('MUST store it and answer it', async () => {
    const { data, errors } = await create({
      outgoingNumberlistId: listId(lists.strict),
      key: '+380445010',
      actionId: 2,
    })
    expect(errors).toBeUndefined()
    expect(data.createOutgoingNumberlistItem).toMatchObject({
      key: '+380445010',
      actionId: 2,
      outgoingNumberlist: { name: 'T strict' },
    })
    expect(await stored(lists.strict)).toEqual([['+380445010', 2]])
    const { rows } = await gateway.primary.query('SELECT number_min_length, number_max_length, created_at, updated_at FROM class4.numberlist_items WHERE numberlist_id = $1', [lists.strict]) // prettier-ignore
    expect(rows[0]).toMatchObject({
      number_min_length: 0,
      number_max_length: 100,
      created_at: expect.any(Date),
      updated_at: expect.any(Date),
    })
  })

  it.each(['abc', '12a', ' 12', '1 2', '++1', '1'.repeat(101), '12\u0000', '', '１２'])(
    'MUST refuse %j, which is not a number',
    async (key) => {
      expectRefusal(await create({ outgoingNumberlistId: listId(lists.strict), key }), 'BAD_USER_INPUT', 'input.key')
      expect(await stored(lists.strict)).toEqual([])
    },
  )

  it('MUST take an empty key where it means every number, and only there', async () => {
    expect((await create({ outgoingNumberlistId: listId(lists.prefix), key: '' })).errors).toBeUndefined()
    expect(await stored(lists.prefix)).toEqual([['', null]])
  })

  it.each([0, 3, -1, 70_000])('MUST refuse action %d', async (actionId) => {
    expectRefusal(
      await create({ outgoingNumberlistId: listId(lists.strict), key: '1', actionId }),
      'BAD_USER_INPUT',
      'input.actionId',
    )
    expect(await stored(lists.strict)).toEqual([])
  })

  it('MUST be a conflict when the list has the key', async () => {
    await insert(lists.strict, '77')
    expectRefusal(await create({ outgoingNumberlistId: listId(lists.strict), key: '77' }), 'CONFLICT', 'input.key')
    expect(await stored(lists.strict)).toEqual([['77', null]])
  })

  it('MUST not tell a foreign list, one that is not given, one in no use and a missing one apart', async () => {
    const ids = [lists.foreign, lists.notGiven, lists.unused, 2_147_483_647, '999999999999999999']
    const answers = await Promise.all(ids.map((id) => create({ outgoingNumberlistId: listId(id), key: '1' })))
    for (const answer of answers) expectRefusal(answer, 'BAD_USER_INPUT', 'input.outgoingNumberlistId')
    expect(new Set(answers.map(({ errors }) => errors?.[0]?.message)).size).toBe(1)
    for (const list of [lists.foreign, lists.notGiven, lists.unused]) expect(await stored(list)).toEqual([])
  })

  it.each(['nonsense', '', encodeGlobalId('Account', '1'), encodeGlobalId('OutgoingNumberlist', 'x')])(
    'MUST refuse %j, which is no id of a list',
    async (outgoingNumberlistId) => {
      expectRefusal(await create({ outgoingNumberlistId, key: '1' }), 'BAD_USER_INPUT', 'input.outgoingNumberlistId')
    },
  )
})

describe('Creating many items', () => {
  it('MUST take each number once, without its spaces, in the given order', async () => {
    const { data } = await createMany({
      outgoingNumberlistId: listId(lists.strict),
      keys: ['49 40', '1', '4940', '2'],
      actionId: 1,
    })
    expect(data.createOutgoingNumberlistItems).toEqual(['4940', '1', '2'].map((key) => ({ key, actionId: 1 })))
    expect((await stored(lists.strict)).map(([key]) => key)).toEqual(['1', '2', '4940'])
  })

  it('MUST store none when the list has one of them, and say which', async () => {
    await insert(lists.strict, '5', '7')
    const answer = await createMany({ outgoingNumberlistId: listId(lists.strict), keys: ['4', '5', '6', '7'] })
    expectRefusal(answer, 'CONFLICT', 'input.keys')
    expect(answer.errors?.[0]?.message).toContain('"5", "7"')
    expect((await stored(lists.strict)).map(([key]) => key)).toEqual(['5', '7'])
  })

  it('MUST store none when one is not a number, and say which', async () => {
    expectRefusal(
      await createMany({ outgoingNumberlistId: listId(lists.strict), keys: ['4', 'x5'] }),
      'BAD_USER_INPUT',
      'input.keys[1]',
    )
    expect(await stored(lists.strict)).toEqual([])
  })

  it('MUST be one to a thousand', async () => {
    const keys = Array.from({ length: 1000 }, (_, index) => String(1000 + index))
    for (const wrong of [[], [...keys, '1']])
      expectRefusal(
        await createMany({ outgoingNumberlistId: listId(lists.strict), keys: wrong }),
        'BAD_USER_INPUT',
        'input.keys',
      )
    expect(
      (await createMany({ outgoingNumberlistId: listId(lists.strict), keys })).data.createOutgoingNumberlistItems,
    ).toHaveLength(1000)
    expect(await stored(lists.strict)).toHaveLength(1000)
  })

  it('MUST store each key once when two ask at the same time', async () => {
    const keys = ['1', '2', '3']
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => createMany({ outgoingNumberlistId: listId(lists.strict), keys })),
    )
    expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(1)
    for (const { errors } of answers) expect([undefined, 'CONFLICT']).toContain(errors?.[0]?.extensions.code)
    expect(await stored(lists.strict)).toHaveLength(3)
  })
})

describe('Changing an item', () => {
  it('MUST change what is given and leave the rest', async () => {
    const [id = ''] = await insert(lists.strict, '10')
    expect((await update(itemId(id), { actionId: 2 })).data.updateOutgoingNumberlistItem).toEqual({
      key: '10',
      actionId: 2,
    })
    expect((await update(itemId(id), { key: '11' })).data.updateOutgoingNumberlistItem).toEqual({
      key: '11',
      actionId: 2,
    })
    expect((await update(itemId(id), { actionId: null })).data.updateOutgoingNumberlistItem).toEqual({
      key: '11',
      actionId: null,
    })
    expect(await stored(lists.strict)).toEqual([['11', null]])
  })

  it('MUST answer what was written last when one request changes it twice', async () => {
    const [id = ''] = await insert(lists.strict, '10')
    const { data } = await gateway.ask(
      `mutation ($id: ID!) {
        one: updateOutgoingNumberlistItem(id: $id, input: { key: "20" }) { key }
        two: updateOutgoingNumberlistItem(id: $id, input: { key: "30" }) { key }
      }`,
      { token, variables: { id: itemId(id) } },
    )
    expect(data).toEqual({ one: { key: '20' }, two: { key: '30' } })
  })

  it('MUST be refused with the argument named when it is no number, a taken key or no action', async () => {
    const [id = ''] = await insert(lists.strict, '10', '11')
    expectRefusal(await update(itemId(id), { key: 'ten' }), 'BAD_USER_INPUT', 'input.key')
    expectRefusal(await update(itemId(id), { key: null }), 'BAD_USER_INPUT', 'input.key')
    expectRefusal(await update(itemId(id), { key: '11' }), 'CONFLICT', 'input.key')
    expectRefusal(await update(itemId(id), { actionId: 9 }), 'BAD_USER_INPUT', 'input.actionId')
    expect((await stored(lists.strict)).map(([key]) => key)).toEqual(['10', '11'])
  })

  it('MUST find a foreign item no more than a missing one, and change nothing', async () => {
    const [id = ''] = await insert(lists.foreign, '10')
    const [missing, foreign] = [await update(itemId('999999999'), { key: '1' }), await update(itemId(id), { key: '1' })]
    expectRefusal(foreign, 'NOT_FOUND', 'id')
    expect(foreign.errors?.[0]?.message).toBe(missing.errors?.[0]?.message)
    expect(await stored(lists.foreign)).toEqual([['10', null]])
  })
})

describe('Removing an item', () => {
  it('MUST remove it and answer its id, once', async () => {
    const [id = ''] = await insert(lists.strict, '10', '11')
    expect((await remove(itemId(id))).data.deleteOutgoingNumberlistItem).toBe(itemId(id))
    expect((await stored(lists.strict)).map(([key]) => key)).toEqual(['11'])
    expectRefusal(await remove(itemId(id)), 'NOT_FOUND', 'id')
  })

  it('MUST find a foreign item no more than a missing one', async () => {
    const [id = ''] = await insert(lists.foreign, '10')
    expectRefusal(await remove(itemId(id)), 'NOT_FOUND', 'id')
    expectRefusal(await remove(listId(lists.strict)), 'BAD_USER_INPUT', 'id')
    expect(await stored(lists.foreign)).toHaveLength(1)
  })
})

describe('Whoever may not manage numberlists', () => {
  it('MUST change nothing by any mutation', async () => {
    const login = await gateway.login('without numberlists')
    await gateway.primary.query(`UPDATE sys.api_access SET allow_outgoing_numberlists_ids = $1 WHERE login = 'without numberlists'`, [[lists.strict]]) // prettier-ignore
    await login.set({ outgoingNumberlists: false })
    const [id = ''] = await insert(lists.strict, '10')
    const list = listId(lists.strict)
    const answers = [
      await create({ outgoingNumberlistId: list, key: '1' }, login.token),
      await createMany({ outgoingNumberlistId: list, keys: ['1'] }, login.token),
      await update(itemId(id), { key: '1' }, login.token),
      await remove(itemId(id), login.token),
    ]
    for (const { errors } of answers)
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', permission: 'OUTGOING_NUMBERLISTS' })
    expect(await stored(lists.strict)).toEqual([['10', null]])
  })

  it('MUST change nothing without having signed in', async () => {
    const { errors } = await gateway.ask(`mutation { deleteOutgoingNumberlistItem(id: "${itemId('1')}") }`)
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  })
})
