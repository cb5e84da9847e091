import { parseArgs } from 'node:util'
import { featureNames, features as descriptions, type Feature } from './backends/needs/features.ts'
import { grantsSql } from './backends/needs/grants.ts'
import type { Report } from './backends/needs/finding.ts'
import { countOf, reportText } from './backends/needs/report.ts'
import { defaultRole } from './backends/needs/sql-text.ts'
import type { Config } from './config.ts'
import { checkServers } from './data-sources/needs.ts'

const usage = `npm run yeti -- grants [--role NAME] [--features A,B] [--database primary|cdr]
  Prints the SQL that gives the gateway's role the rights it needs on Yeti's databases. Asks no database.
npm run yeti -- check [--features A,B] [--json]
  Compares the databases of DATABASE_URL, CDR_DATABASE_URL, CDR_REPLICA_DATABASE_URL and CLICKHOUSE_URL with what the gateway
  needs. Changes nothing. Ends with 1 when there is a problem.

  --role      whom the rights are for; without it ${defaultRole}
  --features  what is to be served, by commas; without it everything. read is always among them:
${featureNames.map((name) => `                ${name.padEnd(12)} ${descriptions[name]}`).join('\n')}
  --database  one part alone, as psql takes it
  --json      for programs
`

/** The arguments make no sense. The message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What was said, and how the process is to end. */
export interface Outcome {
  readonly output: string
  readonly exitCode: number
}

/** Runs `npm run yeti -- …`. Settings are read when they are needed. Throws `UsageError`, and what reading them throws. */
export async function runYeti(args: readonly string[], readSettings: () => Config): Promise<Outcome> {
  const { positionals, values } = parsed(args)
  const [command, ...rest] = positionals
  if (values.help === true || command === undefined) return { output: usage, exitCode: values.help === true ? 0 : 1 }
  if (rest.length > 0) throw new UsageError(`${rest.join(' ')}: not expected`)
  const features = featuresOf(values.features)
  if (command === 'grants') {
    refuse(values, ['json'])
    return { output: grantsSql({ role: roleOf(values.role), features, ...databaseOf(values.database) }), exitCode: 0 }
  }
  if (command !== 'check') throw new UsageError(`${command}: expected grants or check`)
  refuse(values, ['role', 'database'])
  return check(readSettings(), features, values.json === true)
}

async function check(config: Config, features: readonly Feature[], json: boolean): Promise<Outcome> {
  const { database, clickhouse } = config
  if (database.kind === 'embedded' && clickhouse === null)
    return { output: 'DATABASE_URL is not set: the embedded databases have what is needed.\n', exitCode: 0 }
  const ofDatabases = database.kind === 'embedded' ? [] : await checkServers(database, features)
  const reports = [...ofDatabases, ...(await clickhouseReports(config))]
  const output = json ? `${JSON.stringify(reports, null, 2)}\n` : reportText(reports)
  return { output, exitCode: countOf(reports, 'problem') > 0 ? 1 : 0 }
}

async function clickhouseReports({ clickhouse }: Config): Promise<readonly Report[]> {
  if (clickhouse === null) return []
  const { checkClickHouse } = await import('./backends/clickhouse/check.ts')
  return [await checkClickHouse(clickhouse)]
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        role: { type: 'string' },
        features: { type: 'string' },
        database: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function refuse(values: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  for (const name of names) if (values[name] !== undefined) throw new UsageError(`--${name}: not of this command`)
}

function featuresOf(list: string | undefined): readonly Feature[] {
  if (list === undefined) return featureNames
  return list.split(',').map((text) => {
    const found = featureNames.find((name) => name === text.trim())
    if (found === undefined) throw new UsageError(`--features: ${text} is none of ${featureNames.join(', ')}`)
    return found
  })
}

/** What PostgreSQL takes for the name of a role, and does not keep for itself. */
function roleOf(name = defaultRole): string {
  const isName = /^\P{Cc}+$/u.test(name) && Buffer.byteLength(name) <= 63
  if (!isName) throw new UsageError('--role: expected a name of 1 to 63 bytes, without control characters')
  if (/^(pg_.*|public|none)$/.test(name)) throw new UsageError(`--role: ${name} is a name of PostgreSQL's own`)
  return name
}

function databaseOf(name: string | undefined) {
  if (name === undefined) return {}
  if (name !== 'primary' && name !== 'cdr') throw new UsageError('--database: expected primary or cdr')
  return { database: name } as const
}
