// @ts-check
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'

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

/** Milliseconds, and the share of the cores that may be at work in them. */
const look = 2_000
const quiet = 0.1

/**
 * Whether the machine has other things to do; to be asked before we give it some.
 * @returns {Promise<string | null>}
 */
export async function busy() {
  const before = times()
  await setTimeout(look)
  const after = times()
  const share = (after.busy - before.busy) / (after.all - before.all)
  return share > quiet ? `other work was under way on ${Math.round(share * 100)} % of the cores` : null
}

function times() {
  const each = cpus().map((cpu) => cpu.times)
  const all = each.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0)
  return { all, busy: all - each.reduce((sum, { idle }) => sum + idle, 0) }
}

const peerNames = ['pg', 'mercurius', 'graphql-jit', 'postgraphile', '@apollo/server', 'graphql-shield', 'graphql']

/** The versions of what we are compared with, as the lock has them. */
export function peerVersions() {
  const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'))
  return peerNames.map((name) => `${name} ${packages[`node_modules/${name}`].version}`).join(', ')
}
