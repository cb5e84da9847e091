import pg from 'pg'
import { sql, type Row, type Sql } from '../../databases.ts'

/** Asks the database that is looked at. Throws its own error. */
export type Query = <R extends Row = Row>(statement: Sql) => Promise<R[]>

/** Milliseconds. */
const connectLimit = 5_000
const statementLimit = '30s'

/** Looks into a database over a connection of its own, in one transaction that can write nothing. */
export async function look<T>(url: string, work: (query: Query, server: string) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectLimit,
    application_name: 'yeti-portal-gateway check',
  })
  client.on('error', () => undefined) // the statement fails with it
  try {
    await client.connect()
    const query: Query = async <R extends Row>({ text, values }: Sql) => (await client.query<R>(text, values)).rows
    await query(sql`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`)
    await query(
      sql`SELECT set_config('statement_timeout', ${statementLimit}, true), set_config('TimeZone', 'UTC', true)`,
    )
    return await work(query, `${client.host}:${client.port}`)
  } finally {
    await client.end().catch(() => undefined) // it was broken already
  }
}
