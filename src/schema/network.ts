import { everybody, resource, type ResourceDefinition } from './resource/resource.ts'
import { linkFields } from './resource/resource-links.ts'
import { resourceList } from './resource/resource-list.ts'
import { resourceType } from './resource/resource-type.ts'

/** What the three tables of networks have in common: they are the same for everybody. */
const reference = {
  rule: { authenticated: true },
  database: 'primary',
  key: { column: 'uuid', kind: 'uuid' },
  tieBreaker: { column: 'id', kind: 'integer' },
  scope: everybody,
} as const satisfies Partial<ResourceDefinition>

const uuid = { kind: 'uuid', nullable: false, filter: false, description: "Yeti's public id." } as const

export const networkTypes = resource({
  ...reference,
  name: 'NetworkType',
  description: 'A kind of network: landline, mobile, toll-free.',
  table: 'sys.network_types',
  defaultOrder: [{ attribute: 'name', descending: false }],
  attributes: {
    uuid,
    name: { kind: 'text', nullable: false, description: 'The name.' },
  },
})

export const networks = resource({
  ...reference,
  name: 'Network',
  description: 'A telephone network.',
  table: 'sys.networks',
  links: { networkType: { to: networkTypes, column: 'type_id', description: 'Its type' } },
  defaultOrder: [{ attribute: 'name', descending: false }],
  attributes: {
    uuid,
    name: { kind: 'text', nullable: false, description: 'The name.' },
  },
})

export const networkPrefixes = resource({
  ...reference,
  name: 'NetworkPrefix',
  description: 'What the numbers of a network begin with.',
  table: 'sys.network_prefixes',
  links: { network: { to: networks, column: 'network_id', description: 'The network' } },
  defaultOrder: [{ attribute: 'prefix', descending: false }],
  attributes: {
    uuid,
    prefix: { kind: 'text', nullable: false, description: 'The prefix, with the country code.' },
    numberMinLength: { kind: 'integer', nullable: false, description: 'The fewest digits that its numbers have.' },
    numberMaxLength: { kind: 'integer', nullable: false, description: 'The most digits that its numbers have.' },
  },
})

export const NetworkType = resourceType(networkTypes)
export const Network = resourceType(networks)
export const NetworkPrefix = resourceType(networkPrefixes)

linkFields(networks, Network, 'networkType', NetworkType)
linkFields(networkPrefixes, NetworkPrefix, 'network', Network)

resourceList(networkTypes, NetworkType, {
  field: 'networkTypes',
  description: 'All types of networks, by name unless `orderBy` says otherwise.',
})

resourceList(networks, Network, {
  field: 'networks',
  description: 'All networks, by name unless `orderBy` says otherwise.',
})

resourceList(networkPrefixes, NetworkPrefix, {
  field: 'networkPrefixes',
  description: 'The prefixes of all networks, in their order unless `orderBy` says otherwise.',
})
