// @ts-check
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startChild } from './children.js'
import { dataDirectory } from './database.js'
import { customerSecret, poolSize } from './gateway.js'

/** As many processes as share the work of being many clients. */
const processes = 2

/**
 * @typedef {object} Delivery
 * @property {number} first when the first was told, milliseconds since 1970
 * @property {number} last
 * @property {number} cpu milliseconds that all clients computed
 */

/**
 * @param {string} url of the gateway
 * @param {readonly import('./subscribers-client.js').Subscriber[]} subscribers
 * @returns {Promise<{ delivered: (snapshot: string) => Promise<Delivery>, stop: () => Promise<void> }>}
 *   `delivered`: to be called before the snapshot is written
 */
export async function openSubscribers(url, subscribers) {
  const used = Math.min(processes, subscribers.length)
  const children = Array.from({ length: used }, () =>
    startChild({ file: fileURLToPath(new URL('./subscribers-client.js', import.meta.url)) }),
  )
  await Promise.all(children.map(({ child }) => once(child, 'message')))
  await Promise.all(
    children.map(({ ask }, index) => {
      const own = subscribers.filter((_, each) => each % used === index)
      return ask({ what: 'open', plan: { url: `${url}/graphql`, subscribers: own } })
    }),
  )
  return {
    async delivered(snapshot) {
      const all = await Promise.all(children.map(({ ask }) => ask({ what: 'await', plan: { snapshot } })))
      return {
        first: Math.min(...all.map(({ first }) => first)),
        last: Math.max(...all.map(({ last }) => last)),
        cpu: all.reduce((sum, { cpu }) => sum + cpu, 0),
      }
    },
    async stop() {
      await Promise.all(children.map(({ stop }) => stop()))
    },
  }
}

/**
 * A gateway that counts its statements.
 * @param {import('./database.js').Urls} urls
 * @param {Readonly<Record<string, string>>} settings
 */
export async function startCountingGateway({ primaryUrl, cdrUrl }, settings) {
  const { child, ask, stop } = startChild({
    file: fileURLToPath(new URL('./counting-gateway.js', import.meta.url)),
    nodeArgs: ['--expose-gc'],
    env: {
      PORT: '0',
      DATABASE_URL: primaryUrl,
      CDR_DATABASE_URL: cdrUrl,
      DATABASE_POOL_SIZE: poolSize,
      CUSTOMER_JWT_SECRET: customerSecret,
      ADMIN_JWT_SECRET: 'the admin secret of the benchmark only',
      CUSTOMER_TOKEN_LIFETIME: 'none',
      DATA_DIR: join(dataDirectory, 'gateway'),
      LOG_LEVEL: 'warn',
      ...settings,
    },
  })
  const [{ url }] = await once(child, 'message')
  return {
    /** @type {string} */
    url,
    stop,
    /** @returns {Promise<import('./children.js').Usage>} */
    usage: ({ gc = false } = {}) => ask({ what: 'usage', gc }),
    /** @returns {Promise<import('./counting-gateway.js').Statements>} */
    statements: () => ask({ what: 'statements' }),
  }
}
