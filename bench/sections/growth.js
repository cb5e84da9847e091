// @ts-check
import { comparedWith } from '../lib/comparison.js'
import { fields } from '../lib/growth-fields.js'
import { growthTable } from '../lib/growth-table.js'
import { post, signIn } from '../lib/gateway.js'
import { createLogins } from '../lib/logins.js'
import { pageBody, pageStart } from '../lib/page.js'
import { tokenOf } from '../lib/tokens.js'

/** @typedef {import('../lib/context.js').Context} Context */
/** @typedef {import('../lib/load.js').Plan} Plan */

export const title = 'How it grows'

const rowCounts = [1, 10, 50, 100, 250, 500]
const loginCounts = [1, 100, 1_000, 10_000]

/** @param {Context} context */
export async function run(context) {
  const { connections, seconds, rounds } = context.window
  return [
    'With the rows of a page, 30 fields each:',
    await withOne(context, byRows),
    'With the fields of an operation, 10 rows a list:',
    await withOne(context, fields),
    'With the logins that ask in turn, each with an access profile of its own, no two alike; 10 rows a page:',
    await byLogins(context),
    `${connections} connections, ${rounds} rounds of ${seconds} s. Medians; ratios with the lowest and the highest of the rounds. CPU in milliseconds per request, where nothing else is said.`,
  ].join('\n\n')
}

/**
 * @param {Context} context
 * @param {(context: Context, measured: import('../lib/growth-fields.js').Measured) => Promise<string>} part
 */
async function withOne(context, part) {
  const server = await context.startGateway()
  const tokens = [await signIn(server.url, 'alice')]
  const text = await part(context, { server, url: `${server.url}/graphql`, tokens })
  await server.stop()
  return text
}

/**
 * @param {Context} context
 * @param {import('../lib/growth-fields.js').Measured} measured
 */
async function byRows(context, { server, url, tokens }) {
  const from = pageStart()
  const samples = await context.compare(
    rowCounts.map((first) => ({
      name: String(first),
      server,
      plan: { url, tokens, bodies: [pageBody({ first, from })] },
    })),
  )
  const rows = [...samples].map(([name, each]) => ({ name, count: Number(name), samples: each }))
  return growthTable('rows', 'row', rows)
}

/** @param {Context} context */
async function byLogins(context) {
  const copy = await context.database.copyPrimary()
  const ids = await createLogins(copy.pool, Math.max(...loginCounts))
  const server = await context.startGateway({ urls: copy.urls })
  const url = `${server.url}/graphql`
  const all = ids.map(tokenOf)
  const bodies = [pageBody({ first: 10, from: pageStart() })]
  await post(url, bodies[0] ?? '', all.at(-1))
  const samples = await context.compare(
    loginCounts.map((count) => ({
      name: count.toLocaleString('en'),
      server,
      plan: { url, bodies, tokens: all.slice(0, count) },
    })),
  )
  await server.stop()
  await copy.drop()
  return comparedWith({ what: 'logins and profiles', ratio: 'to one' }, samples, '1')
}
