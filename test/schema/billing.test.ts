import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { schema } from '../../src/schema/index.ts'
import { encodeGlobalId } from '../../src/schema/resource/global-id.ts'
import { only, startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { addTrickyRows } from './support/rows.ts'
import { statementsOf } from './support/statements.ts'
import { enumName } from './support/subjects.ts'

let gateway: Gateway
const tokens = { alice: '', erin: '', frank: '' }

beforeAll(async () => {
  gateway = await startGateway()
  await addTrickyRows(gateway)
  for (const login of ['alice', 'erin', 'frank'] as const) tokens[login] = await gateway.signIn(login)
})
afterAll(() => gateway[Symbol.asyncDispose]())

async function data(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Answer['data']> {
  const answer = await gateway.ask(query, { token: tokens.alice, variables })
  expect(answer.errors).toBeUndefined()
  return answer.data
}

const ofAurora = 'account_id IN (SELECT id FROM billing.accounts WHERE contractor_id = 101)'

describe('A payment', () => {
  it('MUST not be shown once it is rolled back, in no way', async () => {
    const { rows } = await gateway.primary.query(
      `SELECT uuid FROM billing.payments WHERE status_id = 40 AND ${ofAurora}`,
    )
    expect(rows.length).toBeGreaterThan(3)
    const uuids = rows.map(({ uuid }) => uuid)
    const found = await data(
      `query ($ids: [ID!]!, $uuids: [String!]) { nodes(ids: $ids) { id }
        payments(where: { uuid: { in: $uuids } }) { totalCount nodes { id } }
        rolledBack: payments(where: { status: { eq: ROLLED_BACK } }) { totalCount } }`,
      { ids: uuids.map((uuid) => encodeGlobalId('Payment', uuid)), uuids },
    )
    expect(found).toEqual({
      nodes: uuids.map(() => null),
      payments: { totalCount: 0, nodes: [] },
      rolledBack: { totalCount: 0 },
    })
  })

  it('MUST say nothing of what the operator notes for himself, nor of the provider', () => {
    const names = ['Payment', 'PaymentWhere', 'PaymentOrderBy', 'Service', 'ServiceWhere', 'ServiceOrderBy'].flatMap(
      (name) => {
        const type = schema.getType(name)
        return type && 'getFields' in type ? Object.keys(type.getFields()) : []
      },
    )
    expect(names).toContain('notes')
    expect(names.filter((name) => /private|meta|variables/i.test(name))).toEqual([])
  })

  it('MUST not be read with what it does not show', async () => {
    const statements = await statementsOf(gateway, () =>
      data(`{ payments { nodes { ${fieldsOf('Payment')} } } services { nodes { ${fieldsOf('Service')} } } }`),
    )
    expect(statements.length).toBeGreaterThan(1)
    for (const { text } of statements) expect(text).not.toMatch(/private_notes|metadata|variables|\*/)
  })

  it('MUST be filtered by several statuses and types, and by none', async () => {
    const { rows } = await gateway.primary.query(
      `SELECT status_id::text AS status, type_id::text AS type FROM billing.payments WHERE ${ofAurora} AND status_id <> 40`,
    )
    const all = rows.map(({ status, type }) => ({
      status: enumName('PaymentStatus', status),
      type: enumName('PaymentType', type),
    }))
    const count = async (where: string) =>
      (await data(`{ payments(where: { ${where} }) { totalCount } }`)).payments.totalCount
    const matching = (test: (payment: (typeof all)[number]) => boolean) => all.filter(test).length
    expect(await count('status: { in: [PENDING, CANCELED] }')).toBe(
      matching(({ status }) => status === 'PENDING' || status === 'CANCELED'),
    )
    expect(await count('status: { notEq: COMPLETED }, typeName: { eq: CRYPTOMUS }')).toBe(
      matching(({ status, type }) => status !== 'COMPLETED' && type === 'CRYPTOMUS'),
    )
    expect(await count('status: { notIn: [] }')).toBe(all.length)
    expect(await count('status: { in: [] }')).toBe(0)
  })

  it.each(['WAITING', '"PENDING"', '20'])('MUST refuse a status that is none: %s', async (value) => {
    const { errors } = await gateway.ask(`{ payments(where: { status: { eq: ${value} } }) { totalCount } }`, {
      token: tokens.alice,
    })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it('MUST have no status where its code means nothing to us, and be there all the same', async () => {
    const { rows } = await gateway.primary.query(
      `UPDATE billing.payments SET status_id = 77, type_id = 78 WHERE id = (SELECT max(id) FROM billing.payments WHERE account_id = 201) RETURNING uuid`,
    )
    const { node } = await data('query ($id: ID!) { node(id: $id) { ... on Payment { uuid status typeName } } }', {
      id: encodeGlobalId('Payment', rows[0].uuid),
    })
    expect(node).toEqual({ uuid: rows[0].uuid, status: null, typeName: null })
  })
})

function fieldsOf(name: string): string {
  const type = schema.getType(name)
  const fields = type && 'getFields' in type ? Object.keys(type.getFields()) : []
  return fields
    .map((field) => (field === 'account' ? 'account { id }' : field))
    .filter((field) => field !== 'transactions')
    .join(' ')
}

describe('The services', () => {
  it('MUST be found by their period, which Yeti cannot', async () => {
    const { rows } = await gateway.primary.query(
      `SELECT renew_period_id::text AS code, count(*)::int FROM billing.services WHERE ${ofAurora} GROUP BY 1`,
    )
    for (const { code, count } of rows) {
      const renewPeriod = enumName('RenewPeriod', code)
      const { services } = await data(
        'query ($eq: RenewPeriod) { services(where: { renewPeriod: { eq: $eq } }) { totalCount nodes { renewPeriod } } }',
        { eq: renewPeriod },
      )
      expect(services.totalCount).toBe(count)
      for (const node of services.nodes) expect(node).toEqual({ renewPeriod })
    }
    expect(rows).toHaveLength(3)
  })

  it('MUST have those last that are not renewed, as in Yeti, and first the other way round', async () => {
    const periods = async (direction: string): Promise<string[]> =>
      (
        await data(`{ services(first: 500, orderBy: [{ renewPeriod: ${direction} }]) { nodes { renewPeriod } } }`)
      ).services.nodes.map(({ renewPeriod }: { renewPeriod: string }) => renewPeriod)
    expect([...new Set(await periods('ASC'))]).toEqual(['DAY', 'MONTH', 'DISABLED'])
    expect([...new Set(await periods('DESC'))]).toEqual(['DISABLED', 'MONTH', 'DAY'])
  })

  it('MUST show the name and look of their type, and nothing else of it', async () => {
    const { rows } = await gateway.primary.query(
      `SELECT s.uuid, t.name, t.ui_type FROM billing.services s JOIN billing.service_types t ON t.id = s.type_id WHERE ${ofAurora}`,
    )
    const { services } = await data('{ services(first: 500) { nodes { uuid serviceType uiType } } }')
    const shown = services.nodes.map(({ uuid, serviceType, uiType }: Record<string, string>) => [uuid, serviceType, uiType])
    expect(shown.sort()).toEqual(rows.map(({ uuid, name, ui_type }) => [uuid, name, ui_type]).sort())
  }) // prettier-ignore
})

describe('The service of a transaction', () => {
  it('MUST be there while it is one of the tenant’s, by its id and by what it shows', async () => {
    const { rows } = await gateway.primary.query(
      `SELECT t.uuid, t.service_id, s.uuid AS service, s.name, a.contractor_id AS owner
       FROM billing.transactions t LEFT JOIN billing.services s ON s.id = t.service_id
       LEFT JOIN billing.accounts a ON a.id = s.account_id`,
    )
    const byUuid = new Map(rows.map((row) => [row.uuid, row]))
    const { transactions } = await data(
      '{ transactions(first: 500) { nodes { uuid serviceId service { id uuid name } } } }',
    )
    const kinds = new Set<string>()
    for (const { uuid, serviceId, service } of transactions.nodes) {
      const row = byUuid.get(uuid)
      kinds.add(row.service ? (row.owner === 101 ? 'own' : 'foreign') : row.service_id ? 'gone' : 'none')
      const id = row.owner === 101 ? encodeGlobalId('Service', row.service) : null
      expect(serviceId).toBe(id)
      expect(service).toEqual(id && { id, uuid: row.service, name: row.name })
    }
    expect([...kinds].sort()).toEqual(['foreign', 'gone', 'none', 'own'])
  })

  it('MUST be a filter that matches nothing for what is foreign, unknown or gone', async () => {
    const uuidsOf = async (condition: string): Promise<string[]> =>
      (await gateway.primary.query(`SELECT uuid FROM billing.services WHERE ${condition} ORDER BY id`)).rows.map(
        ({ uuid }) => uuid,
      )
    const [own = '', other = ''] = (await uuidsOf('id IN (601, 602)')).map((uuid) => encodeGlobalId('Service', uuid))
    const [foreign = ''] = (await uuidsOf('id = 612')).map((uuid) => encodeGlobalId('Service', uuid))
    const unknown = encodeGlobalId('Service', '00000000-0000-4000-8000-000000000000')
    const of = async (serviceId: object): Promise<number> =>
      (
        await data('query ($where: TransactionWhere) { transactions(where: $where) { totalCount } }', {
          where: { serviceId },
        })
      ).transactions.totalCount
    const { rows } = await gateway.primary.query(
      `SELECT count(*) FILTER (WHERE service_id = 601)::int AS own, count(*) FILTER (WHERE service_id = 602)::int AS other,
         count(service_id)::int AS any, count(*)::int AS all FROM billing.transactions WHERE ${ofAurora}`,
    )
    const [counts] = rows
    expect(Math.min(counts.own, counts.other)).toBeGreaterThan(0)
    expect(counts.any).toBeLessThan(counts.all)
    expect(await of({ eq: own })).toBe(counts.own)
    expect(await of({ in: [own, other, foreign, unknown] })).toBe(counts.own + counts.other)
    for (const none of [foreign, unknown]) {
      expect(await of({ eq: none })).toBe(0)
      expect(await of({ in: [none] })).toBe(0)
      // Like a column that is null, a transaction without a service does not match either.
      expect(await of({ notEq: none })).toBe(counts.any)
    }
    expect(await of({ notIn: [own, foreign] })).toBe(counts.any - counts.own)
    expect(await of({ notIn: [] })).toBe(counts.all)
  })

  it('MUST need the flag of services in every way, and no more than that', async () => {
    const { token, set } = await gateway.login('transactions-only')
    await set(only('transactions'))
    const service = encodeGlobalId('Service', '00000000-0000-4000-8000-000000000000')
    for (const [query, coordinate] of [
      ['{ transactions { nodes { amount serviceId } } }', 'Transaction.serviceId'],
      ['{ transactions { nodes { amount service { id } } } }', 'Transaction.service'],
      [`{ transactions(where: { serviceId: { eq: "${service}" } }) { nodes { amount } } }`, 'TransactionWhere.serviceId'],
      ['{ transactions(orderBy: [{ serviceId: ASC }]) { nodes { amount } } }', 'TransactionOrderBy.serviceId'],
    ] as const) {
      const statements = await statementsOf(gateway, async () => {
        const { errors } = await gateway.ask(query, { token })
        expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', permission: 'SERVICES', coordinate } }])
      })
      for (const { text } of statements) expect(text).not.toMatch(/service_id|billing\.services/)
    }
    const { data: plain, errors } = await gateway.ask('{ transactions { nodes { amount accountId } } }', { token })
    expect(errors).toBeUndefined()
    expect(plain.transactions.nodes.length).toBeGreaterThan(10)
    await set(only('transactions', 'services'))
    const both = await gateway.ask('{ transactions(orderBy: [{ serviceId: ASC }]) { nodes { serviceId service { name } } } }', { token })
    expect(both.errors).toBeUndefined()
  }) // prettier-ignore
})
