// @ts-check
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { closing } from './closing.js'
import { postgresCpu } from './postgres-cpu.js'

/** Kept from one run to the next: filling it takes half a minute. */
export const dataDirectory = fileURLToPath(new URL('../.data', import.meta.url))

/**
 * The embedded PostgreSQL with the gateway's demo data, in a folder of the bench's own.
 * @typedef {object} Database
 * @property {Urls} urls
 * @property {pg.Pool} primary
 * @property {pg.Pool} cdr
 * @property {string} version of PostgreSQL
 * @property {() => number | null} cpu milliseconds that the server has computed so far; null: unknown here
 * @property {() => Promise<PrimaryCopy>} copyPrimary a copy of the primary database, to write into, while no gateway is
 *   running; one at a time
 */

/** @typedef {{ primaryUrl: string, cdrUrl: string }} Urls */
/** @typedef {{ urls: Urls, pool: pg.Pool, drop: () => Promise<void> }} PrimaryCopy */

/** @returns {Promise<Database>} */
export async function startDatabase() {
  const { startEmbeddedPostgres } = await import('../../dist/src/backends/embedded-postgres.js')
  const { createLog } = await import('../../dist/src/log.js')
  const starting = startEmbeddedPostgres({
    directory: join(dataDirectory, 'postgres'),
    databases: ['yeti', 'cdr'],
    log: createLog('error'),
  })
  // The server alone: a pool would wait for whoever still works with it.
  closing(async () => (await starting)[Symbol.asyncDispose]())
  const server = await starting
  const urls = { primaryUrl: server.urlFor('yeti'), cdrUrl: server.urlFor('cdr') }
  const pools = [urls.primaryUrl, urls.cdrUrl].map((connectionString) => openPool(connectionString))
  const [primary, cdr] = /** @type {[pg.Pool, pg.Pool]} */ (pools)
  await fill(urls, primary, cdr)
  const { pid, version } = await aboutServer(primary)
  return {
    urls,
    primary,
    cdr,
    version,
    cpu: () => postgresCpu(pid),
    copyPrimary: () => copyPrimary(cdr, urls, server.urlFor('yeti_copy')),
  }
}

/** @param {string} connectionString */
function openPool(connectionString) {
  const pool = new pg.Pool({ connectionString, max: 2 })
  // Connections that break while nobody uses them are no news: the server stops at the end, copies are dropped.
  pool.on('error', () => undefined)
  return pool
}

/**
 * @param {Urls} urls
 * @param {pg.Pool} primary
 * @param {pg.Pool} cdr
 */
async function fill(urls, primary, cdr) {
  const { migrate } = await import('../../dist/src/backends/migrate.js')
  const { demoProgress, fillDemo } = await import('../../dist/src/demo/index.js')
  await migrate('primary', urls.primaryUrl)
  await migrate('cdr', urls.cdrUrl)
  await migrate('portal', urls.primaryUrl)
  const progress = demoProgress()
  try {
    const recordingsDirectory = join(dataDirectory, 'recordings')
    await fillDemo({ primary, cdr, recordingsDirectory, now: new Date(), onProgress: progress.report })
  } finally {
    progress.stop()
  }
  await cdr.query(await readFile(new URL('../servers/postgraphile.sql', import.meta.url), 'utf8'))
  // Else the server would do so by itself during the first measurement. Only for columns that queries choose by.
  await primary.query('VACUUM ANALYZE')
  await cdr.query('VACUUM')
  await cdr.query('ANALYZE cdr.cdr (id, time_start, customer_id, customer_acc_id, is_last_cdr)')
}

/** @param {pg.Pool} pool */
async function aboutServer(pool) {
  const { rows } = await pool.query(
    `SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int AS pid, current_setting('server_version') AS version`,
  )
  return rows[0]
}

/**
 * @param {pg.Pool} pool of another database on the server
 * @param {Urls} urls
 * @param {string} url of the copy
 * @returns {Promise<PrimaryCopy>}
 */
async function copyPrimary(pool, urls, url) {
  await pool.query('DROP DATABASE IF EXISTS yeti_copy WITH (FORCE)')
  // Nobody may be connected to what is copied; our own pool connects again when it is used.
  await pool.query(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'yeti'`)
  await pool.query('CREATE DATABASE yeti_copy TEMPLATE yeti')
  const copy = openPool(url)
  const drop = async () => {
    await copy.end()
    await pool.query('DROP DATABASE yeti_copy WITH (FORCE)')
  }
  return { urls: { ...urls, primaryUrl: url }, pool: copy, drop }
}
