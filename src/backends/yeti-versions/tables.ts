import type { Log } from '../../log.ts'
import { sql, type Databases, type VersionTables } from '../databases.ts'

/** Yeti's names of what the gateway writes, by table. Yeti itself keeps no versions of access profiles. */
export const models = {
  'sys.api_access': 'System::ApiAccess',
  'sys.customer_portal_access_profiles': 'System::CustomerPortalAccessProfile',
  'sys.cdr_exports': 'CdrExport',
  'class4.numberlist_items': 'Routing::NumberlistItem',
  'billing.payments': 'Payment',
  'billing.accounts': 'Account',
} as const

export type VersionedTable = keyof typeof models

/**
 * What `gui.versions` can be kept of: nothing where it cannot be written. Asked once, at the start. Looked up in the
 * catalogue, which shows also what may not be used.
 */
export async function versionTables(databases: Databases, log: Log): Promise<VersionTables> {
  const found = await databases.query<{ name: string; allowed: boolean; columns: Record<string, string> }>(
    'primary',
    sql`SELECT schema.nspname || '.' || relation.relname AS name,
               has_schema_privilege(schema.oid, 'USAGE') AND CASE
                 WHEN relation.relkind = 'S' THEN has_sequence_privilege(relation.oid, 'USAGE')
                 WHEN schema.nspname = 'gui' THEN has_any_column_privilege(relation.oid, 'INSERT')
                 ELSE has_table_privilege(relation.oid, 'SELECT') END AS allowed,
               (SELECT json_object_agg(attname, format_type(atttypid, -1) ORDER BY attnum) FROM pg_attribute
                WHERE attrelid = relation.oid AND attnum > 0 AND NOT attisdropped) AS columns
        FROM pg_class relation JOIN pg_namespace schema ON schema.oid = relation.relnamespace
        WHERE schema.nspname || '.' || relation.relname = ANY(${[...auditLog, ...Object.keys(models)]}::text[])`,
  )
  const allowed = new Map(found.flatMap((table) => (table.allowed ? [[table.name, table]] : [])))
  if (!auditLog.every((name) => allowed.has(name))) {
    log.warn(
      "DATABASE_URL: its role may not add to gui.versions: what is changed here does not appear in Yeti's audit log",
    )
    return new Map()
  }
  return new Map([...allowed.values()].map(({ name, columns }) => [name, new Map(Object.entries(columns))] as const))
}

/** Yeti's audit log and where its numbers come from. */
const auditLog = ['gui.versions', 'gui.versions_id_seq']
