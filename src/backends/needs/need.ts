import type { DatabaseName } from '../databases.ts'
import type { Feature } from './features.ts'

/** A right on one of Yeti's tables. */
export interface TableRight {
  readonly database: DatabaseName
  /** With its schema. */
  readonly table: string
  readonly privilege: 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE'
  /** All: also those that a later Yeti adds. */
  readonly columns: readonly string[] | 'all'
  /** Who needs it: whoever uses all of these. */
  readonly features: readonly Feature[]
  /** What does not work without it, for whom. */
  readonly without: string
  /** Nothing fails without it. */
  readonly isOptional?: boolean
}

/** The right to draw numbers from one of Yeti's sequences. */
export interface SequenceRight extends Pick<TableRight, 'database' | 'features' | 'without' | 'isOptional'> {
  /** With its schema. */
  readonly sequence: string
  /** Whose ids come from there. */
  readonly table: string
}

/** One row of the table of needs: columns by spaces. */
export function right(
  features: Feature | readonly Feature[],
  privilege: TableRight['privilege'],
  table: string,
  columns: string,
  without: string,
): Omit<TableRight, 'database'> {
  return {
    table,
    privilege,
    columns: columns === 'all' ? columns : columns.split(/\s+/),
    features: [features].flat(),
    without,
  }
}

export function schemaOf(name: string): string {
  return name.split('.')[0] ?? ''
}
