// @ts-check
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startChild } from './children.js'

/**
 * What is asked of a server. Requests alternate among bodies and tokens, so that each body meets each token.
 * @typedef {object} Plan
 * @property {string} url where to, with its path
 * @property {readonly string[]} bodies of POST requests; what begins with / is a path, to GET
 * @property {readonly string[]} [tokens] for the Authorization header; without them there is none
 * @property {boolean | null} [denied] whether every answer has `errors`; else none may; null: whichever
 */

/**
 * @typedef {object} LoadResult
 * @property {number} requests
 * @property {number} seconds until the last answer was there
 * @property {number} cpu milliseconds that the load generator itself computed
 * @property {number} p50 milliseconds from a request to the end of its answer; half of them took less
 * @property {number} p95
 * @property {number} p99
 * @property {number} bytes of an answer, headers and all, on average
 */

/**
 * The load generator, in a process of its own, so that it does not share a thread with anything that is measured.
 * @typedef {object} Load
 * @property {(plan: Plan & { connections: number, seconds?: number, requests?: number }) => Promise<LoadResult>} run
 *   for so many seconds or requests, one run at a time; throws at the first answer that is not as it should be
 * @property {() => Promise<void>} stop
 */

/** @returns {Load} */
export function startLoad() {
  const { child, ask, stop } = startChild({ file: fileURLToPath(new URL('./load-client.js', import.meta.url)) })
  const ready = once(child, 'message')
  return {
    async run(plan) {
      await ready
      return ask({ what: 'load', plan })
    },
    stop,
  }
}
