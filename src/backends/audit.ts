import { sql, type Transaction } from './databases.ts'

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

/** Writes a change to the audit log, in the transaction that makes it: there is none without its entry. */
export async function recordChange(transaction: Transaction, actor: Actor, change: Change): Promise<void> {
  const { action, subject, before, after } = change
  await transaction.query(sql`
    INSERT INTO portal.audit_log
      (actor_kind, actor_id, actor_name, address, action, subject_kind, subject_id, subject_name, before, after, changed)
    VALUES (${actor.kind}, ${actor.id}, ${actor.name}, ${actor.address}::inet, ${action}, ${subject.kind}, ${subject.id},
      ${subject.name}, ${jsonOf(before)}::jsonb, ${jsonOf(after)}::jsonb, ${changedColumns(change)}::text[])`)
}

/** The columns whose values are not what they were. */
export function changedColumns({ before, after }: Pick<Change, 'before' | 'after'>): string[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  return [...names].filter((name) => JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]))
}

function jsonOf(columns: Columns | null): string | null {
  return columns && JSON.stringify(columns)
}
