// @ts-check
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import pg from 'pg'
import { dataDirectory } from '../lib/database.js'
import { account, days, fillExportCalls, periodOf } from '../lib/export-calls.js'
import { filledDatabase } from '../lib/filled-database.js'
import { post, signIn } from '../lib/gateway.js'
import { figure, ratio, table } from '../lib/report.js'
import { ratioOf, spreadOf } from '../lib/rounds.js'
import { addAccounts } from '../lib/ten-million.js'

/** @typedef {import('../lib/context.js').Context} Context */
/** @typedef {import('../lib/children.js').Server} Server */
/** @typedef {{ from: string, to: string }} Period */
/** @typedef {{ rows: number, milliseconds: number, memory: number, file: string }} Export `memory`: bytes above idle, at the most */

export const title = 'CDR exports'

const full = [
  { rows: 10_000, rounds: 7 },
  { rows: 100_000, rounds: 5 },
  { rows: 1_000_000, rounds: 3 },
  { rows: 5_000_000, rounds: 2 },
]
const quick = [
  { rows: 10_000, rounds: 2 },
  { rows: 100_000, rounds: 2 },
]

/** The same as the gateway's. */
const level = 1

const directory = join(dataDirectory, 'exports')
const megabyte = 2 ** 20

/** @param {Context} context */
export async function run(context) {
  const sizes = context.options.quick ? quick : full
  const most = Math.max(...sizes.map(({ rows }) => rows))
  const cdrUrl = await filledDatabase(context, `exports_${most}`, (url) => fillExportCalls(url, most))
  const copy = await context.database.copyPrimary()
  await addAccounts(copy.urls.primaryUrl)
  const urls = { ...copy.urls, cdrUrl }
  const pool = new pg.Pool({ connectionString: cdrUrl, max: 1 })
  await mkdir(directory, { recursive: true })
  try {
    const lines = []
    for (const size of sizes) lines.push(await compare(context, urls, copy.pool, await periodOf(pool, size.rows), size))
    const head = ['rows', 'bare, rows/s', 'gateway, rows/s', 'ratio', 'bare, MB', 'gateway, MB']
    return [
      table(head, lines),
      `The newest calls of an account with ${most.toLocaleString('en')} in ${days} daily partitions, all 29 columns, gzip level ${level}. Time from the request until the file is there; medians of ${sizes.map(({ rounds }) => rounds).join(', ')} rounds, ratios of each round with the lowest and the highest. Memory: resident, at the most, above what the process had before. After each round both files are compared, line by line.`,
    ].join('\n\n')
  } finally {
    await pool.end()
    await copy.drop()
    await rm(directory, { recursive: true, force: true })
  }
}

/**
 * Both in processes of their own that have done nothing else, in alternating rounds.
 * @param {Context} context
 * @param {import('../lib/database.js').Urls} urls
 * @param {pg.Pool} primary
 * @param {Period} period
 * @param {{ rows: number, rounds: number }} size
 */
async function compare(context, urls, primary, period, { rows, rounds }) {
  const bare = await context.startPeer('../sections/exports-bare.js', { env: { CDR_DATABASE_URL: urls.cdrUrl } })
  const gateway = await context.startGateway({ urls, settings: { EXPORTS_DIR: directory, EXPORT_WORKERS: '1' } })
  const token = await signIn(gateway.url, 'alice')
  const ways = [
    { server: bare, made: /** @type {Export[]} */ ([]), make: () => bareExport(bare, period) },
    { server: gateway, made: /** @type {Export[]} */ ([]), make: () => gatewayExport(gateway, primary, token, period) },
  ]
  await setTimeout(2_000)
  const idle = await Promise.all(ways.map(async ({ server }) => (await server.usage()).rss))
  for (let round = 0; round < rounds; round++) {
    for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const way = ways[index]
      way?.made.push(await measured(way.server, idle[index] ?? 0, way.make))
    }
    await assertAlike(ways.map(({ made }) => made.at(-1)?.file ?? ''))
  }
  await Promise.all([bare.stop(), gateway.stop()])
  const wrong = ways.flatMap(({ made }) => made).find((one) => one.rows !== rows)
  if (wrong) throw new Error(`${wrong.file} has ${wrong.rows} rows, not ${rows}`)
  return lineOf(rows, ways.map(({ made }) => made)) // prettier-ignore
}

/**
 * @param {number} rows
 * @param {readonly (readonly Export[])[]} made
 */
function lineOf(rows, [bare = [], gateway = []]) {
  const rates = (/** @type {readonly Export[]} */ each) => each.map(({ milliseconds }) => (rows / milliseconds) * 1000)
  const peak = (/** @type {readonly Export[]} */ each) => Math.max(...each.map(({ memory }) => memory)) / megabyte
  return [
    rows.toLocaleString('en'),
    figure(spreadOf(rates(bare)).median),
    figure(spreadOf(rates(gateway)).median),
    ratio(ratioOf(rates(gateway), rates(bare))),
    figure(peak(bare)),
    figure(peak(gateway)),
  ]
}

/** Milliseconds between two looks at the memory. */
const sampling = 50

/**
 * @param {Server} server
 * @param {number} idle bytes
 * @param {() => Promise<Omit<Export, 'memory'>>} make
 * @returns {Promise<Export>}
 */
async function measured(server, idle, make) {
  let peak = 0
  let running = true
  const watch = (async () => {
    while (running) {
      peak = Math.max(peak, (await server.usage()).rss)
      await setTimeout(sampling)
    }
  })()
  const made = await make().finally(() => (running = false))
  await watch
  return { ...made, memory: peak - idle }
}

const columns = `time_start time_connect time_end success duration src_name_in src_prefix_in dst_prefix_in from_domain
  to_domain ruri_domain lega_disconnect_code lega_disconnect_reason auth_orig_ip auth_orig_port src_prefix_routing
  dst_prefix_routing destination_prefix destination_initial_interval destination_next_interval destination_initial_rate
  destination_next_rate destination_fee customer_price customer_duration orig_call_id local_tag lega_user_agent
  diversion_in`.split(/\s+/)

/**
 * @param {Server} server
 * @param {Period} period
 */
async function bareExport({ url }, { from, to }) {
  const file = join(directory, 'bare.gz')
  const query = `SELECT ${columns.join(', ')} FROM cdr.cdr WHERE customer_acc_id = ${account.id}
    AND time_start >= '${from}' AND time_start < '${to}' ORDER BY time_start DESC`
  const copy = `COPY (${query}) TO STDOUT WITH (FORMAT csv, HEADER, FORCE_QUOTE *)`
  const { rows, milliseconds } = await post(url, JSON.stringify({ copy, file, level }))
  return { rows, milliseconds, file }
}

/**
 * By the API, and with the database's own word of when it was done.
 * @param {Server} server
 * @param {pg.Pool} primary
 * @param {string} token
 * @param {Period} period
 */
async function gatewayExport({ url }, primary, token, { from, to }) {
  const accountId = Buffer.from(`Account:${account.uuid}`).toString('base64')
  const query = `mutation { createOutgoingCdrExport(input: { accountId: "${accountId}", filters: { timeStartGte: "${from}", timeStartLt: "${to}" } }) { uuid } }`
  const { data } = await post(`${url}/graphql`, JSON.stringify({ query }), token)
  for (;;) {
    const { rows } = await primary.query(
      `SELECT e.id, e.status, e.rows_count, extract(epoch FROM w.finished_at - e.created_at AT TIME ZONE 'UTC')::float8 AS seconds
       FROM sys.cdr_exports e JOIN portal.cdr_exports w ON w.export_id = e.id WHERE e.uuid = $1`,
      [data.createOutgoingCdrExport.uuid],
    )
    const [{ id, status, rows_count: count, seconds }] = rows
    if (status === 'Failed') throw new Error('The gateway could not make the export')
    if (status === 'Completed')
      return { rows: count, milliseconds: seconds * 1000, file: join(directory, `${id}.csv.gz`) }
    await setTimeout(sampling)
  }
}

/** @param {readonly string[]} files */
async function assertAlike(files) {
  const [one, other] = await Promise.all(files.map(hashOf))
  if (one !== other) throw new Error(`${files.join(' and ')} differ`)
}

/**
 * Of what is in the file, without the heads of the columns.
 * @param {string} file
 */
async function hashOf(file) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), createGunzip(), async (/** @type {AsyncIterable<Buffer>} */ chunks) => {
    let isHead = true
    for await (const chunk of chunks) {
      const begin = isHead ? chunk.indexOf('\n') + 1 : 0
      hash.update(chunk.subarray(begin))
      isHead = false
    }
  })
  return hash.digest('hex')
}
