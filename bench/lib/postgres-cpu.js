// @ts-check
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'

/** Milliseconds of one tick, in which Linux tells processor time; the same on every Linux there is. */
const tick = 10

/**
 * Milliseconds that a PostgreSQL server has computed so far: its own process, its backends, and those that have ended.
 * Only Linux tells; null elsewhere.
 * @param {number} pid of the postmaster, whose children all others are
 * @returns {number | null}
 */
export function postgresCpu(pid) {
  if (process.platform !== 'linux') return null
  const times = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => timesOf(Number(name)))
  const server = times.find((each) => each?.pid === pid)
  if (!server) return null
  const backends = times.filter((each) => each?.parent === pid)
  return backends.reduce((sum, each) => sum + (each?.own ?? 0), server.own + server.ended) * tick
}

/** @param {number} pid */
function timesOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name before it is in brackets and may have blanks. From the state on, which is field 3 in proc(5).
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const field = (/** @type {number} */ number) => Number(fields[number - 3])
    return { pid, parent: field(4), own: field(14) + field(15), ended: field(16) + field(17) }
  } catch {
    return null // It ended while we looked.
  }
}
