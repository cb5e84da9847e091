// @ts-check
import { setTimeout } from 'node:timers/promises'

/**
 * @typedef {object} Tools
 * @property {import('./load.js').Load} load
 * @property {import('./database.js').Database} database
 */

/**
 * @param {Tools} tools
 * @param {import('./rounds.js').Contender} contender
 * @param {{ connections: number, leadIn?: number, seconds: number }} window
 *   `leadIn`: seconds of load that do not count. Pools close what is idle for 10 s, and a new connection to the database
 *   has to learn the tables and plan anew.
 * @returns {Promise<import('./rounds.js').Sample>}
 */
export async function measure({ load, database }, { server, plan }, { connections, leadIn = 0.5, seconds }) {
  await load.run({ ...plan, connections, seconds: leadIn })
  // What the last one has left to do should not count against this one.
  await setTimeout(50)
  const [node, postgres] = [await server.usage(), database.cpu()]
  const result = await load.run({ ...plan, connections, seconds })
  const [nodeAfter, postgresAfter] = [await server.usage(), database.cpu()]
  const { p50, p95, p99, bytes } = result
  return {
    rate: result.requests / result.seconds,
    nodeCpu: (nodeAfter.cpu - node.cpu) / result.requests,
    postgresCpu: postgres === null || postgresAfter === null ? null : (postgresAfter - postgres) / result.requests,
    loadCpu: result.cpu / result.requests,
    p50,
    p95,
    p99,
    bytes,
  }
}
