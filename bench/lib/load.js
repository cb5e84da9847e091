// @ts-check
import { fileURLToPath } from 'node:url'
import { startChild } from './children.js'

/**
 * What is asked of a server. Requests alternate among bodies and tokens, so that each body meets each token.
 * @typedef {object} Plan
 * @property {string} url where to, with its path
 * @property {readonly string[]} bodies
 * @property {readonly string[]} [tokens] for the Authorization header; without them there is none
 * @property {boolean} [denied] whether every answer has `errors`; else none may
 */

/**
 * @typedef {object} LoadResult
 * @property {number} requests
 * @property {number} seconds until the last answer was there
 * @property {number} cpu milliseconds that the load generator itself computed
 */

/**
 * The load generator, in a process of its own, so that it does not share a thread with anything that is measured.
 * @typedef {object} Load
 * @property {(plan: Plan & { connections: number, seconds?: number, requests?: number }) => Promise<LoadResult>} run
 *   for so many seconds or requests; throws at the first answer that is not as it should be
 */

/** @returns {Load} */
export function startLoad() {
  const { ask } = startChild({ file: fileURLToPath(new URL('./load-client.js', import.meta.url)) })
  return { run: (plan) => ask({ what: 'load', plan }) }
}
