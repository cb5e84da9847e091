import type { ServerName } from '../../../src/backends/databases.ts'
import type { Gateway } from '../../support/gateway.ts'

export interface Statement {
  readonly database: ServerName
  readonly text: string
}

/** What the gateway asks its databases while `run` runs, without what it reads to know who asks. */
export async function statementsOf(gateway: Gateway, run: () => Promise<unknown>): Promise<Statement[]> {
  const { databases } = gateway.app.services
  const statements: Statement[] = []
  databases.onStatement = (database, text) => statements.push({ database, text })
  try {
    await run()
  } finally {
    databases.onStatement = null
  }
  // Who asks is read with whether the session has ended; what the gateway knows of exports is read with them.
  return statements.filter(({ text }) => !/\bportal\.(?!cdr_exports)/.test(text))
}

/** The columns of the select list of a statement that reads a table. */
export function selectedColumns({ text }: Statement, table: string): string[] {
  const list = text.slice(0, text.indexOf(` FROM ${table} `))
  return [...list.matchAll(/AS "(\w+)"/g)].map(([, name = '']) => name).sort()
}
