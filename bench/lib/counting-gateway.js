// @ts-check
// The gateway, which tells its parent besides how many statements it has sent: to each source of active calls, and to look at sessions.
import process from 'node:process'
import { startApp } from '../../dist/src/app.js'
import { readConfig } from '../../dist/src/config.js'

/** @typedef {{ counts: number, owners: number, calls: number, looks: number, others: number }} Statements */

/** @type {Statements} */
const statements = { counts: 0, owners: 0, calls: 0, looks: 0, others: 0 }

const app = await startApp(readConfig())
app.services.databases.onStatement = (_, text) => {
  statements[sourceOf(text)] += 1
}

process.on('message', (/** @type {{ what: string }} */ { what }) => {
  if (what === 'statements') process.send?.(statements)
})
process.send?.({ url: app.url })
process.once('SIGTERM', async () => {
  await app[Symbol.asyncDispose]()
  process.exit()
})

/**
 * @param {string} text
 * @returns {keyof Statements}
 */
function sourceOf(text) {
  if (text.includes('stats.active_call_accounts')) return 'counts'
  if (text.includes('portal.active_calls')) return 'calls'
  if (text.includes('sys.api_access')) return 'looks'
  return text.startsWith('SELECT id, contractor_id FROM billing.accounts') ? 'owners' : 'others'
}
