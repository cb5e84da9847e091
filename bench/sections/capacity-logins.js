// @ts-check
import { getIntrospectionQuery } from 'graphql'
import { saveFigures } from '../lib/figures.js'
import { post } from '../lib/gateway.js'
import { createLogins } from '../lib/logins.js'
import { metrics, twentyFields } from '../lib/portal.js'
import { pageBody, pageQuery, pageStart } from '../lib/page.js'
import { figure, table } from '../lib/report.js'
import { spreadOf } from '../lib/rounds.js'
import { tokenOf } from '../lib/tokens.js'

/** @typedef {import('../lib/context.js').Context} Context */
/** @typedef {import('../lib/children.js').Server} Server */

export const title = 'With more logins'
export const page = 'capacity.md'

const kilobyte = 1024

/** @param {Context} context */
export async function run(context) {
  const counts = context.options.quick ? [10, 100, 1_000] : [10, 1_000, 10_000]
  const introspecting = context.options.quick ? 5 : 30
  const copy = await context.database.copyPrimary()
  try {
    const tokens = (await createLogins(copy.pool, Math.max(...counts) + 100)).map(tokenOf)
    const [warming, others] = [tokens.slice(0, 100), tokens.slice(100)]
    const { rows } = await copy.pool.query(
      'SELECT uuid FROM billing.accounts WHERE contractor_id = $1 ORDER BY id LIMIT 1',
      [context.customer],
    )
    const operations = operationsOf(rows[0].uuid)
    const lines = []
    let perLogin = NaN
    for (const { name, bodyOf } of operations) {
      // Each on a process that has seen none of these logins.
      const server = await context.startGateway({ urls: copy.urls, nodeArgs: ['--expose-gc'] })
      await asked(context, server, bodyOf('Warm'), warming, 1_000)
      const idle = await server.usage({ gc: true })
      for (const count of counts) {
        const line = await coldAndWarm(context, server, bodyOf(`Of${count}`), others.slice(0, count))
        const heap = ((await server.usage({ gc: true })).heapUsed - idle.heapUsed) / kilobyte
        perLogin = heap / count
        lines.push([name, count.toLocaleString('en'), ...line, count < 100 ? '–' : figure(perLogin)])
      }
      await server.stop()
    }
    const schemas = await introspection(context, copy.urls, others.slice(0, introspecting))
    await saveFigures(context.options, 'capacity-logins', { kilobytes: perLogin })
    return [
      'Logins that ask for the first time and again, each with a profile of its own, no two alike:',
      table(
        ['', 'logins', 'first: p50, ms', 'p95', 'Node CPU', 'again: p50, ms', 'p95', 'Node CPU', 'heap, KB per login'],
        lines,
      ),
      schemas,
      `${clients} clients. CPU in milliseconds per request. Each number of logins asks with an operation that was not asked before. Heap after a full collection, above that of a process that has served 100 other logins; the operations themselves are in it.`,
    ].join('\n\n')
  } finally {
    await copy.drop()
  }
}

const clients = 8

/** @param {string} uuid of an account */
function operationsOf(uuid) {
  const account = Buffer.from(`Account:${uuid}`).toString('base64')
  const from = new Date(Date.now() - 3_600_000).toISOString()
  return [
    {
      name: '10 calls, which depend on one flag',
      bodyOf: (/** @type {string} */ name) =>
        pageBody({ first: 10, from: pageStart(), query: pageQuery(twentyFields).replace('Page', name) }),
    },
    {
      name: 'statistics of an hour, which depend on 16',
      bodyOf: (/** @type {string} */ name) =>
        JSON.stringify({
          query: `query ${name} { viewer { login } outgoingStatistics(accountId: "${account}", fromTime: "${from}", sampling: MINUTE) { series { time ${metrics} } totals { ${metrics} } } }`,
        }),
    },
  ]
}

/**
 * @param {Context} context
 * @param {Server} server
 * @param {string} body
 * @param {readonly string[]} tokens
 */
async function coldAndWarm(context, server, body, tokens) {
  const cells = []
  // Few logins ask again and again, for there to be something to measure; of many some are enough.
  for (const requests of [tokens.length, Math.min(Math.max(tokens.length, 500), 3_000)]) {
    const began = await server.usage()
    const { p50, p95 } = await asked(context, server, body, tokens, requests)
    cells.push(figure(p50), figure(p95), figure(((await server.usage()).cpu - began.cpu) / requests))
  }
  return cells
}

/**
 * @param {Context} context
 * @param {Server} server
 * @param {string} body
 * @param {readonly string[]} tokens
 * @param {number} requests
 */
function asked({ load }, server, body, tokens, requests) {
  // What a profile denies is answered with errors.
  return load.run({
    url: `${server.url}/graphql`,
    bodies: [body],
    tokens,
    connections: clients,
    requests,
    denied: null,
  })
}

/**
 * What a browser's GraphiQL, or a tool that makes code, asks for.
 * @param {Context} context
 * @param {import('../lib/database.js').Urls} urls
 * @param {readonly string[]} tokens
 */
async function introspection(context, urls, tokens) {
  const server = await context.startGateway({ urls, nodeArgs: ['--expose-gc'] })
  const body = JSON.stringify({ query: getIntrospectionQuery() })
  const [[warming], others] = [tokens.slice(0, 1), tokens.slice(1)]
  await post(`${server.url}/graphql`, body, warming)
  const before = await server.usage({ gc: true })
  const first = await timesOf(server, body, others)
  const after = await server.usage({ gc: true })
  const again = await timesOf(server, body, others)
  await server.stop()
  const heap = (after.heapUsed - before.heapUsed) / kilobyte / others.length
  return `Introspection is answered from a schema of the profile's own, of which 100 are kept: ${figure(spreadOf(first).median)} ms the first time that somebody with these flags asks, ${figure(spreadOf(again).median)} ms afterwards, ${figure(heap)} KB of heap for each set of flags. While it is made the process answers nobody else.`
}

/**
 * @param {Server} server
 * @param {string} body
 * @param {readonly string[]} tokens
 */
async function timesOf(server, body, tokens) {
  const times = []
  for (const token of tokens) {
    const asking = performance.now()
    await post(`${server.url}/graphql`, body, token)
    times.push(performance.now() - asking)
  }
  return times
}
