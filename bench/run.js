// @ts-check
// Measures the gateway; see README.md here.
import { existsSync } from 'node:fs'
import process from 'node:process'
import { build } from '../scripts/build.js'
import { closeAll } from './lib/closing.js'
import { installPeers } from './lib/install.js'
import { busy, machine } from './lib/machine.js'

/** In the order of the report. */
const sections = [
  ...['page', 'denied', 'statistics', 'growth', 'start', 'memory', 'subscribers', 'exports'],
  ...['serving', 'database', 'calls', 'logins', 'subscribers', 'sizing'].map((part) => `capacity-${part}`),
]

const { quick, chosen } = readArguments(process.argv.slice(2))

const disturbed = await busy()
if (disturbed !== null) console.warn(`Figures will mean little: ${disturbed}.`)

let interrupted = false
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, async () => {
    interrupted = true
    await closeAll()
    process.exit(signal === 'SIGINT' ? 130 : 143)
  })
}

try {
  if (chosen.includes('page')) installPeers()
  await build()
  await runSections()
} catch (error) {
  // What is stopped in the middle of its work has reasons of its own to complain.
  if (!interrupted) console.error(error)
  process.exitCode = 1
} finally {
  if (!interrupted) await closeAll()
}
if (!interrupted) process.exit()

async function runSections() {
  const { openContext } = await import('./lib/context.js')
  const { reportFile, saveSection } = await import('./lib/report.js')
  const context = await openContext({ quick })
  const remark = `${machine(context.database.version)}${disturbed === null ? '' : `; ${disturbed}`}`
  for (const name of chosen) {
    console.log(`\n${name} …`)
    const { title, run, page = 'performance.md' } = await import(`./sections/${name}.js`)
    const started = performance.now()
    const text = `${await run(context)}\n\n_${remark}._`
    console.log(`\n## ${title}\n\n${text}\n\n${Math.round((performance.now() - started) / 1000)} s`)
    if (!quick) await saveSection(name, title, text, reportFile(page))
  }
}

/** @param {readonly string[]} args */
function readArguments(args) {
  const names = args.filter((arg) => arg !== '--quick')
  const known = sections.filter((name) => existsSync(new URL(`sections/${name}.js`, import.meta.url)))
  const unknown = names.filter((name) => !known.some((section) => isMeant(section, name)))
  if (unknown.length > 0) {
    console.error(`${unknown.join(', ')}: no such section. There are: ${known.join(', ')}; and the option --quick.`)
    process.exit(1)
  }
  return {
    quick: args.includes('--quick'),
    chosen: names.length > 0 ? known.filter((section) => names.some((name) => isMeant(section, name))) : known,
  }
}

/**
 * By its name, or by that of the page whose part it is.
 * @param {string} section
 * @param {string} name
 */
function isMeant(section, name) {
  return section === name || section.startsWith(`${name}-`)
}
