import { getNamedType, isInputObjectType, type GraphQLField, type GraphQLInputObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { permissionKeys, permissionName } from '../../src/permissions/permissions.ts'
import { allBut, startGateway, type Gateway } from '../support/gateway.ts'
import { guardedColumns } from './support/columns.ts'
import { published } from './support/published.ts'

/** A price that no other call has, between the two that the search asks about. */
const secret = '0.731607'
const around = { below: '0.7316', above: '0.7317' }

let gateway: Gateway
let tester: Awaited<ReturnType<Gateway['login']>>
let accountIds: string[]
let secretCall: string

beforeAll(async () => {
  gateway = await startGateway()
  tester = await gateway.login('tester')
  const { data } = await gateway.ask('{ accounts { nodes { id } } }', { token: tester.token })
  accountIds = data.accounts.nodes.map(({ id }: { id: string }) => id)
  const { rows } = await gateway.cdr.query<{ id: string }>(
    `UPDATE cdr.cdr SET customer_price = $1, vendor_price = $1, vendor_id = customer_id, vendor_acc_id = customer_acc_id
     WHERE id = (SELECT id FROM cdr.cdr WHERE customer_id = 101 AND is_last_cdr ORDER BY time_start DESC LIMIT 1) RETURNING id`,
    [secret],
  )
  secretCall = rows[0]?.id ?? ''
  // Everything that opens either price is off, everything else is on.
  const closing = new Set(
    guardedColumns
      .filter(({ column }) => column === 'customer_price' || column === 'vendor_price')
      .flatMap(({ openedBy }) => openedBy.map((flags) => flags.at(-1) ?? '')),
  )
  await tester.set(allBut(...permissionKeys.filter((key) => closing.has(permissionName(key)))))
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** One argument with a value to compare with: `where: { customerPrice: { lt: "…" } }`. */
interface Position {
  readonly field: string
  readonly argument: (value: string) => string
}

/** Every place of the schema's root arguments where a decimal number may be written. */
function decimalPositions(): Position[] {
  const fields = Object.values(published.getQueryType()?.getFields() ?? {})
  return fields.flatMap((field) =>
    field.args.flatMap(({ name, type }) => {
      const input = getNamedType(type)
      if (!isInputObjectType(input)) return []
      return decimalsIn(input).map((written) => ({
        field: field.name,
        argument: (value: string) => `${name}: ${written(value)}`,
      }))
    }),
  )
}

function decimalsIn(input: GraphQLInputObjectType, depth = 0): ((value: string) => string)[] {
  return Object.values(input.getFields()).flatMap(({ name, type }) => {
    const named = getNamedType(type)
    if (named.name === 'Decimal')
      return [(value: string) => `{ ${name}: ${String(type).startsWith('[') ? `["${value}"]` : `"${value}"`} }`]
    if (!isInputObjectType(named) || depth > 3) return []
    return decimalsIn(named, depth + 1).map((below) => (value: string) => `{ ${name}: ${below(value)} }`)
  })
}

function required(field: GraphQLField<unknown, unknown>, accountId: string): string {
  const values: Readonly<Record<string, string>> = {
    accountId: `"${accountId}"`,
    fromTime: `"${new Date(Date.now() - 3 * 86_400_000).toISOString()}"`,
    sampling: 'DAY',
  }
  return field.args.flatMap(({ name }) => (values[name] ? [`${name}: ${values[name]}`] : [])).join(', ')
}

/** The other fields answer the same whichever account it is. */
function asksForAccount(field: string): boolean {
  return (
    published
      .getQueryType()
      ?.getFields()
      [field]?.args.some(({ name }) => name === 'accountId') ?? false
  )
}

/** Everything that an answer could show of how many rows there are, and which. */
const shown: Readonly<Record<string, string>> = {
  outgoingStatistics:
    '{ series { time totalCalls successfulCalls failedCalls totalDuration acd asr activeCalls } totals { totalCalls totalDuration acd } }',
  incomingStatistics:
    '{ series { time totalCalls successfulCalls failedCalls totalDuration acd asr activeCalls } totals { totalCalls totalDuration acd } }',
}

async function answerTo({ field, argument }: Position, value: string, accountId: string): Promise<unknown> {
  const definition = published.getQueryType()?.getFields()[field]
  const args = [definition ? required(definition, accountId) : '', argument(value)].filter(Boolean).join(', ')
  const selection = shown[field] ?? '{ totalCount nodes { id } pageInfo { endCursor } }'
  const { data, errors } = await gateway.ask(`{ ${field}(${args}) ${selection} }`, { token: tester.token })
  return { data, errors: errors?.map(({ extensions }) => extensions) }
}

describe('a planted secret price', () => {
  it('MUST be there to be found by somebody who may', async () => {
    const whole = await gateway.signIn('alice')
    const { data } = await gateway.ask(
      `{ outgoingCdrs(where: { customerPrice: { gt: "${around.below}", lt: "${around.above}" } }) { nodes { cdrId customerPrice } } }`,
      { token: whole },
    )
    expect(data.outgoingCdrs.nodes).toEqual([{ cdrId: secretCall, customerPrice: secret }])
  })

  it('MUST NOT change any answer that depends on a number, for somebody who may not see prices', async () => {
    const positions = decimalPositions()
    for (const position of positions) {
      for (const accountId of accountIds.slice(0, asksForAccount(position.field) ? 3 : 1)) {
        const [below, above] = await Promise.all([
          answerTo(position, around.below, accountId),
          answerTo(position, around.above, accountId),
        ])
        expect({ position: `${position.field}(${position.argument('n')})`, answer: above }).toEqual({
          position: `${position.field}(${position.argument('n')})`,
          answer: below,
        })
      }
    }
    console.info(`${positions.length} positions of a decimal number were tried`)
    expect(positions.length).toBeGreaterThan(100)
  })

  it.each(['outgoingCdrs', 'incomingCdrs'])('MUST NOT be found by the order or cursors of %s', async (field) => {
    for (const attribute of ['customerPrice', 'vendorPrice', 'duration']) {
      const { data } = await gateway.ask(
        `{ ${field}(first: 1, orderBy: { ${attribute}: ASC }) { nodes { id } pageInfo { endCursor } } }`,
        { token: tester.token },
      )
      expect(data?.[field] ?? null).toBeNull()
    }
  })
})
