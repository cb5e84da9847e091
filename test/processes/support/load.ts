import { expect } from 'vitest'
import type { AnswerError, Gateway } from '../../support/gateway.ts'

/** A time in which the demo has calls of everybody. */
const hour = 3_600_000
const to = new Date(Math.floor(Date.now() / hour) * hour - 12 * hour)
const from = new Date(to.getTime() - 6 * hour)

/** Something of each of Yeti's two databases, under flags of its own. */
const query = /* GraphQL */ `
  query ($account: ID!, $from: DateTime!, $to: DateTime!) {
    viewer { login }
    accounts { nodes { name balance } }
    outgoingCdrs(first: 500, where: { timeStart: { gte: $from, lt: $to } }) {
      totalCount
      nodes { cdrId customerPrice account { balance } rec }
    }
    outgoingStatistics(accountId: $account, fromTime: $from, toTime: $to, sampling: HOUR) { totals { totalPrice } }
    invoices(first: 500) { totalCount nodes { amountSpent } }
    payments(first: 500) { totalCount nodes { amount } }
  }
` // prettier-ignore

/** Where a profile may deny, from the outside in: by Yeti's own columns. `path` ends at the first list. */
const places = [
  { coordinate: 'Query.accounts', flags: ['account'], path: ['accounts'] },
  { coordinate: 'Query.outgoingCdrs', flags: ['outgoing_cdrs'], path: ['outgoingCdrs'] },
  { coordinate: 'Account.balance', flags: ['account'], path: ['outgoingCdrs', 'nodes'], below: 'outgoing_cdrs' },
  {
    coordinate: 'OutgoingCdr.rec',
    flags: ['allow_listen_recording'],
    path: ['outgoingCdrs', 'nodes'],
    below: 'outgoing_cdrs',
  },
  { coordinate: 'Query.outgoingStatistics', flags: ['outgoing_statistics'], path: ['outgoingStatistics'] },
  {
    coordinate: 'OutgoingStatisticsTotals.totalPrice',
    flags: ['outgoing_statistics_total_price_value'],
    path: ['outgoingStatistics', 'totals', 'totalPrice'],
    below: 'outgoing_statistics',
  },
  { coordinate: 'Query.invoices', flags: ['invoices'], path: ['invoices'] },
  { coordinate: 'Query.payments', flags: ['payments'], path: ['payments'] },
] as const

type Row = Readonly<Record<string, unknown>>

/** One login, what it must be told, and all that it must never be told. */
export interface Reader {
  readonly login: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly data: unknown
  readonly denied: readonly string[]
  readonly secrets: readonly string[]
}

/** Makes every amount one that is nowhere else, so that it is known wherever it turns up. */
export async function plantAmounts({ primary, cdr }: Gateway): Promise<void> {
  await primary.query("UPDATE billing.accounts SET balance = ('91' || lpad(id::text, 6, '0') || '.31')::numeric")
  await primary.query("UPDATE billing.payments SET amount = ('92' || lpad(id::text, 6, '0') || '.32')::numeric")
  await cdr.query("UPDATE billing.invoices SET amount_spent = ('93' || lpad(id::text, 6, '0') || '.33')::numeric")
  await cdr.query(
    `WITH numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM cdr.cdr WHERE time_start >= $1 AND time_start < $2)
     UPDATE cdr.cdr c SET customer_price = ('94' || lpad(n::text, 6, '0') || '.34')::numeric
     FROM numbered WHERE numbered.id = c.id AND c.time_start >= $1 AND c.time_start < $2`,
    [from, to],
  )
}

/** What this login must get, read from the tables and judged by its profile's row, past everything of the gateway. */
export async function readerFor(gateway: Gateway, login: string): Promise<Reader> {
  const { customer_id: customer, account_ids: only, flags } = await loginRow(gateway, login)
  const accounts = await rowsOf<{ id: number; uuid: string; name: string; balance: string }>(
    gateway.primary,
    'SELECT id, uuid, name, balance::text FROM billing.accounts WHERE contractor_id = $1 AND (cardinality($2::int[]) = 0 OR id = ANY($2)) ORDER BY id',
    [customer, only],
  )
  const ids = accounts.map(({ id }) => id)
  const calls = await rowsOf<{ id: string; customer_price: string; customer_acc_id: number; rec: boolean }>(
    gateway.cdr,
    'SELECT id, customer_price::text, customer_acc_id, audio_recorded AS rec FROM cdr.cdr WHERE customer_acc_id = ANY($1) AND is_last_cdr AND time_start >= $2 AND time_start < $3 ORDER BY id',
    [ids, from, to],
  )
  const invoices = await amounts(gateway.cdr, 'SELECT amount_spent::text AS amount FROM billing.invoices WHERE account_id = ANY($1) AND state_id = 2 ORDER BY 1', ids) // prettier-ignore
  const payments = await amounts(gateway.primary, 'SELECT amount::text AS amount FROM billing.payments WHERE account_id = ANY($1) AND status_id <> 40 ORDER BY 1', ids) // prettier-ignore
  const total = await rowsOf<{ total: string }>(
    gateway.cdr,
    'SELECT round(sum(customer_price), 2)::text AS total FROM cdr.cdr WHERE customer_acc_id = $1 AND is_last_cdr AND time_start >= $2 AND time_start < $3',
    [ids[0], from, to],
  )
  const has = (flag: string): boolean => flags[flag] === true
  const listed = (flag: string, list: readonly Row[]) => has(flag) ? { totalCount: list.length, nodes: list } : null // prettier-ignore
  const balanceOf = (id: number) => has('account') ? accounts.find((account) => account.id === id)?.balance : null // prettier-ignore
  const data = {
    viewer: { login },
    accounts: has('account') ? { nodes: accounts.map(({ name, balance }) => ({ name, balance })) } : null,
    outgoingCdrs: listed('outgoing_cdrs', calls.map((call) => ({
      cdrId: call.id,
      customerPrice: call.customer_price,
      account: { balance: balanceOf(call.customer_acc_id) },
      rec: has('allow_listen_recording') ? call.rec : null,
    }))), // prettier-ignore
    outgoingStatistics: has('outgoing_statistics')
      ? { totals: { totalPrice: has('outgoing_statistics_total_price_value') ? total[0]?.total : null } }
      : null,
    invoices: listed('invoices', invoices.map((amountSpent) => ({ amountSpent }))),
    payments: listed('payments', payments.map((amount) => ({ amount }))),
  } // prettier-ignore
  const denied = places.filter((place) => !place.flags.every(has) && (!('below' in place) || has(place.below)))
  return {
    login,
    variables: { account: globalId(`Account:${accounts[0]?.uuid ?? ''}`), from, to },
    data,
    denied: denied.map(({ coordinate, path }) => `${coordinate} at ${path.join('.')}`).sort(),
    secrets: [...accounts.map(({ balance }) => balance), ...calls.map((call) => call.customer_price), ...invoices, ...payments, total[0]?.total ?? ''], // prettier-ignore
  }
}

/** Of everybody; and fails where a login has nothing, since nothing could be lost or told of it. */
export async function readersFor(gateway: Gateway, logins: readonly string[]): Promise<Reader[]> {
  const readers = await Promise.all(logins.map((login) => readerFor(gateway, login)))
  for (const { login, secrets } of readers) expect(secrets.length, login).toBeGreaterThan(5)
  const all = [...new Set(readers.flatMap(({ secrets }) => secrets))]
  return readers.map((reader) => {
    const told = JSON.stringify(reader.data)
    return { ...reader, secrets: all.filter((secret) => !told.includes(secret)) }
  })
}

/** Asks for everything once; the answer must be this login's, to the last figure. */
export async function read(url: string, reader: Reader, token: string): Promise<void> {
  const answer = await post(url, token, query, reader.variables)
  // Also of what is no answer.
  expect(reader.secrets.filter((secret) => answer.body.includes(secret))).toEqual([])
  const { data, errors = [] } = answered(answer)
  expect(ordered(data)).toEqual(ordered(reader.data))
  expect(errors.map(deniedAt).sort()).toEqual(reader.denied)
}

export interface Posted {
  readonly status: number
  readonly body: string
}

export async function post(url: string, token: string, text: string, variables: unknown): Promise<Posted> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: text, variables }),
  })
  return { status: response.status, body: await response.text() }
}

export function globalId(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** A process took a request, and did not answer it: so says the balancer's own 502. */
export class Lost extends Error {}

export interface Answered {
  readonly data: any // eslint-disable-line @typescript-eslint/no-explicit-any -- answers of any shape
  readonly errors?: readonly AnswerError[]
}

export function answered({ status, body }: Posted): Answered {
  if (status === 502) throw new Lost()
  expect(status, body).toBe(200)
  return JSON.parse(body)
}

function deniedAt({ path = [], extensions: { code, coordinate } }: AnswerError): string {
  return code === 'FORBIDDEN' ? `${String(coordinate)} at ${path.join('.')}` : code
}

/** Lists by what they have, since each has an order of its own. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(ordered(item))).sort()
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, ordered(inner)]))
}

interface LoginRow {
  readonly customer_id: number
  readonly account_ids: readonly number[]
  readonly flags: Row
}

async function loginRow({ primary }: Gateway, login: string): Promise<LoginRow> {
  const [row] = await rowsOf<LoginRow>(
    primary,
    `SELECT l.customer_id, l.account_ids, to_jsonb(p) AS flags FROM sys.api_access l
     JOIN sys.customer_portal_access_profiles p ON p.id = l.customer_portal_access_profile_id WHERE l.login = $1`,
    [login],
  )
  if (!row) throw new Error(`There is no login ${login}`)
  return row
}

async function rowsOf<T extends object>(pool: Gateway['cdr'], text: string, values: unknown[]): Promise<T[]> {
  return (await pool.query<T>(text, values)).rows
}

async function amounts(pool: Gateway['cdr'], text: string, accounts: readonly number[]): Promise<string[]> {
  return (await rowsOf<{ amount: string }>(pool, text, [accounts])).map(({ amount }) => amount)
}
