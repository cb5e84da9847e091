import type { Gateway } from '../../support/gateway.ts'
import { sides, type Direction } from './figures.ts'
import { textRows, type RawRow } from './subjects.ts'

export const hour = 3_600_000
export const day = 24 * hour

/** Alice's first account. */
export const main = 201

export function iso(at: number): string {
  return new Date(at).toISOString()
}

/** The global id of an account of the demo. */
export async function accountId(of: Gateway, id: number): Promise<string> {
  const { rows } = await of.primary.query('SELECT uuid FROM billing.accounts WHERE id = $1', [id])
  return Buffer.from(`Account:${rows[0]?.uuid}`).toString('base64')
}

export const unknownAccount = Buffer.from('Account:00000000-0000-4000-8000-000000000000').toString('base64')

export function during(start: string, end?: string): string {
  return `time_start >= '${start}'${end === undefined ? '' : ` AND time_start <= '${end}'`}`
}

/** The calls that a direction's statistics are of. */
export async function callsOf(of: Gateway, direction: Direction, account: number, period: string): Promise<RawRow[]> {
  const final = direction === 'outgoing' ? ' AND is_last_cdr' : ''
  return textRows(of.cdr, `SELECT * FROM cdr.cdr WHERE ${sides[direction].account} = ${account}${final} AND ${period}`)
}

/** Adds calls that alice's first account originated and terminated. */
export async function addCalls(of: Gateway, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
  const days = new Set(rows.map((row) => String(row['time_start']).slice(0, 10)))
  for (const date of days) {
    const next = iso(Date.parse(date) + day).slice(0, 10)
    await of.cdr.query(`CREATE TABLE IF NOT EXISTS cdr.cdr_${date.replaceAll('-', '_')} PARTITION OF cdr.cdr
      FOR VALUES FROM ('${date} 00:00:00+00') TO ('${next} 00:00:00+00')`)
  }
  const base = { customer_id: 101, customer_acc_id: main, vendor_id: 101, vendor_acc_id: main, is_last_cdr: true }
  await of.cdr.query(`INSERT INTO cdr.cdr SELECT * FROM json_populate_recordset(NULL::cdr.cdr, $1)`, [
    JSON.stringify(
      rows.map((row, index) => ({ id: 5e15 + Math.floor(Math.random() * 1e9) * 1000 + index, ...base, ...row })),
    ),
  ])
}

/** Calls around a change of the clock: one every hour, of a length that tells them apart. */
export function hourly(
  start: string,
  hours: number,
): {
  time_start: string
  duration: number
  customer_price: string
  vendor_price: string
  customer_duration: number
  vendor_duration: number
}[] {
  return Array.from({ length: hours }, (_, index) => ({
    time_start: iso(Date.parse(start) + index * hour + 60_000),
    duration: index + 1,
    customer_duration: 100 * index,
    vendor_duration: 7 * index,
    customer_price: '0.01',
    vendor_price: '0.02',
  }))
}
