import pg from 'pg'
import type { SequenceRight, TableRight } from './need.ts'

/** The gateway's role, unless it is said otherwise. */
export const defaultRole = 'portal_gateway'

/** A name that somebody else has chosen. Those of Yeti's tables need no quotes. */
export function quoted(name: string): string {
  return pg.escapeIdentifier(name)
}

/** The right on some of its columns, or on all that it says. */
export function grantTable(
  { privilege, table, columns: all }: Pick<TableRight, 'privilege' | 'table' | 'columns'>,
  role: string,
  columns: readonly string[] | 'all' = all,
): string {
  // A row is deleted whole.
  const isWhole = columns === 'all' || privilege === 'DELETE'
  return inLines([
    `GRANT ${privilege}${isWhole ? '' : ' '}`,
    ...(isWhole ? [] : listed(columns)),
    ` ON ${table} TO ${quoted(role)};`,
  ])
}

function listed(columns: readonly string[]): readonly string[] {
  return columns.map((name, index) => {
    const before = index === 0 ? '(' : ' '
    return `${before}${name}${index === columns.length - 1 ? ')' : ','}`
  })
}

const maxLength = 120

/** These pieces in as many lines as can be read, none of them broken. */
function inLines(pieces: readonly string[]): string {
  const lines = ['']
  for (const piece of pieces) {
    const line = lines.at(-1) ?? ''
    if (line.trim() === '' || line.length + piece.length <= maxLength) lines[lines.length - 1] = line + piece
    else lines.push(`  ${piece.trimStart()}`)
  }
  return lines.join('\n')
}

export function grantSequence({ sequence }: Pick<SequenceRight, 'sequence'>, role: string): string {
  return `GRANT USAGE ON SEQUENCE ${sequence} TO ${quoted(role)};`
}

export function grantSchema(schemas: readonly string[], role: string): string {
  return `GRANT USAGE ON SCHEMA ${schemas.join(', ')} TO ${quoted(role)};`
}

/** Whoever owns it may do in it whatever the gateway does at its start. */
export function createPortal(role: string): string {
  return `CREATE SCHEMA IF NOT EXISTS portal AUTHORIZATION ${quoted(role)};`
}
