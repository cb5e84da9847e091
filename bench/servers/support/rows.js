// @ts-check
import process from 'node:process'
import pg from 'pg'
import { fields } from '../../lib/page.js'

const columns = Object.entries(fields).map(([name, [column]]) => `"${column}" AS "${name}"`)

/** Word for word what the gateway asks of the database, but for the one row more by which it knows of a next page. */
const text = `SELECT ${columns.join(', ')} FROM cdr.cdr
  WHERE customer_id = $1 AND is_last_cdr AND "time_start" >= $2::timestamptz
  ORDER BY "time_start" DESC, "id" DESC LIMIT $3`

const { CDR_DATABASE_URL = '', CUSTOMER_ID = '', DATABASE_POOL_SIZE = '' } = process.env

export function openPool() {
  return new pg.Pool({ connectionString: CDR_DATABASE_URL, max: Number(DATABASE_POOL_SIZE) })
}

/**
 * One page of calls, as each of them is written into JSON: `pg` reads values into what JSON has for them, and Date
 * becomes ISO 8601.
 * @param {pg.Pool} pool
 * @param {{ first: number, from: string }} page
 * @param {{ prepared?: boolean }} [options] prepared: parsed and planned once per connection
 * @returns {Promise<Record<string, unknown>[]>}
 */
export async function readRows(pool, { first, from }, { prepared = false } = {}) {
  const values = [CUSTOMER_ID, from, first]
  const { rows } = await pool.query({ text, values, ...(prepared && { name: 'page' }) })
  for (const row of rows) row.id = Buffer.from(`OutgoingCdr:${row.id}`).toString('base64')
  return rows
}
