import { settingOf, type ServerName } from '../backends/databases.ts'
import { checkDatabase } from '../backends/needs/check.ts'
import type { Feature } from '../backends/needs/features.ts'
import type { Report } from '../backends/needs/finding.ts'
import { countOf } from '../backends/needs/report.ts'
import type { DatabaseUrls } from '../config.ts'
import type { Log } from '../log.ts'
import { flagStandIns } from '../permissions/flag-columns.ts'
import { addressIn, DatabaseError, refusalOf } from './database-error.ts'

/** What one of Yeti's databases lacks. */
export function checkServer(
  server: ServerName,
  url: string,
  features: readonly Feature[] | 'granted',
): Promise<Report> {
  const setting = settingOf[server]
  return checkDatabase({
    server,
    url,
    features,
    standIns: flagStandIns,
    refusalOf: (error) => {
      try {
        return refusalOf(setting, addressIn(setting, url), error).message
      } catch (refusal) {
        if (refusal instanceof DatabaseError) return refusal.message
        throw refusal
      }
    },
  })
}

/** What all of them lack; of the replica only what the CDR database has. */
export async function checkServers(urls: DatabaseUrls, features: readonly Feature[]): Promise<readonly Report[]> {
  const [primary, cdr, replica] = await Promise.all([
    checkServer('primary', urls.primaryUrl, features),
    checkServer('cdr', urls.cdrUrl, features),
    urls.replicaUrl === null ? null : checkServer('replica', urls.replicaUrl, features),
  ])
  if (replica === null) return [primary, cdr]
  const known = new Set(cdr.findings.map(({ what }) => what))
  return [primary, cdr, { ...replica, findings: replica.findings.filter(({ what }) => !known.has(what)) }]
}

/** Says at the start that a database lacks something: the gateway serves the rest. */
export async function reportNeeds(server: ServerName, url: string, log: Log): Promise<void> {
  const problems = countOf([await checkServer(server, url, 'granted')], 'problem')
  if (problems > 0)
    log.warn(
      { problems },
      `${settingOf[server]}: something is missing there; npm run yeti -- check says what, and what mends it`,
    )
}
