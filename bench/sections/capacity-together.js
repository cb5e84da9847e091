// @ts-check
// What happens side by side: two processes, and requests of two kinds.
import { setTimeout as sleep } from 'node:timers/promises'
import { startLoad } from '../lib/load.js'
import { calls, settings, signIn } from '../lib/portal.js'
import { figure, ratio, table } from '../lib/report.js'
import { ratioOf, spreadOf } from '../lib/rounds.js'

/** @typedef {import('../lib/context.js').Context} Context */
/** @typedef {import('../lib/children.js').Server} Server */
/** @typedef {Awaited<ReturnType<import('../lib/portal.js').openPortal>>} Portal */
/** @typedef {import('../lib/load.js').Plan} Plan */

/** @param {Context} context */
const roundsOf = ({ options }) => (options.quick ? 1 : 3)

/**
 * The same clients for one process, and shared by two.
 * @param {Context} context
 * @param {Portal} portal
 * @param {{ server: Server, plan: Plan }} one
 */
export async function twoProcesses(context, portal, { server, plan }) {
  const second = await context.startGateway({ urls: portal.urls, settings })
  const loads = [startLoad(), startLoad()]
  const ways = [
    { name: 'one', servers: [server, server] },
    { name: 'two', servers: [server, second] },
  ].map((way) => ({ ...way, samples: /** @type {Together[]} */ ([]) }))
  const { connections, seconds, leadIn } = context.window
  const run = (/** @type {readonly Server[]} */ servers, /** @type {number} */ time) =>
    Promise.all(
      loads.map((load, index) =>
        load.run({
          ...plan,
          url: `${servers[index]?.url}/graphql`,
          connections: connections / loads.length,
          seconds: time,
        }),
      ),
    )
  for (let round = 0; round < roundsOf(context); round++) {
    for (const { servers, samples } of round % 2 === 0 ? ways : ways.toReversed()) {
      await portal.keepCalls()
      await run(servers, leadIn)
      const began = await used(context, new Set(servers))
      samples.push(togetherOf(await run(servers, seconds), began, await used(context, new Set(servers))))
    }
  }
  await Promise.all([second.stop(), ...loads.map((load) => load.stop())])
  const [first = []] = ways.map(({ samples }) => samples)
  const rates = (/** @type {readonly Together[]} */ samples) => samples.map(({ rate }) => rate)
  return table(
    ['processes', 'requests/s', 'to one', 'Node CPU', 'PostgreSQL CPU', 'cores busy: gateway', 'PostgreSQL', 'clients'],
    ways.map(({ name, samples }) => [
      name,
      figure(middle(samples, 'rate')),
      ratio(ratioOf(rates(samples), rates(first))),
      figure(middle(samples, 'node')),
      figure(middle(samples, 'postgres')),
      .../** @type {const} */ (['node', 'postgres', 'client']).map((what) =>
        figure(spreadOf(samples.map((sample) => (sample[what] * sample.rate) / 1000)).median),
      ),
    ]),
  )
}

/** @typedef {{ rate: number, node: number, postgres: number, client: number }} Together CPU in milliseconds per request */

/**
 * @param {readonly Together[]} samples
 * @param {keyof Together} what
 */
function middle(samples, what) {
  return spreadOf(samples.map((sample) => sample[what])).median
}

/**
 * @param {Context} context
 * @param {ReadonlySet<Server>} servers
 */
async function used({ database }, servers) {
  const usages = await Promise.all([...servers].map((server) => server.usage()))
  return { node: usages.reduce((sum, { cpu }) => sum + cpu, 0), postgres: database.cpu() ?? NaN }
}

/**
 * @param {readonly import('../lib/load.js').LoadResult[]} results
 * @param {{ node: number, postgres: number }} began
 * @param {{ node: number, postgres: number }} ended
 * @returns {Together}
 */
function togetherOf(results, began, ended) {
  const requests = results.reduce((sum, each) => sum + each.requests, 0)
  return {
    rate: results.reduce((sum, each) => sum + each.requests / each.seconds, 0),
    node: (ended.node - began.node) / requests,
    postgres: (ended.postgres - began.postgres) / requests,
    client: results.reduce((sum, { cpu }) => sum + cpu, 0) / requests,
  }
}

/**
 * Pages alone, and while others sign in.
 * @param {Context} context
 * @param {Portal} portal
 * @param {Server} server
 */
export async function besideSignIns(context, { tokens, bodies }, server) {
  const spare = startLoad()
  const url = `${server.url}/graphql`
  const { seconds, leadIn } = context.window
  const pages = { url, tokens, bodies: await bodies(server.url, calls), connections: 8 }
  const signIns = { url, bodies: await bodies(server.url, signIn), connections: signIn.clients ?? 1 }
  const [alone, beside] = [/** @type {Beside[]} */ ([]), /** @type {Beside[]} */ ([])]
  for (let round = 0; round < roundsOf(context); round++) {
    await context.load.run({ ...pages, seconds: leadIn })
    alone.push({ ...(await context.load.run({ ...pages, seconds })), signIns: 0 })
    const others = spare.run({ ...signIns, seconds: seconds + 0.4 })
    await sleep(200)
    const result = await context.load.run({ ...pages, seconds })
    const { requests, seconds: passed } = await others
    beside.push({ ...result, signIns: requests / passed })
  }
  await spare.stop()
  const rows = Object.entries({ alone, 'beside sign-ins': beside }).map(([name, samples]) => {
    const median = (/** @type {(sample: Beside) => number} */ of) => figure(spreadOf(samples.map(of)).median)
    return [
      name,
      median(({ requests, seconds: passed }) => requests / passed),
      median(({ p50 }) => p50),
      median(({ p95 }) => p95),
      median(({ p99 }) => p99),
      median((sample) => sample.signIns),
    ]
  })
  return table(['', 'pages/s', 'p50, ms', 'p95', 'p99', 'sign-ins/s'], rows)
}

/** @typedef {import('../lib/load.js').LoadResult & { signIns: number }} Beside */
