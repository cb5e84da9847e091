// @ts-check
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import process from 'node:process'

/**
 * One line: on what, with what, and when something was measured.
 * @param {string} postgres the version of PostgreSQL
 */
export function machine(postgres) {
  const [cpu] = cpus()
  return [
    new Date().toISOString().slice(0, 10),
    `${cpus().length} cores of ${cpu?.model.replace(/\s+/g, ' ').trim()}`,
    `${Math.round(totalmem() / 2 ** 30)} GB`,
    `${type()} ${release()}`,
    `Node ${process.version.slice(1)}`,
    `PostgreSQL ${postgres.split(' ')[0]}`,
  ].join(', ')
}

/**
 * Whether the machine has other things to do; to be asked before we give it some. Windows never says so.
 * @returns {string | null}
 */
export function busy() {
  const load = loadavg()[0] ?? 0
  return load > cpus().length / 4 ? `other work was under way on the machine: a load of ${load.toFixed(1)}` : null
}

const peerNames = ['pg', 'mercurius', 'graphql-jit', 'postgraphile', '@apollo/server', 'graphql-shield', 'graphql']

/** The versions of what we are compared with, as the lock has them. */
export function peerVersions() {
  const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'))
  return peerNames.map((name) => `${name} ${packages[`node_modules/${name}`].version}`).join(', ')
}
