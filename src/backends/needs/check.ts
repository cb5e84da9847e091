import { messageOf } from '../databases/errors.ts'
import { defaultFindings, functionFindings } from './check/defaults.ts'
import { readServer, readTables, type ServerFacts, type TableFacts } from './check/facts.ts'
import { indexFindings } from './check/indexes.ts'
import { look, type Query } from './check/look.ts'
import { partitionFindings } from './check/partitions.ts'
import { portalFindings } from './check/portal.ts'
import { isGranted, rightFindings, schemaFindings } from './check/rights.ts'
import { rowFindings } from './check/rows.ts'
import { sequenceFindings } from './check/sequences.ts'
import { serverFindings } from './check/server.ts'
import { neededTables, structureFindings, type FlagStandIns } from './check/structure.ts'
import { settingOf, type DatabaseName, type ServerName } from '../databases.ts'
import { featureNames, type Feature } from './features.ts'
import { byWeight, type Finding, type Report } from './finding.ts'
import { needsOf, type Needs } from './needs.ts'

export interface CheckOptions {
  readonly server: ServerName
  readonly url: string
  /** Why one does not come in there; without what is secret in the URL. */
  readonly refusalOf: (error: unknown) => string
  /** What is to be served; `granted`: what the role has some rights for. */
  readonly features: readonly Feature[] | 'granted'
  readonly standIns: FlagStandIns
}

const titles = {
  primary: "Yeti's primary database",
  cdr: "Yeti's CDR database",
  replica: "the replica of Yeti's CDR database",
} as const

/** Compares a live database with what the gateway needs, as the gateway would connect. Writes nothing, throws nothing. */
export async function checkDatabase(options: CheckOptions): Promise<Report> {
  const title = `${titles[options.server]} (${settingOf[options.server]})`
  let about: string | null = null
  try {
    const findings = await look(options.url, async (query, address) => {
      const server = await readServer(query)
      about = aboutOf(server, address)
      return [...serverFindings(options.server, server), ...(await findingsOf(query, server, options))]
    })
    return { title, about, findings: byWeight(findings) }
  } catch (error) {
    const finding = about === null ? unreachable(options, error) : givenUp(error)
    return { title, about, findings: [finding] }
  }
}

function aboutOf({ database, role, version }: ServerFacts, address: string): string {
  return `${database} at ${address} as ${role}, PostgreSQL ${version}`
}

function unreachable({ server, refusalOf }: CheckOptions, error: unknown): Finding {
  return {
    level: 'problem',
    what: refusalOf(error),
    then: server === 'replica' ? 'calls are read from the CDR database' : 'the gateway does not start',
    mend: `see that the server runs, and that ${settingOf[server]} names it, the database, the role and its password`,
  }
}

function givenUp(error: unknown): Finding {
  return {
    level: 'problem',
    what: `the look at it failed: ${messageOf(error)}`,
    then: 'it is not known what else is missing',
    mend: 'see what the log of the server says of it, and look again',
  }
}

async function findingsOf(query: Query, { role }: ServerFacts, options: CheckOptions): Promise<readonly Finding[]> {
  const database = options.server === 'primary' ? 'primary' : 'cdr'
  const everything = needsOf(database, featureNames)
  const tables = await readTables(query, [...new Set(everything.rights.map(({ table }) => table))])
  if (tables.size === 0) return [await notYeti(query, database, options)]
  const chosen = options.features === 'granted' ? grantedFeatures(tables) : options.features
  return allFindings(query, needsOf(database, chosen), tables, role, options)
}

async function allFindings(
  query: Query,
  needs: Needs,
  tables: ReadonlyMap<string, TableFacts>,
  role: string,
  { standIns }: CheckOptions,
): Promise<readonly Finding[]> {
  const needed = await neededTables(needs)
  const common = [
    ...structureFindings(needs, needed, tables, standIns),
    ...(await schemaFindings(query, needs, role)),
    ...rightFindings(needs, tables, role),
    ...(await indexFindings(query, needs, tables)),
  ]
  if (needs.database === 'cdr') return [...common, ...(await partitionFindings(query))]
  return [
    ...common,
    ...(await defaultFindings(query, needs, needed, tables)),
    ...(await functionFindings(query, needs, role)),
    ...(await sequenceFindings(query, needs, tables, role)),
    ...(await portalFindings(query, role)),
    ...(await rowFindings(query, tables)),
  ]
}

/** Whoever has one of a feature's own rights is to have all of them. */
function grantedFeatures(tables: ReadonlyMap<string, TableFacts>): readonly Feature[] {
  return featureNames.filter((feature) =>
    needsOf('primary', [feature]).rights.some(
      (right) => right.features.length === 1 && right.features[0] === feature && isGranted(right, tables),
    ),
  )
}

/** Said once, instead of for each table. */
async function notYeti(query: Query, database: DatabaseName, { server }: CheckOptions): Promise<Finding> {
  const other = database === 'primary' ? 'cdr' : 'primary'
  const others = await readTables(query, [...new Set(needsOf(other, featureNames).rights.map(({ table }) => table))])
  return {
    level: 'problem',
    what: others.size > 0 ? `this is ${titles[other]}` : 'this is not a database of Yeti',
    then: 'the gateway does not start',
    mend: `let ${settingOf[server]} name ${titles[server]}; to try the gateway in an empty one: npm run migrate`,
  }
}
