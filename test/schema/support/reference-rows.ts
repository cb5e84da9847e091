import type { Gateway } from '../../support/gateway.ts'
import { choice, insert, subjectOf, trickyRows, uuid, value } from './tricky.ts'

const firstType = 500
const firstNetwork = 500_000
export const firstPrefix = 500_000

/** Reference data, which everybody sees all of. Names are unique there. */
export async function addReferenceRows({ primary }: Gateway): Promise<void> {
  const named = (field: string, index: number) => ({ name: `${value(subjectOf(field), 'name', index)} ${index}` })
  const codes = ['XA', 'xa', '%_', 'Ä%', '', 'a']
  await insert(
    primary,
    'sys.countries',
    trickyRows('countries', (index) => ({
      ...named('countries', index),
      id: 2_147_483_000 + index,
      iso2: codes[choice(codes.length, 'iso2', index)],
    })),
  )
  await insert(
    primary,
    'sys.network_types',
    trickyRows('networkTypes', (index) => ({
      ...named('networkTypes', index),
      id: firstType + index,
      uuid: uuid('network type', index),
      sorting_priority: 1,
    })),
  )
  await insert(
    primary,
    'sys.networks',
    trickyRows('networks', (index) => ({
      ...named('networks', index),
      id: firstNetwork + index,
      type_id: firstType + (index % 7),
      uuid: uuid('network', index),
    })),
  )
  await insert(
    primary,
    'sys.network_prefixes',
    trickyRows('networkPrefixes', (index) => ({
      id: firstPrefix + index,
      network_id: index % 5 === 0 ? null : firstNetwork + (index % 11),
      number_max_length: index, // the three are unique together
      uuid: uuid('network prefix', index),
    })),
  )
}
