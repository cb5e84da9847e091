// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { callsPerAccount, createAccounts, forgetCounts, writeCounts, writeSnapshot } from '../lib/active-accounts.js'
import { createLogins } from '../lib/logins.js'
import { figure, table } from '../lib/report.js'
import { spreadOf } from '../lib/rounds.js'
import { openSubscribers, startCountingGateway } from '../lib/subscribers.js'
import { tokenOf } from '../lib/tokens.js'

/** @typedef {import('../lib/context.js').Context} Context */

export const title = 'Subscribers'

const accountCount = 100
const loginCount = 100
/** Seconds between two polls: the default. */
export const interval = 2
const kilobyte = 1024
/** Below this, what the first subscriber makes the process load is more than what each takes. */
const fewest = 100

/** @param {Context} context */
export async function run(context) {
  const { options } = context
  const counts = options.quick ? [1, 100, 1_000] : [1, 100, 1_000, 5_000]
  const rounds = options.quick ? 3 : 10
  const cases = counts.map((count) => ({ count, accounts: accountCount }))
  const rows = (await measuredFor(context, cases, { logins: loginCount, rounds })).map(rowOf)
  return [
    table(heads, rows),
    `${accountCount} accounts with ${callsPerAccount} calls each, ${loginCount} logins with as many access profiles, a WebSocket for each subscriber, who asks for 7 fields of each call; in two client processes. A poll every ${interval} s, which a snapshot waits for. ${rounds} snapshots each; medians, with the lowest and the highest. Statements by source (counts, owners of accounts, calls) for each poll that the time has room for; the looks at sessions, two a second, are besides. CPU of the gateway, in milliseconds, over everything that goes on meanwhile; at rest while no snapshot comes. Memory: growth of the heap and of the resident process, after a full collection.`,
  ].join('\n\n')
}

const heads = [
  'subscribers',
  'statements per poll',
  'snapshot to first, ms',
  'snapshot to last, ms',
  'first to last, ms',
  'CPU per delivery',
  'client CPU per delivery',
  'CPU at rest, % of a core',
  'heap per subscriber, KB',
  'resident, KB',
]

/**
 * @param {Context} context
 * @param {readonly { count: number, accounts: number }[]} cases subscribers, and the accounts that they share
 * @param {{ logins: number, rounds: number }} options `rounds`: snapshots of each
 */
export async function measuredFor({ database, customer }, cases, { logins, rounds }) {
  const copy = await database.copyPrimary()
  const created = await createAccounts(copy.pool, customer, Math.max(...cases.map(({ accounts }) => accounts)))
  try {
    await writeCounts(database.cdr, created)
    const tokens = (await createLogins(copy.pool, logins)).map(tokenOf)
    await copy.pool.query(`UPDATE sys.customer_portal_access_profiles SET outgoing_active_calls = true`)
    const results = []
    for (const { count, accounts: several } of cases) {
      const accounts = created.slice(0, several)
      const snapshot = (/** @type {string} */ at) => writeSnapshot(copy.pool, customer, accounts, at)
      const result = await measured(count, { urls: copy.urls, accounts, tokens, snapshot, rounds })
      results.push({ ...result, accounts: several })
    }
    return results
  } finally {
    await forgetCounts(database.cdr, created)
    await copy.drop()
  }
}

/**
 * @typedef {object} Setting
 * @property {import('../lib/database.js').Urls} urls
 * @property {readonly import('../lib/active-accounts.js').Account[]} accounts
 * @property {readonly string[]} tokens
 * @property {(at: string) => Promise<void>} snapshot
 * @property {number} rounds
 */

/**
 * @param {number} count
 * @param {Setting} setting
 */
async function measured(count, { urls, accounts, tokens, snapshot, rounds }) {
  const gateway = await startCountingGateway(urls, { SUBSCRIPTION_INTERVAL: String(interval), MAX_SOCKETS: '10000' })
  await snapshot(new Date().toISOString())
  const before = await gateway.usage({ gc: true })
  const clients = await openSubscribers(gateway.url, subscribersOf(count, accounts, tokens))
  const after = await gateway.usage({ gc: true })
  const rest = await atRest(gateway)
  const first = []
  const last = []
  const spread = []
  let [cpu, clientCpu] = [0, 0]
  for (let round = 0; round < rounds; round++) {
    // Snapshots come at any time between two polls.
    await sleep(Math.random() * interval * 1000)
    const began = await gateway.usage()
    const at = new Date().toISOString()
    const delivery = clients.delivered(at)
    await snapshot(at)
    const written = performance.timeOrigin + performance.now()
    const told = await delivery
    cpu += (await gateway.usage()).cpu - began.cpu
    clientCpu += told.cpu
    first.push(told.first - written)
    last.push(told.last - written)
    spread.push(told.last - told.first)
  }
  await clients.stop()
  await gateway.stop()
  return {
    count,
    ...rest,
    first,
    last,
    spread,
    cpu: cpu / rounds / count,
    clientCpu: clientCpu / rounds / count,
    heap: (after.heapUsed - before.heapUsed) / count,
    resident: (after.rss - before.rss) / count,
  }
}

/**
 * Alike for all accounts and logins, as far as it goes.
 * @param {number} count
 * @param {readonly import('../lib/active-accounts.js').Account[]} accounts
 * @param {readonly string[]} tokens
 */
function subscribersOf(count, accounts, tokens) {
  return Array.from({ length: count }, (_, index) => ({
    token: tokens[index % tokens.length] ?? '',
    accountId: accounts[Math.floor(index / tokens.length + index) % accounts.length]?.globalId ?? '',
  }))
}

/**
 * Some polls without anything new.
 * @param {Awaited<ReturnType<typeof startCountingGateway>>} gateway
 */
async function atRest(gateway) {
  const polls = 5
  const [began, usage, start] = [{ ...(await gateway.statements()) }, await gateway.usage(), performance.now()]
  await sleep(polls * interval * 1000)
  const [ended, used] = [await gateway.statements(), await gateway.usage()]
  const passed = performance.now() - start
  const since = (/** @type {keyof typeof began} */ source) => ended[source] - began[source]
  const all = /** @type {const} */ (['counts', 'owners', 'calls', 'looks', 'others']).map(since)
  return {
    statements: /** @type {const} */ (['counts', 'owners', 'calls']).map(
      (source) => since(source) / (passed / 1000 / interval),
    ),
    perSecond: all.reduce((sum, count) => sum + count, 0) / (passed / 1000),
    busy: ((used.cpu - usage.cpu) / passed) * 100,
  }
}

/** @param {Awaited<ReturnType<typeof measuredFor>>[number]} result */
function rowOf({ count, statements, first, last, spread, cpu, clientCpu, busy, heap, resident }) {
  return [
    count.toLocaleString('en'),
    statements.map((each) => each.toFixed(1)).join(', '),
    range(first),
    range(last),
    range(spread),
    figure(cpu),
    figure(clientCpu),
    figure(busy),
    ...[heap, resident].map((bytes) => (count < fewest ? '–' : figure(bytes / kilobyte))),
  ]
}

/** @param {readonly number[]} values */
export function range(values) {
  const { median, min, max } = spreadOf(values)
  return `${figure(median)} (${figure(min)}–${figure(max)})`
}
