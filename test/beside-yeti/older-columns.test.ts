import { readFile } from 'node:fs/promises'
import { buildSchema, getNamedType, isLeafType, isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway, type Gateway } from '../support/gateway.ts'

// What a Yeti has not yet that is older than one of these migrations, beside flags: the newest first, each without all
// that came later. What they brought that the gateway does not read is not here.

interface Marker {
  readonly lacks: string
  readonly statements: readonly string[]
  /** `Type.field` that can only be null there. */
  readonly empty: readonly string[]
  /** Fields that cannot be told from the rest: only whoever asks for them gets no page. */
  readonly unavailable: readonly string[]
}

const markers: readonly Marker[] = [
  {
    lacks: '20260704115624',
    statements: ['ALTER TABLE billing.payments DROP currency_id'],
    empty: ['Payment.currency'],
    unavailable: [],
  },
  {
    lacks: '20260702120000',
    statements: ['ALTER TABLE class4.numberlist_items ALTER id TYPE integer'],
    empty: ['Payment.currency'],
    unavailable: [],
  },
  {
    lacks: '20260629120000',
    statements: ['ALTER TABLE class4.destinations DROP attempt_fee'],
    empty: ['Payment.currency', 'Rate.attemptFee'],
    unavailable: [],
  },
  {
    lacks: '20260417000000',
    statements: ['ALTER TABLE billing.payments DROP metadata'],
    empty: ['Payment.currency', 'Rate.attemptFee'],
    unavailable: [],
  },
  {
    lacks: '20260408000000',
    statements: ['ALTER TABLE class4.destinations DROP currency_id'],
    empty: ['Payment.currency', 'Rate.attemptFee', 'Rate.currency'],
    unavailable: [],
  },
  {
    lacks: '20260311100000',
    statements: [
      'ALTER TABLE billing.accounts DROP currency_id, DROP currency_name',
      'DROP TABLE billing.currencies CASCADE',
    ],
    empty: ['Rate.attemptFee', 'Account.currency'],
    unavailable: ['Rate.currency', 'Payment.currency'],
  },
]

const lists = {
  accounts: 'Account',
  payments: 'Payment',
  outgoingRates: 'Rate',
  outgoingNumberlists: 'OutgoingNumberlist',
  outgoingRateplans: 'Rateplan',
  outgoingCdrExports: 'OutgoingCdrExport',
  invoices: 'Invoice',
  services: 'Service',
  transactions: 'Transaction',
  outgoingCdrs: 'OutgoingCdr',
  incomingCdrs: 'IncomingCdr',
} as const

const schema = buildSchema(await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8'))

/** All fields of a type that need neither arguments nor fields of their own. */
function fieldsOf(type: string): string[] {
  const found = schema.getType(type)
  if (!isObjectType(found)) throw new TypeError(`${type} is no type with fields`)
  const fields = Object.values(found.getFields())
  return fields.flatMap(({ name, args, type: result }) =>
    args.length === 0 && isLeafType(getNamedType(result)) ? [name] : [],
  )
}

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway()
  await gateway.primary.query('UPDATE class4.destinations SET attempt_fee = 0.5')
})
afterAll(() => gateway[Symbol.asyncDispose]())

describe.each(markers)('On a Yeti before $lacks', ({ statements, empty, unavailable }) => {
  let older: Gateway
  let token: string
  beforeAll(async () => {
    for (const statement of statements) await gateway.primary.query(statement)
    older = await gateway.another()
    token = await older.signIn('alice')
  })
  afterAll(() => older[Symbol.asyncDispose]())

  test.each(Object.entries(lists))('%s MUST come with all that there is', async (list, type) => {
    const fields = fieldsOf(type).filter((name) => !unavailable.includes(`${type}.${name}`))
    const { data, errors } = await older.ask(`{ ${list}(first: 50) { totalCount nodes { ${fields.join(' ')} } } }`, {
      token,
    })
    expect(errors).toBeUndefined()
    if (!['outgoingCdrExports'].includes(list)) expect(data[list].nodes.length).toBeGreaterThan(0)
    for (const each of empty.filter((name) => name.startsWith(`${type}.`))) {
      const [, name = ''] = each.split('.')
      for (const node of data[list].nodes) expect(node[name]).toBeNull()
    }
  })

  test('a payment MUST be told in the currency of its account, as long as accounts have one', async () => {
    if (unavailable.includes('Payment.currency')) return expectUnavailable('payments', 'currency', 'amount')
    const { data } = await older.ask('{ payments(first: 50) { nodes { amount account { currency } } } }', { token })
    for (const { account } of data.payments.nodes) expect(account.currency).toEqual(expect.any(String))
  })

  test('rates MUST be found, in order, and checked', async () => {
    if (unavailable.includes('Rate.currency')) await expectUnavailable('outgoingRates', 'currency', 'prefix')
    const read = '{ outgoingRates(first: 50, orderBy: { attemptFee: DESC }) { nodes { attemptFee prefix } } outgoingRateplans(first: 50) { nodes { id } } }' // prettier-ignore
    const { data, errors } = await older.ask(read, { token })
    expect(errors).toBeUndefined()
    const fees = data.outgoingRates.nodes.map(({ attemptFee }: { attemptFee: string | null }) => attemptFee)
    expect(new Set(fees)).toEqual(new Set([empty.includes('Rate.attemptFee') ? null : '0.5']))
    const checked = await older.ask(
      'query ($id: ID!) { checkRate(rateplanId: $id, number: "4930123456") { prefix attemptFee } }',
      { token, variables: { id: data.outgoingRateplans.nodes[0].id } },
    )
    expect(checked.errors).toBeUndefined()
  })

  test('numberlist items MUST be added, changed and removed', async () => {
    const { data } = await older.ask('{ outgoingNumberlists(first: 1) { nodes { id } } }', { token })
    const variables = { list: data.outgoingNumberlists.nodes[0].id }
    const created = await older.ask(
      'mutation ($list: ID!) { createOutgoingNumberlistItem(input: { outgoingNumberlistId: $list, key: "0123" }) { id key } }',
      { token, variables },
    )
    expect(created.errors).toBeUndefined()
    const { id } = created.data.createOutgoingNumberlistItem
    const changed = await older.ask(
      'mutation ($id: ID!) { updateOutgoingNumberlistItem(id: $id, input: { key: "0124" }) { key } deleteOutgoingNumberlistItem(id: $id) }',
      { token, variables: { id } },
    )
    expect(changed.data).toEqual({ updateOutgoingNumberlistItem: { key: '0124' }, deleteOutgoingNumberlistItem: id })
  })

  /** Only what asks for that field gets nothing; the rest of the same operation is there. */
  async function expectUnavailable(list: string, field: string, other: string): Promise<void> {
    const { data, errors } = await older.ask(
      `{ asked: ${list}(first: 5) { nodes { ${field} } } rest: ${list}(first: 5) { nodes { ${other} } } }`,
      { token },
    )
    expect(data.asked.nodes).toBeNull()
    expect(data.rest.nodes.length).toBeGreaterThan(0)
    expect(errors).toMatchObject([{ path: ['asked', 'nodes'], extensions: { code: 'UNAVAILABLE' } }])
  }
})

test('What comes with an upgrade while the gateway runs MUST disturb nothing, and be told after the next start', async () => {
  await using older = await gateway.another()
  const token = await older.signIn('alice')
  const query = '{ outgoingRates(first: 1) { nodes { attemptFee } } accounts(first: 1) { nodes { currency } } }'
  const nothing = { outgoingRates: { nodes: [{ attemptFee: null }] }, accounts: { nodes: [{ currency: null }] } }
  // Often enough that the database keeps the statements.
  for (let round = 0; round < 5; round += 1) expect((await older.ask(query, { token })).data).toEqual(nothing)
  await gateway.primary.query('ALTER TABLE class4.destinations ADD attempt_fee numeric NOT NULL DEFAULT 0.25')
  await gateway.primary.query("ALTER TABLE billing.accounts ADD currency_name varchar NOT NULL DEFAULT 'EUR'")
  expect((await older.ask(query, { token })).data).toEqual(nothing)
  await gateway.primary.query('GRANT SELECT (attempt_fee) ON class4.destinations TO PUBLIC')
  await gateway.primary.query('GRANT SELECT (currency_name) ON billing.accounts TO PUBLIC')
  await using later = await gateway.another()
  expect((await later.ask(query, { token })).data).toEqual({
    outgoingRates: { nodes: [{ attemptFee: '0.25' }] },
    accounts: { nodes: [{ currency: 'EUR' }] },
  })
})
