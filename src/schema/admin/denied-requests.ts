import { deniedViewerKinds, type DeniedViewerKind } from '../../backends/denials.ts'
import { sql } from '../../backends/databases.ts'
import { capabilities, capabilityKeys, capabilityName } from '../../permissions/capabilities.ts'
import { permissionKeys, permissionName, permissions } from '../../permissions/permissions.ts'
import { enumKind } from '../resource/enum-kind.ts'
import { linkFields } from '../resource/resource-links.ts'
import { resourceList } from '../resource/resource-list.ts'
import { resourceType } from '../resource/resource-type.ts'
import { administrators, resource } from '../resource/resource.ts'
import { PortalLogin, portalLogins } from './portal-logins.ts'

const rule = { readAuditLog: true } as const

const viewerKinds: Readonly<Record<DeniedViewerKind, string>> = {
  login: 'A portal login.',
  dynamic_token: "A token that Yeti issued for a customer without a login; the name is the customer's.",
  admin: 'An administrator.',
  acting_admin: 'An administrator who looked at the portal as a login; nothing of it is counted for that login.',
  anonymous: 'Nobody had signed in, or no longer.',
}

const viewerKind = enumKind(
  'DeniedViewerKind',
  'Who was denied something.',
  'text',
  Object.fromEntries(
    deniedViewerKinds.map((code) => [code.toUpperCase(), { code, description: viewerKinds[code] }] as const),
  ),
)

/** As errors name what is missing. */
const missing: readonly (readonly [name: string, description: string])[] = [
  ...permissionKeys.map((key) => [permissionName(key), permissions[key].description] as const),
  ['UNAUTHENTICATED', 'To have signed in.'],
  ['ADMIN', 'To be an administrator.'],
  ...capabilityKeys.map((key) => [`ADMIN_${capabilityName(key)}`, capabilities[key].description] as const),
]

const permission = enumKind(
  'DeniedPermission',
  'What was missing: a flag of the access profile, or what only others may.',
  'text',
  Object.fromEntries(missing.map(([name, description]) => [name, { code: name, description }] as const)),
)

export const deniedRequests = resource({
  name: 'DeniedRequests',
  description: 'How many operations of one day were denied something to somebody, for want of one permission.',
  rule,
  database: 'primary',
  table: 'portal.denials',
  key: { column: 'id', kind: 'bigint' },
  tieBreaker: { column: 'id', kind: 'bigint' },
  scope: administrators,
  defaultOrder: [
    { attribute: 'day', descending: true },
    { attribute: 'count', descending: true },
  ],
  links: {
    portalLogin: { to: portalLogins, column: 'login_id', description: 'The portal login, if it still exists' },
  },
  attributes: {
    day: {
      kind: 'time',
      nullable: false,
      expression: sql`(day::timestamp AT TIME ZONE 'UTC')`,
      description: 'The day in UTC, by its beginning.',
    },
    viewerKind: { kind: viewerKind, nullable: false, description: 'Who was denied it.' },
    viewerName: {
      kind: 'text',
      nullable: false,
      description: 'The login, or the user name of the administrator, as it was then.',
    },
    loginId: { kind: 'integer', description: "Yeti's own id of the login." },
    adminId: { kind: 'integer', description: "Yeti's own id of the administrator." },
    permission: { kind: permission, nullable: false, description: 'What was missing.' },
    count: {
      kind: 'bigint',
      nullable: false,
      description: 'How many operations; one that was denied it at several places counts once.',
    },
  },
})

export const DeniedRequests = resourceType(deniedRequests)

linkFields(deniedRequests, DeniedRequests, 'portalLogin', PortalLogin)

resourceList(deniedRequests, DeniedRequests, {
  field: 'deniedRequests',
  description:
    'How often who was denied what, the newest day first unless `orderBy` says otherwise. Complete but for the last few seconds; kept for 400 days. A subscription counts when it starts.',
})
