import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allBut, startGateway, type Answer, type Gateway } from '../support/gateway.ts'
import { accountId, accounts, always, create, creation, stored } from './support.ts'

let gateway: Gateway
let alice: string
let mine: string

beforeAll(async () => {
  gateway = await startGateway()
  alice = await gateway.signIn('alice')
  mine = await accountId(gateway, accounts.main)
})

afterAll(() => gateway[Symbol.asyncDispose]())

function ask(input: object, token = alice): Promise<Answer> {
  return gateway.ask(creation, { token, variables: { input: { accountId: mine, filters: always, ...input } } })
}

/** What is written anywhere. */
async function counts(): Promise<unknown> {
  const { rows } = await gateway.primary.query(
    `SELECT (SELECT count(*)::int FROM sys.cdr_exports) AS exports, (SELECT count(*)::int FROM portal.cdr_exports) AS work,
       (SELECT count(*)::int FROM portal.jobs) AS jobs`,
  )
  return rows[0]
}

async function expectNothing(answer: () => Promise<Answer>): Promise<Answer> {
  const before = await counts()
  const answered = await answer()
  expect(answered.data?.createOutgoingCdrExport ?? null).toBeNull()
  expect(await counts()).toEqual(before)
  return answered
}

describe('createOutgoingCdrExport', () => {
  test('MUST answer with the export as it was asked for', async () => {
    const filters = {
      timeStartGte: '2026-03-01T00:00:00+02:00',
      timeStartLt: '2026-03-02T00:00:00Z',
      success: true,
      duration: 7,
      durationGte: 1,
      durationLte: 100,
      srcPrefixRouting: '380445010',
      dstPrefixRouting: '49891',
    }
    const { data, errors } = await ask({ filters, timeFormat: 'ROUND_TO_SECONDS', timeZoneName: 'Europe/Kyiv' })
    expect(errors).toBeUndefined()
    expect(data.createOutgoingCdrExport).toMatchObject({
      status: 'PENDING',
      rowsCount: null,
      rowsWritten: '0',
      progress: 0,
      expiresAt: null,
      file: null,
      timeFormat: 'ROUND_TO_SECONDS',
      timeZoneName: 'Europe/Kyiv',
      accountId: mine,
      filters: { ...filters, timeStartGte: '2026-02-28T22:00:00.000Z', timeStartLt: '2026-03-02T00:00:00.000Z' },
    })
    const { createdAt } = data.createOutgoingCdrExport
    expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(60_000)
  })

  test('MUST store what Yeti stores, and a job with it', async () => {
    const uuid = await create(gateway, alice, { filters: { ...always, success: false, durationGte: 5 } })
    const { rows } = await gateway.primary.query(
      `SELECT *, created_at::text AS created, updated_at::text AS updated FROM sys.cdr_exports WHERE uuid = $1`,
      [uuid],
    )
    expect(rows[0]).toMatchObject({
      status: 'Pending',
      type: 'Base',
      customer_account_id: accounts.main,
      time_format: 'with_timezone',
      time_zone_name: null,
      callback_url: null,
      rows_count: null,
      filters: {
        time_start_gteq: always.timeStartGte,
        time_start_lt: always.timeStartLt,
        success_eq: false,
        duration_gteq: 5,
        customer_acc_id_eq: accounts.main,
      },
    })
    expect(rows[0].fields).toHaveLength(29)
    expect(rows[0].fields.slice(0, 3)).toEqual(['time_start', 'time_connect', 'time_end'])
    expect(rows[0].updated).toBe(rows[0].created)
    const jobs = await gateway.primary.query('SELECT key, attempts, locked_at FROM portal.jobs WHERE key = $1', [
      `cdr-export-${rows[0].id}`,
    ])
    expect(jobs.rows).toEqual([{ key: `cdr-export-${rows[0].id}`, attempts: 0, locked_at: null }])
  })

  test('MUST take an empty time zone for none', async () => {
    const { data } = await ask({ timeZoneName: '' })
    expect(data.createOutgoingCdrExport.timeZoneName).toBeNull()
  })

  test.each([
    ['an end before the beginning', { filters: { ...always, timeStartLt: '1999-01-01T00:00:00Z' } }, 'input.filters.timeStartLt'],
    ['an end at the beginning', { filters: { ...always, timeStartLt: '2000-01-01T02:00:00+02:00' } }, 'input.filters.timeStartLt'],
    ['a zone that nobody knows', { timeZoneName: 'Mars/Olympus' }, 'input.timeZoneName'],
    ['a zone in other letters', { timeZoneName: 'europe/kyiv' }, 'input.timeZoneName'],
    ['an offset for a zone', { timeZoneName: '+02:00' }, 'input.timeZoneName'],
    ['NUL in a zone', { timeZoneName: 'Europe\0' }, 'input.timeZoneName'],
    ['SQL for a zone', { timeZoneName: `UTC'; DROP TABLE x; --` }, 'input.timeZoneName'],
    ['NUL in a number', { filters: { ...always, srcPrefixRouting: '38\0' } }, 'input.filters.srcPrefixRouting'],
    ['a number without end', { filters: { ...always, dstPrefixRouting: '1'.repeat(501) } }, 'input.filters.dstPrefixRouting'],
    ['what is no id', { accountId: 'x' }, 'input.accountId'],
    ['the id of something else', { accountId: Buffer.from('Invoice:00000000-0000-4000-8000-000000000001').toString('base64') }, 'input.accountId'],
  ])('MUST refuse %s, and write nothing', async (_what, input, argument) => {
    const { errors } = await expectNothing(() => ask(input))
    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'BAD_USER_INPUT', argument }])
  }) // prettier-ignore

  test.each([
    ['an unknown filter', { filters: { ...always, vendorId: 1 } }],
    ["Yeti's spelling", { filters: { time_start_gteq: '2026-01-01T00:00:00Z', time_start_lt: '2026-01-02T00:00:00Z' } }],
    ['the account among the filters', { filters: { ...always, customerAccIdEq: 202 } }],
    ['no filter', { filters: {} }],
    ['no beginning', { filters: { timeStartLt: always.timeStartLt } }],
    ['no end', { filters: { timeStartGte: always.timeStartGte } }],
    ['null for the beginning', { filters: { ...always, timeStartGte: null } }],
    ['a time without an offset', { filters: { ...always, timeStartGte: '2026-01-01T00:00:00' } }],
    ['a duration that is no number', { filters: { ...always, duration: '5' } }],
    ['a format that nobody knows', { timeFormat: 'RFC_2822' }],
    ['no account', { accountId: null }],
    ['columns of one’s own', { fields: ['vendor_price'] }],
  ])('MUST refuse %s by the schema, and write nothing', async (_what, input) => {
    const { errors } = await expectNothing(() => ask(input))
    expect(errors?.length).toBeGreaterThan(0)
    for (const { extensions } of errors ?? []) expect(extensions.code).toMatch(/^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED)$/)
  }) // prettier-ignore

  test('MUST refuse a foreign account, a missing one, and one that the login may not see in the same words', async () => {
    const frank = await gateway.signIn('frank')
    const foreign = await expectNothing(async () => ask({ accountId: await accountId(gateway, accounts.erins) }))
    const missing = await expectNothing(() =>
      ask({ accountId: Buffer.from('Account:00000000-0000-4000-8000-000000000001').toString('base64') }),
    )
    const narrowed = await expectNothing(() => ask({}, frank))
    expect(foreign.errors).toEqual(missing.errors)
    expect(narrowed.errors).toEqual(missing.errors)
    expect(missing.errors?.[0]).toMatchObject({
      message: 'input.accountId: no such account.',
      extensions: { code: 'BAD_USER_INPUT', argument: 'input.accountId' },
    })
  })

  test.each(['outgoingCdrExports', 'outgoingCdrs'] as const)('MUST do nothing without the flag %s', async (flag) => {
    const login = await gateway.login(`without ${flag}`)
    await login.set(allBut(flag))
    const { errors } = await expectNothing(() => ask({}, login.token))
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN'])
  })

  test('MUST be refused who has not signed in', async () => {
    const { errors } = await expectNothing(() => gateway.ask(creation, { variables: { input: { accountId: mine, filters: always } } }))
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  }) // prettier-ignore

  test('MUST write neither export nor job where one of them fails', async () => {
    await gateway.primary.query('ALTER FUNCTION portal.add_jobs RENAME TO add_jobs_away')
    try {
      const { errors } = await expectNothing(() => ask({}))
      expect(errors?.[0]?.extensions.code).toBe('UNAVAILABLE')
    } finally {
      await gateway.primary.query('ALTER FUNCTION portal.add_jobs_away RENAME TO add_jobs')
    }
  })

  test('MUST let a customer have ten in work and no more, also when asked for all at once', async () => {
    await using other = await startGateway()
    const erin = await other.signIn('erin')
    const account = await accountId(other, accounts.erins)
    const variables = { input: { accountId: account, filters: always } }
    const answers = await Promise.all(Array.from({ length: 14 }, () => other.ask(creation, { token: erin, variables })))
    const refused = answers.flatMap(({ errors }) => errors ?? [])
    expect(refused.map(({ message, extensions }) => [message, extensions])).toEqual(
      Array(4).fill([
        'input: 10 exports are in work already; try again when one of them is done.',
        { code: 'CONFLICT', argument: 'input' },
      ]),
    )
    // Another customer's, and those that Yeti makes, do not count.
    expect((await stored(other, await create(other, await other.signIn('alice'), {}))).status).toBe('Pending')
    await other.primary.query(`UPDATE sys.cdr_exports SET status = 'Failed' WHERE customer_account_id = $1`, [accounts.erins])
    await other.primary.query(
      `INSERT INTO sys.cdr_exports (status, type, customer_account_id) SELECT 'Pending', 'Base', $1 FROM generate_series(1, 20)`,
      [accounts.erins],
    )
    expect((await stored(other, await create(other, erin, {}, accounts.erins))).status).toBe('Pending')
  }) // prettier-ignore
})
