import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allBut, startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { accountId, main } from './support/calls.ts'
import { statementsOf } from './support/statements.ts'

/** Where there is no ClickHouse: there the filters choose nothing, and all else about them is as everywhere. */

let gateway: Gateway
let token: string

/** A quiet time of long ago with two snapshots. */
const quiet = { fromTime: '2024-05-05T10:00:00Z', toTime: '2024-05-05T10:05:00Z' }
const counted = [
  { time: '2024-05-05T10:01:03.000Z', calls: 3 },
  { time: '2024-05-05T10:02:03.000Z', calls: 8 },
]

beforeAll(async () => {
  gateway = await startGateway()
  token = await gateway.signIn('alice')
  for (const { time, calls } of counted) {
    await gateway.cdr.query(
      `INSERT INTO stats.active_call_accounts (account_id, originated_count, terminated_count, created_at) VALUES ($1, $2, $2, $3)`,
      [main, calls, time],
    )
  }
})
afterAll(() => gateway[Symbol.asyncDispose]())

describe.each([{ direction: 'outgoing' }, { direction: 'incoming' }] as const)(
  'The filters of the chart of $direction active calls',
  ({ direction }) => {
    const field = `${direction}ActiveCallsChart`
    const whereType = `${direction === 'outgoing' ? 'Outgoing' : 'Incoming'}StatisticsWhere`
    const [price, otherPrice] =
      direction === 'outgoing' ? ['customerPrice', 'vendorPrice'] : ['vendorPrice', 'customerPrice']
    const query = `query ($accountId: ID!, $toTime: DateTime, $where: ${whereType}) {
    chart: ${field}(accountId: $accountId, fromTime: "${quiet.fromTime}", toTime: $toTime, where: $where) { time calls } }`

    async function filtered(where: unknown, asking = token, toTime = quiet.toTime) {
      const variables = { accountId: await accountId(gateway, main), toTime, where }
      const answers: Answer[] = []
      const statements = await statementsOf(gateway, async () => {
        answers.push(await gateway.ask(query, { token: asking, variables }))
      })
      const [{ data, errors } = { data: undefined, errors: undefined }] = answers
      return { data, errors, read: statements.filter(({ database }) => database === 'cdr') }
    }

    const numbers = ['eq', 'startsWith', 'endsWith', 'contains'].map((operator) => ({ [operator]: '380' }))
    const all = [
      { srcCountryId: 1 },
      { dstCountryId: 1 },
      ...numbers.flatMap((number) => [{ srcPrefixRouting: number }, { dstPrefixRouting: number }]),
      ...['eq', 'gt', 'lt'].flatMap((operator) => [
        { duration: { [operator]: 1 } },
        { [price]: { [operator]: '0.5' } },
      ]),
      ...(direction === 'outgoing' ? [{ authOrigIp: '192.0.2.1' }] : []),
    ]

    it.each(all)('MUST be refused where no single calls are kept, not ignored: %j', async (where) => {
      const { data, errors, read: statements } = await filtered(where)
      expect(data).toEqual({ chart: null })
      expect(errors).toMatchObject([{ path: ['chart'], extensions: { code: 'BAD_USER_INPUT', argument: 'where' } }])
      expect(errors?.[0]?.message).toMatch(/^where: this installation keeps no single calls of past moments/)
      expect(statements).toEqual([])
    })

    it.each([null, undefined, {}, { srcCountryId: null, [price]: null }, { duration: {}, dstPrefixRouting: {} }])(
      'MUST be no filters where nothing is compared: %j',
      async (where) => {
        const { data, errors } = await filtered(where)
        expect(errors).toBeUndefined()
        expect(data.chart).toEqual(counted)
      },
    )

    it.each<[string, unknown]>([
      ['where.duration.gt', { duration: { gt: null } }],
      ['where.srcPrefixRouting.contains', { srcPrefixRouting: { contains: '\u0000' } }],
      ['where.dstPrefixRouting.eq', { dstPrefixRouting: { eq: '1'.repeat(501) } }],
      ...(direction === 'outgoing'
        ? [['where.authOrigIp', { authOrigIp: '192.0.2' }] satisfies [string, unknown]]
        : []),
    ])('MUST be values that can be compared with, or %s is named', async (argument, where) => {
      const { errors, read: statements } = await filtered(where)
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument } }])
      expect(statements).toEqual([])
    })

    it('MUST come after a period that is none, which is named first', async () => {
      const { errors } = await filtered({ srcCountryId: 1 }, token, '2024-05-05T09:00:00Z')
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'toTime' } }])
    })

    it.each([
      { [otherPrice]: { gt: '1' } },
      { duration: { gte: 1 } },
      { sampling: 'HOUR' },
      { srcCountryId: 'x' },
      ...(direction === 'incoming' ? [{ authOrigIp: '192.0.2.1' }] : []),
    ])('MUST NOT be others than those that Yeti has: %j', async (where) => {
      const { data, errors, read: statements } = await filtered(where)
      expect(data).toBeFalsy()
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT'])
      expect(statements).toEqual([])
    })

    const section = `${direction}Statistics` as const
    const ofDuration = ['SuccessfulCalls', 'FailedCalls', 'TotalDuration', 'Acd', 'Asr'] as const
    const guarding = [
    ...ofDuration.flatMap((metric) => [[`${section}${metric}`, 'duration', 1], [`${section}${metric}Value`, 'duration', 1]] as const),
    [`${section}TotalPrice`, price, '0.5'],
    [`${section}TotalPriceValue`, price, '0.5'],
  ] as const // prettier-ignore

    it.each(guarding)('MUST be denied without %s by what could reveal it: %s', async (flag, name, value) => {
      const login = await gateway.login(`filters without ${flag}`)
      await login.set(allBut(flag))
      const { data, errors, read: statements } = await filtered({ [name]: { gt: value } }, login.token)
      expect(data).toEqual({ chart: null })
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', coordinate: `${whereType}.${name}` } }])
      expect(statements).toEqual([])
      // It is not used where it is null, and the others are nobody's figures.
      expect((await filtered({ [name]: null }, login.token)).data.chart).toEqual(counted)
      expect((await filtered({ dstCountryId: 1 }, login.token)).errors).toMatchObject([
        { extensions: { code: 'BAD_USER_INPUT', argument: 'where' } },
      ])
    })

    it.each([section, `${section}ActiveCalls`] as const)('MUST be denied without %s, as the chart is', async (flag) => {
      const login = await gateway.login(`filters without ${flag}`)
      await login.set(allBut(flag))
      for (const where of [{ dstCountryId: 1 }, { duration: { gt: null } }, {}]) {
        const { data, errors, read: statements } = await filtered(where, login.token)
        expect(data).toEqual({ chart: null })
        expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', coordinate: `Query.${field}` } }])
        expect(statements).toEqual([])
      }
    })
  },
)
