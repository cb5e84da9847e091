import type pg from 'pg'
import type { Sql } from 'sql-template-tag'
import type { StatementNames } from '../statement-names.ts'
import { isAboutName } from './errors.ts'

/** What statements are sent to: a pool, or one of its connections. */
export type Sendable = Pick<pg.Pool, 'query'>

/** How a statement is sent. */
export interface Sending {
  readonly statement: Sql
  /** Under a name, by which the server keeps it parsed. */
  readonly isRepeated: boolean
  /** How rows are to come. */
  readonly form: object
}

export async function send<R extends pg.QueryResult>(
  to: Sendable,
  { statement: { text, values }, isRepeated, form }: Sending,
  names: StatementNames,
): Promise<R> {
  const name = isRepeated ? names.nameOf(text) : undefined
  const query = { text, values, ...form }
  try {
    return (await to.query(name === undefined ? query : { ...query, name })) as R // the driver keeps to the form
  } catch (error) {
    if (name === undefined || !isAboutName(error)) throw error
    names.stop()
    return (await to.query(query)) as R
  }
}
