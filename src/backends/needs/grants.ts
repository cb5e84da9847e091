import type { DatabaseName } from '../databases.ts'
import { featureNames, features as descriptions, type Feature } from './features.ts'
import { needsOf, schemasOf, type Needs } from './needs.ts'
import { createPortal, defaultRole, grantSchema, grantSequence, grantTable, quoted } from './sql-text.ts'

export interface GrantsOptions {
  readonly role?: string
  /** All of them, unless it is said otherwise; `read` is always among them. */
  readonly features?: readonly Feature[]
  /** Both, unless it is said otherwise. */
  readonly database?: DatabaseName
}

const titles = {
  primary: "Yeti's primary database (DATABASE_URL)",
  cdr: "Yeti's CDR database (CDR_DATABASE_URL)",
} as const

/** The least rights of the gateway's role as SQL for psql, to be run by whoever owns Yeti's tables, or a superuser. */
export function grantsSql({ role = defaultRole, features = featureNames, database }: GrantsOptions = {}): string {
  const databases = database === undefined ? (['primary', 'cdr'] as const) : [database]
  return databases.map((name) => part(needsOf(name, features), role)).join('\n')
}

const ruler = `-- ${'='.repeat(117)}`

function part(needs: Needs, role: string): string {
  const head = [
    ruler,
    `-- ${titles[needs.database]}: run this part there, as the owner of its tables or a superuser.`,
    '-- It can be run again at any time, and takes no right away.',
    ruler,
    ...createRole(needs, role),
  ]
  const own =
    needs.database === 'primary' ? [['-- The schema that the gateway keeps its own state in', createPortal(role)]] : []
  const sets = needs.features.flatMap((feature) => {
    const lines = setOf(needs, feature, role)
    return lines.length === 0 ? [] : [[`-- ${feature}: ${descriptions[feature]}`, ...lines]]
  })
  return `${[head, ...own, ...sets].map((lines) => lines.join('\n')).join('\n\n')}\n`
}

/** Once for both databases where they are on one server. */
function createRole({ database }: Needs, role: string): readonly string[] {
  const also = database === 'cdr' ? '; not again where it is the same server' : ''
  return ['', `-- The role, once${also}:`, `-- CREATE ROLE ${quoted(role)} LOGIN PASSWORD '…';`]
}

/** What comes with a feature, after those before it. */
function setOf(needs: Needs, feature: Feature, role: string): readonly string[] {
  const position = featureNames.indexOf(feature)
  const belongs = (need: { readonly features: readonly Feature[] }): boolean =>
    Math.max(...need.features.map((each) => featureNames.indexOf(each))) === position
  const earlier = (need: { readonly features: readonly Feature[] }): boolean =>
    Math.max(...need.features.map((each) => featureNames.indexOf(each))) < position
  const rights = needs.rights.filter(belongs)
  const sequences = needs.sequences.filter(belongs)
  const known = schemasOf({ rights: needs.rights.filter(earlier), sequences: needs.sequences.filter(earlier) })
  const schemas = schemasOf({ rights, sequences }).filter((schema) => !known.includes(schema))
  return [
    ...(schemas.length === 0 ? [] : [grantSchema(schemas, role)]),
    ...rights.map((need) => grantTable(need, role)),
    ...sequences.map((need) => grantSequence(need, role)),
  ]
}
