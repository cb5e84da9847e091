import pg from 'pg'
import { settingOf, type ServerName } from '../backends/databases.ts'
import { createPortal } from '../backends/needs/sql-text.ts'
import type { Facts, toldTables } from './facts.ts'

/** What was found behind each setting. */
export interface Found {
  readonly primary: Facts
  readonly cdr: Facts
  /** null: there is none, or it is away. */
  readonly replica: Facts | null
  /** CDR_DATABASE_URL is not set. */
  readonly isOne: boolean
}

type Table = (typeof toldTables)[number]

/** What keeps the gateway from working with these databases, a line each; empty: nothing. */
export function objectionsTo(found: Found): readonly string[] {
  const { primary, cdr, replica, isOne } = found
  if (!isOne && isOfCalls(primary) && isPrimary(cdr))
    return [
      'DATABASE_URL, CDR_DATABASE_URL: they are swapped: the first is of the CDR database, the second of the primary',
    ]
  return [
    ...lines('primary', objectionsToPrimary(primary)),
    ...lines('cdr', objectionsToCalls(cdr, isOne)),
    ...lines('replica', replica ? objectionsToCalls(replica, false) : []),
  ]
}

function lines(server: ServerName, objections: readonly string[]): readonly string[] {
  return objections.map((objection) => `${settingOf[server]}: ${objection}`)
}

function has({ tables }: Facts, table: Table): boolean {
  return tables[table] !== undefined
}

function isPrimary(facts: Facts): boolean {
  return has(facts, 'sys.api_access') && !has(facts, 'cdr.cdr')
}

function isOfCalls(facts: Facts): boolean {
  return has(facts, 'cdr.cdr') && !has(facts, 'sys.api_access')
}

const notYeti = (table: Table) =>
  `this is not a database of Yeti, it has no table ${table}. For an empty one, run: npm run migrate`

/** The first of them is all that is said: the rest would follow from it. */
function objectionsToPrimary(facts: Facts): readonly string[] {
  if (facts.version < oldest) return [tooOld(facts)]
  if (isOfCalls(facts))
    return ["this is Yeti's CDR database, which is for CDR_DATABASE_URL; its primary database is expected"]
  if (!has(facts, 'sys.api_access')) return [notYeti('sys.api_access')]
  if (!has(facts, 'sys.customer_portal_access_profiles'))
    return [
      'this Yeti is older than access profiles: it has no table sys.customer_portal_access_profiles, which its migration 20251022165638 brings; upgrade Yeti',
    ]
  if (facts.isStandby) return ['this is a read-only replica; the gateway has to write to the primary database itself']
  return [
    ...unreadable(facts, ['sys.api_access', 'sys.customer_portal_access_profiles', 'public.contractors']),
    ...noPortal(facts),
  ]
}

function objectionsToCalls(facts: Facts, isOne: boolean): readonly string[] {
  if (facts.version < oldest) return isOne ? [] : [tooOld(facts)]
  if (isOne && isPrimary(facts))
    return ['another database than that of DATABASE_URL is expected, which has no table cdr.cdr']
  if (isPrimary(facts))
    return ["this is Yeti's primary database, which is for DATABASE_URL; its CDR database is expected"]
  if (!has(facts, 'cdr.cdr')) return isOne ? [] : [notYeti('cdr.cdr')]
  return unreadable(facts, ['cdr.cdr'])
}

/** `server_version_num` of the first that can count by times of any length (`date_bin`). */
const oldest = 140_000

function tooOld({ versionText }: Facts): string {
  return `the server is PostgreSQL ${versionText}, which is too old; 14 or a later one is needed`
}

function unreadable({ tables, role }: Facts, needed: readonly Table[]): readonly string[] {
  const denied = needed.filter((table) => tables[table] === false)
  if (denied.length === 0) return []
  const grantee = pg.escapeIdentifier(role)
  const schemas = [...new Set(denied.map((table) => table.split('.')[0]))].join(', ')
  const grants = `GRANT USAGE ON SCHEMA ${schemas} TO ${grantee}; GRANT SELECT ON ${denied.join(', ')} TO ${grantee};`
  return [
    `the role ${grantee} may not read ${denied.join(', ')}: ${grants} npm run yeti -- grants prints all rights that it needs`,
  ]
}

function noPortal({ portalOwner, mayCreateSchema, role }: Facts): readonly string[] {
  if (portalOwner !== null || mayCreateSchema) return []
  return [
    `the role ${pg.escapeIdentifier(role)} may not create the schema portal, which the gateway keeps its state in: ${createPortal(role)}`,
  ]
}
