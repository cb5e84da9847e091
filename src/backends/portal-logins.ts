import { join, raw, sql, type Row, type Sql, type Transaction } from './databases.ts'
import { rememberRows } from './yeti-versions.ts'

/** Yeti's portal logins. */
export const loginTable = 'sys.api_access'

/** What a login is given, by Yeti's names of the columns. Its password is apart, and never read here. */
export interface LoginColumns {
  readonly login: string
  readonly customer_id: number
  /** Empty: every account of the customer. */
  readonly account_ids: readonly number[]
  /** Empty: from nowhere. */
  readonly allowed_ips: readonly string[]
  readonly allow_outgoing_numberlists_ids: readonly number[]
  readonly customer_portal_access_profile_id: number
  readonly provision_gateway_id: number | null
}

export type LoginColumn = keyof LoginColumns

const types: Readonly<Record<LoginColumn, string>> = {
  login: 'varchar',
  customer_id: 'int',
  account_ids: 'int[]',
  allowed_ips: 'inet[]',
  allow_outgoing_numberlists_ids: 'int[]',
  customer_portal_access_profile_id: 'smallint',
  provision_gateway_id: 'int',
}

// Object.keys forgets the keys' type.
export const loginColumns = Object.keys(types) as readonly LoginColumn[]

const columns = raw(loginColumns.join(', '))

/**
 * The version of a login's row: the same text as long as what it is given is the same, whoever changed it. Its password
 * is not part of it: the text could be used to try out digests.
 */
export const loginVersion = sql`left(encode(sha256(convert_to(ROW(${columns})::text, 'UTF8')), 'hex'), 32)`

/** A login as it stands. */
export interface LoginRow extends Row, LoginColumns {
  readonly id: number
  readonly version: string
}

/** A login, which nobody else changes before the transaction ends; null where there is none. */
export async function lockLogin(transaction: Transaction, id: string): Promise<LoginRow | null> {
  const which = sql`id = ${id}::bigint`
  const [row] = await transaction.query<LoginRow>(
    sql`SELECT id, ${loginVersion} AS version, ${columns} FROM ${raw(loginTable)} WHERE ${which} FOR UPDATE`,
  )
  await rememberRows(transaction, loginTable, which)
  return row ?? null
}

/** Another login has this name. */
export class LoginTakenError extends Error {
  override readonly name = 'LoginTakenError'
}

/** What a login was to be given was deleted in the same moment. */
export class GoneError extends Error {
  override readonly name = 'GoneError'
}

/** Adds a login and returns its id. Throws `LoginTakenError`, `GoneError`. */
export async function insertLogin({ query }: Transaction, login: LoginColumns, digest: string): Promise<number> {
  const values = join(loginColumns.map((column) => valueOf(column, login)))
  const [row] = await query<{ id: number }>(
    sql`INSERT INTO ${raw(loginTable)} (${columns}, password_digest, created_at, updated_at)
        VALUES (${values}, ${digest}, now(), now()) RETURNING id`,
  ).catch(asRefusal)
  if (row === undefined) throw new TypeError('An insert returns its row')
  return row.id
}

/** Writes these columns of a login. Throws `LoginTakenError`, `GoneError`. */
export async function updateLogin(
  { query }: Transaction,
  id: number,
  login: LoginColumns,
  changed: readonly LoginColumn[],
): Promise<void> {
  const assignments = changed.map((column) => sql`${raw(column)} = ${valueOf(column, login)}`)
  await query(
    sql`UPDATE ${raw(loginTable)} SET ${join([...assignments, sql`updated_at = now()`])} WHERE id = ${id}`,
  ).catch(asRefusal)
}

export async function updatePasswordDigest({ query }: Transaction, id: number, digest: string): Promise<void> {
  await query(sql`UPDATE ${raw(loginTable)} SET password_digest = ${digest}, updated_at = now() WHERE id = ${id}`)
}

export async function deleteLogin({ query }: Transaction, id: number): Promise<void> {
  await query(sql`DELETE FROM ${raw(loginTable)} WHERE id = ${id}`)
}

function valueOf(column: LoginColumn, login: LoginColumns): Sql {
  return sql`${login[column]}::${raw(types[column])}`
}

/** SQLSTATE of a row that would be there twice, and of one that refers to what is not there. */
const uniqueViolation = '23505'
const foreignKeyViolation = '23503'

function asRefusal(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === uniqueViolation) throw new LoginTakenError()
  if (code === foreignKeyViolation) throw new GoneError()
  throw error
}

/** What logins are given. */
export type GivenTable = 'public.contractors' | 'sys.customer_portal_access_profiles' | 'class4.numberlists'

/** Those of these ids that there are. */
export async function existing(
  { query }: Transaction,
  table: GivenTable,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await query<{ id: string }>(
    sql`SELECT id::text FROM ${raw(table)} WHERE id = ANY(${[...ids]}::bigint[])`,
  )
  return new Set(rows.map(({ id }) => id))
}

/** The internal ids of those of these accounts that are the contractor's, by public id. */
export async function accountsOfContractor(
  { query }: Transaction,
  contractorId: number,
  uuids: readonly string[],
): Promise<Map<string, number>> {
  if (uuids.length === 0) return new Map()
  const rows = await query<{ id: number; uuid: string }>(
    sql`SELECT id, uuid FROM billing.accounts WHERE contractor_id = ${contractorId} AND uuid = ANY(${[...uuids]}::uuid[])`,
  )
  return new Map(rows.map(({ id, uuid }) => [uuid, id]))
}

/** The public ids of these accounts, whosever they are; of none that is gone. */
export async function accountUuids({ query }: Transaction, ids: readonly number[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await query<{ uuid: string }>(
    sql`SELECT uuid FROM billing.accounts WHERE id = ANY(${[...ids]}::int[]) ORDER BY id`,
  )
  return rows.map(({ uuid }) => uuid)
}

/** Whether a gateway of the switch is the contractor's. */
export async function isGatewayOf({ query }: Transaction, contractorId: number, id: string): Promise<boolean> {
  const rows = await query(
    sql`SELECT id FROM class4.gateways WHERE id = ${id}::bigint AND contractor_id = ${contractorId}`,
  )
  return rows.length > 0
}

/** Addresses and networks as PostgreSQL writes them, each once: `10.0.0.5/8` is the network `10.0.0.0/8`, as in Yeti. */
export async function plainNetworks({ query }: Transaction, networks: readonly string[]): Promise<string[]> {
  if (networks.length === 0) return []
  const rows = await query<{ network: string }>(
    sql`SELECT DISTINCT network(given::inet)::inet AS network FROM unnest(${[...networks]}::text[]) AS given ORDER BY 1`,
  )
  return rows.map(({ network }) => network)
}
