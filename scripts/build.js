import { spawn } from 'node:child_process'
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { withLock } from './lock.js'
import { readText, stampOf } from './stamp.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

const stampFile = join(dist, '.stamp')

/** Compiles what has changed since the last time; next to nothing when that is nothing. */
export async function build(say = console.log) {
  // An image has only what was built for it.
  if (!existsSync(join(root, 'src')) || isDone()) return
  await withLock(join(dist, '.lock'), async () => {
    // Somebody else may have built while we waited.
    if (isDone()) return
    say('Building …')
    // Taken before, so that a change during the build is seen the next time.
    const stamp = stampOfSources()
    // The stamp goes first and comes back last, so an interrupted build is done again.
    rmSync(stampFile, { force: true })
    await compileBeside()
    writeFileSync(stampFile, stamp)
  })
}

function stampOfSources() {
  return stampOf(root, ['src', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'])
}

function isDone() {
  return readText(stampFile) === stampOfSources()
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

/** As a command of its own. */
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await build()
