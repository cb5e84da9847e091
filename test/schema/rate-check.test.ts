import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../../src/demo/random.ts'
import { encodeGlobalId } from '../../src/schema/resource/global-id.ts'
import { allBut, startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { useRateplan } from './support/rate-rows.ts'
import { statementsOf } from './support/statements.ts'
import { shownTime, textRows, type RawRow } from './support/subjects.ts'

let gateway: Gateway
const tokens = { alice: '', erin: '', frank: '' }
/** Alice's, of frank's account and of another; erin's; nobody's. */
const plans = { main: 71_001, retail: 71_002, foreign: 71_003, unused: 71_004 }
let destinations: RawRow[]
let tagNames: ReadonlyMap<string, string>

beforeAll(async () => {
  gateway = await startGateway()
  for (const login of ['alice', 'erin', 'frank'] as const) tokens[login] = await gateway.signIn(login)
  await makePlans()
  destinations = await textRows(
    gateway.primary,
    `SELECT d.*, c.name AS currency, p.uuid AS network_prefix_uuid FROM class4.destinations d
     JOIN billing.currencies c ON c.id = d.currency_id LEFT JOIN sys.network_prefixes p ON p.id = d.network_prefix_id`,
  )
  const { rows } = await gateway.primary.query('SELECT id::text, name FROM class4.routing_tags')
  tagNames = new Map(rows.map(({ id, name }) => [id, name]))
})
afterAll(() => gateway[Symbol.asyncDispose]())

/** What numbers and prefixes are made of: few digits, so that many prefixes begin a number. */
const digits = ['1', '2', '3']
const random = createRandom(7)

function someDigits(most: number): string {
  return Array.from({ length: random.below(most + 1) }, () => random.pick(digits)).join('')
}

const tagSets = ['{}', '{}', '{1}', '{2,1}', '{1,2}', '{NULL}', '{99}', '{1,NULL,99}']
const periods = [
  ['-1 day', '1 day'],
  ['-1 day', '1 day'],
  ['-1 day', '1 day'],
  ['-2 days', '-1 day'],
  ['1 day', '2 days'],
]

/** Groups in one plan, in several, and in none, each with rates of overlapping prefixes. */
async function makePlans(): Promise<void> {
  const { primary } = gateway
  const groups = [72_001, 72_002, 72_003, 72_004, 72_005]
  for (const [index, id] of Object.values(plans).entries())
    await primary.query('INSERT INTO class4.rateplans (id, name) VALUES ($1, $2)', [id, `Checked ${index}`])
  for (const id of groups)
    await primary.query('INSERT INTO class4.rate_groups (id, name) VALUES ($1::int, $1::text)', [id])
  for (const [plan, group] of [
    [plans.main, groups[0]],
    [plans.main, groups[1]],
    [plans.retail, groups[1]],
    [plans.retail, groups[2]],
    [plans.foreign, groups[1]],
    [plans.foreign, groups[3]],
    [plans.unused, groups[4]],
  ])
    await primary.query('INSERT INTO class4.rate_plan_groups (rateplan_id, rate_group_id) VALUES ($1, $2)', [plan, group])
  await useRateplan(primary, plans.main, 101, 201)
  await useRateplan(primary, plans.retail, 101, 202)
  await useRateplan(primary, plans.foreign, 102, 211)
  const { rows: prefixes } = await primary.query('SELECT id FROM sys.network_prefixes LIMIT 3')
  for (let index = 0; index < 500; index++) {
    const [from, till] = random.pick(periods) ?? []
    await primary.query(
      `INSERT INTO class4.destinations (prefix, rate_group_id, enabled, reject_calls, valid_from, valid_till, routing_tag_ids,
         currency_id, network_prefix_id, initial_rate, next_rate, connect_fee, initial_interval, next_interval, dst_number_min_length)
       VALUES ($1, $2, $3, $4, now() + $5::interval, now() + $6::interval, $7, $8, $9, $10, $11, $12, 30, 6, 15)`,
      [
        index % 50 === 0 ? random.pick(['+1', 'a%', '_', '1*', '[12]']) : someDigits(6),
        random.pick(groups),
        !random.chance(0.15),
        random.chance(0.2),
        from,
        till,
        random.pick(tagSets),
        random.below(4),
        random.pick([null, 499_999, prefixes[0].id, prefixes[1].id]),
        `${random.below(9)}.${random.digits(6)}`,
        '0.10',
        random.pick([null, '0', '0.005']),
      ],
    )
  }
} // prettier-ignore

async function rateplanId(plan: number): Promise<string> {
  const { rows } = await gateway.primary.query('SELECT uuid FROM class4.rateplans WHERE id = $1', [plan])
  return encodeGlobalId('Rateplan', rows[0].uuid)
}

const selection = `id uuid prefix initialRate initialInterval nextRate nextInterval connectFee attemptFee currency rejectCalls
  validFrom validTill networkPrefixId networkPrefix { id } routingTagNames`

async function check(rateplan: string, number: string, token = tokens.alice, fields = selection): Promise<Answer> {
  return gateway.ask(
    `query ($id: ID!, $number: String!) { checkRate(rateplanId: $id, number: $number) { ${fields} } }`,
    {
      token,
      variables: { id: rateplan, number },
    },
  )
}

/** Section 9 of Yeti's behaviour, said as simply as possible. */
function naive(groups: ReadonlySet<string>, number: string): RawRow[] {
  const now = Date.now()
  const time = (text: string | null | undefined): number => Date.parse(`${text?.replace(' ', 'T')}:00`)
  const matching = destinations.filter(
    (rate) =>
      groups.has(rate['rate_group_id'] ?? '') &&
      rate['enabled'] === 't' &&
      time(rate['valid_from']) <= now &&
      now <= time(rate['valid_till']) &&
      number.startsWith(rate['prefix'] ?? ''),
  )
  const lengthOf = (rate: RawRow): number => (rate['prefix'] ?? '').length
  return matching.filter((rate) =>
    matching.every(
      (other) => other['routing_tag_ids'] !== rate['routing_tag_ids'] || lengthOf(other) <= lengthOf(rate),
    ),
  )
}

/** `{1,NULL}` → the names of its tags. */
function namesOf(array: string): (string | null)[] {
  return array === '{}' ? [] : array.slice(1, -1).split(',').map((id) => tagNames.get(id) ?? null) // prettier-ignore
}

function expected(rate: RawRow): Record<string, unknown> {
  const networkPrefixId = rate['network_prefix_uuid'] && encodeGlobalId('NetworkPrefix', rate['network_prefix_uuid'])
  return {
    id: encodeGlobalId('Rate', rate['uuid'] ?? ''),
    uuid: rate['uuid'],
    prefix: rate['prefix'],
    initialRate: rate['initial_rate'],
    initialInterval: Number(rate['initial_interval']),
    nextRate: rate['next_rate'],
    nextInterval: Number(rate['next_interval']),
    connectFee: rate['connect_fee'],
    attemptFee: rate['attempt_fee'],
    currency: rate['currency'],
    rejectCalls: rate['reject_calls'] === 't',
    validFrom: shownTime(rate['valid_from'] ?? ''),
    validTill: shownTime(rate['valid_till'] ?? ''),
    networkPrefixId,
    networkPrefix: networkPrefixId && { id: networkPrefixId },
    routingTagNames: namesOf(rate['routing_tag_ids'] ?? ''),
  }
}

function byUuid(rates: readonly { uuid?: unknown }[]): unknown[] {
  return rates.toSorted((one, other) => (String(one.uuid) < String(other.uuid) ? -1 : 1))
}

async function groupsOf(plan: number): Promise<Set<string>> {
  const { rows } = await gateway.primary.query(
    'SELECT rate_group_id::text AS id FROM class4.rate_plan_groups WHERE rateplan_id = $1',
    [plan],
  )
  return new Set(rows.map(({ id }) => id))
}

describe('checkRate', () => {
  it('MUST find what the simplest look through all rates finds, for any number', async () => {
    const found = { several: 0, tagged: 0, shorter: 0 }
    for (const plan of [plans.main, plans.retail]) {
      const [id, groups] = [await rateplanId(plan), await groupsOf(plan)]
      const numbers = Array.from({ length: 60 }, () => `${random.pick(digits)}${someDigits(11)}`)
      for (const number of [...numbers, '9', '+1234', 'a%', 'ab', '_', 'x', '1*23', '[12]3', '1'.repeat(100)]) {
        const { data, errors } = await check(id, number)
        expect(errors).toBeUndefined()
        const rates = naive(groups, number)
        expect([number, byUuid(data.checkRate)]).toEqual([number, byUuid(rates.map(expected))])
        if (rates.length > 1) found.several += 1
        if (rates.some((rate) => rate['routing_tag_ids'] !== '{}')) found.tagged += 1
        if (new Set(rates.map((rate) => rate['prefix'])).size > 1) found.shorter += 1
      }
    }
    expect(Math.min(...Object.values(found))).toBeGreaterThan(50)
  }, 60_000)

  it('MUST find the demo’s rates by real numbers, the freephone ones too', async () => {
    const id = await rateplanId(21)
    const groups = await groupsOf(21)
    for (const number of ['380445010203', '4930901820', '8001234567', '12125550123', '80012345678', '999']) {
      const { data } = await check(id, number)
      expect(byUuid(data.checkRate)).toEqual(byUuid(naive(groups, number).map(expected)))
    }
  })

  it('MUST have the longest prefixes first', async () => {
    const { data } = await check(await rateplanId(plans.main), '12312312')
    const lengths = data.checkRate.map(({ prefix }: { prefix: string }) => prefix.length)
    expect(lengths.length).toBeGreaterThan(3)
    expect(lengths).toEqual(lengths.toSorted((one: number, other: number) => other - one))
  })

  it('MUST find nothing where nothing is valid any more', async () => {
    const id = await rateplanId(23)
    expect((await check(id, '4930901820')).data).toEqual({ checkRate: [] })
  })

  it.each(['alice', 'frank', 'erin'] as const)(
    'MUST refuse %s what is not theirs like what there is not',
    async (login) => {
      const own = { alice: [plans.main, plans.retail], frank: [plans.retail], erin: [plans.foreign] }[login]
      const unknown = await check(
        encodeGlobalId('Rateplan', '00000000-0000-4000-8000-000000000000'),
        '123',
        tokens[login],
      )
      expect(unknown.data).toEqual({ checkRate: null })
      expect(unknown.errors).toMatchObject([
        { message: 'rateplanId: no such rate plan.', extensions: { code: 'BAD_USER_INPUT', argument: 'rateplanId' } },
      ])
      for (const plan of Object.values(plans)) {
        const { data, errors } = await check(await rateplanId(plan), '123', tokens[login])
        if (own.includes(plan)) expect(data.checkRate).not.toBeNull()
        else expect({ data, errors }).toEqual({ data: unknown.data, errors: unknown.errors })
      }
    },
  )

  it.each([
    ['empty', ''],
    ['a space', '49 30'],
    ['a line break', '4930\n'],
    ['a NUL', '49\u000030'],
    ['a character that is not seen', '49\u202e30'],
    ['half a character', '49\ud83d'],
    ['101 characters', '1'.repeat(101)],
    ['far too long', '1'.repeat(100_000)],
  ])('MUST refuse a number that none can be, naming it: %s', async (_, number) => {
    const id = await rateplanId(plans.main)
    const statements = await statementsOf(gateway, async () => {
      const { data, errors } = await check(id, number)
      expect(data).toEqual({ checkRate: null })
      expect(errors).toMatchObject([
        { path: ['checkRate'], extensions: { code: 'BAD_USER_INPUT', argument: 'number' } },
      ])
    })
    expect(statements).toEqual([])
  })

  it('MUST refuse what is no id of a rate plan, and ask for both arguments', async () => {
    for (const id of ['', '71001', 'x', encodeGlobalId('Account', '00000000-0000-4000-8000-000000000000'), encodeGlobalId('Rateplan', '1')]) {
      const { data, errors } = await check(id, '123')
      expect(data).toEqual({ checkRate: null })
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'rateplanId' } }])
    }
    const { errors } = await gateway.ask('{ checkRate(number: "1") { id } }', { token: tokens.alice })
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
  }) // prettier-ignore

  it('MUST need the flag of rate plans, and read nothing without it', async () => {
    const { token, set } = await gateway.login('checker')
    await set(allBut('outgoingRateplans'))
    const id = await rateplanId(plans.main)
    const statements = await statementsOf(gateway, async () => {
      const { data, errors } = await check(id, '123', token)
      expect(data).toEqual({ checkRate: null })
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', permission: 'OUTGOING_RATEPLANS' } }])
    })
    expect(statements).toEqual([])
  })

  it('MUST be two statements, with nothing but what is asked for, and no value in their text', async () => {
    const id = await rateplanId(plans.main)
    const statements = await statementsOf(gateway, () => check(id, '123123', tokens.alice, 'prefix initialRate'))
    expect(statements.map(({ text }) => / FROM (class4\.\w+)/.exec(text)?.[1])).toEqual([
      'class4.rateplans',
      'class4.destinations',
    ])
    const [, found] = statements
    expect([...(found?.text.matchAll(/AS "(\w+)"/g) ?? [])].map(([, name]) => name)).toEqual(['prefix', 'initial_rate'])
    expect(found?.text).not.toContain('123123')
  })
})
