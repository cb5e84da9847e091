import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startApp } from '../../src/app.ts'
import { openDatabases, sql, type Databases, type DatabasesOptions } from '../../src/backends/databases.ts'
import { readConfig } from '../../src/config.ts'
import { fillTemplates, migrateTemplates } from '../support/templates.ts'
import { startReplicated, type ReplicatedServer } from './standby.ts'
import { keptLog, run, until } from './support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

let directory: string
let server: ReplicatedServer

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'portal-standby-'))
  server = await startReplicated(async (primary) => {
    await migrateTemplates(primary.urlFor('yeti'), primary.urlFor('cdr'))
    await fillTemplates(primary.urlFor('yeti'), primary.urlFor('cdr'), join(directory, 'recordings'))
    await run(primary.urlFor('cdr'), 'CREATE TABLE public.told (number int)')
  })
  await server.startStandby()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

interface Opened extends AsyncDisposable {
  readonly databases: Databases
  readonly records: readonly { level: number; msg: string }[]
  /** Whether calls are read from the standby. */
  fromStandby(): Promise<boolean | undefined>
}

async function openWith(options: Partial<DatabasesOptions> = {}): Promise<Opened> {
  const { log, records } = keptLog()
  const databases = openDatabases({
    primaryUrl: server.primary.urlFor('yeti'),
    cdrUrl: server.primary.urlFor('cdr'),
    replicaUrl: server.standbyUrl('cdr'),
    poolSize: 5,
    statementTimeout: 30_000,
    ...options,
    log,
  })
  await databases.replica?.start()
  const statement = sql`SELECT pg_is_in_recovery() AS standby`
  return {
    databases,
    records,
    fromStandby: async () => (await databases.query<{ standby: boolean }>('calls', statement))[0]?.standby,
    [Symbol.asyncDispose]: () => databases[Symbol.asyncDispose](),
  }
}

describe('A streaming standby', () => {
  it('MUST be read from, and be known to be up to date', async () => {
    await using opened = await openWith()
    expect(await opened.fromStandby()).toBe(true)
    const { replica } = opened.databases
    await until(() => replica?.lag, (lag) => lag === 0)
  }) // prettier-ignore

  it('MUST be done without while it is stopped, in the middle of reads, and be read from when it runs again', async () => {
    await using opened = await openWith()
    const answers: (boolean | undefined)[] = []
    const failures: unknown[] = []
    let goesOn = true
    const reading = Array.from({ length: 8 }, async () => {
      while (goesOn) {
        await opened.fromStandby().then(
          (answer) => answers.push(answer),
          (error: unknown) => failures.push(error),
        )
        await sleep(1)
      }
    })
    const all = (isStandby: boolean) => until(() => answers.slice(-16), (last) => failures.length > 0 || last.every((answer) => answer === isStandby))
    try {
      await all(true)
      await server.stopStandby()
      await all(false)
      await server.startStandby()
      await all(true)
    } finally {
      goesOn = false
      await Promise.all(reading)
    }
    expect(failures).toEqual([])
    expect(opened.records.filter(({ msg }) => msg.startsWith('CDR_REPLICA_DATABASE_URL: ')).map(({ level }) => level)).toEqual([40, 30])
  }) // prettier-ignore

  it('MUST be helped out when it gives a read up for what it replays', async () => {
    await using opened = await openWith()
    const read = opened.databases.query(
      'calls',
      sql`SELECT pg_is_in_recovery() AS standby, (SELECT count(*)::int FROM public.told) AS told, pg_sleep(CASE WHEN pg_is_in_recovery() THEN 60 ELSE 0 END)::text`,
    )
    await until(
      () => run(server.standbyUrl('cdr'), `SELECT FROM pg_stat_activity WHERE query LIKE '%public.told%' AND wait_event = 'PgSleep'`),
      ([found]) => found?.rowCount === 1,
    )
    await run(server.primary.urlFor('cdr'), 'TRUNCATE public.told')
    expect(await read).toEqual([{ standby: false, told: 0, pg_sleep: '' }])
    expect(opened.databases.replica?.fallbacks).toBe(1)
    expect(opened.databases.replica?.isUsable).toBe(true)
    expect(await opened.fromStandby()).toBe(true)
  }) // prettier-ignore

  it('MUST be left alone while it is too far behind', async () => {
    await using opened = await openWith({ replicaLag: { tooFar: 1_500, near: 1_000 } })
    const { replica } = opened.databases
    await run(server.standbyUrl('cdr'), 'SELECT pg_wal_replay_pause()')
    await run(server.primary.urlFor('cdr'), 'INSERT INTO public.told VALUES (1)')
    await until(opened.fromStandby, (standby) => standby === false)
    expect(replica?.lag).toBeGreaterThan(1_500)
    expect(opened.records.map(({ msg }) => msg)).toContainEqual(expect.stringMatching(/^CDR_REPLICA_DATABASE_URL: the replica is \d+ s behind/))
    await run(server.standbyUrl('cdr'), 'SELECT pg_wal_replay_resume()')
    await until(opened.fromStandby, (standby) => standby === true)
    expect(replica?.lag).toBeLessThanOrEqual(1_000)
  }) // prettier-ignore

  it('MUST not count as behind while nothing is written', async () => {
    await using opened = await openWith({ replicaLag: { tooFar: 1_000, near: 500 } })
    const { replica } = opened.databases
    await until(() => replica?.lag, (lag) => lag === 0)
    await sleep(2_500)
    expect(await opened.fromStandby()).toBe(true)
  }) // prettier-ignore
})

const settings = () => ({
  PORT: '0',
  LOG_LEVEL: 'silent',
  DATA_DIR: directory,
  DATABASE_URL: server.primary.urlFor('yeti'),
  CDR_DATABASE_URL: server.primary.urlFor('cdr'),
  CDR_REPLICA_DATABASE_URL: server.standbyUrl('cdr'),
  CUSTOMER_JWT_SECRET: 'a customer secret that only tests know',
  ADMIN_JWT_SECRET: 'an admin secret that nobody else knows',
  EXPORT_WORKERS: '1',
})

describe('A gateway', () => {
  it('MUST serve calls, statistics and exports from a standby, which can only be read', async () => {
    await using app = await startApp(readConfig(settings()))
    let token = ''
    const ask = async (query: string) => {
      const response = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token !== '' && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ query }),
      })
      const { data, errors } = await response.json()
      expect(errors).toBeUndefined()
      return data
    }
    token = (await ask('mutation { signIn(login: "alice", password: "alice-demo") { token } }')).signIn.token
    const heard = new Set<string>()
    app.services.databases.onStatement = (server, text) => void (/\bcdr\.cdr\b/.test(text) && heard.add(server))
    const { outgoingCdrs, accounts } = await ask('{ outgoingCdrs { totalCount nodes { id } } accounts(where: { name: { eq: "Aurora Main" } }) { nodes { id } } }')
    expect(outgoingCdrs.totalCount).toBeGreaterThan(0)
    const [{ id }] = accounts.nodes
    const figures = await ask(`{ outgoingStatistics(accountId: "${id}", fromTime: "2000-01-01T00:00:00Z", sampling: DAY) { totals { totalCalls asr } series { time } } }`)
    expect(figures.outgoingStatistics.totals.totalCalls).toBeGreaterThan(0)
    await ask(`mutation { createOutgoingCdrExport(input: { accountId: "${id}", filters: { timeStartGte: "2000-01-01T00:00:00Z", timeStartLt: "2100-01-01T00:00:00Z" } }) { uuid } }`)
    const { outgoingCdrExports } = await until(
      () => ask('{ outgoingCdrExports(first: 1) { nodes { status rowsCount } } }'),
      (data) => data.outgoingCdrExports.nodes[0].status !== 'PENDING',
    )
    expect(outgoingCdrExports.nodes[0].status).toBe('COMPLETED')
    expect(outgoingCdrExports.nodes[0].rowsCount).toBeGreaterThan(0)
    expect([...heard]).toEqual(['replica'])
  }) // prettier-ignore

  it('MUST not take a standby for the primary database', async () => {
    const start = startApp(readConfig({ ...settings(), DATABASE_URL: server.standbyUrl('yeti') }))
    await expect(start).rejects.toThrow(/^DATABASE_URL: this is a read-only replica; /)
  })
})
