// @ts-check
import pg from 'pg'

/** The account whose calls are exported: most of them; the others are its neighbour's. */
export const account = { id: 1001, uuid: '00000000-0000-4000-8000-000000001001' }
const contractor = 101

export const days = 30
const firstDay = Date.UTC(2026, 0, 1)
const day = 86_400_000

/** @param {number} number */
const dateOf = (number) => new Date(firstDay + number * day).toISOString().slice(0, 10)

/** What is exported, as expressions over the number `n` of a call and random values that are the same in every run. */
const columns = {
  id: 'n',
  time_start: 'start',
  time_connect: `CASE WHEN talk > 0 THEN start + interval '6.25 s' END`,
  time_end: `start + interval '6.5 s' + talk * interval '1 s'`,
  success: 'talk > 0',
  duration: 'talk',
  src_prefix_in: `'38044' || code`,
  dst_prefix_in: `'49' || code`,
  from_domain: `'sip.customer.example'`,
  to_domain: `'sip.yeti.example'`,
  ruri_domain: `'sip.yeti.example'`,
  lega_disconnect_code: 'CASE WHEN talk > 0 THEN 200 ELSE 486 END',
  lega_disconnect_reason: `CASE WHEN talk > 0 THEN 'Bye' ELSE 'Busy here' END`,
  auth_orig_ip: `'198.51.100.7'`,
  auth_orig_port: '5060',
  src_prefix_routing: `'38044' || code`,
  dst_prefix_routing: `'49' || code`,
  destination_prefix: `'49'`,
  destination_initial_interval: '6',
  destination_next_interval: '6',
  destination_initial_rate: 'rate',
  destination_next_rate: 'rate',
  destination_fee: '0',
  customer_price: 'round(rate * (talk + 5) / 60, 5)',
  customer_duration: 'CASE WHEN talk > 0 THEN (talk + 5) / 6 * 6 END',
  orig_call_id: `md5(n::text) || '@sip.customer.example'`,
  local_tag: `'8-' || substr(md5((n + 7)::text), 1, 24)`,
  lega_user_agent: `'Asterisk PBX 20.6.0'`,
  customer_id: String(contractor),
  customer_acc_id: `CASE WHEN n % 10 = 0 THEN ${account.id + 1} ELSE ${account.id} END`,
  is_last_cdr: 'code % 12 > 0',
}

/**
 * Fills one day before it is a partition: attaching it makes the indexes.
 * @param {number} number of the day
 * @param {number} first number of its first call
 * @param {number} count
 */
function dayScript(number, first, count) {
  const table = `cdr.cdr_${dateOf(number).replaceAll('-', '_')}`
  const [from, to] = [`${dateOf(number)} 00:00:00+00`, `${dateOf(number + 1)} 00:00:00+00`]
  return `
    SELECT setseed(${((number + 1) / (days + 1)).toFixed(6)});
    CREATE TABLE ${table} (LIKE cdr.cdr INCLUDING DEFAULTS);
    INSERT INTO ${table} (${Object.keys(columns).join(', ')})
    SELECT ${Object.values(columns).join(', ')} FROM (
      SELECT n, '${from}'::timestamptz + (n - ${first}) * 86399000000::bigint / ${count} * interval '1 microsecond' AS start,
        CASE WHEN random() < 0.45 THEN 0 ELSE ceil(-180 * ln(1 - random()))::int END AS talk,
        (1000000 + random() * 8999999)::int AS code, round((0.004 + random() * 0.3)::numeric, 5) AS rate
      FROM generate_series(${first}::bigint, ${first + count - 1}) n) calls;
    ALTER TABLE cdr.cdr ATTACH PARTITION ${table} FOR VALUES FROM ('${from}') TO ('${to}');`
}

/**
 * Fills the database of calls that migrations have made, unless it is: so many calls of the account, and a few others.
 * @param {string} cdrUrl
 * @param {number} rows
 */
export async function fillExportCalls(cdrUrl, rows) {
  const client = new pg.Client({ connectionString: cdrUrl })
  await client.connect()
  try {
    const { rows: found } = await client.query(`SELECT obj_description('cdr.cdr'::regclass) AS comment`)
    if (found[0]?.comment === `${rows} to export`) return
    const perDay = Math.ceil((rows * 10) / 9 / days) + 10
    for (let number = 0; number < days; number++) {
      await client.query(`DROP TABLE IF EXISTS cdr.cdr_${dateOf(number).replaceAll('-', '_')}`)
      await client.query(`BEGIN; ${dayScript(number, number * perDay + 1, perDay)} COMMIT`)
    }
    await client.query('VACUUM cdr.cdr')
    await client.query('ANALYZE cdr.cdr (id, time_start, customer_id, customer_acc_id)')
    await client.query('CHECKPOINT')
    await client.query(`COMMENT ON TABLE cdr.cdr IS '${rows} to export'`)
  } finally {
    await client.end()
  }
}

/**
 * The time in which the newest so many of the account's calls are.
 * @param {pg.Pool} pool
 * @param {number} rows
 */
export async function periodOf(pool, rows) {
  const { rows: found } = await pool.query(
    `SELECT to_char(min(time_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS from FROM (
       SELECT time_start FROM cdr.cdr WHERE customer_acc_id = $1 ORDER BY time_start DESC LIMIT $2) newest`,
    [account.id, rows],
  )
  return { from: String(found[0].from), to: new Date(firstDay + days * day).toISOString() }
}
