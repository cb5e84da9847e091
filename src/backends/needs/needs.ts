import type { DatabaseName } from '../databases.ts'
import { cdrRights } from './cdr.ts'
import { completed, type Feature } from './features.ts'
import { schemaOf, type SequenceRight, type TableRight } from './need.ts'
import { primaryRights, sequences } from './primary.ts'

/** What a gateway needs in one database to serve some features. */
export interface Needs {
  readonly database: DatabaseName
  readonly features: readonly Feature[]
  readonly rights: readonly TableRight[]
  readonly sequences: readonly SequenceRight[]
}

export function needsOf(database: DatabaseName, chosen: Iterable<Feature>): Needs {
  const features = completed(chosen)
  const isWanted = (need: TableRight | SequenceRight): boolean =>
    need.database === database && need.features.every((feature) => features.includes(feature))
  return {
    database,
    features,
    rights: [...primaryRights, ...cdrRights].filter(isWanted),
    sequences: sequences.filter(isWanted),
  }
}

/** The schemas of these. */
export function schemasOf({ rights, sequences: numbers }: Pick<Needs, 'rights' | 'sequences'>): readonly string[] {
  const names = [...rights.map(({ table }) => table), ...numbers.map(({ sequence }) => sequence)]
  return [...new Set(names.map(schemaOf))].sort()
}
