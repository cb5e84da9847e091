import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { raw } from '../../src/backends/databases.ts'
import { exportStatements } from '../../src/backends/exports/statement.ts'
import type { Gateway } from '../support/gateway.ts'
import {
  accounts,
  create,
  download,
  expectedLines,
  linkOf,
  ordered,
  settled,
  startExporting,
  stored,
  type ExportGateway,
} from './support.ts'

/** Yeti's columns in Yeti's order, and what stands above them, written by hand. */
const columns = {
  time_start: 'Time Start',
  time_connect: 'Time Connect',
  time_end: 'Time End',
  success: 'Success',
  duration: 'Duration',
  src_name_in: 'Src Name In',
  src_prefix_in: 'Src Prefix In',
  dst_prefix_in: 'Dst Prefix In',
  from_domain: 'From Domain',
  to_domain: 'To Domain',
  ruri_domain: 'Ruri Domain',
  lega_disconnect_code: 'Lega Disconnect Code',
  lega_disconnect_reason: 'Lega Disconnect Reason',
  auth_orig_ip: 'Auth Orig Ip',
  auth_orig_port: 'Auth Orig Port',
  src_prefix_routing: 'Src Prefix Routing',
  dst_prefix_routing: 'Dst Prefix Routing',
  destination_prefix: 'Destination Prefix',
  destination_initial_interval: 'Destination Initial Interval',
  destination_next_interval: 'Destination Next Interval',
  destination_initial_rate: 'Destination Initial Rate',
  destination_next_rate: 'Destination Next Rate',
  destination_fee: 'Destination Fee',
  customer_price: 'Customer Price',
  customer_duration: 'Customer Duration',
  orig_call_id: 'Orig Call',
  local_tag: 'Local Tag',
  lega_user_agent: 'Lega User Agent',
  diversion_in: 'Diversion In',
} as const

/** As the values stand in the file: booleans by one letter, addresses without a mask. */
const printed = Object.keys(columns).map((column) =>
  column === 'success' ? `CASE success WHEN true THEN 't' WHEN false THEN 'f' END` : column === 'auth_orig_ip' ? 'host(auth_orig_ip)' : column,
) // prettier-ignore

const head = Object.values(columns).join(',')

let gateway: ExportGateway
let alice: string

beforeAll(async () => {
  gateway = await startExporting({ EXPORT_WORKERS: '2' })
  alice = await gateway.signIn('alice')
  await addOddCalls(gateway)
})

afterAll(() => gateway[Symbol.asyncDispose]())

/** What callers can send, by the minute; two of the hours are shown twice by a clock in Kyiv. */
const odd = {
  '00:30': 'a "quoted" name',
  '00:40': 'back\\slash \\N \\.',
  '00:50': 'two\nlines\r\nand, commas',
  '01:00': 'Марко 🙂 漢字',
  '01:10': "'; DROP TABLE x --",
  '01:30': '',
  '01:40': '=1+1',
} as const

async function addOddCalls({ cdr }: ExportGateway): Promise<void> {
  await cdr.query(
    `CREATE TABLE cdr.cdr_2025_10_26 PARTITION OF cdr.cdr FOR VALUES FROM ('2025-10-26 00:00:00+00') TO ('2025-10-27 00:00:00+00')`,
  )
  for (const [index, [minute, name]] of Object.entries(odd).entries()) {
    await cdr.query(
      `INSERT INTO cdr.cdr (id, time_start, time_end, customer_acc_id, customer_id, src_name_in, src_prefix_routing, duration, success, is_last_cdr)
       VALUES ($1, $2, $2, $3, 101, $4, $4, $5, $6, $6)`,
      [
        900_000_000 + index,
        `2025-10-26 ${minute}:12.34567${index}+00`,
        accounts.main,
        name,
        index * 10,
        index % 2 === 0,
      ],
    )
  }
}

async function exported(input: object, account?: number): Promise<string[]> {
  const uuid = await create(gateway, alice, input, account)
  const { status, rows_count } = await settled(gateway, uuid)
  expect(status).toBe('Completed')
  const lines = await download(gateway, alice, uuid)
  // Values may have lines of their own.
  expect(joined(lines.slice(1))).toHaveLength(rows_count ?? -1)
  expect(lines[0]).toBe(head)
  return joined(lines.slice(1))
}

/** A row whose value has several lines is one row. */
function joined(lines: readonly string[]): string[] {
  const rows: string[] = []
  let open = ''
  for (const line of lines) {
    open = open === '' ? line : `${open}\n${line}`
    if ((open.match(/"/g) ?? []).length % 2 === 0) {
      rows.push(open)
      open = ''
    }
  }
  return rows
}

describe('A file', () => {
  test('MUST have every attempt of the account, newest first, as the database has it', async () => {
    const lines = await exported({})
    const expected = await expectedLines(gateway, printed)
    expect(expected.length).toBeGreaterThan(100)
    expect(ordered(lines)).toEqual(ordered(expected))
    const { rows } = await gateway.cdr.query(
      'SELECT count(*) FILTER (WHERE NOT is_last_cdr)::int AS other FROM cdr.cdr WHERE customer_acc_id = $1',
      [accounts.main],
    )
    expect(rows[0].other).toBeGreaterThan(3)
  })

  test.each(['UTC', 'Europe/Kyiv', 'America/New_York', 'Asia/Kolkata'])(
    'MUST have times with the offset of %s',
    async (timeZoneName) => {
      const lines = await exported({ timeZoneName, timeFormat: 'WITH_TIMEZONE' })
      expect(ordered(lines)).toEqual(ordered(await expectedLines(gateway, printed, { zone: timeZoneName })))
    },
  )

  test('MUST have times without an offset, by the clock that was asked for', async () => {
    const lines = await exported({ timeZoneName: 'Europe/Kyiv', timeFormat: 'WITHOUT_TIMEZONE' })
    const local = printed.map((column) => (column.startsWith('time_') ? `${column} AT TIME ZONE 'Europe/Kyiv'` : column))
    expect(ordered(lines)).toEqual(ordered(await expectedLines(gateway, local)))
  }) // prettier-ignore

  test('MUST have times to the second, the fraction cut off', async () => {
    const lines = await exported({ timeFormat: 'ROUND_TO_SECONDS' })
    const cut = printed.map((column) => (column.startsWith('time_') ? `left((${column} AT TIME ZONE 'UTC')::text, 19)` : column))
    expect(ordered(lines)).toEqual(ordered(await expectedLines(gateway, cut)))
  }) // prettier-ignore

  test('MUST tell the two hours apart that a clock shows twice', async () => {
    const filters = { timeStartGte: '2025-10-26T00:30:00Z', timeStartLt: '2025-10-26T01:20:00Z' }
    const lines = await exported({ filters, timeZoneName: 'Europe/Kyiv' })
    const times = lines.map((line) => line.slice(1, line.indexOf('"', 1)))
    expect(times).toEqual([
      '2025-10-26 03:10:12.345674+02',
      '2025-10-26 03:00:12.345673+02',
      '2025-10-26 03:50:12.345672+03',
      '2025-10-26 03:40:12.345671+03',
      '2025-10-26 03:30:12.34567+03',
    ])
  })

  test('MUST begin at the first moment of the period and end before its last', async () => {
    const filters = { timeStartGte: '2025-10-26T00:40:12.345671Z', timeStartLt: '2025-10-26T04:10:12.345674+03:00' }
    const lines = await exported({ filters })
    expect(lines.map((line) => line.slice(1, 30))).toEqual([
      '2025-10-26 01:00:12.345673+00',
      '2025-10-26 00:50:12.345672+00',
      '2025-10-26 00:40:12.345671+00',
    ])
  })

  test('MUST be of the account alone', async () => {
    const lines = await exported({}, accounts.retail)
    expect(ordered(lines)).toEqual(ordered(await expectedLines(gateway, printed, { account: accounts.retail })))
  })

  test.each([accounts.main, accounts.erins])('MUST be read in the order of an index, nothing sorted: account %i', async (accountId) => {
    const filters = { time_start_gteq: '2000-01-01T00:00:00Z', time_start_lt: '2100-01-01T00:00:00Z', success_eq: true, src_prefix_routing_eq: '1' }
    const { settings, copy } = exportStatements({ accountId, fields: Object.keys(columns), filters, timeFormat: 'with_timezone', timeZone: null })
    const [, query = ''] = /^COPY \((.*)\) TO STDOUT/.exec(copy) ?? []
    const { databases } = gateway.app.services
    const plan = await databases.transaction('cdr', async (transaction) => {
      await transaction.query(settings)
      return transaction.query(raw(`EXPLAIN ${query}`))
    })
    const text = plan.map((row) => String(row['QUERY PLAN'])).join('\n')
    expect(text).toMatch(/Index Scan Backward/)
    expect(text).not.toMatch(/Sort/)
  }) // prettier-ignore

  test('MUST have the head and nothing else where there is no call', async () => {
    expect(await exported({ filters: { timeStartGte: '2001-01-01T00:00:00Z', timeStartLt: '2001-01-02T00:00:00Z' } })).toEqual([])
  }) // prettier-ignore
})

describe('A filter', () => {
  const whole = { timeStartGte: '2000-01-01T00:00:00Z', timeStartLt: '2100-01-01T00:00:00Z' }

  test.each([
    [{ success: true }, 'success'],
    [{ success: false }, 'NOT success'],
    [{ duration: 0 }, 'duration = 0'],
    [{ durationGte: 30 }, 'duration >= 30'],
    [{ durationLte: 30 }, 'duration <= 30'],
    [{ durationGte: 10, durationLte: 90, success: true }, 'duration BETWEEN 10 AND 90 AND success'],
    [{ success: null, duration: null }, 'true'],
    [{ duration: -5 }, 'duration = -5'],
  ])('MUST choose the calls that it says: %j', async (filter, where) => {
    const lines = await exported({ filters: { ...whole, ...filter } })
    expect(ordered(lines)).toEqual(ordered(await expectedLines(gateway, printed, { where })))
  })

  test.each(['srcPrefixRouting', 'dstPrefixRouting'])('MUST choose by the whole number: %s', async (name) => {
    const column = name === 'srcPrefixRouting' ? 'src_prefix_routing' : 'dst_prefix_routing'
    const { rows } = await gateway.cdr.query<{ number: string }>(
      `SELECT ${column} AS number FROM cdr.cdr WHERE customer_acc_id = $1 AND ${column} ~ '^\\d+$' LIMIT 1`,
      [accounts.main],
    )
    const number = rows[0]?.number ?? ''
    const lines = await exported({ filters: { ...whole, [name]: number } })
    expect(lines.length).toBeGreaterThan(0)
    expect(ordered(lines)).toEqual(ordered(await expectedLines(gateway, printed, { where: `${column} = '${number}'` })))
    expect(await exported({ filters: { ...whole, [name]: number.slice(0, -1) } })).toEqual([])
  })

  test.each(Object.values(odd))(
    'MUST be a value and nothing else: %j',
    async (srcPrefixRouting) => {
      const lines = await exported({ filters: { ...whole, srcPrefixRouting } })
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain(`,"${srcPrefixRouting.replaceAll('"', '""')}",`)
    },
  ) // prettier-ignore
})

describe('What the operator hides', () => {
  const kept = Object.keys(columns).filter((column) => column !== 'customer_price' && column !== 'local_tag')
  const hiding = { OUTGOING_CDR_HIDE_FIELDS: 'customer_price,local_tag' }

  async function expectWithout(maker: ExportGateway, uuid: string): Promise<void> {
    expect((await settled(maker, uuid)).fields).toEqual(kept)
    const [first = '', ...lines] = await download(maker, alice, uuid)
    expect(first).toBe(kept.map((column) => columns[column as keyof typeof columns]).join(','))
    const expected = await expectedLines(
      maker,
      printed.filter((column) => column !== 'customer_price' && column !== 'local_tag'),
    )
    expect(ordered(lines)).toEqual(ordered(expected))
  }

  test('MUST be in no file', async () => {
    await using maker = await startExporting(hiding)
    await expectWithout(maker, await create(maker, alice, {}))
  })

  test('MUST be in no file that was asked for before', async () => {
    await using maker = await startExporting({ ...hiding, EXPORT_WORKERS: '0' })
    await using earlier = await maker.another({ OUTGOING_CDR_HIDE_FIELDS: '' })
    const uuid = await create(earlier, alice, {})
    expect((await stored(maker, uuid)).fields).toEqual(Object.keys(columns))
    await using _worker = await maker.another({ EXPORT_WORKERS: '1' })
    await expectWithout(maker, uuid)
  })

  test('MUST take the file of an export away that has it', async () => {
    const uuid = await create(gateway, alice, {})
    await settled(gateway, uuid)
    const url = new URL(await linkOf(gateway, alice, uuid))
    await using later = await gateway.another({ ...hiding, EXPORT_WORKERS: '0' })
    expect(await fileOf(later, uuid)).toBeNull()
    expect((await fetch(`${later.url}${url.pathname}`)).status).toBe(404)
    expect((await fetch(url)).status).toBe(200)
  })
})

async function fileOf(on: Gateway, uuid: string): Promise<unknown> {
  const query = `query { outgoingCdrExports(first: 100) { nodes { uuid file { url } } } }`
  const { data } = await on.ask(query, { token: alice })
  return data.outgoingCdrExports.nodes.find((node: { uuid: string }) => node.uuid === uuid).file
}
