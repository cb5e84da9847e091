// @ts-check
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('..', import.meta.url))
const stamp = `${folder}node_modules/.bench-lock`

/** Installs the peers as the lock has them; nothing to do, where they already are. */
export function installPeers() {
  const lock = readFileSync(`${folder}package-lock.json`, 'utf8')
  if (textOf(stamp) === lock) return
  console.log('Installing the peers …')
  // Not a word about PostGraphile's packages wanting Node 22: it gets one.
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (npm.status !== 0) throw new Error('npm ci in bench/ failed')
  writeFileSync(stamp, lock)
}

/** @param {string} file */
function textOf(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
