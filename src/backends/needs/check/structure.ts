import { youngColumns } from '../../absent-columns.ts'
import { mappedTables, type MappedColumn } from '../../migrate/prisma-models.ts'
import { profileTable } from '../../profile-columns.ts'
import type { Finding } from '../finding.ts'
import { upgradeFor } from '../markers.ts'
import type { TableRight } from '../need.ts'
import type { Needs } from '../needs.ts'
import type { ColumnFacts, TableFacts } from './facts.ts'

type Tables = ReadonlyMap<string, TableFacts>

/** What holds of a flag for every login while Yeti has no column of it. */
export interface FlagStandIn {
  readonly holds: boolean
  /** Of Yeti's, which brings it; null: this Yeti should have it. */
  readonly migration: string | null
}

/** By the columns of those that are missing. */
export type FlagStandIns = (missing: ReadonlySet<string>) => ReadonlyMap<string, FlagStandIn>

interface NeededColumn extends MappedColumn {
  /** Who names it. */
  readonly uses: readonly TableRight[]
}

/** A table with those of its columns that are needed, and for what. */
export interface NeededTable {
  readonly rights: readonly TableRight[]
  readonly columns: readonly NeededColumn[]
}

/** The columns that some statement names, with the types that they have in Yeti. */
export async function neededTables({ database, rights }: Needs): Promise<ReadonlyMap<string, NeededTable>> {
  const models = new Map((await mappedTables(database)).map((model) => [`${model.schema}.${model.table}`, model]))
  const names = [...new Set(rights.map(({ table }) => table))]
  return new Map(
    names.map((name) => {
      const own = rights.filter(({ table }) => table === name)
      const columns = (models.get(name)?.columns ?? []).flatMap((column) => {
        const uses = own.filter((right) => isNamed(right, column.column))
        return uses.length === 0 ? [] : [{ ...column, uses }]
      })
      return [name, { rights: own, columns }]
    }),
  )
}

/** Whole rows are read as they are, and deleted. */
function isNamed({ privilege, columns, isOptional }: TableRight, column: string): boolean {
  if (columns === 'all') return privilege !== 'DELETE' && !(privilege === 'SELECT' && isOptional)
  return columns.includes(column)
}

function joined(rights: readonly TableRight[]): string {
  return [...new Set(rights.map(({ without }) => without))].join('; ')
}

/** Tables and columns that are missing, or not as Yeti has them. */
export function structureFindings(
  { database }: Needs,
  needed: ReadonlyMap<string, NeededTable>,
  tables: Tables,
  standIns: FlagStandIns,
): readonly Finding[] {
  return [...needed].flatMap(([name, { rights, columns }]) => {
    const table = tables.get(name)
    if (table === undefined) return [missingTable(database, name, rights)]
    const missing = columns.filter(({ column }) => !table.columns.has(column))
    const flags = name === profileTable ? standIns(new Set(missing.map(({ column }) => column))) : new Map()
    return [
      ...missing.map((column) => missingColumn(database, name, column, flags.get(column.column))),
      ...columns.flatMap((column) => otherColumn(name, column, table.columns.get(column.column))),
    ]
  })
}

function missingTable(database: Needs['database'], name: string, rights: readonly TableRight[]): Finding {
  return {
    level: rights.every(({ isOptional }) => isOptional) ? 'without' : 'problem',
    what: `there is no table ${name}`,
    then: joined(rights),
    mend: upgradeFor(database, name),
  }
}

function missingColumn(
  database: Needs['database'],
  table: string,
  { column, uses }: NeededColumn,
  flag: FlagStandIn | undefined,
): Finding {
  const name = `${table}.${column}`
  const what = `${table} has no column ${column}`
  if (flag === undefined) {
    const isYoung = youngColumns.get(table)?.has(column) === true
    const failing = isYoung ? uses.filter(({ privilege }) => privilege !== 'SELECT') : uses
    const mend = upgradeFor(database, name)
    if (failing.length === 0) return { level: 'without', what, then: 'what it would be is shown as empty', mend }
    return { level: 'problem', what, then: `what uses it fails: ${joined(failing)}`, mend }
  }
  const all = flag.holds ? 'everybody has' : 'nobody has'
  return {
    level: flag.migration === null ? 'problem' : 'without',
    what,
    then: `${all} what this flag stands for, whatever the profile`,
    mend: upgradeFor(database, name, flag.migration ?? undefined),
  }
}

/** Types that are read and written alike. */
const alike: readonly (readonly string[])[] = [
  ['smallint', 'integer', 'bigint'],
  ['character varying', 'text'],
]

function otherColumn(
  table: string,
  { column, type, nullability, uses }: NeededColumn,
  actual: ColumnFacts | undefined,
): readonly Finding[] {
  if (actual === undefined) return []
  const alter = `ALTER TABLE ${table} ALTER COLUMN ${column}`
  if (actual.type !== type) {
    const isAlike = alike.some((types) => types.includes(type) && types.includes(actual.type))
    return [
      {
        level: isAlike ? 'hint' : 'problem',
        what: `${table}.${column} is ${actual.type}, and in Yeti ${type}`,
        then: isAlike ? 'nothing, as long as its values fit' : `what uses it may fail: ${joined(uses)}`,
        mend: `${alter} TYPE ${type} USING ${column}::${type};`,
      },
    ]
  }
  if (!actual.nullable || nullability !== 'required') return []
  return [
    {
      level: 'hint',
      what: `${table}.${column} may be null, and in Yeti may not`,
      then: 'rows without it may be missing from lists, or shown without their id',
      mend: `${alter} SET NOT NULL;`,
    },
  ]
}
