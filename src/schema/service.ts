import { raw, sql, type Sql } from '../backends/databases.ts'
import { servicesOf } from '../backends/tenancy.ts'
import { accountLink, linkAccount } from './account.ts'
import { enumKind } from './resource/enum-kind.ts'
import { resource } from './resource/resource.ts'
import { resourceList } from './resource/resource-list.ts'
import { resourceType } from './resource/resource-type.ts'

const serviceState = enumKind('ServiceState', 'Whether a service can be used.', 'int', {
  ACTIVE: { code: '10', description: 'It can.' },
  SUSPENDED: { code: '20', description: 'It could not be paid for when it was to be renewed.' },
})

/** Greater than all codes: as in Yeti, whose column has none there, services that are not renewed come last. */
const notRenewed = '32767'

const renewPeriod = enumKind('RenewPeriod', 'How often a service is renewed.', 'int', {
  DISABLED: { code: notRenewed, description: 'Never.' },
  DAY: { code: '10', description: 'Each day.' },
  MONTH: { code: '20', description: 'Each month.' },
})

/** What is kept with the type of a service; its variables are credentials, and nobody's business. */
function ofType(column: 'name' | 'ui_type'): Sql {
  return sql`(SELECT type.${raw(column)} FROM billing.service_types type WHERE type.id = services.type_id)`
}

export const services = resource({
  name: 'Service',
  description: 'A service that an account is charged for besides calls. Prices are in the currency of the account.',
  rule: { services: true },
  database: 'primary',
  table: 'billing.services',
  key: { column: 'uuid', kind: 'uuid' },
  tieBreaker: { column: 'id', kind: 'bigint' },
  scope: servicesOf,
  links: accountLink('account_id'),
  defaultOrder: [{ attribute: 'name', descending: false }],
  fieldColumns: { transactions: ['id'] },
  attributes: {
    uuid: { kind: 'uuid', nullable: false, filter: false, description: "Yeti's public id." },
    name: { kind: 'text', description: 'The name.' },
    state: {
      kind: serviceState,
      column: 'state_id',
      nullable: false,
      filter: false,
      order: false,
      description: 'Whether it can be used.',
    },
    initialPrice: { kind: 'decimal', nullable: false, description: 'What was charged when it was created.' },
    renewPrice: { kind: 'decimal', nullable: false, description: 'What is charged at each renewal.' },
    createdAt: { kind: 'time', nullable: false, description: 'When it was created.' },
    renewAt: { kind: 'time', description: 'When it is to be renewed; none if it is not renewed.' },
    renewPeriod: {
      kind: renewPeriod,
      expression: sql`coalesce(renew_period_id, ${raw(notRenewed)})`,
      nullable: false,
      description: 'How often it is renewed.',
    },
    serviceType: {
      kind: 'text',
      filter: false,
      order: false,
      expression: ofType('name'),
      description: 'The name of its type.',
    },
    uiType: {
      kind: 'text',
      filter: false,
      order: false,
      expression: ofType('ui_type'),
      description: 'How portals draw services of its type.',
    },
  },
})

export const Service = resourceType(services)

linkAccount(services, Service)

resourceList(services, Service, {
  field: 'services',
  description: 'The services, by name unless `orderBy` says otherwise.',
})
