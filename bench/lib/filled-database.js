// @ts-check
import { migrate } from '../../dist/src/backends/migrate.js'
import { fillCalls } from './ten-million.js'

/**
 * A CDR database of its own on the bench's server, kept from one run to the next.
 * @param {import('./context.js').Context} context
 * @param {string} name
 * @param {(url: string) => Promise<unknown>} fill does nothing where it has been before
 * @returns {Promise<string>} its URL
 */
export async function filledDatabase({ database }, name, fill) {
  const { rowCount } = await database.cdr.query('SELECT FROM pg_database WHERE datname = $1', [name])
  if (rowCount === 0) await database.cdr.query(`CREATE DATABASE ${name}`)
  const url = new URL(database.urls.cdrUrl)
  url.pathname = `/${name}`
  await migrate('cdr', url.href)
  await fill(url.href)
  return url.href
}

/**
 * With so many calls of ten-million.js.
 * @param {import('./context.js').Context} context
 * @param {number} rows
 */
export function callsDatabase(context, rows) {
  return filledDatabase(context, `calls_${rows}`, async (url) => {
    const started = performance.now()
    if (await fillCalls(url, rows)) {
      console.log(`${rows} calls written in ${Math.round((performance.now() - started) / 1000)} s`)
    }
  })
}
