import { exportColumns, type ExportColumn } from '../backends/exports/columns.ts'
import { denialOf, ruleOf, type Rule } from '../permissions/rule.ts'
import type { Scopes } from '../permissions/scopes.ts'
import { outgoingCdrs } from './outgoing-cdr.ts'

/** What a column needs is what the attribute of a call needs that shows it. */
const rules: ReadonlyMap<ExportColumn, Rule> = new Map(exportColumns.map((column) => [column, ruleOfColumn(column)]))

/** Throws for a column that no attribute shows: nothing says who may have it. */
function ruleOfColumn(column: ExportColumn): Rule {
  const attribute = [...outgoingCdrs.attributes.values()].find(
    ({ read, shown }) => read.name === column && shown !== false,
  )
  if (!attribute) throw new TypeError(`${outgoingCdrs.name} does not show what is exported: ${column}`)
  return ruleOf(attribute.ruleMap, `${outgoingCdrs.name}.${attribute.name}`)
}

/** The columns that a viewer may export, in Yeti's order. `hidden`: attributes that nobody is shown, in Yeti's spelling. */
export function allowedExportColumns(scopes: Scopes, hidden: readonly string[]): ReadonlySet<ExportColumn> {
  const allowed = [...rules].filter(([column, rule]) => !hidden.includes(column) && denialOf(rule, scopes) === null)
  return new Set(allowed.map(([column]) => column))
}
