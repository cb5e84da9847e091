// @ts-check
import { fileURLToPath } from 'node:url'
import { startServer } from './children.js'
import { startDatabase } from './database.js'
import { poolSize, startGateway } from './gateway.js'
import { startLoad } from './load.js'
import { measure } from './measure.js'
import { alternate } from './rounds.js'

/** @typedef {{ quick: boolean }} Options */

/** Connections of the load; times in seconds. */
const full = { connections: 16, warmUp: 2, leadIn: 1.5, seconds: 2.5, rounds: 5 }
const quick = { connections: 16, warmUp: 0.5, leadIn: 0.5, seconds: 0.7, rounds: 2 }

/**
 * What every section works with.
 * @typedef {object} Context
 * @property {Options} options
 * @property {typeof full} window how long and with what load contenders are measured
 * @property {import('./database.js').Database} database
 * @property {number} customer alice's: the internal id by which calls are hers
 * @property {import('./load.js').Load} load
 * @property {(options?: Partial<import('./gateway.js').GatewayOptions>) => Promise<import('./children.js').Server>} startGateway
 * @property {(file: string, options?: Omit<import('./children.js').ChildOptions, 'file'>) => Promise<import('./children.js').Server>} startPeer
 *   a file of servers/, which finds its databases in the environment
 * @property {(contenders: readonly import('./rounds.js').Contender[]) => Promise<Map<string, import('./rounds.js').Sample[]>>} compare
 *   warms all of them up, then measures them in alternating rounds
 */

/**
 * @param {Options} options
 * @returns {Promise<Context>}
 */
export async function openContext(options) {
  const database = await startDatabase()
  const load = startLoad()
  const window = options.quick ? quick : full
  const { urls } = database
  const customer = await customerOf(database)
  return {
    options,
    window,
    database,
    customer,
    load,
    startGateway: (gateway) => startGateway({ urls, ...gateway }),
    startPeer: (file, { env, ...peer } = {}) =>
      startServer({
        file: fileURLToPath(new URL(`../servers/${file}`, import.meta.url)),
        env: { CDR_DATABASE_URL: urls.cdrUrl, DATABASE_POOL_SIZE: poolSize, CUSTOMER_ID: String(customer), ...env },
        ...peer,
      }),
    async compare(contenders) {
      const { connections, rounds, warmUp } = window
      for (const { plan } of contenders) await load.run({ ...plan, connections, seconds: warmUp })
      return alternate(contenders, rounds, (contender) => measure({ load, database }, contender, window))
    },
  }
}

/** @param {import('./database.js').Database} database */
async function customerOf({ primary }) {
  const { rows } = await primary.query(`SELECT customer_id AS id FROM sys.api_access WHERE login = 'alice'`)
  return rows[0].id
}
