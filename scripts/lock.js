import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { readText } from './stamp.js'

/**
 * Runs something while no other process of this machine does, as far as they ask with the same file.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} run
 * @returns {Promise<T>}
 */
export async function withLock(file, run) {
  mkdirSync(dirname(file), { recursive: true })
  while (!take(file)) {
    const holder = readText(file)
    if (holder !== null && !isAlive(Number(holder))) breakLock(file, holder)
    else await setTimeout(100)
  }
  try {
    return await run()
  } finally {
    rmSync(file, { force: true })
  }
}

/**
 * @param {string} file
 * @returns {boolean}
 */
function take(file) {
  const own = `${file}.${process.pid}`
  writeFileSync(own, String(process.pid))
  try {
    // A link appears with its content; a file opened for writing would be empty for a moment.
    linkSync(own, file)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(own)
  }
}

/**
 * The holder was killed. Two may find that out at once: who moved a new lock away puts it back.
 * @param {string} file
 * @param {string} holder
 */
function breakLock(file, holder) {
  const moved = `${file}.broken.${process.pid}`
  try {
    renameSync(file, moved)
    if (readText(moved) !== holder) linkSync(moved, file)
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(moved, { force: true })
  }
}

/**
 * @param {number} pid
 * @returns {boolean}
 */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 * @returns {boolean}
 */
function hasCode(error, code) {
  return error instanceof Error && 'code' in error && error.code === code
}
