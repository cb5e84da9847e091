import type { GraphQLResolveInfo } from 'graphql'
import { sql } from '../../backends/databases.ts'
import { loginTable, loginVersion } from '../../backends/portal-logins.ts'
import type { TextRow } from '../../backends/text-row.ts'
import { builder } from '../builder.ts'
import type { Context } from '../context.ts'
import { keyOf, publicKey } from '../resource/list-query.ts'
import { columnsFor, loadRow } from '../resource/loading.ts'
import { selectionOf } from '../resource/selection.ts'
import { linkFields } from '../resource/resource-links.ts'
import { childList, resourceList } from '../resource/resource-list.ts'
import { resourceType } from '../resource/resource-type.ts'
import { administrators, resource } from '../resource/resource.ts'
import { accessProfiles, CustomerPortalAccessProfile } from './access-profiles.ts'
import {
  allNumberlists,
  Contractor,
  ContractorAccount,
  contractorAccounts,
  contractors,
  Gateway,
  gateways,
  Numberlist,
} from './contractors.ts'

const rule = { readPortalLogins: true } as const

export const portalLogins = resource({
  name: 'PortalLogin',
  description: 'Somebody who can sign in to the portal.',
  rule,
  database: 'primary',
  table: loginTable,
  key: { column: 'id', kind: 'bigint' },
  tieBreaker: { column: 'id', kind: 'integer' },
  scope: administrators,
  links: {
    customer: { to: contractors, column: 'customer_id', description: 'Whose login it is' },
    accessProfile: { to: accessProfiles, column: 'customer_portal_access_profile_id', description: 'What it may see' },
    provisionGateway: {
      to: gateways,
      column: 'provision_gateway_id',
      description: 'The gateway whose identity its call tokens carry',
    },
  },
  defaultOrder: [{ attribute: 'login', descending: false }],
  fieldColumns: { allowedIps: ['allowed_ips'], accounts: ['id'], outgoingNumberlists: ['id'] },
  attributes: {
    loginId: { kind: 'integer', column: 'id', nullable: false, description: "Yeti's own id." },
    login: {
      kind: 'text',
      nullable: false,
      description: 'The name to sign in with; unique, upper and lower case differ.',
    },
    allAccounts: {
      kind: 'boolean',
      expression: sql`(account_ids = '{}')`,
      filter: false,
      order: false,
      description: 'Whether it sees every account of its customer; `accounts` is empty then.',
    },
    version: {
      kind: 'text',
      filter: false,
      order: false,
      expression: loginVersion,
      description: 'What a change was decided by; another text as soon as anything but the password is another.',
    },
    createdAt: { kind: 'time', description: 'When it was created.' },
    updatedAt: { kind: 'time', description: 'When it was last changed.' },
  },
})

export const PortalLogin = resourceType(portalLogins)

builder.objectField(PortalLogin, 'allowedIps', (t) =>
  t.stringList({
    description: 'The addresses and networks from which it may be used; none at all where this is empty.',
    authScopes: rule,
    resolve: (row: TextRow) => listOf(row.text('allowed_ips')),
  }),
)

/** `{10.0.0.0/8,::/0}`: addresses need no quotes in PostgreSQL's text of an array. */
function listOf(text: string | null): string[] {
  return (text ?? '{}').slice(1, -1).split(',').filter(Boolean)
}

linkFields(portalLogins, PortalLogin, 'customer', Contractor)
linkFields(portalLogins, PortalLogin, 'accessProfile', CustomerPortalAccessProfile)
linkFields(portalLogins, PortalLogin, 'provisionGateway', Gateway)

childList(
  {
    resource: portalLogins,
    ref: PortalLogin,
    children: (id) =>
      sql`id = ANY ((SELECT login.account_ids FROM sys.api_access login WHERE login.id = ${id})::int[])`,
  },
  contractorAccounts,
  ContractorAccount,
  { field: 'accounts', description: 'The accounts that it is narrowed to.' },
)
childList(
  {
    resource: portalLogins,
    ref: PortalLogin,
    children: (id) =>
      sql`id = ANY ((SELECT login.allow_outgoing_numberlists_ids FROM sys.api_access login WHERE login.id = ${id})::int[])`,
  },
  allNumberlists,
  Numberlist,
  { field: 'outgoingNumberlists', description: 'The numberlists that it manages; empty means none.' },
)
childList(
  {
    resource: accessProfiles,
    ref: CustomerPortalAccessProfile,
    children: (id) => sql`customer_portal_access_profile_id = ${id}`,
  },
  portalLogins,
  PortalLogin,
  { field: 'logins', description: 'The logins that have it.' },
)
childList(
  { resource: contractors, ref: Contractor, children: (id) => sql`customer_id = ${id}` },
  portalLogins,
  PortalLogin,
  { field: 'logins', description: 'Its portal logins.' },
)

builder.queryField('portalLogin', (t) =>
  t.field({
    type: PortalLogin,
    description: 'The portal login with this id; null when there is none.',
    authScopes: rule,
    args: { id: t.arg.id({ required: true, authScopes: rule }) },
    resolve: (_root, { id }, context, info) => loginById(context, keyOf(portalLogins, id, 'id'), info),
  }),
)

/** A login as it can now be read. */
export function loginById(context: Context, key: string, info: GraphQLResolveInfo): Promise<TextRow | null> {
  const columns = columnsFor(portalLogins, selectionOf(info, info.fieldNodes, portalLogins.name))
  return loadRow(context, portalLogins, publicKey(portalLogins), key, columns)
}

resourceList(portalLogins, PortalLogin, {
  field: 'portalLogins',
  description: 'The portal logins, by login unless `orderBy` says otherwise.',
})
