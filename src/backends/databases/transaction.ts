import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { checkOut } from './check-out.ts'
import { asGatewayError } from './errors.ts'

type Query = (statement: Sql) => Promise<pg.QueryResult>

export interface TransactionOptions {
  readonly pool: pg.Pool
  /** The setting that the database comes from. */
  readonly setting: string
  /** Told of each statement's text before it runs. */
  readonly tell: (text: string) => void
}

/** Runs statements in one transaction, which is rolled back when `work` throws. */
export async function inTransaction<T>(
  { pool, setting, tell }: TransactionOptions,
  work: (query: Query) => Promise<T>,
): Promise<T> {
  const { client, giveBack } = await checkOut(pool).catch((error: unknown) => {
    throw asGatewayError(error, setting)
  })
  let broken: Error | undefined
  const query: Query = async ({ text, values }) => {
    tell(text)
    try {
      return await client.query(text, values)
    } catch (error) {
      throw asGatewayError(error, setting)
    }
  }
  try {
    await query(sql`BEGIN`)
    const result = await work(query)
    await query(sql`COMMIT`)
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => (broken = failure))
    throw error
  } finally {
    // A connection in an unknown state must not come back to the pool.
    giveBack(broken)
  }
}
