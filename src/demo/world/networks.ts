/** The seed of Yeti: `sys.network_types`. */
export const networkTypes = [
  { id: 1, name: 'Unknown' },
  { id: 2, name: 'Landline' },
  { id: 3, name: 'Mobile' },
  { id: 4, name: 'National' },
  { id: 5, name: 'Shared Cost' },
  { id: 6, name: 'Toll-Free' },
  { id: 7, name: 'Special Services' },
] as const

export type NetworkTypeName = (typeof networkTypes)[number]['name']

const idByName: ReadonlyMap<NetworkTypeName, number> = new Map(networkTypes.map((type) => [type.name, type.id]))

export function networkTypeId(name: NetworkTypeName): number {
  return idByName.get(name) ?? 1
}

/** `class4.transport_protocols`; there is no 4. */
export const transportProtocols = [
  { id: 1, name: 'UDP' },
  { id: 2, name: 'TCP' },
  { id: 3, name: 'TLS' },
  { id: 5, name: 'WS' },
] as const
