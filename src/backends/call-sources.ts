import type { ClickHouseConfig } from '../config.ts'
import type { Log } from '../log.ts'
import type { ActiveCallsSource } from './active-calls.ts'
import { postgresActiveCalls } from './active-calls/postgres.ts'
import type { Databases } from './databases.ts'
import type { StatisticsSource } from './statistics.ts'
import { postgresStatistics } from './statistics/postgres.ts'

/** Where figures of calls, and calls in progress, come from. */
export interface CallSources extends AsyncDisposable {
  readonly statistics: StatisticsSource
  readonly active: ActiveCallsSource
}

/** `config`: null without ClickHouse. It may be away; then what needs it is not available, and all else is. */
export async function openCallSources(
  config: ClickHouseConfig | null,
  databases: Databases,
  log: Log,
): Promise<CallSources> {
  if (config === null) {
    return {
      statistics: postgresStatistics(databases),
      active: postgresActiveCalls(databases),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }
  // Most installations have none, and need not load its client.
  const { clickhouseSources } = await import('./clickhouse/sources.ts')
  return clickhouseSources(config, databases, log)
}
