import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { startPortal } from '../permissions/support/portal.ts'
import type { Permission } from '../../src/permissions/permissions.ts'
import type { Answer, Gateway } from '../support/gateway.ts'

// alice and frank are of one customer, erin of another; a third has calls and invoices, but no login at all.
export const contractors = { alice: 101, frank: 101, erin: 102 } as const
export const third = 103
/** Accounts by their numbers in the demo: frank’s only one, another of alice’s, two of erin’s and one of the third’s. */
export const accounts = { retail: 202, main: 201, trunk: 211, contact: 212, third: 221 } as const

export type Login = keyof typeof contractors
export const logins: readonly Login[] = ['alice', 'frank', 'erin']

export interface List {
  readonly field: string
  /** When it is not called like the field. */
  readonly flag?: Permission
  /** Other customers may have the same rows: rates are in groups, which plans share. */
  readonly isShared?: true
  readonly type: string
  readonly database: 'primary' | 'cdr'
  /** The keys of a contractor's rows, of one account where that is given. */
  readonly sql: (contractor: number, account?: number) => string
  /** A field that needs the list's own flag. */
  readonly guarded: string
  readonly order: string
}

function of(account: number | undefined, column: string): string {
  return account === undefined ? '' : ` AND ${column} = ${account}`
}

function ofAccounts(table: string, owner: number, account: number | undefined): string {
  const own = `SELECT id FROM billing.accounts WHERE contractor_id = ${owner}${of(account, 'id')}`
  return `SELECT uuid AS key FROM ${table} WHERE account_id IN (${own})`
}

function rateplansOf(owner: number, account: number | undefined): string {
  return `SELECT rateplan_id FROM class4.customers_auth WHERE customer_id = ${owner}${of(account, 'account_id')}`
}

export const lists: readonly List[] = [
  {
    field: 'accounts',
    flag: 'account',
    guarded: 'balance',
    order: 'name',
    type: 'Account',
    database: 'primary',
    sql: (owner, account) => `SELECT uuid AS key FROM billing.accounts WHERE contractor_id = ${owner}${of(account, 'id')}`,
  },
  {
    field: 'outgoingCdrs',
    guarded: 'duration',
    order: 'timeStart',
    type: 'OutgoingCdr',
    database: 'cdr',
    sql: (owner, account) => `SELECT id AS key FROM cdr.cdr WHERE customer_id = ${owner} AND is_last_cdr${of(account, 'customer_acc_id')}`,
  },
  {
    field: 'incomingCdrs',
    guarded: 'duration',
    order: 'timeStart',
    type: 'IncomingCdr',
    database: 'cdr',
    sql: (owner, account) => `SELECT id AS key FROM cdr.cdr WHERE vendor_id = ${owner}${of(account, 'vendor_acc_id')}`,
  },
  {
    field: 'invoices',
    guarded: 'reference',
    order: 'startDate',
    type: 'Invoice',
    database: 'cdr',
    sql: (owner, account) => `SELECT uuid AS key FROM billing.invoices WHERE contractor_id = ${owner} AND state_id = 2${of(account, 'account_id')}`,
  },
  {
    field: 'outgoingRateplans',
    guarded: 'name',
    order: 'name',
    type: 'Rateplan',
    database: 'primary',
    sql: (owner, account) => `SELECT uuid AS key FROM class4.rateplans WHERE id IN (${rateplansOf(owner, account)})`,
  },
  {
    field: 'outgoingRates',
    flag: 'outgoingRateplans',
    isShared: true,
    guarded: 'initialRate',
    order: 'prefix',
    type: 'Rate',
    database: 'primary',
    sql: (owner, account) => `SELECT uuid AS key FROM class4.destinations WHERE rate_group_id IN
      (SELECT rate_group_id FROM class4.rate_plan_groups WHERE rateplan_id IN (${rateplansOf(owner, account)}))`,
  },
  {
    field: 'payments',
    guarded: 'amount',
    order: 'createdAt',
    type: 'Payment',
    database: 'primary',
    sql: (owner, account) => `${ofAccounts('billing.payments', owner, account)} AND status_id <> 40`,
  },
  {
    field: 'services',
    guarded: 'renewPrice',
    order: 'name',
    type: 'Service',
    database: 'primary',
    sql: (owner, account) => ofAccounts('billing.services', owner, account),
  },
  {
    field: 'transactions',
    guarded: 'amount',
    order: 'createdAt',
    type: 'Transaction',
    database: 'primary',
    sql: (owner, account) => ofAccounts('billing.transactions', owner, account),
  },
] // prettier-ignore

/** A gateway where everybody has signed in. */
export interface Tenants extends AsyncDisposable {
  readonly gateway: Gateway
  as(login: string, query: string, variables?: Readonly<Record<string, unknown>>): Promise<Answer>
  token(login: string): string
  /** Global ids of a contractor's rows, straight from the database. */
  rowsOf(list: List, contractor: number, account?: number): Promise<string[]>
  ownRows(list: List, login: Login): Promise<string[]>
  /** Ids of all rows that a list has, page by page, and the count that it gives. */
  listed(list: List, login: string, where?: object): Promise<{ ids: string[]; totalCount: number }>
  accountId(account: number): Promise<string>
}

export async function startTenants(): Promise<Tenants> {
  const gateway = await startPortal()
  const tokens = new Map<string, string>()
  for (const login of logins) tokens.set(login, await gateway.signIn(login))
  const token = (login: string): string => tokens.get(login) ?? ''
  const as: Tenants['as'] = (login, query, variables) =>
    gateway.ask(query, { token: token(login), ...(variables && { variables }) })
  const rowsOf: Tenants['rowsOf'] = async ({ type, database, sql }, contractor, account) => {
    const { rows } = await gateway[database].query<{ key: string }>(sql(contractor, account))
    return rows.map(({ key }) => globalId(type, key)).sort()
  }
  return {
    gateway,
    as,
    token,
    rowsOf,
    ownRows: (list, login) => rowsOf(list, contractors[login], login === 'frank' ? accounts.retail : undefined),
    listed: (list, login, where) =>
      everyPage((query, asking) => gateway.ask(query, { ...asking, token: token(login) }), list, where),
    async accountId(account) {
      const { rows } = await gateway.primary.query('SELECT uuid FROM billing.accounts WHERE id = $1', [account])
      return globalId('Account', rows[0].uuid)
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  }
}

async function everyPage(ask: Gateway['ask'], { field, type }: List, where: object = {}) {
  const query = `query ($after: String, $where: ${type}Where) {
    list: ${field}(first: 500, after: $after, where: $where) {
      totalCount nodes { id } pageInfo { hasNextPage endCursor }
    }
  }`
  const everSince = type.endsWith('Cdr') ? { timeStart: { gte: '2000-01-01T00:00:00Z' } } : {}
  const ids: string[] = []
  let totalCount = -1
  let after: string | null = null
  do {
    const answer: Answer = await ask(query, { variables: { after, where: { ...everSince, ...where } } })
    expect(answer.errors).toBeUndefined()
    const { nodes, pageInfo, totalCount: count } = answer.data.list
    ids.push(...nodes.map(({ id }: { id: string }) => id))
    totalCount = count
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null
  } while (after !== null)
  return { ids: ids.sort(), totalCount }
}

export function globalId(type: string, key: string | number): string {
  return Buffer.from(`${type}:${key}`).toString('base64')
}

/** An id of the right form that belongs to nothing. */
export function missing({ type }: List): string {
  return globalId(type, type.endsWith('Cdr') ? '999999999999' : randomUUID())
}

export function body({ status, data, errors }: Answer): object {
  return { status, data, errors }
}
