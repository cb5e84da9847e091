import { sql } from '../../backends/databases.ts'
import { linkFields } from '../resource/resource-links.ts'
import { childList, resourceList } from '../resource/resource-list.ts'
import { resourceType } from '../resource/resource-type.ts'
import { administrators, resource } from '../resource/resource.ts'

// What a portal login is given: whose it is, and which accounts, numberlists and gateway.

const rule = { readPortalLogins: true } as const
const ownId = { kind: 'integer', column: 'id', nullable: false, description: "Yeti's own id." } as const
const byName = [{ attribute: 'name', descending: false }] as const
const common = { rule, database: 'primary', scope: administrators, defaultOrder: byName } as const
const byId = { key: { column: 'id', kind: 'bigint' }, tieBreaker: { column: 'id', kind: 'integer' } } as const

export const contractors = resource({
  ...common,
  ...byId,
  name: 'Contractor',
  description: 'A customer or vendor of the operator; portal logins belong to one.',
  table: 'public.contractors',
  fieldColumns: { accounts: ['id'], logins: ['id'] },
  attributes: {
    contractorId: ownId,
    name: { kind: 'text', nullable: false, description: 'Unique in the whole system.' },
    enabled: {
      kind: 'boolean',
      nullable: false,
      description: 'Whether its calls are served. Signing in does not ask.',
    },
    customer: { kind: 'boolean', nullable: false, description: 'Whether it may originate calls.' },
    vendor: { kind: 'boolean', nullable: false, description: 'Whether it may terminate calls.' },
  },
})

export const contractorAccounts = resource({
  ...common,
  name: 'ContractorAccount',
  description: 'An account of a contractor, as far as giving it to a login needs it.',
  table: 'billing.accounts',
  key: { column: 'uuid', kind: 'uuid' },
  tieBreaker: { column: 'id', kind: 'integer' },
  links: { contractor: { to: contractors, column: 'contractor_id', description: 'Whose it is' } },
  attributes: {
    accountId: ownId,
    uuid: { kind: 'uuid', nullable: false, description: "Yeti's public id." },
    name: { kind: 'text', nullable: false, description: 'Unique in the whole system.' },
  },
})

export const allNumberlists = resource({
  ...common,
  ...byId,
  name: 'Numberlist',
  description: 'A list of numbers that are let through or refused, as far as giving it to a login needs it.',
  table: 'class4.numberlists',
  attributes: {
    numberlistId: ownId,
    name: { kind: 'text', nullable: false, description: 'Unique in the whole system.' },
  },
})

export const gateways = resource({
  ...common,
  ...byId,
  name: 'Gateway',
  description: 'A gateway of the switch, as far as giving it to a login needs it.',
  table: 'class4.gateways',
  links: { contractor: { to: contractors, column: 'contractor_id', description: 'Whose it is' } },
  attributes: {
    gatewayId: ownId,
    name: { kind: 'text', nullable: false, description: 'Unique in the whole system.' },
    enabled: { kind: 'boolean', nullable: false, description: 'Whether the switch uses it.' },
    incomingAuthAllowJwt: { kind: 'boolean', nullable: false, description: 'Whether it takes call tokens.' },
  },
})

export const Contractor = resourceType(contractors)
export const ContractorAccount = resourceType(contractorAccounts)
export const Numberlist = resourceType(allNumberlists)
export const Gateway = resourceType(gateways)

linkFields(contractorAccounts, ContractorAccount, 'contractor', Contractor)
linkFields(gateways, Gateway, 'contractor', Contractor)

childList(
  { resource: contractors, ref: Contractor, children: (id) => sql`contractor_id = ${id}` },
  contractorAccounts,
  ContractorAccount,
  { field: 'accounts', description: 'Its accounts, by name unless `orderBy` says otherwise.' },
)

resourceList(contractors, Contractor, {
  field: 'contractors',
  description: 'The contractors, by name unless `orderBy` says otherwise.',
})
resourceList(contractorAccounts, ContractorAccount, {
  field: 'contractorAccounts',
  description: 'The accounts of all contractors, by name unless `orderBy` says otherwise.',
})
resourceList(allNumberlists, Numberlist, {
  field: 'numberlists',
  description: 'The numberlists, by name unless `orderBy` says otherwise.',
})
resourceList(gateways, Gateway, {
  field: 'gateways',
  description: 'The gateways, by name unless `orderBy` says otherwise.',
})
