import { profileTable } from './access-profiles.ts'
import { sql, type Databases, type Transaction } from './databases.ts'
import { loginTable } from './portal-logins.ts'
import { recordVersions, type VersionedTable } from './yeti-versions.ts'

/** Who makes a change, and from where. */
export interface Actor {
  readonly kind: 'admin' | 'customer'
  /** `gui.admin_users.id` or `sys.api_access.id`; null for a customer without a login row. */
  readonly id: number | null
  readonly name: string
  /** The client's IP address as the gateway saw it. */
  readonly address: string
}

/** What was changed. */
export interface Subject {
  readonly kind: SubjectKind
  /** Yeti's own id. */
  readonly id: number
  /** As it is called after the change, or before it was deleted. */
  readonly name: string
}

export const subjectKinds = ['access_profile', 'portal_login'] as const
export type SubjectKind = (typeof subjectKinds)[number]

export const auditActions = ['create', 'update', 'delete', 'set_password', 'sign_out', 'act_as'] as const
export type AuditAction = (typeof auditActions)[number]

/** Columns by their names in Yeti, with values as JSON has them. Never a password or its digest. */
export type Columns = Readonly<Record<string, unknown>>

export interface Change {
  readonly action: AuditAction
  readonly subject: Subject
  /** null for what was created. */
  readonly before: Columns | null
  /** null for what was deleted. */
  readonly after: Columns | null
}

/** Yeti's table of a subject. */
const tables: Readonly<Record<SubjectKind, VersionedTable>> = {
  access_profile: profileTable,
  portal_login: loginTable,
}

/** What changes no row of Yeti's. */
const isGatewaysOwn: ReadonlySet<AuditAction> = new Set<AuditAction>(['sign_out', 'act_as'])

/**
 * Writes changes to the audit log, and to Yeti's own where that can be written, in the transaction that makes them: there
 * is none without its entry. Rows that are changed or deleted were remembered (`rememberRows`) before.
 */
export async function recordChanges(transaction: Transaction, actor: Actor, changes: readonly Change[]): Promise<void> {
  const entries = changes.map((change) => ({ ...change, ...change.subject, changed: changedColumns(change) }))
  await transaction.query(sql`
    INSERT INTO portal.audit_log
      (actor_kind, actor_id, actor_name, address, action, subject_kind, subject_id, subject_name, before, after, changed)
    SELECT ${actor.kind}, ${actor.id}::int, ${actor.name}, ${actor.address}::inet, action, kind, id, name, before, after, changed
    FROM jsonb_to_recordset(${JSON.stringify(entries)}::jsonb)
      AS entry (action text, kind text, id int, name text, before jsonb, after jsonb, changed text[])`)
  const author = { adminId: actor.kind === 'admin' ? actor.id : null, address: actor.address }
  for (const kind of subjectKinds) {
    const ofYeti = changes.filter(({ action, subject }) => subject.kind === kind && !isGatewaysOwn.has(action))
    for (const isNew of [true, false]) {
      const ids = ofYeti.filter(({ action }) => (action === 'create') === isNew).map(({ subject }) => subject.id)
      await recordVersions(transaction, author, { table: tables[kind], ids, isNew })
    }
  }
}

/** The columns whose values are not what they were. */
export function changedColumns({ before, after }: Pick<Change, 'before' | 'after'>): string[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  return [...names].filter((name) => JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]))
}

/**
 * Whether the role that we connect as could alter what is written there: as the owner of the table, of what guards it or
 * of where it lies, or by rights. Membership in such a role counts.
 */
export async function mayAlterAuditLog(databases: Pick<Databases, 'query'>): Promise<boolean> {
  const [row] = await databases.query<{ may: boolean }>(
    'primary',
    sql`SELECT bool_or(me.rolsuper OR me.rolcreaterole AND current_setting('server_version_num')::int < 160000
                 OR pg_has_role(relation.relowner, 'MEMBER') OR pg_has_role(schema.nspowner, 'MEMBER')
                 OR pg_has_role(guard.proowner, 'MEMBER')
                 OR has_table_privilege(relation.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')) AS may
        FROM pg_class relation
        JOIN pg_namespace schema ON schema.oid = relation.relnamespace
        JOIN pg_roles me ON me.rolname = current_user
        LEFT JOIN pg_proc guard ON guard.pronamespace = schema.oid AND guard.proname = 'refuse_audit_change'
        WHERE schema.nspname = 'portal' AND relation.relname = 'audit_log'`,
  )
  return row?.may !== false
}
