import type { ClickHouseConfig } from '../../config.ts'
import type { Log } from '../../log.ts'
import type { CallSources } from '../call-sources.ts'
import type { Databases } from '../databases.ts'
import { clickhouseActiveCalls } from './active-calls.ts'
import { checkClickHouse } from './check.ts'
import { openClickHouse } from './client.ts'
import { clickhouseStatistics } from './statistics.ts'

/** Figures of calls, and calls in progress, from Yeti's ClickHouse. */
export function clickhouseSources(config: ClickHouseConfig, databases: Databases, log: Log): CallSources {
  const clickhouse = openClickHouse(config, log)
  const looked = warnOfProblems(config, log)
  return {
    statistics: clickhouseStatistics(clickhouse, databases),
    active: clickhouseActiveCalls(clickhouse),
    async [Symbol.asyncDispose]() {
      await looked
      await clickhouse[Symbol.asyncDispose]()
    },
  }
}

/** One line for the operator; the start does not wait for it. */
async function warnOfProblems(config: ClickHouseConfig, log: Log): Promise<void> {
  const { findings } = await checkClickHouse(config)
  const [first, ...others] = findings.filter(({ level }) => level === 'problem')
  if (!first) return
  const more = others.length > 0 ? ` and ${others.length} more` : ''
  log.warn(`CLICKHOUSE_URL: ${first.what}${more}: ${first.then}; npm run yeti -- check says all`)
}
