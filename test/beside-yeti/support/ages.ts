import { camelCase, yetiFlags } from '../../admin/support/access-profiles.ts'
import type { Gateway } from '../../support/gateway.ts'

const table = 'sys.customer_portal_access_profiles'

/** A Yeti of another age: the migration that it lacks, all later ones too, and the columns that this one brought. */
export interface Age {
  readonly lacks: string
  readonly columns: readonly string[]
  /** These, and those of all later migrations. */
  readonly missing: readonly string[]
}

const figures = Object.keys(yetiFlags).filter((column) => /_value$|^incoming_statistics_/.test(column))

/** Newest first, so that each is the one before with more columns taken away; as Yeti's history has them. */
const migrations: readonly (readonly [version: string, columns: readonly string[]])[] = [
  ['20260404183736', ['webrtc_dialer']],
  ['20260222000000', ['allow_listen_recording']],
  ['20251222152903', ['outgoing_active_calls']],
  ['20251109191129', figures],
  ['20251030205037', ['payments_cryptomus']],
  ['20251030195717', ['outgoing_numberlists']],
]

export const ages: readonly Age[] = migrations.map(([lacks, columns], index) => ({
  lacks,
  columns,
  missing: migrations.slice(0, index + 1).flatMap(([, each]) => each),
}))

/** Takes away what a migration brought. */
export async function makeOlder({ primary }: Gateway, { columns }: Pick<Age, 'columns'>): Promise<void> {
  await primary.query(`ALTER TABLE ${table} ${columns.map((column) => `DROP COLUMN ${column}`).join(', ')}`)
  // Where a Yeti has it that has not moved it yet.
  if (columns.includes('allow_listen_recording'))
    await primary.query('ALTER TABLE sys.api_access ADD allow_listen_recording boolean NOT NULL DEFAULT true')
}

/** What the migration itself does, while whoever likes is running. */
export async function upgrade({ primary }: Gateway, { columns }: Pick<Age, 'columns'>): Promise<void> {
  const added = columns.map((column) => `ADD ${column} boolean NOT NULL DEFAULT ${yetiFlags[column]}`)
  await primary.query(`ALTER TABLE ${table} ${added.join(', ')}`)
  if (columns.includes('allow_listen_recording'))
    await primary.query('ALTER TABLE sys.api_access DROP allow_listen_recording')
}

/** Sets flags of the profile that a login has, as Yeti's administrators do. */
export async function setFlags(
  { primary }: Gateway,
  login: string,
  flags: Readonly<Record<string, boolean>>,
): Promise<void> {
  const assignments = Object.entries(flags).map(([column, value]) => `${column} = ${value}`)
  await primary.query(
    `UPDATE ${table} SET ${assignments.join(', ')}, updated_at = now()
     WHERE id = (SELECT customer_portal_access_profile_id FROM sys.api_access WHERE login = $1)`,
    [login],
  )
}

/** Which flags hold for a login, from the table and the defaults of what it has not. */
export async function expectedFlags({ primary }: Gateway, login: string): Promise<Record<string, boolean>> {
  const { rows } = await primary.query(
    `SELECT p.* FROM ${table} p JOIN sys.api_access a ON a.customer_portal_access_profile_id = p.id WHERE login = $1`,
    [login],
  )
  return Object.fromEntries(
    Object.entries(yetiFlags).map(([column, otherwise]) => [column, (rows[0]?.[column] ?? otherwise) === true]),
  )
}

export const names = (columns: readonly string[]) => columns.map(camelCase)
export const permissionsOf = (flags: Readonly<Record<string, boolean>>) =>
  Object.keys(flags)
    .filter((column) => flags[column])
    .map((column) => column.toUpperCase())
    .sort()
