import { ClickHouseError, type ClickHouseClient } from '@clickhouse/client'
import type { ClickHouseConfig } from '../../config.ts'
import { byWeight, type Finding, type Report } from '../needs/finding.ts'
import { connect } from './client.ts'
import { tableNeeds, type TableNeed } from './needs.ts'

const title = 'ClickHouse (CLICKHOUSE_URL)'
/** Milliseconds that it has to answer. */
const patience = 5_000
/** Its code for a setting that a read-only user makes. */
const mayNotSet = '164'
const withoutIt = 'statistics, quality, charts and calls in progress are not available; the rest of the portal is'

/** What a ClickHouse lacks of what is read in it. One that is away is a finding. Nothing is written. */
export async function checkClickHouse(config: ClickHouseConfig): Promise<Report> {
  const client = connect({ ...config, timeout: Math.min(config.timeout, patience) })
  try {
    const version = await versionOf(client)
    const about = `${config.database} at ${config.url} as ${config.username}, ClickHouse ${version}`
    const columns = await columnsIn(client)
    return { title, about, findings: byWeight(await findingsIn(client, config, columns)) }
  } catch (error) {
    return { title, about: null, findings: [unreachable(error, config)] }
  } finally {
    await client.close()
  }
}

async function rowsOf<R>(client: ClickHouseClient, query: string): Promise<R[]> {
  return (await client.query({ query, format: 'JSONEachRow' })).json<R>()
}

async function versionOf(client: ClickHouseClient): Promise<string> {
  const [row] = await rowsOf<{ version: string }>(client, 'SELECT version() AS version')
  return row?.version ?? 'of unknown version'
}

type Columns = ReadonlyMap<string, ReadonlyMap<string, string>>

/** The types by table and column, of those that the user may see. */
async function columnsIn(client: ClickHouseClient): Promise<Columns> {
  const names = tableNeeds.map(({ table }) => `'${table}'`).join(', ')
  const rows = await rowsOf<{ table: string; name: string; type: string }>(
    client,
    `SELECT table, name, type FROM system.columns WHERE database = currentDatabase() AND table IN (${names}) ORDER BY table, position`,
  )
  const columns = new Map<string, Map<string, string>>()
  for (const { table, name, type } of rows) columns.set(table, (columns.get(table) ?? new Map()).set(name, type))
  return columns
}

async function findingsIn(client: ClickHouseClient, config: ClickHouseConfig, columns: Columns): Promise<Finding[]> {
  const found = tableNeeds.map(async (need) => {
    const actual = columns.get(need.table) ?? new Map<string, string>()
    const refused = actual.size > 0 ? await refusal(client, config, need, actual) : []
    return [...tableFindings(need, config, actual), ...refused]
  })
  return (await Promise.all(found)).flat()
}

function tableFindings(need: TableNeed, config: ClickHouseConfig, actual: ReadonlyMap<string, string>): Finding[] {
  const { table, then, columns } = need
  if (actual.size === 0) {
    const what = `there is no table ${table} in the database ${config.database}, or the user ${config.username} may not see it`
    return [{ level: 'problem', what, then, mend: grant(need, config) }]
  }
  return Object.keys(columns).flatMap((name) => columnFindings(need, config, name, actual.get(name)))
}

function columnFindings(
  { table, columns }: TableNeed,
  { username }: ClickHouseConfig,
  name: string,
  type: string | undefined,
): Finding[] {
  const need = columns[name]
  if (!need) return []
  const { level = 'problem', then } = need
  if (type === undefined) {
    const what = `${table} has no column ${name}, or the user ${username} may not see it`
    const mend = `GRANT SELECT(${name}) ON ${table} TO ${username}; or, where there is none: ALTER TABLE ${table} ADD COLUMN ${name} ${need.type};`
    return [{ level, what, then, mend }]
  }
  if (need.fits.test(type)) return []
  const mend = `a column ${name} of the type ${need.type}, for instance as an alias`
  return [{ level, what: `${table}.${name} is ${type}, expected ${need.type}`, then, mend }]
}

/** What is there, and seen, may still not be readable. */
async function refusal(
  client: ClickHouseClient,
  config: ClickHouseConfig,
  need: TableNeed,
  actual: ReadonlyMap<string, string>,
): Promise<Finding[]> {
  const needed = Object.keys(need.columns).filter((name) => actual.has(name))
  if (needed.length === 0) return []
  try {
    await rowsOf(client, `SELECT ${needed.join(', ')} FROM ${need.table} LIMIT 0`)
    return []
  } catch (error) {
    if (!(error instanceof ClickHouseError)) throw error
    const what = `${need.table} cannot be read: ${firstLine(error)}`
    return [{ level: 'problem', what, then: need.then, mend: grant(need, config) }]
  }
}

function grant({ table, columns }: TableNeed, { username }: ClickHouseConfig): string {
  return `GRANT SELECT(${Object.keys(columns).join(', ')}) ON ${table} TO ${username};`
}

function unreachable(error: unknown, { url, username, database }: ClickHouseConfig): Finding {
  const isRefused = error instanceof ClickHouseError && /^(516|192|193|194)$/.test(error.code)
  if (isRefused) {
    const what = `the name or the password of CLICKHOUSE_URL is wrong (${username} at ${url})`
    return { level: 'problem', what, then: withoutIt, mend: 'the right name and password in CLICKHOUSE_URL' }
  }
  if (error instanceof ClickHouseError && error.code === mayNotSet) {
    const what = `the user ${username} may not make settings, and each statement of ours makes its limits`
    return { level: 'problem', what, then: withoutIt, mend: `ALTER USER ${username} SETTINGS readonly = 2;` }
  }
  const what = `ClickHouse does not answer at ${url} (database ${database}): ${firstLine(error)}`
  return { level: 'problem', what, then: withoutIt, mend: 'start it, or the right address in CLICKHOUSE_URL' }
}

function firstLine(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(firstLine).join(', ')
  const text = error instanceof Error ? error.message : String(error)
  return (text.split('\n')[0] ?? '').slice(0, 300)
}
