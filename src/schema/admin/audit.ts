import { auditActions, subjectKinds, type AuditAction, type SubjectKind } from '../../backends/audit.ts'
import type { TextRow } from '../../backends/text-row.ts'
import { builder } from '../builder.ts'
import { enumKind } from '../resource/enum-kind.ts'
import { plain } from '../resource/plain.ts'
import { linkFields } from '../resource/resource-links.ts'
import { resourceList } from '../resource/resource-list.ts'
import { resourceType } from '../resource/resource-type.ts'
import { administrators, resource } from '../resource/resource.ts'
import { accessProfiles, CustomerPortalAccessProfile } from './access-profiles.ts'
import { PortalLogin, portalLogins } from './portal-logins.ts'

const rule = { readAuditLog: true } as const

const actions: Readonly<Record<AuditAction, string>> = {
  create: 'It was created; `before` is null.',
  update: 'It was changed.',
  delete: 'It was removed; `after` is null.',
  set_password: 'A login was given another password, which is not told.',
  sign_out: 'A login was signed out everywhere.',
  act_as: 'Somebody began to look at the portal as this login.',
}

const subjects: Readonly<Record<SubjectKind, string>> = {
  access_profile: 'An access profile.',
  portal_login: 'A portal login.',
}

/** Named as in the database, in capitals. */
function valuesOf<Code extends string>(codes: readonly Code[], descriptions: Readonly<Record<Code, string>>) {
  return Object.fromEntries(
    codes.map((code) => [code.toUpperCase(), { code, description: descriptions[code] }] as const),
  )
}

const action = enumKind('AuditAction', 'What was done.', 'text', valuesOf(auditActions, actions))
const subjectKind = enumKind('AuditSubjectKind', 'To what it was done.', 'text', valuesOf(subjectKinds, subjects))
const actorKind = enumKind('AuditActorKind', 'Who did it.', 'text', {
  ADMIN: { code: 'admin', description: 'An administrator.' },
  CUSTOMER: { code: 'customer', description: 'A portal login.' },
})

export const auditEntries = resource({
  name: 'AuditEntry',
  description: 'One change that was made here. Nobody can alter or remove it.',
  rule,
  database: 'primary',
  table: 'portal.audit_log',
  key: { column: 'id', kind: 'bigint' },
  tieBreaker: { column: 'id', kind: 'bigint' },
  scope: administrators,
  defaultOrder: [{ attribute: 'createdAt', descending: true }],
  links: {
    accessProfile: { to: accessProfiles, column: 'profile_id', description: 'The access profile, if it still exists' },
    portalLogin: { to: portalLogins, column: 'login_id', description: 'The portal login, if it still exists' },
  },
  fieldColumns: { before: ['before'], after: ['after'], changed: ['changed'] },
  attributes: {
    createdAt: { kind: 'time', nullable: false, description: 'When.' },
    actorKind: { kind: actorKind, nullable: false, description: 'Who did it.' },
    actorId: { kind: 'integer', description: "Yeti's own id of the administrator." },
    actorName: { kind: 'text', nullable: false, description: 'The user name, as it was then.' },
    address: { kind: 'address', description: "The client's address, as the gateway saw it." },
    action: { kind: action, nullable: false, description: 'What was done.' },
    subjectKind: { kind: subjectKind, nullable: false, description: 'To what kind of thing.' },
    subjectId: { kind: 'integer', description: "Yeti's own id of it." },
    subjectName: { kind: 'text', description: 'Its name afterwards, or before it was removed.' },
    changed: { kind: 'texts', shown: false, description: "The columns that are another since, by Yeti's names." },
  },
})

export const AuditEntry = resourceType(auditEntries)

linkFields(auditEntries, AuditEntry, 'accessProfile', CustomerPortalAccessProfile)
linkFields(auditEntries, AuditEntry, 'portalLogin', PortalLogin)

builder.objectFields(AuditEntry, (t) => ({
  before: t.field({
    type: 'JSON',
    description:
      "An object of the columns that were changed, all of them for what was removed, by Yeti's names, as they were. Never a password.",
    authScopes: rule,
    ...plain((row: TextRow) => jsonOf(row.text('before'))),
  }),
  after: t.field({
    type: 'JSON',
    description: 'The same as they were then.',
    authScopes: rule,
    ...plain((row: TextRow) => jsonOf(row.text('after'))),
  }),
  changed: t.stringList({
    description: "The columns that are another since, by Yeti's names.",
    authScopes: rule,
    ...plain((row: TextRow) => namesOf(row.text('changed'))),
  }),
}))

function jsonOf(text: string | null): unknown {
  return text === null ? null : JSON.parse(text)
}

/** `{name,invoices}`: names of columns need no quotes in PostgreSQL's text of an array. */
function namesOf(text: string | null): string[] {
  return (text ?? '{}').slice(1, -1).split(',').filter(Boolean)
}

resourceList(auditEntries, AuditEntry, {
  field: 'auditLog',
  description:
    'What administrators have changed here, newest first unless `orderBy` says otherwise. What was refused changed nothing and is counted in `deniedRequests`.',
})
