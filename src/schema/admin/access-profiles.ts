import { profileTable, profileVersion } from '../../backends/access-profiles.ts'
import { sql } from '../../backends/databases.ts'
import { mapPermissions, permissionKeys, permissions } from '../../permissions/permissions.ts'
import { builder } from '../builder.ts'
import { internalIdOf } from '../resource/list-query.ts'
import { loadLinked } from '../resource/loading.ts'
import { administrators, resource, type Attribute } from '../resource/resource.ts'
import { resourceList } from '../resource/resource-list.ts'
import { resourceType } from '../resource/resource-type.ts'

/** The columns of the flags, in the catalogue's order. */
export const flagColumns = permissionKeys.map((key) => permissions[key].column)

const flags: Readonly<Record<string, Attribute>> = mapPermissions<Attribute>((_, { column, description }) => ({
  kind: 'boolean',
  column,
  nullable: false,
  description,
}))

export const accessProfiles = resource({
  name: 'CustomerPortalAccessProfile',
  description: 'What portal logins may see: a name and a flag for each thing, on or off.',
  rule: { readAccessProfiles: true },
  database: 'primary',
  table: profileTable,
  key: { column: 'id', kind: 'bigint' },
  tieBreaker: { column: 'id', kind: 'integer' },
  scope: administrators,
  defaultOrder: [{ attribute: 'name', descending: false }],
  fieldColumns: { logins: ['id'], warnings: flagColumns },
  attributes: {
    profileId: { kind: 'integer', column: 'id', nullable: false, description: "Yeti's own id." },
    name: { kind: 'text', nullable: false, description: 'Unique in the whole system.' },
    version: {
      kind: 'text',
      filter: false,
      order: false,
      expression: profileVersion(flagColumns),
      description: 'What an update was made from; another text as soon as the name or a flag is another.',
    },
    loginCount: {
      kind: 'integer',
      filter: false,
      order: false,
      expression: sql`(SELECT count(*)::int FROM sys.api_access login WHERE login.customer_portal_access_profile_id = customer_portal_access_profiles.id)`,
      description: 'How many logins have it.',
    },
    createdAt: {
      kind: 'time',
      nullable: false,
      // These two are in UTC without saying so.
      expression: sql`(created_at AT TIME ZONE 'UTC')`,
      description: 'When it was created.',
    },
    updatedAt: {
      kind: 'time',
      nullable: false,
      expression: sql`(updated_at AT TIME ZONE 'UTC')`,
      description: 'When it was last changed.',
    },
    ...flags,
  },
})

export const CustomerPortalAccessProfile = resourceType(accessProfiles)

resourceList(accessProfiles, CustomerPortalAccessProfile, {
  field: 'accessProfiles',
  description: 'The access profiles, by name unless `orderBy` says otherwise.',
})

builder.queryField('accessProfile', (t) =>
  t.field({
    type: CustomerPortalAccessProfile,
    description: 'An access profile; null when there is none with this `id`.',
    authScopes: accessProfiles.ruleMap,
    args: { id: t.arg.id({ required: true, authScopes: accessProfiles.ruleMap }) },
    resolve: async (_root, { id }, context, info) =>
      loadLinked(context, accessProfiles, await internalIdOf(context, accessProfiles, id, 'id'), info),
  }),
)
