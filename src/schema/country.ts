import { everybody, resource } from './resource/resource.ts'
import { resourceList } from './resource/resource-list.ts'
import { resourceType } from './resource/resource-type.ts'

export const countries = resource({
  name: 'Country',
  description: 'A country that numbers belong to. The same for everybody.',
  rule: { authenticated: true },
  database: 'primary',
  table: 'sys.countries',
  key: { column: 'id', kind: 'bigint' },
  tieBreaker: { column: 'id', kind: 'integer' },
  scope: everybody,
  defaultOrder: [{ attribute: 'name', descending: false }],
  attributes: {
    countryId: {
      kind: 'integer',
      column: 'id',
      nullable: false,
      description: "Yeti's own id, which statistics are filtered by.",
    },
    name: { kind: 'text', nullable: false, description: 'The name in English.' },
    iso2: { kind: 'text', nullable: false, description: 'The code of ISO 3166-1: `DE`.' },
  },
})

export const Country = resourceType(countries)

resourceList(countries, Country, {
  field: 'countries',
  description: 'All countries, by name unless `orderBy` says otherwise.',
})
