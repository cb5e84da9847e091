// @ts-check
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { signIn } from '../lib/gateway.js'
import { pageBody, pageStart } from '../lib/page.js'
import { figure, table } from '../lib/report.js'
import { spreadOf } from '../lib/rounds.js'

/** @typedef {import('../lib/context.js').Context} Context */

export const title = 'Start and memory'

/** As `npm start` does it, which first looks whether the sources have changed; and without that. */
const commands = [
  { name: '`npm start`', file: fileURLToPath(new URL('../../scripts/start.js', import.meta.url)) },
  { name: '`node dist/src/main.js`', file: fileURLToPath(new URL('../../dist/src/main.js', import.meta.url)) },
]

const megabyte = 2 ** 20

/** @param {Context} context */
export async function run(context) {
  const times = context.options.quick ? 3 : 7
  const rows = []
  for (const { name, file } of commands) rows.push([name, ...(await started(context, file, times))])
  return [
    table(['', 'listens after', 'first 200 of /readyz after', 'memory after 5 s', 'memory after load'], rows),
    `On databases that are there already. Medians of ${times} starts, lowest and highest in brackets, in milliseconds; resident memory in MB, after 5 s without a request, and 5 s after 1,000 pages of 100 rows.`,
  ].join('\n\n')
}

/**
 * @param {Context} context
 * @param {string} file
 * @param {number} times
 */
async function started(context, file, times) {
  const listening = []
  const ready = []
  for (let time = 0; time < times; time++) {
    const began = performance.now()
    const server = await context.startGateway({ file })
    const { status } = await fetch(`${server.url}/readyz`)
    if (status !== 200) throw new Error(`/readyz answered ${status}`)
    ready.push(performance.now() - began)
    listening.push(server.startedIn)
    await server.stop()
  }
  return [brackets(listening), brackets(ready), ...(await memory(context, file))]
}

/**
 * @param {Context} context
 * @param {string} file
 */
async function memory({ startGateway, load, window: { connections } }, file) {
  const server = await startGateway({ file })
  const settled = async () => {
    await setTimeout(5_000)
    return figure((await server.usage()).rss / megabyte)
  }
  const idle = await settled()
  const tokens = [await signIn(server.url, 'alice')]
  const bodies = [pageBody({ first: 100, from: pageStart() })]
  await load.run({ url: `${server.url}/graphql`, bodies, tokens, connections, requests: 1_000 })
  const loaded = await settled()
  await server.stop()
  return [idle, loaded]
}

/** @param {readonly number[]} values */
function brackets(values) {
  const { median, min, max } = spreadOf(values)
  return `${figure(median)} (${figure(min)}–${figure(max)})`
}
