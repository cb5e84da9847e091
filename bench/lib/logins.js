// @ts-check

/** @typedef {import('pg').Pool} Pool */

const profiles = 'sys.customer_portal_access_profiles'

/**
 * A login like alice's, password and all, with a profile of its own: every flag on but the denied ones.
 * @param {Pool} pool
 * @param {string} name
 * @param {readonly string[]} denied columns of flags
 */
export async function createLogin(pool, name, denied) {
  const flags = await flagColumns(pool)
  // From the run before; the demo has no such names.
  await pool.query('DELETE FROM sys.api_access WHERE login = $1', [name])
  await pool.query(`DELETE FROM ${profiles} WHERE name = $1`, [name])
  const { rows } = await pool.query(
    `INSERT INTO ${profiles} (name, created_at, updated_at, ${flags.join(', ')})
     VALUES ($1, now(), now(), ${flags.map((flag) => !denied.includes(flag)).join(', ')}) RETURNING id`,
    [name],
  )
  await pool.query(
    `INSERT INTO sys.api_access (customer_id, account_ids, login, password_digest, customer_portal_access_profile_id)
     SELECT customer_id, account_ids, $1, password_digest, $2 FROM sys.api_access WHERE login = 'alice'`,
    [name, rows[0].id],
  )
}

/**
 * Many logins like alice's, each with a profile of its own: any flags on, but for outgoing calls, which all may see.
 * @param {Pool} pool
 * @param {number} count
 * @param {{ all?: boolean }} [options] `all`: every flag on
 * @returns {Promise<number[]>} their ids
 */
export async function createLogins(pool, count, { all = false } = {}) {
  const flags = (await flagColumns(pool)).filter((flag) => flag !== 'outgoing_cdrs')
  const { rows } = await pool.query(
    `WITH made AS (
       INSERT INTO ${profiles} (name, created_at, updated_at, outgoing_cdrs, ${flags.join(', ')})
       SELECT 'bench ' || n, now(), now(), true, ${flags.map(() => (all ? 'true' : 'random() < 0.5')).join(', ')}
       FROM generate_series(1, $1::int) n RETURNING id, name
     )
     INSERT INTO sys.api_access (customer_id, account_ids, login, password_digest, customer_portal_access_profile_id)
     SELECT customer_id, account_ids, made.name, password_digest, made.id
     FROM made, sys.api_access WHERE login = 'alice' RETURNING id`,
    [count],
  )
  await pool.query('VACUUM ANALYZE')
  return rows.map(({ id }) => Number(id))
}

/** @param {Pool} pool */
async function flagColumns(pool) {
  const { rows } = await pool.query(
    `SELECT column_name AS name FROM information_schema.columns
     WHERE table_schema = 'sys' AND table_name = 'customer_portal_access_profiles' AND data_type = 'boolean'`,
  )
  return rows.map(({ name }) => String(name))
}
