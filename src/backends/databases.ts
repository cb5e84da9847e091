import type pg from 'pg'
import type { Sql } from 'sql-template-tag'
import { asGatewayError } from './databases/errors.ts'
import { openPool, type PoolOptions } from './databases/pool.ts'
import { Replica, ReplicaError, type LagLimits } from './databases/replica.ts'
import { send, type Sendable, type Sending } from './databases/send.ts'
import { inTransaction } from './databases/transaction.ts'
import { StatementNames } from './statement-names.ts'
import { TextRow } from './text-row.ts'

export { asGatewayError } from './databases/errors.ts'
export type { Replica } from './databases/replica.ts'
export { default as sql, empty, join, raw, type Sql } from 'sql-template-tag'

/** Which of Yeti's two databases a table lives in. */
export type DatabaseName = 'primary' | 'cdr'

/**
 * Where a table is read: in its database; or `calls`, which is the replica of the CDR database, and that database itself
 * while the replica cannot be read from, or where there is none. As in Yeti, calls and what is counted of them are read
 * there; invoices, and what tells of this very moment, in the CDR database.
 */
export type SourceName = DatabaseName | 'calls'

/** Where a statement went. */
export type ServerName = DatabaseName | 'replica'

/** The setting of each. */
export const settingOf = {
  primary: 'DATABASE_URL',
  cdr: 'CDR_DATABASE_URL',
  replica: 'CDR_REPLICA_DATABASE_URL',
} as const satisfies Record<ServerName, string>

export type Row = Readonly<Record<string, unknown>>

export interface Databases extends AsyncDisposable {
  readonly primary: pg.Pool
  readonly cdr: pg.Pool
  /** Of the CDR database, to be started; null: there is none. */
  readonly replica: Replica | null
  /**
   * Runs one statement with bound parameters. Throws `UnavailableError`, `NotOfferedError`, `TimeoutError`, or the
   * database's own error.
   */
  query<R extends Row = Row>(source: SourceName, statement: Sql, options?: QueryOptions): Promise<R[]>
  /** The same for a statement that is repeated, and whose values go out as text anyway. */
  texts(source: SourceName, statement: Sql): Promise<TextRow[]>
  /**
   * Runs statements in one transaction, which is rolled back when `work` throws. Inside it the same errors are thrown as
   * by `query`.
   */
  transaction<T>(database: DatabaseName, work: (transaction: Transaction) => Promise<T>): Promise<T>
  /** Told of each statement's text, and where it goes, before it runs; for tests and debugging. */
  onStatement: ((server: ServerName, text: string) => void) | null
  /** What Yeti's own audit log is kept of; not set where it cannot be written. */
  versions?: VersionTables
  /** What Yeti's tables lack; not set where that is nothing. */
  absent?: AbsentColumns | undefined
}

/** The columns of Yeti's tables by the name of the table, and their types as PostgreSQL prints them. */
export type VersionTables = ReadonlyMap<string, ReadonlyMap<string, string>>

/** Yeti's tables that lacked columns when the gateway started: those that they have, and what stands in for the others. */
export type AbsentColumns = ReadonlyMap<
  string,
  {
    readonly columns: readonly string[]
    readonly standIns: ReadonlyMap<string, string>
    /** The columns count as soon as they are there. */
    readonly isAwaited: boolean
  }
>

/** One connection inside a transaction. */
export interface Transaction {
  query<R extends Row = Row>(statement: Sql): Promise<R[]>
  /** As the database has it. */
  readonly versions?: VersionTables | undefined
  readonly absent?: AbsentColumns | undefined
}

export interface QueryOptions {
  /**
   * A statement that comes again and again with other values: the server keeps it parsed. Not for those whose plan must
   * be made for their very values, nor for texts that callers can vary without end.
   */
  readonly isRepeated?: boolean
}

export interface DatabasesOptions extends PoolOptions {
  readonly primaryUrl: string
  readonly cdrUrl: string
  /** null: there is none. */
  readonly replicaUrl?: string | null
  /** How far it may be behind, unless the usual will do. */
  readonly replicaLag?: LagLimits
}

type TextResult = pg.QueryArrayResult<(string | null)[]>

const asTexts = { rowMode: 'array', types: { getTypeParser: () => (value: string) => value } }

export function openDatabases(options: DatabasesOptions): Databases {
  const { primaryUrl, cdrUrl, replicaUrl = null, replicaLag: lag, log } = options
  const primary = openPool(primaryUrl, options)
  const cdr = cdrUrl === primaryUrl ? primary : openPool(cdrUrl, options)
  const replica =
    replicaUrl === null ? null : new Replica({ pool: openPool(replicaUrl, options), primary: cdr, log, lag })
  const pools = { primary, cdr }
  const names = new StatementNames()

  function sendTo<R extends pg.QueryResult>(server: ServerName, to: Sendable, sending: Sending): Promise<R> {
    databases.onStatement?.(server, sending.statement.text)
    return send<R>(to, sending, names)
  }

  async function run<R extends pg.QueryResult>(server: DatabaseName, sending: Sending): Promise<R> {
    try {
      return await sendTo<R>(server, pools[server], sending)
    } catch (error) {
      throw asGatewayError(error, settingOf[server])
    }
  }

  async function runOnCalls<R extends pg.QueryResult>(sending: Sending): Promise<R> {
    if (replica?.isUsable) {
      try {
        return await replica.read((client) => sendTo<R>('replica', client, sending))
      } catch (error) {
        if (!(error instanceof ReplicaError)) throw asGatewayError(error, settingOf.replica)
      }
    }
    replica?.countFallback()
    return run<R>('cdr', sending)
  }

  const databases: Databases = {
    primary,
    cdr,
    replica,
    onStatement: null,
    async query<R extends Row>(source: SourceName, statement: Sql, { isRepeated = false }: QueryOptions = {}) {
      const sending = { statement, isRepeated, form: {} }
      const { rows } = await (source === 'calls'
        ? runOnCalls<pg.QueryResult<R>>(sending)
        : run<pg.QueryResult<R>>(source, sending))
      return rows
    },
    async texts(source, statement) {
      const sending = { statement, isRepeated: true, form: asTexts }
      const { fields, rows } = await (source === 'calls'
        ? runOnCalls<TextResult>(sending)
        : run<TextResult>(source, sending))
      const positions = new Map(fields.map(({ name }, position) => [name, position]))
      return rows.map((values) => new TextRow(positions, values))
    },
    transaction(database, work) {
      const tell = (text: string) => databases.onStatement?.(database, text)
      return inTransaction({ pool: pools[database], setting: settingOf[database], tell }, (query) => {
        const rowsOf = async <R extends Row>(statement: Sql) => (await query(statement)).rows as R[] // as the caller knows
        return work({ query: rowsOf, versions: databases.versions, absent: databases.absent })
      })
    },
    async [Symbol.asyncDispose]() {
      await replica?.[Symbol.asyncDispose]()
      await Promise.all([...new Set([primary, cdr])].map((pool) => pool.end()))
    },
  }
  return databases
}
