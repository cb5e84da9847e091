// @ts-check
import { node22 } from './node-22.js'

/**
 * Who answers the page besides us, in the order of the tables.
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} file in servers/
 * @property {readonly string[]} [args]
 * @property {() => string | null} [node] another Node; null: there is none
 */

/** @type {readonly Peer[]} */
export const peers = [
  { name: 'bare `pg`', file: 'bare.js' },
  { name: 'bare `pg`, prepared', file: 'bare.js', args: ['prepared'] },
  { name: 'mercurius, JIT', file: 'mercurius.js' },
  { name: 'PostGraphile', file: 'postgraphile.js', node: node22 },
  { name: 'Apollo Server, graphql-shield', file: 'apollo.js' },
]

/** What the ratios of the tables refer to. */
export const baselines = ['bare `pg`', 'bare `pg`, prepared']
