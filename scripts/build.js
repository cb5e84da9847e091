import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { withLock } from './lock.js'
import { readText, stampOf } from './stamp.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

/**
 * A step is done when its stamp file holds the hash of its inputs; the stamp goes first and comes back last, so an
 * interrupted step is done again.
 * @typedef {object} Step
 * @property {readonly string[]} inputs
 * @property {string} stampFile
 * @property {() => Promise<void>} run
 */

/** @type {Step} */
const compile = {
  inputs: ['src', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'],
  stampFile: join(dist, '.stamp'),
  run: compileBeside,
}

/**
 * Does what is left to do of a build; next to nothing when that is nothing.
 * @param {readonly Step[]} [steps]
 */
export async function build(steps = [compile]) {
  // What is compiled is all that a start needs.
  if (isDone(steps.at(-1) ?? compile)) return
  await withLock(join(dist, '.lock'), async () => {
    const left = steps.filter((step) => !isDone(step))
    if (left.length > 0) console.log('Building …')
    for (const step of left) await redo(step)
  })
}

/**
 * @param {Step} step
 * @returns {string}
 */
function wanted({ inputs }) {
  return stampOf(root, inputs)
}

/**
 * @param {Step} step
 * @returns {boolean}
 */
function isDone(step) {
  return readText(step.stampFile) === wanted(step)
}

/** @param {Step} step */
async function redo(step) {
  // Taken before, so that a change during the step is seen the next time.
  const stamp = wanted(step)
  rmSync(step.stampFile, { force: true })
  await step.run()
  mkdirSync(join(step.stampFile, '..'), { recursive: true })
  writeFileSync(step.stampFile, stamp)
}

/** Compiles into a folder of its own and then changes the two, so that no half of a build is ever in `dist/src`. */
async function compileBeside() {
  for (const name of readdirSync(dist)) if (/^\.(next|old)-/.test(name)) remove(join(dist, name))
  const next = join(dist, `.next-${process.pid}`)
  const old = join(dist, `.old-${process.pid}`)
  await runTool('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.build.json', '--outDir', next])
  if (existsSync(join(dist, 'src'))) renameSync(join(dist, 'src'), old)
  renameSync(join(next, 'src'), join(dist, 'src'))
  remove(next)
  remove(old)
}

/** @param {string} folder */
function remove(folder) {
  rmSync(folder, { recursive: true, force: true })
}

/**
 * Runs a tool's script, quiet unless it fails; it does not outlive us.
 * @param {string} script
 * @param {readonly string[]} args
 */
async function runTool(script, args) {
  const child = spawn(process.execPath, [join(root, script), ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = /** @type {Buffer[]} */ ([])
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk))
  const interrupt = /** @param {NodeJS.Signals} signal */ (signal) => {
    child.kill('SIGKILL')
    process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject))
    if (code !== 0) throw new BuildError(`${script} ended with ${code}\n${Buffer.concat(output)}`)
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

/** The sources are wrong, not this script. */
export class BuildError extends Error {}

/** `node scripts/build.js` builds; with `generate` it makes only what type checks and tests need. */
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await build(process.argv[2] === 'generate' ? [generate] : undefined)
}
