import type { Gateway } from '../../support/gateway.ts'
import { addCalls, iso } from '../../schema/support/calls.ts'

/** Milliseconds. */
const minute = 60_000
const hour = 60 * minute

/** Zones, with nights in which their clocks change: a quarter from UTC, by half an hour, over midnight. */
export const nights: Readonly<Record<string, readonly string[]>> = {
  UTC: ['2025-06-29T00:00:00Z'],
  'Europe/Kyiv': ['2025-03-30T01:00:00Z', '2025-10-26T01:00:00Z'],
  'Australia/Lord_Howe': ['2025-04-05T15:00:00Z', '2025-10-04T15:30:00Z'],
  'Asia/Kathmandu': ['2025-08-31T18:15:00Z'],
  'America/St_Johns': ['2025-03-09T05:30:00Z', '2025-11-02T04:30:00Z'],
  'Africa/Cairo': ['2025-04-24T22:00:00Z', '2025-10-30T21:00:00Z'],
}

export const zones = Object.keys(nights)

/** All of 2025 as far as there are calls in it. */
export const year = { from: '2025-01-01T00:00:00Z', to: '2025-12-31T23:59:59Z' }

/** A period around a night that neither begins nor ends with a bucket. */
export function around(night: string): { from: string; to: string } {
  const at = Date.parse(night)
  return { from: iso(at - 15 * hour + 17_000), to: iso(at + 15 * hour + 31_000) }
}

export const texts = [
  '380501234567', '380501234568', '12345', '', '50%_Off\\x', '50xyOff\\x', "O'Reilly", 'say "hi"', 'Ünïcode Élan',
  'ünïcode élan', 'abc', 'ABC', 'ІВАН', 'іван', 'tab\there', 'line\nbreak', '{p1:String}', '\\N', '日本', "';DROP TABLE cdrs--",
] // prettier-ignore

export const addresses = [null, '192.0.2.1', '192.0.2.10', '2001:db8::7', '2001:db8::70', '::ffff:192.0.2.1'] as const

/** Sums of some of these lie between two cents; nothing has more than six decimals. */
const prices = ['0', '0.005', '0.01', '0.015', '-0.005', '0.1', '0.2', '0.123456', '0.000001', '1234567.89'] as const

function pick<T>(values: readonly T[], index: number, step: number): T | undefined {
  return values[(index * step + Math.floor(index / 7)) % values.length]
}

/** A call that differs from its neighbours in all that figures and filters look at. */
function tricky(at: number, index: number): Record<string, unknown> {
  const duration = pick([0, 1, 59, 60, 61, 0, 7, 3599], index, 1)
  return {
    time_start: iso(at),
    is_last_cdr: index % 5 !== 0,
    duration,
    customer_duration: pick([0, 6, 60, 66, 120], index, 1),
    vendor_duration: pick([0, 1, 30, 33], index, 1),
    customer_price: pick(prices, index, 1),
    vendor_price: pick(prices, index, 3),
    src_country_id: pick([222, 5, 0], index, 1),
    dst_country_id: pick([222, 7], index, 1),
    src_prefix_routing: pick(texts, index, 1),
    dst_prefix_routing: pick(texts, index, 3),
    auth_orig_ip: pick(addresses, index, 1),
  }
}

/** On both sides of every border of a bucket of the hour and the day, also of the month and the week (which is a Sunday). */
const borders = [
  '2025-02-28T23:59:59Z',
  '2025-03-01T00:00:00Z',
  '2025-06-28T23:59:59Z',
  '2025-06-29T00:00:00Z',
].flatMap((text) => [Date.parse(text), Date.parse(text) + hour, Date.parse(text) + hour / 4])

/** What figures are compared over, in PostgreSQL; ClickHouse gets a copy. */
export async function addTrickyCalls(gateway: Gateway): Promise<void> {
  const around = Object.values(nights)
    .flat()
    .flatMap((night) => Array.from({ length: 97 }, (_, index) => Date.parse(night) + (index - 48) * 15 * minute))
  const moments = [...around, ...around.map((at) => at + 7 * minute + 59_000), ...borders]
  await addCalls(gateway, moments.map(tricky))
  await addSnapshots(gateway, around)
}

async function addSnapshots(gateway: Gateway, moments: readonly number[]): Promise<void> {
  await gateway.cdr.query(
    `INSERT INTO stats.active_call_accounts (account_id, originated_count, terminated_count, created_at)
     SELECT 201, 1 + ordinal % 4, ordinal % 3, at FROM unnest($1::timestamptz[]) WITH ORDINALITY AS moments (at, ordinal)`,
    [[...new Set(moments)].map(iso)],
  )
}

/**
 * Makes the calls what Yeti's ClickHouse can say of them: times to the second, and 0 where there is nothing, since most
 * of its columns cannot miss a value.
 */
export async function simplifyCalls(gateway: Gateway): Promise<void> {
  const zero = ['duration', 'customer_duration', 'vendor_duration', 'customer_price', 'vendor_price']
  const assignments = zero.map((column) => `${column} = coalesce(${column}, 0)`).join(', ')
  await gateway.cdr.query(`UPDATE cdr.cdr SET time_start = date_trunc('second', time_start), ${assignments}`)
}
