import { mayAlterAuditLog } from '../../audit.ts'
import { sql, type Row } from '../../databases.ts'
import type { Finding } from '../finding.ts'
import { createPortal, quoted } from '../sql-text.ts'
import type { Query } from './look.ts'

interface PortalRow extends Row {
  /** null: there is none yet. */
  readonly may_use: boolean | null
  readonly may_create: boolean
  readonly has_audit_log: boolean
  readonly foreign_tables: readonly { readonly name: string; readonly kind: string }[]
}

const nothingWorks = 'the gateway does not start'

/** Whether the gateway can have, or make, the schema of its own. */
export async function portalFindings(query: Query, role: string): Promise<readonly Finding[]> {
  const [portal] = await query<PortalRow>(sql`
    SELECT has_schema_privilege(to_regnamespace('portal')::oid, 'USAGE') AS may_use,
           CASE WHEN to_regnamespace('portal') IS NULL THEN has_database_privilege(current_database(), 'CREATE')
                ELSE has_schema_privilege(to_regnamespace('portal')::oid, 'CREATE') END AS may_create,
           EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace('portal') AND relname = 'audit_log') AS has_audit_log,
           (SELECT coalesce(json_agg(json_build_object('name', format('portal.%I', relname), 'kind', relkind) ORDER BY relname), '[]')
            FROM pg_class WHERE relnamespace = to_regnamespace('portal') AND relkind IN ('r', 'p', 'S', 'v')
              AND relname <> 'audit_log' AND NOT pg_has_role(relowner, 'USAGE')
              AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype IN ('a', 'i')
                                AND refclassid = 'pg_class'::regclass AND relkind = 'S')) AS foreign_tables`)
  if (portal === undefined) return []
  if (portal.may_use === null) return portal.may_create ? [] : [notCreatable(role)]
  return [
    ...rightsOnSchema(portal, role),
    ...portal.foreign_tables.map(({ name }) => ({
      level: 'problem' as const,
      what: `${name} belongs to another role than ${role}`,
      then: `${nothingWorks}, or its jobs do not run: it changes these tables itself, and the queue shows its rows to their owner`,
      mend: `ALTER TABLE ${name} OWNER TO ${quoted(role)};`,
    })),
    ...(portal.has_audit_log ? await auditLogFindings(query, role) : []),
  ]
}

function notCreatable(role: string): Finding {
  return {
    level: 'problem',
    what: `there is no schema portal, and ${role} may not create it`,
    then: `${nothingWorks}: it keeps its own state there`,
    mend: createPortal(role),
  }
}

function rightsOnSchema({ may_use: mayUse, may_create: mayCreate }: PortalRow, role: string): readonly Finding[] {
  const lacking = [...(mayUse === true ? [] : ['USAGE']), ...(mayCreate ? [] : ['CREATE'])]
  if (lacking.length === 0) return []
  return [
    {
      level: 'problem',
      what: `${role} lacks ${lacking.join(' and ')} on the schema portal`,
      then: `${nothingWorks}: it makes and changes tables there`,
      mend: `GRANT ${lacking.join(', ')} ON SCHEMA portal TO ${quoted(role)};`,
    },
  ]
}

async function auditLogFindings(query: Query, role: string): Promise<readonly Finding[]> {
  const [rights] = await query<{ lacking: readonly string[] }>(sql`
    SELECT ARRAY(SELECT p FROM unnest(ARRAY['SELECT', 'INSERT']) p
                 WHERE NOT has_table_privilege(oid, p)) AS lacking
    FROM pg_class WHERE relnamespace = to_regnamespace('portal') AND relname = 'audit_log'`)
  const lacking = rights?.lacking ?? []
  if (lacking.length > 0)
    return [
      {
        level: 'problem',
        what: `${role} lacks ${lacking.join(' and ')} on portal.audit_log`,
        then: 'administrators cannot change anything, or cannot read who did',
        mend: `GRANT ${lacking.join(', ')} ON portal.audit_log TO ${quoted(role)};`,
      },
    ]
  if (!(await mayAlterAuditLog({ query: (_, statement) => query(statement) }))) return []
  return [
    {
      level: 'hint',
      what: `${role} could alter portal.audit_log`,
      then: 'who has the password of the role can remove what administrators did',
      mend: 'docs/audit-log.sql, to be run by a superuser',
    },
  ]
}
