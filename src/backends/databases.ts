import pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { TimeoutError, UnavailableError } from '../errors.ts'
import type { Log } from '../log.ts'
import { StatementNames } from './statement-names.ts'
import { TextRow } from './text-row.ts'

export { default as sql, empty, join, raw, type Sql } from 'sql-template-tag'

/** Which of Yeti's two databases a table lives in. */
export type DatabaseName = 'primary' | 'cdr'

export type Row = Readonly<Record<string, unknown>>

export interface Databases extends AsyncDisposable {
  readonly primary: pg.Pool
  readonly cdr: pg.Pool
  /** Runs one statement with bound parameters. Throws `UnavailableError`, `TimeoutError`, or the database's own error. */
  query<R extends Row = Row>(database: DatabaseName, statement: Sql, options?: QueryOptions): Promise<R[]>
  /** The same for a statement that is repeated, and whose values go out as text anyway. */
  texts(database: DatabaseName, statement: Sql): Promise<TextRow[]>
  /**
   * Runs statements in one transaction, which is rolled back when `work` throws. Inside it the same errors are thrown as
   * by `query`.
   */
  transaction<T>(database: DatabaseName, work: (transaction: Transaction) => Promise<T>): Promise<T>
  /** Told of each statement's text before it runs; for tests and debugging. */
  onStatement: ((database: DatabaseName, text: string) => void) | null
  /** What Yeti's own audit log is kept of; not set where it cannot be written. */
  versions?: VersionTables
}

/** The columns of Yeti's tables by the name of the table, and their types as PostgreSQL prints them. */
export type VersionTables = ReadonlyMap<string, ReadonlyMap<string, string>>

/** One connection inside a transaction. */
export interface Transaction {
  query<R extends Row = Row>(statement: Sql): Promise<R[]>
  /** As the database has it. */
  readonly versions?: VersionTables | undefined
}

export interface QueryOptions {
  /**
   * A statement that comes again and again with other values: the server keeps it parsed. Not for those whose plan must
   * be made for their very values, nor for texts that callers can vary without end.
   */
  readonly isRepeated?: boolean
}

export interface DatabasesOptions {
  readonly primaryUrl: string
  readonly cdrUrl: string
  readonly poolSize: number
  /** Milliseconds. */
  readonly statementTimeout: number
  /** Commits wait for the disk also where the server is set up not to: what was answered is not lost with it. */
  readonly durable?: boolean
  readonly log: Log
}

const asTexts = { rowMode: 'array', types: { getTypeParser: () => (value: string) => value } }

export function openDatabases(options: DatabasesOptions): Databases {
  const primary = openPool(options.primaryUrl, options)
  const cdr = options.cdrUrl === options.primaryUrl ? primary : openPool(options.cdrUrl, options)
  const names = new StatementNames()

  /** `form`: how rows are to come. */
  async function run<R extends pg.QueryResult>(
    database: DatabaseName,
    { text, values }: Sql,
    isRepeated: boolean,
    form: object,
  ): Promise<R> {
    databases.onStatement?.(database, text)
    const pool = database === 'primary' ? primary : cdr
    const name = isRepeated ? names.nameOf(text) : undefined
    const query = { text, values, ...form }
    try {
      return (await pool.query(name === undefined ? query : { ...query, name })) as R // the driver keeps to the form
    } catch (error) {
      if (name === undefined || !isAboutName(error)) throw asGatewayError(error)
      names.stop()
      return (await pool.query(query)) as R
    }
  }

  const databases: Databases = {
    primary,
    cdr,
    onStatement: null,
    async query<R extends Row>(database: DatabaseName, statement: Sql, { isRepeated = false }: QueryOptions = {}) {
      const { rows } = await run<pg.QueryResult<R>>(database, statement, isRepeated, {})
      return rows
    },
    async texts(database, statement) {
      const { fields, rows } = await run<pg.QueryArrayResult<(string | null)[]>>(database, statement, true, asTexts)
      const positions = new Map(fields.map(({ name }, position) => [name, position]))
      return rows.map((values) => new TextRow(positions, values))
    },
    async transaction(database, work) {
      const client = await (database === 'primary' ? primary : cdr).connect().catch((error: unknown) => {
        throw asGatewayError(error)
      })
      let broken: Error | undefined
      const query = async <R extends Row>({ text, values }: Sql): Promise<R[]> => {
        databases.onStatement?.(database, text)
        try {
          return (await client.query<R>(text, values)).rows
        } catch (error) {
          throw asGatewayError(error)
        }
      }
      try {
        await query(sql`BEGIN`)
        const result = await work({ query, versions: databases.versions })
        await query(sql`COMMIT`)
        return result
      } catch (error) {
        await client.query('ROLLBACK').catch((failure: Error) => (broken = failure))
        throw error
      } finally {
        // A connection in an unknown state must not come back to the pool.
        client.release(broken)
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...new Set([primary, cdr])].map((pool) => pool.end()))
    },
  }
  return databases
}

function openPool(connectionString: string, { poolSize, statementTimeout, durable, log }: DatabasesOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementTimeout,
    application_name: 'yeti-portal-gateway',
    // Timestamps come back in UTC whatever the server's own zone is. Compiling a statement would take longer than most
    // take, and once for each partition.
    options: `-c TimeZone=UTC -c DateStyle=ISO -c jit=off${durable ? ' -c synchronous_commit=on' : ''}`,
  })
  // Without a listener a connection that breaks while idle would end the process.
  pool.on('error', (error) => log.warn({ error: error.message }, 'An idle database connection broke'))
  return pool
}

/**
 * SQLSTATE of a name that is not known, or known already: a pooler between us changes the connection's server; and of
 * one whose columns have changed their type since.
 */
const aboutNames = new Set(['26000', '42P05', '0A000'])

function isAboutName(error: unknown): boolean {
  return error instanceof Error && 'code' in error && aboutNames.has(String(error.code))
}

/** SQLSTATE 57014: the statement ran into its time limit. */
const queryCanceled = '57014'
/** Classes of SQLSTATE that mean "not now": connection, resources, operator intervention. */
const unavailableClasses = new Set(['08', '53', '57'])
const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EPIPE',
  'EAI_AGAIN',
])

/** Turns a driver error into one the caller may see, where there is a fitting one. */
export function asGatewayError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code === queryCanceled) return new TimeoutError(error)
  const lost =
    unreachable.has(code) ||
    unavailableClasses.has(code.slice(0, 2)) ||
    /timeout exceeded when trying to connect|Connection terminated/.test(error.message)
  return lost && !(error instanceof UnavailableError) ? new UnavailableError(error) : error
}
