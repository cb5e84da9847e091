// @ts-check
import { growthTable } from './growth-table.js'
import { fieldNames, pageStart } from './page.js'

/** @typedef {{ server: import('./children.js').Server, url: string, tokens: readonly string[] }} Measured */

/** Lists and the fields of each: 1 to 480 fields; more is more than one operation may ask for. */
const shapes = [
  { lists: 1, each: 1 },
  { lists: 1, each: 10 },
  { lists: 1, each: 30 },
  { lists: 4, each: 25 },
  { lists: 8, each: 30 },
  { lists: 16, each: 30 },
]

/**
 * How the cost of an operation grows with its fields.
 * @param {import('./context.js').Context} context
 * @param {Measured} measured
 */
export async function fields(context, { server, url, tokens }) {
  const operations = shapes.map(({ lists, each }) => ({
    name: `${lists} × ${each}`,
    count: lists * each,
    plan: { url, tokens, bodies: [JSON.stringify({ query: queryOf(lists, each) })] },
  }))
  const samples = await context.compare(operations.map(({ name, plan }) => ({ name, server, plan })))
  return growthTable(
    'lists × fields',
    'field',
    operations.map(({ name, count }) => ({ name, count, samples: samples.get(name) ?? [] })),
  )
}

/**
 * @param {number} lists
 * @param {number} each
 */
function queryOf(lists, each) {
  // Each list begins at another moment; lists that ask alike could be answered by one statement.
  const start = Date.parse(pageStart())
  const root = Array.from({ length: lists }, (_, index) => {
    const from = new Date(start + index * 60_000).toISOString()
    const selection = fieldNames.slice(0, each).join(' ')
    return `list${index}: outgoingCdrs(first: 10, where: { timeStart: { gte: "${from}" } }) { nodes { ${selection} } }`
  })
  return `{ ${root.join(' ')} }`
}
