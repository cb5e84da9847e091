// @ts-check
import { deepEqual } from 'node:assert/strict'
import pg from 'pg'
import { callsDatabase } from '../lib/filled-database.js'
import { post, signIn } from '../lib/gateway.js'
import { measure } from '../lib/measure.js'
import { figure, ratio, table } from '../lib/report.js'
import { alternate, medianOf, ratesOf, ratioOf, spreadOf } from '../lib/rounds.js'
import { addAccounts, days } from '../lib/ten-million.js'
import { accountOf, bareStatement, main, operationOf, others } from './statistics-cases.js'
import { listen, planOf } from './statistics-plan.js'

/** @typedef {import('./statistics-cases.js').Question} Question */
/** @typedef {import('../lib/context.js').Context} Context */

export const title = 'Statistics'

const names = { bare: 'SQL by hand', same: 'our SQL', gateway: 'gateway' }

/** @param {Context} context */
export async function run(context) {
  const rows = context.options.quick ? 1_000_000 : 10_000_000
  const cdrUrl = await callsDatabase(context, rows)
  const copy = await context.database.copyPrimary()
  await addAccounts(copy.urls.primaryUrl)
  const urls = { ...copy.urls, cdrUrl }
  const pool = new pg.Pool({ connectionString: cdrUrl, max: 1, options: '-c TimeZone=UTC' })
  try {
    const heard = await listen(urls, main)
    const plans = await plansOf(pool, heard)
    const goal = await compare(context, urls, main, heard)
    const rest = await compare(context, urls, others)
    return [
      await described(pool, rows),
      goal,
      'The middle account, asked otherwise:',
      rest,
      'What the three questions above ask of PostgreSQL, one statement each, and how it goes about them:',
      plans,
      `One request at a time, ${roundsOf(context)} rounds; milliseconds per request, medians. Ratios of each round, with the lowest and the highest: below 1, the gateway is faster. CPU in milliseconds per request.`,
    ].join('\n\n')
  } finally {
    await pool.end()
    await copy.drop()
  }
}

/**
 * @param {pg.Pool} pool
 * @param {number} rows
 */
async function described(pool, rows) {
  const { rows: found } = await pool.query(`SELECT pg_database_size(current_database())::float8 AS size`)
  const size = (found[0].size / 1e9).toFixed(1)
  return `${rows.toLocaleString('en')} calls in ${days} daily partitions, ${size} GB with their indexes. A month by hour, all metrics, series and totals:`
}

/** @param {Context} context */
function roundsOf({ window }) {
  return window.rounds
}

/**
 * Gateway and bare SQL in alternating rounds; with `heard` also the gateway's own statements without the gateway.
 * @param {Context} context
 * @param {import('../lib/database.js').Urls} urls
 * @param {readonly Question[]} questions
 * @param {readonly import('./statistics-plan.js').Asked[]} [heard]
 */
async function compare(context, urls, questions, heard) {
  const bare = await context.startPeer('../sections/statistics-bare.js', { env: { CDR_DATABASE_URL: urls.cdrUrl } })
  const lines = []
  for (const zone of new Set(questions.map((question) => question.zone))) {
    const gateway = await context.startGateway({ urls, settings: { STATISTICS_TIME_ZONE: zone } })
    const token = await signIn(gateway.url, 'alice')
    for (const [index, question] of questions.entries()) {
      if (question.zone !== zone) continue
      const statement = bareStatement(question)
      const own = heard?.[index]?.statements.find(({ database }) => database === 'cdr')
      const plan = (/** @type {object} */ body) => ({ url: bare.url, bodies: [JSON.stringify(body)] })
      const ours = { url: `${gateway.url}/graphql`, bodies: [operationOf(question)], tokens: [token] }
      await assertSameFigures(question, bare.url, JSON.stringify(statement), ours)
      const contenders = [
        { name: names.bare, server: bare, plan: plan(statement) },
        ...(own ? [{ name: names.same, server: bare, plan: plan({ text: own.text, values: own.values }) }] : []),
        { name: names.gateway, server: gateway, plan: ours },
      ]
      lines.push(lineOf(question, await alternate(contenders, roundsOf(context), one(context))))
    }
    await gateway.stop()
  }
  await bare.stop()
  return table(['', names.bare, names.gateway, 'ratio', ...(heard ? ['to our SQL alone'] : []), ...cpuHeads], lines)
}

const cpuHeads = ['Node CPU by hand', 'Node CPU', 'PostgreSQL CPU by hand', 'PostgreSQL CPU']

/**
 * One request at a time: a statement takes whole processors, and with several it is their queue that is measured.
 * @param {Context} context
 */
function one(context) {
  const window = { connections: 1, leadIn: 0.3, seconds: context.window.seconds }
  return (/** @type {import('../lib/rounds.js').Contender} */ contender) => measure(context, contender, window)
}

/**
 * @param {Question} question
 * @param {Map<string, import('../lib/rounds.js').Sample[]>} samples
 */
function lineOf({ what }, samples) {
  const [bare = [], same, gateway = []] = [names.bare, names.same, names.gateway].map((name) => samples.get(name))
  const times = (/** @type {readonly import('../lib/rounds.js').Sample[]} */ each) =>
    ratesOf(each).map((rate) => 1000 / rate)
  return [
    what,
    figure(spreadOf(times(bare)).median),
    figure(spreadOf(times(gateway)).median),
    ratio(ratioOf(times(gateway), times(bare))),
    ...(same ? [ratio(ratioOf(times(gateway), times(same)))] : []),
    figure(medianOf(bare, 'nodeCpu')),
    figure(medianOf(gateway, 'nodeCpu')),
    figure(medianOf(bare, 'postgresCpu')),
    figure(medianOf(gateway, 'postgresCpu')),
  ]
}

/**
 * Figure by figure; who answers something else cannot be compared.
 * @param {Question} question
 * @param {string} bareUrl
 * @param {string} bareBody
 * @param {import('../lib/load.js').Plan} ours
 */
async function assertSameFigures({ series, totals, activeCalls }, bareUrl, bareBody, ours) {
  const { data: bare } = await post(bareUrl, bareBody)
  const { data } = await post(ours.url, ours.bodies[0] ?? '', ours.tokens?.[0])
  const pick = (/** @type {any} */ row, /** @type {readonly string[]} */ keys) =>
    Object.fromEntries(keys.map((key) => [key, row[key]]))
  const keys = ['time', ...series, ...(activeCalls ? ['activeCalls'] : [])]
  const { statistics } = data
  if (totals.length > 0) deepEqual(statistics.totals, pick(bare.at(-1), totals))
  if (series.length > 0) {
    const points = totals.length > 0 ? bare.slice(0, -1) : bare
    deepEqual(
      statistics.series.map((/** @type {any} */ point) => pick(point, keys)),
      points.map((/** @type {any} */ point) => pick(point, keys)),
    )
  }
}

/**
 * @param {pg.Pool} pool
 * @param {readonly import('./statistics-plan.js').Asked[]} heard
 */
async function plansOf(pool, heard) {
  const lines = []
  for (const [index, question] of main.entries()) {
    const { statements, points } = heard[index] ?? { statements: [], points: 0 }
    const [statement, ...more] = statements.filter(({ database }) => database === 'cdr')
    if (!statement || more.length > 0) throw new Error(`${question.what}: ${more.length + 1} statements, not one`)
    const { rows } = await pool.query(
      `SELECT count(*)::int AS calls FROM cdr.cdr WHERE customer_acc_id = $1 AND is_last_cdr AND time_start >= $2 AND time_start <= $3`,
      [accountOf(question).id, question.from, question.to],
    )
    const plan = await planOf(pool, statement, question)
    lines.push([
      question.what,
      figure(rows[0].calls),
      String(points),
      `${plan.partitions} of ${days}`,
      plan.scans,
      figure(plan.planning),
      figure(plan.execution),
      figure(plan.pages),
      figure(plan.spilled),
    ])
  }
  const head = ['', 'calls', 'points', 'partitions', 'scans', 'planning, ms', 'execution, ms', 'pages', 'spilled']
  return table(head, lines)
}
