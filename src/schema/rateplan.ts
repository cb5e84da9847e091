import { sql } from '../backends/databases.ts'
import { rateplansOf } from '../backends/tenancy.ts'
import { accounts } from './account.ts'
import { resource } from './resource/resource.ts'
import { resourceList } from './resource/resource-list.ts'
import { resourceType } from './resource/resource-type.ts'

export const rateplans = resource({
  name: 'Rateplan',
  description: 'A rate plan: the rates by which originated calls are charged.',
  rule: { outgoingRateplans: true },
  database: 'primary',
  table: 'class4.rateplans',
  key: { column: 'uuid', kind: 'uuid' },
  tieBreaker: { column: 'id', kind: 'integer' },
  scope: rateplansOf,
  idFilters: {
    accountId: {
      to: accounts,
      description: 'Those by which calls of this account are charged.',
      condition: (ids) =>
        sql`id IN (SELECT rateplan_id FROM class4.customers_auth WHERE account_id = ANY(${[...ids]}::int[]))`,
    },
  },
  defaultOrder: [{ attribute: 'name', descending: false }],
  fieldColumns: { rates: ['id'] },
  attributes: {
    uuid: { kind: 'uuid', nullable: false, filter: false, description: "Yeti's public id." },
    name: { kind: 'text', description: 'The name.' },
  },
})

export const Rateplan = resourceType(rateplans)

resourceList(rateplans, Rateplan, {
  field: 'outgoingRateplans',
  description: "The rate plans of the login's accounts, by name unless `orderBy` says otherwise.",
})
