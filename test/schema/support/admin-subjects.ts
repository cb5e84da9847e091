import { accessProfiles } from '../../../src/schema/admin/access-profiles.ts'
import { allNumberlists, contractorAccounts, contractors, gateways } from '../../../src/schema/admin/contractors.ts'
import { portalLogins } from '../../../src/schema/admin/portal-logins.ts'
import type { Resource } from '../../../src/schema/resource/resource.ts'
import { adminResources } from '../../fixtures/admin-attributes.ts'
import type { Subject } from './subjects.ts'

/** What is the same for all administrators: every row there is. */
function subject(
  field: keyof typeof adminResources,
  resource: Resource,
  key: Subject['key']['attribute'],
  rows = `SELECT * FROM ${resource.table.name}`,
): Subject {
  return {
    field,
    resource,
    portal: adminResources[field],
    database: 'primary',
    table: resource.table.name,
    key: { attribute: key, column: key === 'uuid' ? 'uuid' : 'id' },
    rows: () => rows,
    order: { column: 'name', type: 'String', descending: false },
    everything: {},
    isReference: true,
    forAdministrators: true,
  }
}

export const adminSubjects: readonly Subject[] = [
  {
    ...subject(
      'accessProfiles',
      accessProfiles,
      'profileId',
      `SELECT p.*, created_at AT TIME ZONE 'UTC' AS created_at, updated_at AT TIME ZONE 'UTC' AS updated_at,
        (SELECT count(*) FROM sys.api_access WHERE customer_portal_access_profile_id = p.id) AS login_count
       FROM sys.customer_portal_access_profiles p`,
    ),
    opaque: ['version'],
  },
  {
    ...subject('portalLogins', portalLogins, 'loginId', `SELECT *, cardinality(account_ids) = 0 AS all_accounts FROM sys.api_access`), // prettier-ignore
    order: { column: 'login', type: 'String', descending: false },
    opaque: ['version'],
  },
  subject('contractors', contractors, 'contractorId'),
  subject('contractorAccounts', contractorAccounts, 'uuid'),
  subject('numberlists', allNumberlists, 'numberlistId'),
  {
    ...subject('gateways', gateways, 'gatewayId'),
    // Of this table the list of Yeti's columns has none; its description has these.
    columns: {
      id: { type: 'integer', nullable: false },
      name: { type: 'character varying', nullable: false },
      enabled: { type: 'boolean', nullable: false },
      incoming_auth_allow_jwt: { type: 'boolean', nullable: false },
    },
  },
]
