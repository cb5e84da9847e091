// @ts-check
import { countOf, startCountingProxy } from '../lib/counting-proxy.js'
import { saveFigures } from '../lib/figures.js'
import { post, startGateway } from '../lib/gateway.js'
import { measure } from '../lib/measure.js'
import { crowd, kinds, mixed, openPortal, readiness, settings, shares, signIn } from '../lib/portal.js'
import { figure, table } from '../lib/report.js'
import { alternate, medianOf } from '../lib/rounds.js'
import { besideSignIns, twoProcesses } from './capacity-together.js'

/** @typedef {import('../lib/context.js').Context} Context */
/** @typedef {import('../lib/rounds.js').Sample} Sample */
/** @typedef {import('../lib/rounds.js').Contender} Contender */
/** @typedef {Map<string, Sample[]>} Samples */
/** @typedef {Awaited<ReturnType<typeof openPortal>>} Portal */

export const title = 'What one process serves'
export const page = 'capacity.md'

const mix = '**the mix**'

/** @param {Context} context */
export async function run(context) {
  const portal = await openPortal(context)
  try {
    const server = await context.startGateway({ urls: portal.urls, settings })
    const contenders = await contendersOf(portal, server)
    const samples = await measured(context, portal, contenders)
    const { plan } = contenders.find(({ name }) => name === mix) ?? contendersMissing()
    const together = await twoProcesses(context, portal, { server, plan })
    const beside = await besideSignIns(context, portal, server)
    const { rss } = await server.usage()
    await server.stop()
    await saveFigures(context.options, 'capacity-serving', { ...costOfMix(samples.busy), resident: rss / 2 ** 20 })
    return [
      costs(samples.busy, await statementsOf(portal)),
      'How long an answer takes, in milliseconds, with one client at a time and with several at once:',
      latencies(samples),
      `CPU in milliseconds per request; "of a core" is what the gateway's share alone would allow, when PostgreSQL and clients are elsewhere. Statements of one request at a time: requests that come together share some. ${windowOf(context)}`,
      'Two processes on the same databases, the mix:',
      together,
      'Whether sign-ins keep the others waiting: pages of 50 calls by 8 clients, alone and while 4 others sign in again and again:',
      beside,
    ].join('\n\n')
  } finally {
    await portal.close()
  }
}

/** @param {Context} context */
function windowOf({ window: { connections, seconds }, options }) {
  return `${connections} clients on keep-alive connections, of sign-ins ${signIn.clients}; ${roundsOf(options)} rounds of ${seconds} s, medians.`
}

/** @param {import('../lib/context.js').Options} options */
function roundsOf({ quick }) {
  return quick ? 1 : 3
}

/** @returns {never} */
function contendersMissing() {
  throw new Error('no mix')
}

/**
 * @param {Portal} portal
 * @param {import('../lib/children.js').Server} server
 * @returns {Promise<Contender[]>}
 */
async function contendersOf({ tokens, bodies }, server) {
  const asked = []
  for (const kind of [...kinds, readiness]) asked.push({ ...kind, bodies: await bodies(server.url, kind) })
  const plan = { url: `${server.url}/graphql`, tokens }
  return [...asked, { name: mix, bodies: mixed(asked) }].map(({ name, bodies: each }) => ({
    name,
    server,
    plan: { ...plan, bodies: each },
  }))
}

/**
 * Several clients, as many as keep a process busy; one; and for the mix as many as must wait for each other.
 * @param {Context} context
 * @param {Portal} portal
 * @param {readonly Contender[]} contenders
 */
async function measured(context, portal, contenders) {
  const { connections, seconds, leadIn } = context.window
  const round = (/** @type {number} */ rounds, /** @type {typeof contenders} */ each, /** @type {object} */ window) =>
    alternate(each, rounds, async (contender) => {
      await portal.keepCalls()
      const { clients = connections } = kinds.find(({ name }) => name === contender.name) ?? {}
      return measure(context, contender, { connections: clients, leadIn: leadIn / 2, seconds, ...window })
    })
  await round(1, contenders, { leadIn: 0.2, seconds: context.window.warmUp / 2 })
  return {
    busy: await round(roundsOf(context.options), contenders, {}),
    alone: await round(1, contenders, { connections: 1, leadIn: 0.2 }),
    crowd: await round(1, contenders.filter(({ name }) => name === mix), { connections: crowd }), // prettier-ignore
  }
}

/**
 * @param {Samples} samples
 * @param {Map<string, { primary: number, cdr: number }>} statements
 */
function costs(samples, statements) {
  const rows = [...samples].map(([name, each]) => {
    const cpu = medianOf(each, 'nodeCpu')
    const { primary, cdr } = statements.get(name) ?? { primary: NaN, cdr: NaN }
    const { share = '' } = kinds.find((kind) => kind.name === name) ?? {}
    return [
      name,
      String(share),
      figure(medianOf(each, 'rate')),
      figure(cpu),
      figure(1000 / cpu),
      figure(medianOf(each, 'postgresCpu')),
      ...[primary, cdr].map((count) => String(Number(count.toFixed(2)))),
      figure(medianOf(each, 'bytes') / 1024),
    ]
  })
  const head = [
    '',
    'of 50 in the mix',
    'requests/s',
    'Node CPU',
    'of a core',
    'PostgreSQL CPU',
    'statements, primary',
    'CDR',
    'KB out',
  ]
  return table(head, rows)
}

/** @param {{ busy: Samples, alone: Samples, crowd: Samples }} samples */
function latencies({ busy, alone, crowd: crowded }) {
  const times = (/** @type {Sample[] | undefined} */ each = []) =>
    /** @type {const} */ (['p50', 'p95', 'p99']).map((what) => figure(medianOf(each, what)))
  const rows = [...busy].map(([name, each]) => [name, ...times(alone.get(name)), ...times(each)])
  rows.push([`${mix}, ${crowd} clients`, '', '', '', ...times(crowded.get(mix))])
  return table(['', 'alone: p50', 'p95', 'p99', 'busy: p50', 'p95', 'p99'], rows)
}

/**
 * For the section that reckons with it: milliseconds of each request of the mix, with sign-ins apart.
 * @param {Samples} samples
 */
function costOfMix(samples) {
  const cost = (
    /** @type {import('../lib/portal.js').Kind} */ { name },
    /** @type {'nodeCpu' | 'postgresCpu'} */ what,
  ) => medianOf(samples.get(name) ?? [], what)
  const others = kinds.filter((kind) => kind !== signIn)
  const mean = (/** @type {'nodeCpu' | 'postgresCpu'} */ what) =>
    others.reduce((sum, kind) => sum + (kind.share / shares) * cost(kind, what), 0)
  return { node: mean('nodeCpu'), postgres: mean('postgresCpu'), signIn: cost(signIn, 'nodeCpu') }
}

const counted = 10

/**
 * What each kind sends to the databases, on a gateway of its own without anything else to do.
 * @param {Portal} portal
 */
async function statementsOf({ urls, tokens: [token], bodies, keepCalls }) {
  const proxy = await startCountingProxy(urls)
  const server = await startGateway({ urls: proxy.urls, settings: { ...settings, EXPORT_WORKERS: '0' } })
  const statements = new Map()
  for (const kind of [...kinds, readiness]) {
    await keepCalls()
    const [body = ''] = await bodies(server.url, kind)
    const ask = async () => {
      if (!body.startsWith('/')) return void (await post(`${server.url}/graphql`, body, token))
      const answer = await fetch(new URL(body, server.url))
      await answer.arrayBuffer()
      if (answer.status !== 200) throw new Error(`${kind.name}: ${answer.status}`)
    }
    await ask()
    proxy.passed()
    for (let time = 0; time < counted; time++) await ask()
    const { primary, cdr } = proxy.passed()
    statements.set(kind.name, {
      primary: countOf(primary.statements) / counted,
      cdr: countOf(cdr.statements) / counted,
    })
  }
  await server.stop()
  await proxy.stop()
  const inMix = (/** @type {'primary' | 'cdr'} */ database) =>
    kinds.reduce((sum, { name, share }) => sum + (share / shares) * statements.get(name)[database], 0)
  return statements.set(mix, { primary: inMix('primary'), cdr: inMix('cdr') })
}
