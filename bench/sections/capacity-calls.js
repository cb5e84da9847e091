// @ts-check
import pg from 'pg'
import { saveFigures } from '../lib/figures.js'
import { callsDatabase } from '../lib/filled-database.js'
import { post, signIn } from '../lib/gateway.js'
import { measure } from '../lib/measure.js'
import { twentyFields } from '../lib/portal.js'
import { figure, table } from '../lib/report.js'
import { alternate, medianOf, spreadOf } from '../lib/rounds.js'
import { addAccounts, days, month } from '../lib/ten-million.js'
import { accountOf, operationOf, places, question } from './statistics-cases.js'

/** @typedef {import('../lib/context.js').Context} Context */
/** @typedef {import('../lib/rounds.js').Sample} Sample */
/** @typedef {{ from: string, to: string }} Period */
/** @typedef {{ name: string, body: string, count: string, values: unknown[], isStatistics: boolean }} Case `count`: the condition of the calls that it is about */

export const title = 'With more calls'
export const page = 'capacity.md'

const day = { from: '2025-10-20T00:00:00Z', to: '2025-10-20T23:59:59.999Z' }
const week = { from: '2025-10-14T00:00:00Z', to: '2025-10-20T23:59:59.999Z' }

const largestMonth = 'statistics of a month by day, the largest account'

/** @param {Context} context */
export async function run(context) {
  const sizes = context.options.quick ? [100_000, 1_000_000] : [1_000_000, 10_000_000]
  const databases = []
  for (const rows of sizes) databases.push({ rows, url: await callsDatabase(context, rows) })
  const copy = await context.database.copyPrimary()
  await addAccounts(copy.urls.primaryUrl)
  const pools = databases.map(({ url }) => new pg.Pool({ connectionString: url, max: 1 }))
  try {
    const before = await Promise.all(pools.map(temporary))
    const servers = []
    for (const { rows, url } of databases) {
      const server = await context.startGateway({
        urls: { ...copy.urls, cdrUrl: url },
        settings: { STATEMENT_TIMEOUT: '300' },
      })
      servers.push({ rows, server, token: await signIn(server.url, 'alice') })
    }
    const cases = casesOf(context.customer)
    const samples = await measured(context, servers, cases)
    /** @type {number[][]} */
    const counts = []
    for (const each of cases) counts.push(await Promise.all(pools.map((pool) => countOf(pool, each))))
    // Their connections tell of temporary files when they end.
    await Promise.all(servers.map(({ server }) => server.stop()))
    const spilled = (await Promise.all(pools.map(temporary))).map((files, index) => files - (before[index] ?? 0))
    const lines = cases.map((each, index) => ({ ...each, counts: counts[index] ?? [], samples: samples(each.name) }))
    const slopes = lines.filter(({ isStatistics }) => isStatistics).flatMap(perHundredThousand)
    const bytes = await bytesPerCall(pools.at(-1), sizes.at(-1) ?? NaN)
    const largest = lines
      .filter(({ name }) => name === largestMonth)
      .flatMap(perHundredThousand)
      .at(-1)
    await saveFigures(context.options, 'capacity-calls', { ...spreadOf(slopes), largest, bytes })
    const [fewer = '', more = ''] = sizes.map((rows) => rows.toLocaleString('en'))
    return [
      `${fewer} and ${more} calls in ${days} daily partitions with Yeti's indexes, 40 accounts of which the largest has a third of them, side by side:`,
      caseTable(lines, fewer, more),
      `**Rule of thumb**: statistics take ${figure(spreadOf(slopes).median)} ms of PostgreSQL's processor time (${figure(spreadOf(slopes).min)} to ${figure(spreadOf(slopes).max)}) for each 100,000 calls of the account in the period, whatever the sampling. A second of a core is some ${Number((1e8 / spreadOf(slopes).median).toPrecision(2)).toLocaleString('en')} calls.`,
      `One request at a time, ${roundsOf(context)} rounds in turn; medians. Calls: those that the answer is made of, or chosen from. CPU in milliseconds per request. A call takes ${figure(bytes)} bytes on disk, indexes and all. Temporary files: ${spilled.join(' and ')}.`,
    ].join('\n\n')
  } finally {
    await Promise.all(pools.map((pool) => pool.end()))
    await copy.drop()
  }
}

/** @param {Context} context */
function roundsOf({ options }) {
  return options.quick ? 1 : 3
}

/**
 * @param {number} customer
 * @returns {Case[]}
 */
function casesOf(customer) {
  const own = (/** @type {Period} */ { from, to }) => ({
    count: `customer_id = $1 AND time_start >= $2 AND time_start <= $3`,
    values: [customer, from, to],
    isStatistics: false,
  })
  const list = (
    /** @type {string} */ args,
    /** @type {Period} */ { from, to },
    /** @type {string} */ fields,
    extra = '',
  ) =>
    JSON.stringify({
      query: `{ outgoingCdrs(${args} where: { timeStart: { gte: "${from}", lte: "${to}" } ${extra} }) { ${fields} } }`,
    })
  const nodes = `nodes { ${twentyFields} }`
  const statistics = [
    ...[day, week, month].map((period) => ({ whose: 'the largest account', account: places.large, period })),
    ...[day, week, month].map((period) => ({ whose: 'a middle one', account: places.middle, period })),
  ].map(({ whose, account, period }) => {
    const { what, sampling } = samplingOf(period)
    const asked = question('', { account, ...period, sampling })
    return {
      name: `statistics of ${what}, ${whose}`,
      body: operationOf(asked),
      count: 'customer_acc_id = $1 AND is_last_cdr AND time_start >= $2 AND time_start <= $3',
      values: [accountOf(asked).id, period.from, period.to],
      isStatistics: true,
    }
  })
  return [
    { name: '50 calls of a day', body: list('first: 50', day, nodes), ...own(day) },
    { name: '50 calls of a month', body: list('first: 50', month, nodes), ...own(month) },
    { name: '50 of a week, longer than a minute, to a prefix', body: list('first: 50', week, nodes, 'duration: { gte: 60 } dstPrefixIn: { startsWith: "49" }'), ...own(week) },
    { name: '50 of a week, a filter that fits one call in a thousand', body: list('first: 50', week, nodes, 'duration: { gte: 1150 }'), ...own(week) },
    { name: '`totalCount` of a day', body: list('', day, 'totalCount'), ...own(day) },
    { name: '`totalCount` of a month', body: list('', month, 'totalCount'), ...own(month) },
    ...statistics,
  ] // prettier-ignore
}

/** @param {Period} period */
function samplingOf(period) {
  if (period === day) return { what: 'a day by hour', sampling: /** @type {const} */ ('hour') }
  if (period === week) return { what: 'a week by hour', sampling: /** @type {const} */ ('hour') }
  return { what: 'a month by day', sampling: /** @type {const} */ ('day') }
}

/**
 * Everything on all databases in turn.
 * @param {Context} context
 * @param {readonly { rows: number, server: import('../lib/children.js').Server, token: string }[]} servers
 * @param {readonly Case[]} cases
 */
async function measured(context, servers, cases) {
  const nameOf = (/** @type {string} */ name, /** @type {number} */ rows) => `${name} ${rows}`
  const contenders = cases.flatMap(({ name, body }) =>
    servers.map(({ rows, server, token }) => ({
      name: nameOf(name, rows),
      server,
      plan: { url: `${server.url}/graphql`, bodies: [body], tokens: [token] },
    })),
  )
  for (const { plan } of contenders) await post(plan.url, plan.bodies[0] ?? '', plan.tokens[0])
  const window = { connections: 1, leadIn: 0.1, seconds: context.window.seconds / 2 }
  const samples = await alternate(contenders, roundsOf(context), (each) => measure(context, each, window))
  return (/** @type {string} */ name) => servers.map(({ rows }) => samples.get(nameOf(name, rows)) ?? [])
}

/** @typedef {Case & { counts: readonly number[], samples: readonly Sample[][] }} Line */

/**
 * @param {readonly Line[]} lines
 * @param {string} fewer
 * @param {string} more
 */
function caseTable(lines, fewer, more) {
  const rows = lines.map(({ name, counts, samples }) => {
    const [before = NaN, after = NaN] = samples.map((each) => medianOf(each, 'postgresCpu'))
    const perCall = perHundredThousand({ counts, samples })
    return [
      name,
      ...counts.map((count) => count.toLocaleString('en')),
      ...samples.map((each) => figure(medianOf(each, 'p50'))),
      figure(before),
      figure(after),
      (after / before).toFixed(1),
      name.startsWith('statistics') || name.includes('totalCount') ? figure(perCall.at(-1) ?? NaN) : '',
    ]
  })
  const head = ['', `calls, of ${fewer}`, `of ${more}`, `ms with ${fewer}`, `with ${more}`, 'PostgreSQL CPU, before', 'after', 'ratio', 'per 100,000 calls'] // prettier-ignore
  return table(head, rows)
}

/** With so few calls it is the request that is measured. */
const fewest = 5_000

/** @param {Pick<Line, 'counts' | 'samples'>} line */
function perHundredThousand({ counts, samples }) {
  return samples.flatMap((each, index) => {
    const count = counts[index] ?? 0
    return count < fewest ? [] : [(medianOf(each, 'postgresCpu') / count) * 100_000]
  })
}

/**
 * @param {pg.Pool} pool
 * @param {Case} each
 */
async function countOf(pool, { count, values }) {
  const { rows } = await pool.query(`SELECT count(*)::int AS calls FROM cdr.cdr WHERE ${count}`, values)
  return Number(rows[0].calls)
}

/**
 * Temporary files that statements in this database have written so far.
 * @param {pg.Pool} pool
 */
async function temporary(pool) {
  const { rows } = await pool.query(
    'SELECT temp_files::int AS files FROM pg_stat_database WHERE datname = current_database()',
  )
  return Number(rows[0].files)
}

/**
 * @param {pg.Pool | undefined} pool
 * @param {number} calls
 */
async function bytesPerCall(pool, calls) {
  const found = await pool?.query(
    `SELECT sum(pg_total_relation_size(inhrelid))::float8 AS size FROM pg_inherits WHERE inhparent = 'cdr.cdr'::regclass`,
  )
  return Number(found?.rows[0].size) / calls
}
