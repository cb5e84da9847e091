import { readFileSync } from 'node:fs'

/** A column as Yeti has it; types as `information_schema` names them, arrays by their elements. */
export interface YetiColumn {
  readonly name: string
  readonly type: string
  readonly isNullable: boolean
  readonly default: string | null
}

export interface YetiTable {
  readonly schema: string
  readonly name: string
  readonly columns: readonly YetiColumn[]
}

export type YetiDatabase = 'primary' | 'cdr'

const databases: Readonly<Record<string, YetiDatabase>> = { yeti: 'primary', cdr: 'cdr' }

/** The tables of one of Yeti's databases with all their columns, in their order. */
export function yetiTables(database: YetiDatabase): readonly YetiTable[] {
  const tables = new Map<string, { schema: string; name: string; columns: YetiColumn[] }>()
  for (const line of fixture('yeti-columns.tsv').split('\n').slice(1)) {
    const [of = '', schema = '', name = '', , column = '', type = '', nullable, given = ''] = line.split('\t')
    if (databases[of] !== database) continue
    const table = tables.get(`${schema}.${name}`) ?? { schema, name, columns: [] }
    tables.set(`${schema}.${name}`, table)
    table.columns.push({ name: column, type, isNullable: nullable === 'YES', default: given === '' ? null : given })
  }
  return [...tables.values()]
}

/** Keys, indexes and the tables that are not in the list. */
export function yetiStructure(database: YetiDatabase): string {
  return fixture(`yeti-${database}.sql`)
}

function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8')
}
