// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { countOf, startCountingProxy } from '../lib/counting-proxy.js'
import { saveFigures } from '../lib/figures.js'
import { poolSize, post, startGateway } from '../lib/gateway.js'
import { crowd, kinds, mixed, openPortal, settings } from '../lib/portal.js'
import { figure, table } from '../lib/report.js'
import { openSubscribers } from '../lib/subscribers.js'

/** @typedef {import('../lib/context.js').Context} Context */
/** @typedef {Awaited<ReturnType<typeof openPortal>>} Portal */
/** @typedef {Awaited<ReturnType<typeof startCountingProxy>>} Proxy */
/** @typedef {ReturnType<Proxy['passed']>} Passed */

export const title = 'What it asks of the databases'
export const page = 'capacity.md'

/** What statements without a request are for, by what stands in them; the first that fits. */
const purposes = [
  { name: 'what subscriptions run', pattern: /running_subscriptions|gateway_processes/ },
  { name: 'whether sessions still hold', pattern: /api_access/ },
  { name: 'calls in progress', pattern: /active_call|billing\.accounts/ },
  { name: 'exports that nobody makes any more, files whose time is over', pattern: /cdr_exports|complete_jobs/ },
  { name: 'the queue of exports', pattern: /portal"?\./ },
]
const rest = 'others'

/** @param {Context} context */
export async function run(context) {
  const seconds = context.options.quick ? 10 : 40
  const portal = await openPortal(context)
  const proxy = await startCountingProxy(portal.urls)
  try {
    const server = await startGateway({ urls: proxy.urls, settings })
    const started = proxy.passed()
    const idle = await watched(proxy, seconds)
    const subscribed = await withSubscriber(portal, proxy, server, seconds)
    const connections = [
      ['idle', ...openNow(idle)],
      ['with a subscriber', ...openNow(subscribed)],
      ['with an export in work', ...(await withExport(portal, proxy, server))],
      [`with ${crowd} clients`, ...(await underLoad(context, portal, proxy, server))],
    ]
    await server.stop()
    const perMinute = 60 / seconds
    const perSecond = (/** @type {Passed} */ { primary, cdr }) =>
      (countOf(primary.statements) + countOf(cdr.statements)) / seconds
    await saveFigures(context.options, 'capacity-database', {
      idle: perSecond(idle),
      subscribed: perSecond(subscribed),
    })
    return [
      `Statements of one process in a minute without any request, and with one subscriber to the calls in progress of an account:`,
      statementsTable(idle, subscribed, perMinute),
      `Connections of one process, \`DATABASE_POOL_SIZE\` ${poolSize}, \`EXPORT_WORKERS\` 1:`,
      table(['', 'primary', 'CDR'], connections),
      `Counted over ${seconds} s each, by a proxy between the gateway and PostgreSQL; the load are ${crowd} clients. A start sent ${countOf(started.primary.statements)} statements to the primary and ${countOf(started.cdr.statements)} to the CDR database.`,
    ].join('\n\n')
  } finally {
    await proxy.stop()
    await portal.close()
  }
}

/**
 * @param {Proxy} proxy
 * @param {number} seconds
 */
async function watched(proxy, seconds) {
  // A pool lets go of a connection after 10 s without use.
  await sleep(12_000)
  proxy.passed()
  await sleep(seconds * 1000)
  return proxy.passed()
}

/** @param {Passed} passed */
function openNow({ primary, cdr }) {
  return [String(primary.open), String(cdr.open)]
}

/**
 * @param {Portal} portal
 * @param {Proxy} proxy
 * @param {import('../lib/children.js').Server} server
 * @param {number} seconds
 */
async function withSubscriber(portal, proxy, server, seconds) {
  const [token = ''] = portal.tokens
  await portal.keepCalls()
  const subscriber = await openSubscribers(server.url, [{ token, accountId: portal.watchedId }])
  const passed = await watched(proxy, seconds)
  await subscriber.stop()
  return passed
}

/**
 * The most connections while an export is made, and its status asked for; what the one before has left is open yet.
 * @param {Portal} portal
 * @param {Proxy} proxy
 * @param {import('../lib/children.js').Server} server
 */
async function withExport({ tokens: [token], accountId }, proxy, server) {
  proxy.passed()
  const ask = (/** @type {string} */ query) => post(`${server.url}/graphql`, JSON.stringify({ query }), token)
  const from = new Date(Date.now() - 30 * 86_400_000).toISOString()
  const { data } = await ask(
    `mutation { made: createOutgoingCdrExport(input: { accountId: "${accountId}", filters: { timeStartGte: "${from}", timeStartLt: "${new Date().toISOString()}" } }) { id } }`,
  )
  for (;;) {
    const { data: now } = await ask(`{ node(id: "${data.made.id}") { ... on OutgoingCdrExport { status } } }`)
    if (now.node.status === 'COMPLETED') break
    if (now.node.status === 'FAILED') throw new Error('The gateway could not make the export')
    await sleep(50)
  }
  return mostOf(proxy.passed())
}

/** @param {Passed} passed */
function mostOf({ primary, cdr }) {
  return [String(primary.most), String(cdr.most)]
}

/**
 * The most connections while more ask than there are.
 * @param {Context} context
 * @param {Portal} portal
 * @param {Proxy} proxy
 * @param {import('../lib/children.js').Server} server
 */
async function underLoad(context, portal, proxy, server) {
  await portal.keepCalls()
  const asked = []
  for (const kind of kinds) asked.push({ ...kind, bodies: await portal.bodies(server.url, kind) })
  proxy.passed()
  const plan = { url: `${server.url}/graphql`, tokens: portal.tokens, connections: crowd }
  await context.load.run({ ...plan, bodies: mixed(asked), seconds: context.window.seconds })
  return mostOf(proxy.passed())
}

/**
 * @param {Passed} idle
 * @param {Passed} subscribed
 * @param {number} perMinute
 */
function statementsTable(idle, subscribed, perMinute) {
  const groups = [idle, subscribed].map(({ primary, cdr }) => grouped([...primary.statements, ...cdr.statements]))
  const names = [...purposes.map(({ name }) => name), rest]
  const cells = names.map((name) => groups.map((group) => (group.get(name) ?? 0) * perMinute))
  const sums = groups.map((_, index) => cells.reduce((sum, counts) => sum + (counts[index] ?? 0), 0))
  const rows = names.map((name, index) => [name, ...(cells[index] ?? []).map((count) => figure(count))])
  return table(
    ['', 'idle', 'one subscriber'],
    [
      ...rows.filter((_, index) => (cells[index] ?? []).some((count) => count > 0)),
      ['all', ...sums.map((count) => figure(count))],
      ['of these to the CDR database', ...[idle, subscribed].map(({ cdr }) => figure(countOf(cdr.statements) * perMinute))], // prettier-ignore
    ],
  )
}

/** @param {readonly (readonly [string, number])[]} statements */
function grouped(statements) {
  const counts = new Map()
  for (const [text, count] of statements) {
    const { name } = purposes.find(({ pattern }) => pattern.test(text)) ?? { name: rest }
    counts.set(name, (counts.get(name) ?? 0) + count)
  }
  return counts
}
