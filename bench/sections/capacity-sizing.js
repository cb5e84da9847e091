// @ts-check
// Reckons with what the other parts have measured; measures nothing itself.
import { readFigures } from '../lib/figures.js'
import { shares } from '../lib/portal.js'
import { figure, table } from '../lib/report.js'

export const title = 'Sizing'
export const page = 'capacity.md'

/** What is taken for granted; whoever knows better puts in their own. */
const assumed = {
  /** Of the customers, those at the portal in the busiest minutes. */
  present: 0.2,
  /** Seconds between two requests of one of them. */
  pause: 10,
  /** Of those, who watches calls in progress. */
  watching: 0.5,
  /** Of the requests of the mix, those for the statistics of a day, and of a month. */
  days: 14,
  months: 1,
  /** Of a core, that a process may be busy. */
  busy: 0.5,
  /** Seconds of PostgreSQL that the slowest statistics may take. */
  slowest: 5,
  /** Days of calls that are kept. */
  kept: 90,
  /** Connections for each that is busy on average. */
  burst: 4,
}

const monthDays = 30
const smallestPool = 10

const scenarios = [
  { name: 'small', customers: 10, callsPerDay: 100_000, largest: 0.3 },
  { name: 'middle', customers: 1_000, callsPerDay: 1_000_000, largest: 0.1 },
  { name: 'large', customers: 10_000, callsPerDay: 10_000_000, largest: 0.03 },
]

/**
 * @typedef {object} Figures
 * @property {{ node: number, postgres: number, signIn: number, resident: number }} serving
 * @property {{ median: number, largest: number, bytes: number }} calls
 * @property {{ delivery: number, atRest: number, resident: number }} subscribers
 * @property {{ kilobytes: number }} logins
 * @property {{ idle: number, subscribed: number }} database
 */

/** @param {import('../lib/context.js').Context} context */
export async function run({ options }) {
  const parts = /** @type {const} */ (['serving', 'calls', 'subscribers', 'logins', 'database'])
  const read = await Promise.all(parts.map((part) => readFigures(options, `capacity-${part}`)))
  const figures = /** @type {Figures} */ (Object.fromEntries(parts.map((part, index) => [part, read[index]])))
  const sizes = scenarios.map((scenario) => sizeOf(scenario, figures))
  const row = (/** @type {string} */ what, /** @type {string} */ how, /** @type {(size: Size) => string} */ of) => [
    what,
    how,
    ...sizes.map(of),
  ]
  const { serving, calls, subscribers, logins, database } = figures
  const head = ['', 'how', ...scenarios.map(({ name }) => name)]
  return table(head, [
    row('customers', 'given', ({ customers }) => whole(customers)),
    row('calls a day', 'given', ({ callsPerDay }) => whole(callsPerDay)),
    row('largest customer', 'given: its share of the calls', ({ largest }) => `${largest * 100} %`),
    row('requests/s', `${assumed.present * 100} % of the customers at the portal, one each ${assumed.pause} s`, ({ rate }) => figure(rate)),
    row('sign-ins/s', `1 of ${shares} requests`, ({ signIns }) => figure(signIns)),
    row('subscribers', `${assumed.watching * 100} % of those at the portal`, (size) => whole(size.subscribers)),
    row('gateway, cores', `requests × ${figure(serving.node)} ms + sign-ins × ${figure(serving.signIn)} ms + subscribers × (${figure(subscribers.atRest * 1000)} ms/s + ${figure(subscribers.delivery)} ms a minute)`, ({ node }) => figure(node)),
    row('**processes**', `those cores at ${assumed.busy * 100} %, and one that may be missing; at least 2`, ({ processes }) => `**${processes}**`),
    row('**memory of a process**, MB', `(${figure(serving.resident)} + subscribers per process × ${figure(subscribers.resident)} KB + logins × ${figure(logins.kilobytes)} KB) × 1.5`, ({ memory }) => `**${whole(memory)}**`),
    row('PostgreSQL without statistics, cores', `requests × ${figure(serving.postgres)} ms`, ({ pages }) => figure(pages)),
    row('statistics on PostgreSQL, cores', `${assumed.days} of ${shares} requests for a day, ${assumed.months} for a month, of the mean customer: calls × ${figure(calls.median)} ms per 100,000`, ({ statistics }) => figure(statistics)),
    row('largest customer\'s month, s', `its calls in ${monthDays} days × ${figure(calls.largest)} ms per 100,000`, ({ slowest }) => figure(slowest)),
    row('**statistics from**', `ClickHouse, when that is over ${assumed.slowest} s`, ({ slowest }) => (slowest > assumed.slowest ? '**ClickHouse**' : '**PostgreSQL**')),
    row('**PostgreSQL for the portal, cores**', `the above at ${assumed.busy * 100} %, statistics only where they stay; at least 1`, ({ postgres }) => `**${postgres}**`),
    row('**`DATABASE_POOL_SIZE`**', `${assumed.burst} × PostgreSQL's cores / processes; at least ${smallestPool}`, ({ pool }) => `**${pool}**`),
    row('connections, primary', 'processes × (pool + 1 + `EXPORT_WORKERS` + 2 + exports in work)', ({ primary }) => whole(primary)),
    row('connections, CDR', 'processes × (pool + exports in work)', ({ cdr }) => whole(cdr)),
    row('statements/s without a request', `processes × ${figure(database.idle)}, with subscribers ${figure(database.subscribed)}`, ({ polls }) => figure(polls)),
    row('calls on disk, GB', `${assumed.kept} days × ${figure(calls.bytes)} bytes`, ({ disk }) => figure(disk)),
  ], 2) // prettier-ignore
}

/** @typedef {ReturnType<typeof sizeOf>} Size */

/**
 * @param {typeof scenarios[number]} scenario
 * @param {Figures} figures
 */
function sizeOf(scenario, { serving, calls, subscribers, logins, database }) {
  const { customers, callsPerDay, largest } = scenario
  const present = customers * assumed.present
  const rate = present / assumed.pause
  const signIns = rate / shares
  const watching = Math.ceil(present * assumed.watching)
  const perCall = calls.median / 100_000 / 1000
  const node =
    (rate * serving.node + signIns * serving.signIn) / 1000 +
    watching * (subscribers.atRest + subscribers.delivery / 1000 / 60)
  const processes = Math.max(2, Math.ceil(node / assumed.busy) + 1)
  const pages = (rate * serving.postgres) / 1000
  const asked = ((assumed.days + assumed.months * monthDays) / shares) * (callsPerDay / customers)
  const statistics = rate * asked * perCall
  const slowest = (largest * callsPerDay * monthDays * calls.largest) / 100_000 / 1000
  const onPostgres = pages + (slowest > assumed.slowest ? 0 : statistics)
  const pool = Math.max(smallestPool, Math.ceil((assumed.burst * onPostgres) / processes))
  const kilobytes = (watching / processes) * subscribers.resident + present * logins.kilobytes
  return {
    ...scenario,
    rate,
    signIns,
    subscribers: watching,
    node,
    processes,
    memory: Math.ceil(((serving.resident + kilobytes / 1024) * 1.5) / 10) * 10,
    pages,
    statistics,
    slowest,
    pool,
    postgres: Math.max(1, Math.ceil(onPostgres / assumed.busy)),
    // One worker with one export in work, and what listens while somebody subscribes.
    primary: processes * (pool + 1 + 1 + 2 + 1),
    cdr: processes * (pool + 1),
    polls: processes * database.subscribed,
    disk: (calls.bytes * callsPerDay * assumed.kept) / 1e9,
  }
}

/** @param {number} value */
function whole(value) {
  return Math.round(value).toLocaleString('en')
}
