import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { postgresActiveCalls } from '../../../src/backends/active-calls/postgres.ts'
import type { ActiveCallsSource } from '../../../src/backends/active-calls.ts'
import { clickhouseActiveCalls } from '../../../src/backends/clickhouse/active-calls.ts'
import { openClickHouse } from '../../../src/backends/clickhouse/client.ts'
import { clickhouseStatistics } from '../../../src/backends/clickhouse/statistics.ts'
import { postgresStatistics } from '../../../src/backends/statistics/postgres.ts'
import type { StatisticsSource } from '../../../src/backends/statistics.ts'
import { createLog } from '../../../src/log.ts'
import { startGateway, type Gateway } from '../../support/gateway.ts'
import { database, password, startBridge, user, type Bridge } from './bridge.ts'
import { addTrickyCalls, simplifyCalls } from './calls.ts'
import type { Engine } from './engine.ts'
import type { Variant } from './tables.ts'
import { copyCdrs, copySnapshots, startYetis } from './writer.ts'

interface Sources {
  readonly statistics: StatisticsSource
  readonly activeCalls: ActiveCallsSource
}

/** PostgreSQL and ClickHouse with the same calls in them. */
export interface Engines extends AsyncDisposable {
  readonly gateway: Gateway
  readonly engine: Engine
  readonly bridge: Bridge
  readonly postgres: Sources
  readonly clickhouse: Sources
}

export async function startEngines(
  variant: Variant,
  settings: Readonly<Record<string, string>> = {},
): Promise<Engines> {
  const gateway = await startGateway(settings)
  await addTrickyCalls(gateway)
  await simplifyCalls(gateway)
  const engine = await startYetis(variant)
  await copyCdrs(gateway.cdr, engine)
  await copySnapshots(gateway.cdr, engine)
  const bridge = await startBridge(engine)
  const limits = { timeout: 30_000, maxMemory: 1024 ** 3 }
  const config = { url: `http://127.0.0.1:${bridge.port}`, username: user, password, database, ...limits }
  const client = openClickHouse(config, createLog('silent'))
  const { databases } = gateway.app.services
  return {
    gateway,
    engine,
    bridge,
    postgres: { statistics: postgresStatistics(databases), activeCalls: postgresActiveCalls(databases) },
    clickhouse: {
      statistics: clickhouseStatistics(client, databases),
      activeCalls: clickhouseActiveCalls(client),
    },
    async [Symbol.asyncDispose]() {
      for (const each of [client, bridge, engine, gateway]) await each[Symbol.asyncDispose]()
    },
  }
}

/** Expects the same answer of both, also up to now: another bucket may begin between the two questions, but not each time. */
export async function expectSame<A>(
  { postgres, clickhouse }: Pick<Engines, 'postgres' | 'clickhouse'>,
  ask: (sources: Sources) => Promise<A>,
  what: unknown,
  comparable: (answer: A) => unknown = (answer) => answer,
): Promise<A> {
  for (let attempt = 1; ; attempt++) {
    const [expected, answer] = await Promise.all([ask(postgres), ask(clickhouse)])
    if (!isDeepStrictEqual(comparable(answer), comparable(expected)) && attempt < 3) continue
    expect(comparable(answer), JSON.stringify(what)).toEqual(comparable(expected))
    return expected
  }
}
