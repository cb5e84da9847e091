import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { accounts, create, download, settled, startExporting, type ExportGateway } from '../exports/support.ts'
import { copyTemplates, type Copy } from '../support/copies.ts'
import { close, open, run, until } from './support.ts'

vi.setConfig({ testTimeout: 60_000 })

const account = accounts.main
const always = '2000-01-01T00:00:00Z'

let replica: Copy
let gateway: ExportGateway
let alice: string
/** Calls of the account in either database. */
let calls: { readonly cdr: number; readonly replica: number }

/** The replica lacks some of the calls, all snapshots and all invoices; the CDR database has no recordings. */
async function tellApart(): Promise<void> {
  await run(
    replica.url,
    `DELETE FROM cdr.cdr WHERE customer_acc_id = ${account} AND id % 3 = 0`,
    'DELETE FROM stats.active_call_accounts',
    'DELETE FROM billing.invoice_documents',
    'DELETE FROM billing.invoices',
  )
  await gateway.cdr.query('UPDATE cdr.cdr SET audio_recorded = false')
}

async function countIn(url: string): Promise<number> {
  const [result] = await run(url, `SELECT count(*)::int AS count FROM cdr.cdr WHERE customer_acc_id = ${account} AND is_last_cdr`)
  return result?.rows[0].count
} // prettier-ignore

beforeAll(async () => {
  replica = (await copyTemplates()).cdr
  gateway = await startExporting({ CDR_REPLICA_DATABASE_URL: replica.gatewayUrl })
  await tellApart()
  alice = await gateway.signIn('alice')
  const cdrUrl = gateway.cdr.options.connectionString ?? ''
  calls = { cdr: await countIn(cdrUrl), replica: await countIn(replica.url) }
  expect(calls.cdr).toBeGreaterThan(calls.replica)
})
afterAll(async () => {
  await open(replica)
  await gateway[Symbol.asyncDispose]()
})

async function globalId(): Promise<string> {
  const { rows } = await gateway.primary.query('SELECT uuid FROM billing.accounts WHERE id = $1', [account])
  return Buffer.from(`Account:${rows[0].uuid}`).toString('base64')
}

async function ask(query: string, variables: object = {}) {
  const { data, errors } = await gateway.ask(query, {
    token: alice,
    variables: { account: await globalId(), from: always, ...variables },
  })
  expect(errors).toBeUndefined()
  return data
}

const listQuery = `query ($account: ID!, $from: DateTime!) {
  outgoingCdrs(first: 1, where: { accountId: { eq: $account }, timeStart: { gte: $from } }) { totalCount nodes { id } }
}`
const statisticsQuery = `query ($account: ID!, $from: DateTime!) {
  outgoingStatistics(accountId: $account, fromTime: $from, sampling: DAY) { totals { totalCalls } }
}`

async function listed(): Promise<number> {
  return (await ask(listQuery)).outgoingCdrs.totalCount
}

async function counted(): Promise<number> {
  return (await ask(statisticsQuery)).outgoingStatistics.totals.totalCalls
}

async function metrics(): Promise<string> {
  return (await fetch(`${gateway.url}/metrics`)).text()
}

async function inUse(): Promise<void> {
  await open(replica)
  await until(listed, (count) => count === calls.replica)
}

async function away(): Promise<void> {
  await close(replica)
  await until(metrics, (text) => text.includes('cdr_replica_usable 0'))
}

describe('A gateway with a replica of the CDR database', () => {
  it('MUST read lists of calls from it, and single calls', async () => {
    const { outgoingCdrs } = await ask(listQuery)
    expect(outgoingCdrs.totalCount).toBe(calls.replica)
    const { rows } = await gateway.cdr.query('SELECT id FROM cdr.cdr WHERE customer_acc_id = $1 AND is_last_cdr AND id % 3 = 0 LIMIT 1', [account])
    const missing = Buffer.from(`OutgoingCdr:${rows[0].id}`).toString('base64')
    const { there, gone } = await ask('query ($there: ID!, $gone: ID!) { there: node(id: $there) { id } gone: node(id: $gone) { id } }', { there: outgoingCdrs.nodes[0].id, gone: missing })
    expect([there?.id, gone]).toEqual([outgoingCdrs.nodes[0].id, null])
  }) // prettier-ignore

  it('MUST read statistics of calls and charts from it', async () => {
    expect((await ask(statisticsQuery)).outgoingStatistics.totals.totalCalls).toBe(calls.replica)
    const chart = `query ($account: ID!) { outgoingActiveCallsChart(accountId: $account) { calls } }`
    expect((await ask(chart)).outgoingActiveCallsChart).toEqual([])
    await away()
    expect((await ask(statisticsQuery)).outgoingStatistics.totals.totalCalls).toBe(calls.cdr)
    expect((await ask(chart)).outgoingActiveCallsChart).not.toEqual([])
    await inUse()
  })

  it('MUST look recordings up in it, for the link and for the file', async () => {
    const query = `query ($from: DateTime!) { outgoingCdrs(first: 500, where: { timeStart: { gte: $from } }) { nodes { recording { url } } } }`
    const { outgoingCdrs } = await ask(query)
    const urls: string[] = outgoingCdrs.nodes.flatMap(({ recording }: { recording: { url: string } | null }) => (recording ? [recording.url] : []))
    const statuses = await Promise.all(urls.slice(0, 20).map(async (url) => (await fetch(url)).status))
    expect(statuses).toContain(200)
    const good = urls[statuses.indexOf(200)] ?? ''
    await away()
    expect((await fetch(good)).status).toBe(404)
    await inUse()
  }) // prettier-ignore

  it('MUST read invoices and their PDFs from the CDR database itself', async () => {
    const { invoices } = await ask('{ invoices(first: 500) { nodes { pdf { url } } } }')
    const [url] = invoices.nodes.flatMap(({ pdf }: { pdf: { url: string } | null }) => (pdf ? [pdf.url] : []))
    const response = await fetch(url)
    expect(response.status).toBe(200)
    expect((await response.text()).startsWith('%PDF')).toBe(true)
  })

  it('MUST make exports from it', async () => {
    const uuid = await create(gateway, alice, {})
    await settled(gateway, uuid)
    expect(await download(gateway, alice, uuid)).toHaveLength((await attemptsIn(replica.url)) + 1)
  })

  it('MUST read nothing from it that the profile denies, which that server itself can tell', async () => {
    const role = `sparing_${process.pid}_${Date.now()}`
    const { rows } = await gateway.cdr.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'cdr.cdr'::regclass AND attnum > 0 AND attname <> 'customer_price'`,
    )
    await run(
      replica.url,
      `CREATE ROLE ${role} LOGIN PASSWORD 'sparing'`,
      `GRANT CONNECT ON DATABASE "${new URL(replica.url).pathname.slice(1)}" TO ${role}`,
      `GRANT USAGE ON SCHEMA cdr, stats TO ${role}`,
      `GRANT SELECT (${rows.map(({ name }) => name).join(', ')}) ON cdr.cdr TO ${role}`,
    )
    const url = Object.assign(new URL(replica.url), { username: role, password: 'sparing' }).href
    await using sparing = await gateway.another({ CDR_REPLICA_DATABASE_URL: url, EXPORT_WORKERS: '0' })
    const { token, set } = await sparing.login(`sparing-${Date.now()}`)
    const query = `{ outgoingCdrs(first: 5) { nodes { cdrId customerPrice } } }`
    const allowed = await sparing.ask(query, { token })
    expect(allowed.errors?.[0]?.extensions.code).toBe('UNAVAILABLE')
    await set({ outgoingStatisticsTotalPrice: false, outgoingStatisticsTotalPriceValue: false, outgoingCdrs: false })
    const price = `query ($account: ID!, $from: DateTime!) { outgoingStatistics(accountId: $account, fromTime: $from, sampling: DAY) { totals { totalCalls totalPrice } series { totalPrice } } }`
    const variables = { account: await globalId(), from: always }
    const denied = await sparing.ask(price, { token, variables })
    expect(denied.data.outgoingStatistics.totals).toEqual({ totalCalls: calls.replica, totalPrice: null })
    expect(new Set(denied.errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(['FORBIDDEN']))
  }) // prettier-ignore
})

async function attemptsIn(url: string): Promise<number> {
  const [result] = await run(url, `SELECT count(*)::int AS count FROM cdr.cdr WHERE customer_acc_id = ${account}`)
  return result?.rows[0].count
}

describe('When the replica is away', () => {
  it('MUST a gateway start without it, be ready, say so, and use it when it is back', async () => {
    await away()
    await using late = await gateway.another({ EXPORT_WORKERS: '0' })
    const variables = { account: await globalId(), from: always }
    const asked = () => late.ask(listQuery, { token: alice, variables })
    expect((await asked()).data.outgoingCdrs.totalCount).toBe(calls.cdr)
    expect((await fetch(`${late.url}/readyz`)).status).toBe(200)
    const seen = await (await fetch(`${late.url}/metrics`)).text()
    expect(seen).toMatch(/^cdr_replica_usable 0$/m)
    expect(seen).toMatch(/^cdr_replica_fallbacks_total [1-9]/m)
    await open(replica)
    await until(asked, ({ data }) => data.outgoingCdrs.totalCount === calls.replica)
    const after = await (await fetch(`${late.url}/metrics`)).text()
    expect(after).toMatch(/^cdr_replica_usable 1$/m)
    // A copy is no standby, so that nothing is known of how old it is.
    expect(after).toMatch(/^cdr_replica_lag_seconds Nan$/im)
    expect(after).toMatch(/^database_connections\{database="replica",state="total"\} [1-9]/m)
  })

  it('MUST no request be lost or fail that comes before, while and after', async () => {
    await inUse()
    const seen: (readonly [list: number, total: number])[] = []
    const failures: unknown[] = []
    let goesOn = true
    const asking = Array.from({ length: 8 }, async () => {
      while (goesOn && failures.length === 0) {
        await Promise.all([listed(), counted()]).then(
          (counts) => seen.push(counts),
          (failure: unknown) => failures.push(failure),
        )
      }
    })
    /** Everybody has been answered from there. */
    const answered = (count: number) =>
      until(
        () => seen.slice(-8),
        (counts) => failures.length > 0 || (counts.length === 8 && counts.flat().every((each) => each === count)),
      )
    try {
      await answered(calls.replica)
      await close(replica)
      await answered(calls.cdr)
      expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200)
      await open(replica)
      await answered(calls.replica)
    } finally {
      goesOn = false
    }
    await Promise.all(asking)
    expect(failures).toEqual([])
  })

  it('MUST an export be made from the CDR database', async () => {
    await away()
    const uuid = await create(gateway, alice, {})
    await settled(gateway, uuid)
    expect(await download(gateway, alice, uuid)).toHaveLength((await attemptsIn(cdrUrl())) + 1)
    await inUse()
  })

  it('MUST an export that it went away under be made anew from the CDR database, though it is back', async () => {
    await inUse()
    const held = new pg.Client({ connectionString: replica.url })
    await held.connect()
    await held.query('BEGIN; LOCK TABLE cdr.cdr')
    const uuid = await create(gateway, alice, {})
    const copying = `SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY%' AND datname = current_database()`
    const [found] = await until(() => run(replica.url, copying), ([result]) => result?.rowCount === 1)
    await held.query('SELECT pg_terminate_backend($1)', [found?.rows[0].pid])
    await held.query('ROLLBACK')
    await held.end()
    await until(async () => (await gateway.primary.query('SELECT FROM portal.jobs WHERE last_error IS NOT NULL')).rowCount, (count) => count === 1)
    await gateway.primary.query('UPDATE portal._private_jobs SET run_at = now() WHERE locked_at IS NULL')
    await gateway.primary.query(`SELECT pg_notify('jobs:insert', '{"count":1}')`)
    expect((await settled(gateway, uuid)).status).toBe('Completed')
    expect(await download(gateway, alice, uuid)).toHaveLength((await attemptsIn(cdrUrl())) + 1)
  }) // prettier-ignore
})

function cdrUrl(): string {
  return gateway.cdr.options.connectionString ?? ''
}
