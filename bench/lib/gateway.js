// @ts-check
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startServer } from './children.js'
import { dataDirectory } from './database.js'

/** Signs the tokens of the bench's gateways; the data behind them is the demo. */
export const customerSecret = 'the customer secret of the benchmark only'

/** Connections to each database; the peers have as many. */
export const poolSize = '10'

const main = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url))

/**
 * @typedef {object} GatewayOptions
 * @property {import('./database.js').Urls} urls
 * @property {Readonly<Record<string, string>>} [settings] as in the README
 * @property {readonly string[]} [nodeArgs]
 * @property {string} [file] another build
 */

/**
 * The gateway as it is, on the databases of the bench.
 * @param {GatewayOptions} options
 */
export function startGateway({ urls, settings, nodeArgs, file = main }) {
  return startServer({
    file,
    env: {
      PORT: '0',
      DATABASE_URL: urls.primaryUrl,
      CDR_DATABASE_URL: urls.cdrUrl,
      DATABASE_POOL_SIZE: poolSize,
      CUSTOMER_JWT_SECRET: customerSecret,
      ADMIN_JWT_SECRET: 'the admin secret of the benchmark only',
      CUSTOMER_TOKEN_LIFETIME: 'none',
      DATA_DIR: join(dataDirectory, 'gateway'),
      LOG_LEVEL: 'warn',
      ...settings,
    },
    ...(nodeArgs && { nodeArgs }),
  })
}

/**
 * @param {string} url
 * @param {string} login
 * @param {string} [password] that of the demo's logins
 * @returns {Promise<string>} a token
 */
export async function signIn(url, login, password = `${login}-demo`) {
  const query = `mutation { signIn(login: "${login}", password: "${password}") { token } }`
  const { data } = await post(`${url}/graphql`, JSON.stringify({ query }))
  return data.signIn.token
}

/**
 * One request outside of any measurement.
 * @param {string} url
 * @param {string} body
 * @param {string} [token]
 * @returns {Promise<any>}
 */
export async function post(url, body, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const response = await fetch(url, { method: 'POST', headers, body })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 1000)}`)
  return JSON.parse(text)
}
