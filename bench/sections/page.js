// @ts-check
import { baselines } from '../lib/contenders.js'
import { peerVersions } from '../lib/machine.js'
import { fieldNames, pageSizes, pageStart } from '../lib/page.js'
import { assertSameAnswers, ours, startPageServers } from '../lib/page-servers.js'
import { figure, ratio, table } from '../lib/report.js'
import { medianOf, ratesOf, ratioOf, spreadOf } from '../lib/rounds.js'

/** @typedef {import('../lib/rounds.js').Sample} Sample */

export const title = 'One page of calls'

/** @param {import('../lib/context.js').Context} context */
export async function run(context) {
  const servers = await startPageServers(context)
  const from = pageStart()
  const parts = []
  for (const first of pageSizes) {
    const page = { first, from }
    await assertSameAnswers(servers, page)
    const samples = await context.compare(servers.map(({ name, server, plan }) => ({ name, server, plan: plan(page) })))
    parts.push(`### ${first} ${first === 1 ? 'row' : 'rows'}`, comparison(samples), costOfGuards(samples))
  }
  for (const { server } of servers) await server.stop()
  const { connections, seconds, rounds } = context.window
  const how = `${fieldNames.length} fields a row, ${connections} connections, ${rounds} rounds of ${seconds} s. Medians; ratios with the lowest and the highest of the rounds. CPU in milliseconds per request. The peers answer whoever asks; the gateway reads token, login and profile in every request. Of the peers only Apollo Server has rules.`
  return [...parts, `${how} Peers: ${peerVersions()}.`].join('\n\n')
}

/** @param {Map<string, Sample[]>} samples */
function comparison(samples) {
  const bases = baselines.map((name) => ratesOf(samples.get(name)))
  const [bare = []] = bases
  const better = bases.reduce((one, other) => (spreadOf(other).median > spreadOf(one).median ? other : one))
  const rows = [...samples].map(([name, each]) => [
    name,
    figure(medianOf(each, 'rate')),
    ratio(ratioOf(ratesOf(each), bare)),
    ratio(ratioOf(ratesOf(each), better)),
    figure(medianOf(each, 'nodeCpu')),
    figure(medianOf(each, 'postgresCpu')),
    figure(medianOf(each, 'loadCpu')),
  ])
  const head = ['', 'requests/s', 'to bare', 'to the better bare', 'Node CPU', 'PostgreSQL CPU', 'client CPU']
  return table(head, rows)
}

/** @param {Map<string, Sample[]>} samples */
function costOfGuards(samples) {
  const [allowed, unguarded] = [ours.allowed, ours.unguarded].map((name) => ratesOf(samples.get(name)))
  return `All allowed to guards off: ${ratio(ratioOf(allowed ?? [], unguarded ?? []))}.`
}
