import type { Transaction } from '../../backends/databases.ts'
import {
  accountsOfContractor,
  accountUuids,
  existing,
  isGatewayOf,
  loginColumns,
  plainNetworks,
  type GivenTable,
  type LoginColumn,
  type LoginColumns,
  type LoginRow,
} from '../../backends/portal-logins.ts'
import { BadUserInputError, ConflictError } from '../../errors.ts'
import { encodeGlobalId } from '../resource/global-id.ts'
import type { Resource } from '../resource/resource.ts'
import { accessProfiles } from './access-profiles.ts'
import { allNumberlists, contractorAccounts, contractors, gateways } from './contractors.ts'
import type { Wish } from './portal-login-inputs.ts'

/** A login that was given nothing: Yeti's defaults, and nobody's id where something must be given. */
export const blank: LoginColumns = {
  login: '',
  customer_id: 0,
  account_ids: [],
  allowed_ips: ['0.0.0.0/0', '::/0'],
  allow_outgoing_numberlists_ids: [],
  customer_portal_access_profile_id: 0,
  provision_gateway_id: null,
}

/** What a login will be given, all of which there is, and nothing of another customer's. */
export async function columnsFor(transaction: Transaction, wish: Wish, before: LoginColumns): Promise<LoginColumns> {
  const { login = before.login, customer, profile, networks } = wish
  const customerId =
    customer === undefined
      ? before.customer_id
      : await idOf(transaction, 'public.contractors', customer, 'input.customerId', 'contractor')
  const profileId =
    profile === undefined
      ? before.customer_portal_access_profile_id
      : await idOf(
          transaction,
          'sys.customer_portal_access_profiles',
          profile,
          'input.accessProfileId',
          'access profile',
        )
  return {
    login,
    customer_id: customerId,
    customer_portal_access_profile_id: profileId,
    account_ids: await accountsFor(transaction, wish, customerId, before),
    provision_gateway_id: await gatewayFor(transaction, wish, customerId, before),
    allow_outgoing_numberlists_ids: await numberlistsFor(transaction, wish, before),
    allowed_ips: networks === undefined ? before.allowed_ips : await plainNetworks(transaction, networks),
  }
}

async function idOf(
  transaction: Transaction,
  table: GivenTable,
  key: string,
  argument: string,
  noun: string,
): Promise<number> {
  const found = await existing(transaction, table, [key])
  if (found.size === 0) throw new BadUserInputError(argument, `no such ${noun}.`)
  return Number(key)
}

/** With another customer nothing of the one before is kept, nor does "every account" come to mean others unsaid. */
async function accountsFor(
  transaction: Transaction,
  { accounts }: Wish,
  customerId: number,
  before: LoginColumns,
): Promise<readonly number[]> {
  if (accounts === undefined) {
    if (customerId === before.customer_id) return before.account_ids
    throw new BadUserInputError('input.accountIds', 'say which accounts of this customer, or `allAccounts: true`.')
  }
  const ids = await accountsOfContractor(transaction, customerId, accounts)
  const foreign = accounts.findIndex((uuid) => !ids.has(uuid))
  if (foreign >= 0) throw new BadUserInputError(`input.accountIds[${foreign}]`, 'this customer has no such account.')
  return [...ids.values()].sort((a, b) => a - b)
}

/** A call token is only made for a gateway of the customer's own. */
async function gatewayFor(
  transaction: Transaction,
  { gateway }: Wish,
  customerId: number,
  before: LoginColumns,
): Promise<number | null> {
  const argument = 'input.provisionGatewayId'
  if (gateway === undefined) {
    if (customerId === before.customer_id || before.provision_gateway_id === null) return before.provision_gateway_id
    throw new BadUserInputError(argument, "say which gateway of this customer, or `null`: it has the other customer's.")
  }
  if (gateway !== null && !(await isGatewayOf(transaction, customerId, gateway)))
    throw new BadUserInputError(argument, 'this customer has no such gateway.')
  return gateway === null ? null : Number(gateway)
}

async function numberlistsFor(
  transaction: Transaction,
  { numberlists }: Wish,
  before: LoginColumns,
): Promise<readonly number[]> {
  if (numberlists === undefined) return before.allow_outgoing_numberlists_ids
  const found = await existing(transaction, 'class4.numberlists', numberlists)
  const missing = numberlists.findIndex((id) => !found.has(id))
  if (missing >= 0) throw new BadUserInputError(`input.outgoingNumberlistIds[${missing}]`, 'no such numberlist.')
  return [...found].map(Number).sort((a, b) => a - b)
}

/** The columns that are another; the order of a list does not matter. */
export function changedColumns(before: LoginColumns, after: LoginColumns): LoginColumn[] {
  return loginColumns.filter((column) => !isSame(before[column], after[column]))
}

/** These columns of a login, as the audit log has them. */
export function auditColumns(
  login: LoginColumns,
  columns: readonly LoginColumn[] = loginColumns,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(columns.map((column) => [column, login[column]]))
}

/** Throws a `ConflictError` that shows both sides, so that a front end can put them together. */
export async function assertVersion(
  transaction: Transaction,
  row: LoginRow,
  version: string,
  wish: Wish = {},
): Promise<void> {
  if (row.version === version) return
  const yours = ofWish(wish)
  const current = ofRow(row, await accountUuids(transaction, row.account_ids))
  const { accessProfileId, ...shown } = current
  throw new ConflictError('version', 'the login is another than the one you have read.', {
    // Whoever may not see profiles is not told which one it has.
    current: { version: row.version, ...shown, ...('accessProfileId' in yours && { accessProfileId }) },
    yours: { version, ...yours },
    differing: Object.keys(yours).filter((name) => !isSame(yours[name], current[name])),
  })
}

/** In the words of the input. */
type Attributes = Readonly<Record<string, unknown>>

function ofRow(row: LoginRow, accountUuidsOfRow: readonly string[]): Attributes {
  return {
    login: row.login,
    customerId: idIn(contractors, row.customer_id),
    accessProfileId: idIn(accessProfiles, row.customer_portal_access_profile_id),
    accountIds: accountUuidsOfRow.map((uuid) => idIn(contractorAccounts, uuid)),
    allAccounts: row.account_ids.length === 0,
    outgoingNumberlistIds: row.allow_outgoing_numberlists_ids.map((id) => idIn(allNumberlists, id)),
    allowedIps: row.allowed_ips,
    provisionGatewayId: row.provision_gateway_id === null ? null : idIn(gateways, row.provision_gateway_id),
  }
}

function ofWish({ login, customer, profile, accounts, numberlists, networks, gateway }: Wish): Attributes {
  const wanted = {
    login,
    customerId: customer && idIn(contractors, customer),
    accessProfileId: profile && idIn(accessProfiles, profile),
    accountIds: accounts?.map((uuid) => idIn(contractorAccounts, uuid)),
    allAccounts: accounts && accounts.length === 0,
    outgoingNumberlistIds: numberlists?.map((id) => idIn(allNumberlists, id)),
    allowedIps: networks,
    provisionGatewayId: gateway && idIn(gateways, gateway),
  }
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined))
}

function idIn({ name }: Resource, key: string | number): string {
  return encodeGlobalId(name, String(key))
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(inOrder(one)) === JSON.stringify(inOrder(other))
}

function inOrder(value: unknown): unknown {
  return Array.isArray(value) ? [...new Set(value.map(String))].sort() : value
}
