// @ts-check
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dataDirectory } from './database.js'

/**
 * What one section has measured, for another that reckons with it, also in a later run.
 * @param {{ quick: boolean }} options
 */
function fileOf({ quick }) {
  return join(dataDirectory, quick ? 'figures-quick.json' : 'figures.json')
}

/**
 * @param {{ quick: boolean }} options
 * @returns {Promise<Record<string, any>>} by the name of the section
 */
async function readAll(options) {
  const text = await readFile(fileOf(options), 'utf8').catch(() => '{}')
  return JSON.parse(text)
}

/**
 * @param {{ quick: boolean }} options
 * @param {string} section
 * @param {object} figures
 */
export async function saveFigures(options, section, figures) {
  const all = { ...(await readAll(options)), [section]: figures }
  await writeFile(fileOf(options), JSON.stringify(all, null, 2))
}

/**
 * @param {{ quick: boolean }} options
 * @param {string} section
 * @returns {Promise<any>}
 */
export async function readFigures(options, section) {
  const { [section]: figures } = await readAll(options)
  if (figures === undefined) throw new Error(`Nothing has measured ${section} yet: npm run bench -- ${section}`)
  return figures
}
