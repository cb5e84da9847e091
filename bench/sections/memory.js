// @ts-check
import { createLogins } from '../lib/logins.js'
import { randomOperations } from '../lib/random-operations.js'
import { table } from '../lib/report.js'
import { tokenOf } from '../lib/tokens.js'

export const title = 'Memory over time'

const megabyte = 2 ** 20

/** How many operations, and how many logins, each with a profile of its own. */
const variety = 1_000

/** @param {import('../lib/context.js').Context} context */
export async function run({ options, database, startGateway, load, window: { connections } }) {
  const step = options.quick ? 1_000 : 10_000
  const steps = 10
  const copy = await database.copyPrimary()
  const tokens = (await createLogins(copy.pool, variety)).map(tokenOf)
  const server = await startGateway({ urls: copy.urls, nodeArgs: ['--expose-gc'] })
  const bodies = randomOperations(variety)
  const samples = []
  for (let done = 0; done <= steps; done++) {
    if (done > 0) await load.run({ url: `${server.url}/graphql`, bodies, tokens, connections, requests: step })
    samples.push({ requests: done * step, ...(await server.usage({ gc: true })) })
  }
  await server.stop()
  await copy.drop()
  const rows = samples.map(({ requests, heapUsed, rss }) => [
    requests.toLocaleString('en'),
    (heapUsed / megabyte).toFixed(1),
    (rss / megabyte).toFixed(0),
  ])
  const settled = samples.slice(samples.length / 2)
  return [
    table(['requests', 'heap in use, MB', 'resident, MB'], rows),
    `${variety} operations, ${variety} logins with as many access profiles, ${connections} connections; the heap after a full collection. Over the second half the heap changes by ${kilobytes(slopeOf(settled))} KB per 1,000 requests.`,
  ].join('\n\n')
}

/** @param {number} bytesPerRequest */
function kilobytes(bytesPerRequest) {
  return ((bytesPerRequest * 1_000) / 1024).toFixed(1)
}

/**
 * By least squares: bytes per request.
 * @param {readonly { requests: number, heapUsed: number }[]} samples
 */
function slopeOf(samples) {
  const mean = (/** @type {'requests' | 'heapUsed'} */ what) =>
    samples.reduce((sum, sample) => sum + sample[what], 0) / samples.length
  const [x, y] = [mean('requests'), mean('heapUsed')]
  const together = samples.reduce((sum, sample) => sum + (sample.requests - x) * (sample.heapUsed - y), 0)
  return together / samples.reduce((sum, { requests }) => sum + (requests - x) ** 2, 0)
}
