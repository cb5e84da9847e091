// @ts-check

/** @typedef {{ id: number, globalId: string }} Account */
/** @typedef {import('pg').Pool} Pool */

/** Calls of each account in a snapshot. */
export const callsPerAccount = 20

/**
 * Accounts of a customer, nobody else's.
 * @param {Pool} primary a copy, to write into
 * @param {number} customer
 * @param {number} count
 * @returns {Promise<Account[]>}
 */
export async function createAccounts(primary, customer, count) {
  const { rows } = await primary.query(
    `INSERT INTO billing.accounts (id, contractor_id, name, balance, min_balance, max_balance, currency_id, currency_name, timezone)
     SELECT 900000 + n, $1, 'Watched ' || n, 0, 0, 0, currency_id, currency_name, 'UTC'
     FROM generate_series(1, $2::int) n, (SELECT currency_id, currency_name FROM billing.accounts ORDER BY id LIMIT 1) one
     RETURNING id, uuid`,
    [customer, count],
  )
  return rows.map(({ id, uuid }) => ({ id, globalId: Buffer.from(`Account:${uuid}`).toString('base64') }))
}

/**
 * Counts as Yeti's job writes them, once: they stay as they are while calls come and go.
 * @param {Pool} cdr
 * @param {readonly Account[]} accounts
 */
export async function writeCounts(cdr, accounts) {
  await forgetCounts(cdr, accounts)
  await cdr.query(
    `INSERT INTO stats.active_call_accounts (account_id, originated_count, terminated_count, created_at)
     SELECT unnest($1::int[]), $2, 0, now() + interval '1 hour'`,
    [accounts.map(({ id }) => id), callsPerAccount],
  )
}

/**
 * @param {Pool} cdr
 * @param {readonly Account[]} accounts
 */
export async function forgetCounts(cdr, accounts) {
  await cdr.query('DELETE FROM stats.active_call_accounts WHERE account_id = ANY($1)', [accounts.map(({ id }) => id)])
}

/**
 * The next snapshot of the switch: other calls of every account.
 * @param {Pool} primary
 * @param {number} customer
 * @param {readonly Account[]} accounts
 * @param {string} at ISO 8601
 */
export async function writeSnapshot(primary, customer, accounts, at) {
  await primary.query(
    `INSERT INTO portal.active_calls (snapshot_timestamp, id, start_time, connect_time, customer_id, customer_acc_id,
       src_prefix_in, dst_prefix_in, destination_prefix, destination_next_rate)
     SELECT $1::timestamptz, account * 1000 + n, $1::timestamptz - n * interval '7 s', $1, $2, account,
       '38044' || (random() * 1e7)::int, '49' || (random() * 1e9)::int, '49', 0.012
     FROM unnest($3::int[]) account, generate_series(1, $4::int) n`,
    [at, customer, accounts.map(({ id }) => id), callsPerAccount],
  )
}
