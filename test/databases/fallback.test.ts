import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openDatabases, sql, type Databases, type ServerName } from '../../src/backends/databases.ts'
import { NotOfferedError, TimeoutError, UnavailableError } from '../../src/errors.ts'
import { copyTemplates, type Copies, type Copy } from '../support/copies.ts'
import { close, keptLog, open, run, until, wireTo } from './support.ts'

vi.setConfig({ testTimeout: 60_000 })

/** What a copy says of itself. */
const where = sql`SELECT name FROM public.told`

let yeti: Copies
let replica: Copy

beforeAll(async () => {
  yeti = await copyTemplates()
  replica = (await copyTemplates()).cdr
  for (const [name, { url }] of [['cdr', yeti.cdr], ['replica', replica]] as const)
    await run(url, `CREATE TABLE public.told AS SELECT '${name}' AS name; GRANT USAGE ON SCHEMA public TO PUBLIC; GRANT SELECT ON public.told TO PUBLIC`)
}) // prettier-ignore
afterAll(() => open(replica))

interface Opened extends AsyncDisposable {
  readonly databases: Databases
  readonly records: readonly { level: number; msg: string }[]
  readonly servers: ServerName[]
  /** What is read says of itself where it was read. */
  told(): Promise<unknown>
}

const warn = 40

async function openWith(replicaUrl: string, options: { statementTimeout?: number; poolSize?: number } = {}): Promise<Opened> {
  const { log, records } = keptLog()
  const databases = openDatabases({
    primaryUrl: yeti.primary.gatewayUrl,
    cdrUrl: yeti.cdr.gatewayUrl,
    replicaUrl,
    poolSize: 5,
    statementTimeout: 30_000,
    ...options,
    log,
  })
  await databases.replica?.start()
  const servers: ServerName[] = []
  databases.onStatement = (server) => void servers.push(server)
  return {
    databases,
    records,
    servers,
    told: async () => (await databases.texts('calls', where))[0]?.text('name'),
    [Symbol.asyncDispose]: () => databases[Symbol.asyncDispose](),
  }
} // prettier-ignore

function warnings({ records }: Opened): string[] {
  return records.filter(({ level }) => level >= warn).map(({ msg }) => msg)
}

describe('Calls', () => {
  it('MUST be read from the replica, and everything else where it is written', async () => {
    await using opened = await openWith(replica.gatewayUrl)
    expect(await opened.told()).toBe('replica')
    expect(await opened.databases.query('calls', where)).toEqual([{ name: 'replica' }])
    expect(await opened.databases.query('cdr', where)).toEqual([{ name: 'cdr' }])
    expect(opened.servers).toEqual(['replica', 'replica', 'cdr'])
    expect(opened.databases.replica?.fallbacks).toBe(0)
  })

  it('MUST be read from the CDR database where there is no replica', async () => {
    const { log } = keptLog()
    await using databases = openDatabases({ primaryUrl: yeti.primary.gatewayUrl, cdrUrl: yeti.cdr.gatewayUrl, poolSize: 2, statementTimeout: 30_000, log })
    expect(await databases.query('calls', where)).toEqual([{ name: 'cdr' }])
  }) // prettier-ignore

  it('MUST be read from the CDR database while the replica is closed, with one warning, and from the replica again', async () => {
    await using opened = await openWith(replica.gatewayUrl)
    const { databases } = opened
    for (let outage = 1; outage <= 2; outage++) {
      await close(replica)
      const during = await Promise.all(Array.from({ length: 20 }, () => opened.told()))
      expect(new Set(during)).toEqual(new Set(['cdr']))
      await until(() => databases.replica?.isUsable, (usable) => usable === false)
      // Nobody tries a replica that is known to be away.
      opened.servers.length = 0
      for (let read = 0; read < 20; read++) expect(await opened.told()).toBe('cdr')
      expect(new Set(opened.servers)).toEqual(new Set(['cdr']))
      expect(warnings(opened).filter((line) => line.startsWith('CDR_REPLICA_DATABASE_URL: '))).toHaveLength(outage)
      await open(replica)
      await until(opened.told, (name) => name === 'replica')
      expect(opened.records.filter(({ msg }) => msg.includes('read from it again'))).toHaveLength(outage)
    }
  }) // prettier-ignore

  it('MUST be read from the CDR database when the replica is away at the start', async () => {
    await close(replica)
    await using opened = await openWith(replica.gatewayUrl)
    expect(await opened.told()).toBe('cdr')
    expect(opened.servers).toEqual(['cdr'])
    await open(replica)
    await until(opened.told, (name) => name === 'replica')
  })

  it('MUST not wait for a replica that has stopped to answer: those under way are read anew, those to come at once', async () => {
    await using wire = await wireTo(replica.gatewayUrl)
    await using opened = await openWith(wire.url, { poolSize: 2 })
    expect(await opened.told()).toBe('replica')
    wire.cut()
    // More than there are connections: some wait for an answer, some for a connection.
    const during = await Promise.all(Array.from({ length: 20 }, () => opened.told()))
    expect(new Set(during)).toEqual(new Set(['cdr']))
    opened.servers.length = 0
    expect(await opened.told()).toBe('cdr')
    expect(opened.servers).toEqual(['cdr'])
    expect(warnings(opened).filter((line) => line.startsWith('CDR_REPLICA_DATABASE_URL: '))).toHaveLength(1)
    wire.mend()
    await until(opened.told, (name) => name === 'replica')
  })

  it('MUST be read from the CDR database when one connection to the replica is ended, which is no outage', async () => {
    await using opened = await openWith(replica.gatewayUrl)
    const asked = opened.databases.query<{ name: string }>('calls', sql`SELECT name FROM public.told, pg_sleep(CASE name WHEN 'replica' THEN 60 ELSE 0 END)`)
    const name = new URL(replica.url).pathname.slice(1)
    const [ended] = await until(
      () => run(replica.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()`),
      ([found]) => found?.rowCount === 1,
    )
    expect(ended?.rowCount).toBe(1)
    expect(await asked).toEqual([{ name: 'cdr' }])
    expect(await opened.told()).toBe('replica')
    expect(opened.databases.replica?.isUsable).toBe(true)
    expect(warnings(opened).filter((line) => line.startsWith('CDR_REPLICA_DATABASE_URL: '))).toEqual([])
  }) // prettier-ignore

  it('MUST be read from the CDR database by who has waited too long for a busy pool, which is no outage', async () => {
    await using opened = await openWith(replica.gatewayUrl, { poolSize: 1 })
    const busy = opened.databases.query('calls', sql`SELECT pg_sleep(7)::text`)
    expect(await opened.told()).toBe('cdr')
    expect(opened.databases.replica?.isUsable).toBe(true)
    expect(await busy).toEqual([{ pg_sleep: '' }])
    expect(await opened.told()).toBe('replica')
    expect(warnings(opened)).toEqual([])
  })

  it('MUST be read from the CDR database when the replica has no connection left', async () => {
    await run(replica.url, `ALTER DATABASE "${new URL(replica.url).pathname.slice(1)}" CONNECTION LIMIT 0`)
    const role = `limited_${process.pid}_${Date.now()}`
    await run(replica.url, `CREATE ROLE ${role} LOGIN PASSWORD 'limited'; GRANT CONNECT ON DATABASE "${new URL(replica.url).pathname.slice(1)}" TO ${role}`)
    await using opened = await openWith(Object.assign(new URL(replica.url), { username: role, password: 'limited' }).href)
    expect(await opened.told()).toBe('cdr')
    expect(warnings(opened)).toEqual([expect.stringMatching(/^CDR_REPLICA_DATABASE_URL: .*too many connections/)])
    await run(replica.url, `ALTER DATABASE "${new URL(replica.url).pathname.slice(1)}" CONNECTION LIMIT -1`)
    await until(opened.told, (name) => name === 'replica')
  }) // prettier-ignore
})

describe('A transaction', () => {
  it('MUST be UNAVAILABLE, and end nothing else, when its connection is ended between two statements', async () => {
    await using opened = await openWith(replica.gatewayUrl)
    const { databases } = opened
    const work = databases.transaction('cdr', async ({ query }) => {
      const [own] = await query<{ pid: number }>(sql`SELECT pg_backend_pid() AS pid`)
      await run(yeti.cdr.url, `SELECT pg_terminate_backend(${own?.pid}, 5000)`)
      await sleep(100)
      await query(where)
    })
    await expect(work).rejects.toBeInstanceOf(UnavailableError)
    expect(await databases.query('cdr', where)).toEqual([{ name: 'cdr' }])
  })
})

describe('A statement that fails by itself', () => {
  it.each([
    ['its time limit', sql`SELECT pg_sleep(60)`, TimeoutError, 1_000],
    ['a column that is not there', sql`SELECT nothing FROM public.told`, NotOfferedError, 30_000],
    ['a table that is not there', sql`SELECT FROM public.nowhere`, NotOfferedError, 30_000],
    ['a value', sql`SELECT ${'x'}::int`, Error, 30_000],
  ])('MUST not be run a second time: %s', async (_, statement, kind, statementTimeout) => {
    await using opened = await openWith(replica.gatewayUrl, { statementTimeout })
    const failure = await opened.databases.query('calls', statement).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(kind)
    expect(failure).not.toBeInstanceOf(UnavailableError)
    expect(opened.servers).toEqual(['replica'])
    expect(opened.databases.replica?.isUsable).toBe(true)
  })

  it('MUST be UNAVAILABLE when both are away, and each asked once', async () => {
    await using opened = await openWith(replica.gatewayUrl)
    expect(await opened.told()).toBe('replica')
    opened.servers.length = 0
    await Promise.all([close(replica), close(yeti.cdr)])
    await expect(opened.told()).rejects.toMatchObject({ extensions: { code: 'UNAVAILABLE' } })
    expect(opened.servers.filter((server) => server === 'replica').length).toBeLessThanOrEqual(1)
    expect(opened.servers.filter((server) => server === 'cdr').length).toBeLessThanOrEqual(1)
    await Promise.all([open(replica), open(yeti.cdr)])
    await until(() => opened.told().catch(() => null), (name) => name !== null)
  }) // prettier-ignore
})
