import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allBut, startGateway, type Gateway } from '../support/gateway.ts'
import { accountId, accounts, create, stored } from './support.ts'

let gateway: Gateway
const tokens: Record<string, string> = {}
/** The uuids of the exports that this test makes, by what they are. */
const made: Record<string, string> = {}

const yetis = [
  // An administrator's, with a column and a filter that no customer has.
  { name: 'administrator', account: null, status: 'Completed', fields: ['vendor_price'], filters: { vendor_id_eq: 5 } },
  { name: 'completed', account: accounts.main, status: 'Completed', fields: ['time_start', 'duration'], filters: { time_start_gteq: '2026-01-01', time_start_lt: '2026-01-02 00:00:00', success_eq: 'true', duration_gteq: '30', customer_acc_id_eq: accounts.main, lega_disconnect_code_eq: 200 } },
  { name: 'vendors', account: accounts.main, status: 'Completed', fields: ['time_start', 'vendor_price'], filters: {} },
  { name: 'failed', account: accounts.retail, status: 'Failed', fields: ['time_start'], filters: { time_start_gteq: 'whenever', duration_eq: {} } },
  { name: 'deleted', account: accounts.erins, status: 'Deleted', fields: ['time_start'], filters: null },
] // prettier-ignore

beforeAll(async () => {
  gateway = await startGateway()
  await gateway.primary.query('DELETE FROM sys.cdr_exports')
  for (const login of ['alice', 'frank', 'erin']) tokens[login] = await gateway.signIn(login)
  for (const [index, { name, account, status, fields, filters }] of yetis.entries()) {
    const { rows } = await gateway.primary.query(
      `INSERT INTO sys.cdr_exports (status, type, fields, filters, customer_account_id, rows_count, time_format, time_zone_name, created_at, updated_at)
       VALUES ($1, 'Base', $2, $3, $4, $5, $6, $7, $8, $8::timestamp + interval '1 minute') RETURNING uuid`,
      [status, fields, JSON.stringify(filters), account, index * 100, ['with_timezone', 'without_timezone', 'round_to_seconds'][index % 3], index === 1 ? 'Europe/Kyiv' : null, `2026-07-18 13:10:5${index}.123456`],
    )
    made[name] = rows[0].uuid
  } // prettier-ignore
  made['ours'] = await create(gateway, tokens['alice'] ?? '', {}, accounts.retail)
})

afterAll(() => gateway[Symbol.asyncDispose]())

const fields = `uuid status rowsCount createdAt updatedAt timeFormat timeZoneName rowsWritten progress expiresAt
  filters { timeStartGte timeStartLt success duration durationGte durationLte srcPrefixRouting dstPrefixRouting }`

async function list(login: string, rest = '', selection = fields) {
  const query = `{ outgoingCdrExports${rest} { totalCount nodes { ${selection} } } }`
  const { data, errors } = await gateway.ask(query, { token: tokens[login] ?? login })
  expect(errors).toBeUndefined()
  return data.outgoingCdrExports
}

async function names(login: string, rest = ''): Promise<(string | undefined)[]> {
  const { nodes } = await list(login, rest, 'uuid')
  const known = new Map(Object.entries(made).map(([name, uuid]) => [uuid, name]))
  return nodes.map(({ uuid }: { uuid: string }) => known.get(uuid))
}

describe('outgoingCdrExports', () => {
  test('MUST be the exports of the login’s accounts, newest first, and never an administrator’s', async () => {
    expect(await names('alice')).toEqual(['ours', 'failed', 'vendors', 'completed'])
    expect(await names('frank')).toEqual(['ours', 'failed'])
    expect(await names('erin')).toEqual(['deleted'])
    expect((await list('frank')).totalCount).toBe(2)
  })

  test('MUST tell an export that Yeti made, its times in UTC, and only the filters that customers have', async () => {
    const { nodes } = await list('alice', '(where: { rowsCount: { eq: 100 } })')
    expect(nodes).toEqual([
      {
        uuid: made['completed'],
        status: 'COMPLETED',
        rowsCount: 100,
        createdAt: '2026-07-18T13:10:51.123Z',
        updatedAt: '2026-07-18T13:11:51.123Z',
        timeFormat: 'WITHOUT_TIMEZONE',
        timeZoneName: 'Europe/Kyiv',
        rowsWritten: null,
        progress: null,
        expiresAt: null,
        filters: {
          timeStartGte: '2026-01-01T00:00:00.000Z',
          timeStartLt: '2026-01-02T00:00:00.000Z',
          success: true,
          duration: null,
          durationGte: 30,
          durationLte: null,
          srcPrefixRouting: null,
          dstPrefixRouting: null,
        },
      },
    ])
  })

  test('MUST bear with filters that nobody can read', async () => {
    const [failed] = (await list('frank', '(where: { status: { eq: FAILED } })')).nodes
    expect(failed.filters).toMatchObject({ timeStartGte: null, duration: null })
    const [deleted] = (await list('erin')).nodes
    expect(deleted.filters).toMatchObject({ timeStartGte: null, success: null })
  })

  test.each([
    ['{ status: { eq: COMPLETED } }', ['vendors', 'completed']],
    ['{ status: { in: [PENDING, FAILED] } }', ['ours', 'failed']],
    ['{ status: { notIn: [PENDING, FAILED] } }', ['vendors', 'completed']],
    ['{ status: { notEq: COMPLETED } }', ['ours', 'failed']],
    ['{ timeFormat: { eq: WITH_TIMEZONE } }', ['ours', 'failed']],
    ['{ timeFormat: { in: [WITHOUT_TIMEZONE, ROUND_TO_SECONDS] } }', ['vendors', 'completed']],
    ['{ timeZoneName: { startsWith: "europe" } }', ['completed']],
    ['{ rowsCount: { gte: 200 } }', ['failed', 'vendors']],
    ['{ createdAt: { lt: "2026-07-18T13:10:52Z" } }', ['completed']],
    ['{ createdAt: { gte: "2026-07-18T15:10:52.123456+02:00", lt: "2026-07-18T13:10:54Z" } }', ['failed', 'vendors']],
    ['{ updatedAt: { eq: "2026-07-18T13:11:53.123456Z" } }', ['failed']],
  ])('MUST list those that match %s', async (where, expected) => {
    expect(await names('alice', `(where: ${where})`)).toEqual(expected)
  })

  test('MUST list those of an account, and none for a foreign one', async () => {
    const of = async (account: number) => `(where: { accountId: { eq: "${await accountId(gateway, account)}" } })`
    expect(await names('alice', await of(accounts.retail))).toEqual(['ours', 'failed'])
    expect(await names('alice', await of(accounts.erins))).toEqual([])
    expect(await names('frank', await of(accounts.main))).toEqual([])
  })

  test.each([
    ['[{ createdAt: ASC }]', ['completed', 'vendors', 'failed', 'ours']],
    ['[{ rowsCount: DESC }]', ['failed', 'vendors', 'completed', 'ours']],
    ['[{ status: ASC }, { updatedAt: ASC }]', ['completed', 'vendors', 'failed', 'ours']],
  ])('MUST be in the order of %s', async (orderBy, expected) => {
    expect(await names('alice', `(orderBy: ${orderBy})`)).toEqual(expected)
  })

  test('MUST have links to the account and be found by its id, by its tenant alone', async () => {
    const id = Buffer.from(`OutgoingCdrExport:${made['failed']}`).toString('base64')
    const query = `query ($id: ID!) { node(id: $id) { id ... on OutgoingCdrExport { status accountId account { name } } } }`
    const find = async (login: string) => (await gateway.ask(query, { token: tokens[login] ?? '', variables: { id } })).data.node
    expect(await find('frank')).toMatchObject({ id, status: 'FAILED', accountId: await accountId(gateway, accounts.retail), account: { name: expect.any(String) } })
    expect(await find('erin')).toBeNull()
    const administrators = Buffer.from(`OutgoingCdrExport:${made['administrator']}`).toString('base64')
    expect((await gateway.ask(query, { token: tokens['alice'] ?? '', variables: { id: administrators } })).data.node).toBeNull()
  }) // prettier-ignore

  test('MUST offer a file for what is completed and has columns that customers may have, and for nothing else', async () => {
    const { nodes } = await list('alice', '', 'uuid file { url contentType }')
    const offered = nodes.filter(({ file }: { file: unknown }) => file !== null)
    expect(offered.map(({ uuid }: { uuid: string }) => uuid)).toEqual([made['completed']])
    expect(offered[0].file).toMatchObject({ contentType: 'application/gzip', url: expect.stringMatching(`/${made['completed']}.csv.gz$`) })
  }) // prettier-ignore

  test('MUST not offer a file whose time is over', async () => {
    const { id } = await stored(gateway, made['ours'] ?? '')
    await gateway.primary.query(`UPDATE sys.cdr_exports SET status = 'Completed' WHERE id = $1`, [id])
    const expires = (when: string) => gateway.primary.query(`UPDATE portal.cdr_exports SET expires_at = ${when} WHERE export_id = $1`, [id])
    const file = async () => (await list('frank', '(first: 1)', 'file { url }')).nodes[0].file
    await expires(`now() + interval '1 hour'`)
    expect(await file()).not.toBeNull()
    await expires('now()')
    expect(await file()).toBeNull()
    await expires('NULL')
    expect(await file()).not.toBeNull()
    await gateway.primary.query(`UPDATE sys.cdr_exports SET status = 'Pending' WHERE id = $1`, [id])
  }) // prettier-ignore

  test('MUST hide the file, and nothing else, from who may not see calls', async () => {
    const login = await gateway.login('without calls')
    await login.set(allBut('outgoingCdrs'))
    const query = `{ outgoingCdrExports { nodes { uuid status file { url } } } }`
    const { data, errors } = await gateway.ask(query, { token: login.token })
    expect(data.outgoingCdrExports.nodes.map(({ uuid, file }: Record<string, unknown>) => [uuid, file])).toContainEqual([made['completed'], null])
    expect(errors?.map(({ extensions }) => [extensions.code, extensions['permission'], extensions['coordinate']])).toEqual([
      ['FORBIDDEN', 'OUTGOING_CDRS', 'OutgoingCdrExport.file'],
    ])
  }) // prettier-ignore

  test('MUST show how much of the time is written', async () => {
    const period = { timeStartGte: '2026-03-01T00:00:00Z', timeStartLt: '2026-03-05T00:00:00Z' }
    const uuid = await create(gateway, tokens['erin'] ?? '', { filters: period }, accounts.erins)
    const { id } = await stored(gateway, uuid)
    const at = async (until: string | null) => {
      await gateway.primary.query('UPDATE portal.cdr_exports SET written_until = $2, rows_written = 5000000000 WHERE export_id = $1', [id, until])
      return (await list('erin', '(first: 1)', 'progress rowsWritten')).nodes[0]
    }
    expect(await at(null)).toEqual({ progress: 0, rowsWritten: '5000000000' })
    expect((await at('2026-03-04T00:00:00Z')).progress).toBe(0.25)
    expect((await at('2026-03-01T00:00:00.5Z')).progress).toBeCloseTo(1, 4)
    expect((await at('2026-03-09T00:00:00Z')).progress).toBe(0)
    await gateway.primary.query(`UPDATE sys.cdr_exports SET status = 'Completed' WHERE id = $1`, [id])
    expect((await at('2026-03-04T00:00:00Z')).progress).toBe(1)
  }) // prettier-ignore
})
