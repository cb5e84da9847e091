// @ts-check
import { setTimeout } from 'node:timers/promises'
import { dataDirectory } from '../lib/database.js'
import { customerSecret, post, signIn } from '../lib/gateway.js'
import { dateOf } from '../lib/ten-million.js'
import { operationOf } from './statistics-cases.js'

/** @typedef {{ database: string, text: string, values: readonly unknown[] }} Statement */

/**
 * @typedef {object} Asked
 * @property {readonly Statement[]} statements what the gateway sent for this question, in its order
 * @property {number} points of the answer
 */

/**
 * Asks a gateway in this very process, and listens to what it sends.
 * @param {import('../lib/database.js').Urls} urls
 * @param {readonly import('./statistics-cases.js').Question[]} questions
 * @returns {Promise<Asked[]>}
 */
export async function listen(urls, questions) {
  const { startApp } = await import('../../dist/src/app.js')
  const { readConfig } = await import('../../dist/src/config.js')
  const app = await startApp(
    readConfig({
      PORT: '0',
      DATABASE_URL: urls.primaryUrl,
      CDR_DATABASE_URL: urls.cdrUrl,
      CUSTOMER_JWT_SECRET: customerSecret,
      ADMIN_JWT_SECRET: 'the admin secret of the benchmark only',
      DATA_DIR: `${dataDirectory}/gateway`,
      LOG_LEVEL: 'warn',
    }),
  )
  /** @type {Statement[]} */
  const heard = []
  const { databases } = app.services
  const query = databases.query.bind(databases)
  databases.query = (database, statement, options) => {
    heard.push({ database, text: statement.text, values: statement.values })
    return query(database, statement, options)
  }
  try {
    const token = await signIn(app.url, 'alice')
    const answers = []
    for (const question of questions) {
      // What the sign-in has left to do is not part of the question.
      await setTimeout(50)
      heard.length = 0
      const { data } = await post(`${app.url}/graphql`, operationOf(question), token)
      answers.push({ statements: [...heard], points: data.statistics.series?.length ?? 0 })
    }
    return answers
  } finally {
    await app[Symbol.asyncDispose]()
  }
}

/**
 * @typedef {object} Plan
 * @property {number} partitions how many are touched
 * @property {string} scans how they are read
 * @property {number} planning milliseconds
 * @property {number} execution milliseconds
 * @property {number} pages of 8 kB that were looked at
 * @property {number} spilled pages that were written because memory was short
 */

/**
 * How PostgreSQL does what the gateway asks; throws when it touches a partition outside of the period.
 * @param {import('pg').Pool} pool
 * @param {Statement} statement
 * @param {import('./statistics-cases.js').Question} question
 * @returns {Promise<Plan>}
 */
export async function planOf(pool, { text, values }, { what, from, days }) {
  const { rows } = await pool.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, [...values])
  const [explained] = rows[0]['QUERY PLAN']
  const nodes = nodesOf(explained.Plan)
  const scans = nodes.filter((node) => /^cdr_\d/.test(node['Relation Name'] ?? ''))
  const touched = [...new Set(scans.map((node) => String(node['Relation Name'])))].sort()
  const first = Math.round((Date.parse(from) - Date.parse(dateOf(0))) / 86_400_000)
  const expected = Array.from({ length: days }, (_, index) => `cdr_${dateOf(first + index).replaceAll('-', '_')}`)
  if (touched.join() !== expected.join()) throw new Error(`${what}: touches ${touched.join()}, not ${expected.join()}`)
  return {
    partitions: touched.length,
    scans: [...new Set(scans.map((node) => nameOf(node)))].join(', '),
    planning: explained['Planning Time'],
    execution: explained['Execution Time'],
    pages: explained.Plan['Shared Hit Blocks'] + explained.Plan['Shared Read Blocks'],
    spilled: explained.Plan['Temp Written Blocks'],
  }
}

/** @param {Record<string, any>} node */
function nameOf(node) {
  return `${node['Parallel Aware'] ? 'parallel ' : ''}${String(node['Node Type']).toLowerCase()}`
}

/**
 * @param {Record<string, any>} node
 * @returns {Record<string, any>[]}
 */
function nodesOf(node) {
  return [node, ...(node['Plans'] ?? []).flatMap(nodesOf)]
}
