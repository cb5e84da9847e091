// @ts-check
import pg from 'pg'

/** The accounts of the calls, most of them in the first; all belong to the first of the demo's customers or its neighbours. */
export const accounts = Array.from({ length: 40 }, (_, index) => ({
  id: 1001 + index,
  uuid: `00000000-0000-4000-8000-${String(1001 + index).padStart(12, '0')}`,
  contractor: [101, 102, 103][Math.floor(index / 2) % 3] ?? 101,
}))

/** In the past, whenever it is run; the clock of Europe/Kyiv goes back in its first month. */
export const days = 90
const firstDay = Date.UTC(2025, 9, 1)
const day = 86_400_000

/** @param {number} number */
export const dateOf = (number) => new Date(firstDay + number * day).toISOString().slice(0, 10)

/** The month that is asked for: its days are the first partitions. */
export const month = { from: '2025-10-01T00:00:00Z', to: '2025-10-31T23:59:59.999Z', days: 31 }

/**
 * Calls per account: the first has about a third, the last one in three hundred.
 * @param {number} rank
 */
const weight = (rank) => rank ** -1.2

const weights = accounts.map((_, index) => weight(index + 1))
const sum = weights.reduce((total, value) => total + value, 0)
/** Where on a scale from 0 to 1 each account but the first begins. */
const thresholds = weights
  .map((_, index) => weights.slice(0, index).reduce((total, value) => total + value, 0) / sum)
  .slice(1)

const contractorOf = `(ARRAY[${accounts.map(({ contractor }) => contractor).join(',')}])`

/**
 * The columns of a call as expressions over `n`, its number, and random values that are the same in every run.
 * About as many as Yeti fills, so that a row takes as much room as there.
 */
const columns = {
  id: 'n',
  time_start: 'start',
  time_connect: `CASE WHEN talk > 0 THEN start + interval '6 s' END`,
  time_end: `start + interval '6 s' + talk * interval '1 s'`,
  duration: 'talk',
  success: 'talk > 0',
  routing_attempt: 'CASE WHEN last THEN 1 ELSE 2 END',
  is_last_cdr: 'last',
  customer_id: `${contractorOf}[originator]`,
  customer_acc_id: '1000 + originator',
  customer_acc_external_id: '71000 + originator',
  customer_acc_vat: '0',
  customer_auth_id: '300 + originator',
  customer_currency_id: '1',
  customer_currency_rate: '1',
  rateplan_id: '400 + originator % 4',
  destination_id: '500 + (code % 60)',
  destination_prefix: 'prefix',
  destination_initial_rate: 'rate',
  destination_next_rate: 'rate',
  destination_initial_interval: '6',
  destination_next_interval: '6',
  destination_fee: '0',
  vendor_id: `${contractorOf}[terminator]`,
  vendor_acc_id: '1000 + terminator',
  vendor_acc_external_id: '71000 + terminator',
  vendor_currency_id: '1',
  vendor_currency_rate: '1',
  dialpeer_id: '600 + (code % 80)',
  dialpeer_prefix: 'prefix',
  dialpeer_initial_rate: 'rate * 0.8',
  dialpeer_next_rate: 'rate * 0.8',
  dialpeer_initial_interval: '1',
  dialpeer_next_interval: '1',
  dialpeer_fee: '0',
  customer_price: 'round(rate * (talk + 5) / 60, 5)',
  customer_price_no_vat: 'round(rate * (talk + 5) / 60, 5)',
  customer_duration: '(talk + 5) / 6 * 6',
  vendor_price: 'round(rate * 0.8 * talk / 60, 5)',
  vendor_duration: 'talk',
  profit: 'round(rate * 0.2 * talk / 60, 5)',
  src_prefix_in: `'38044' || code`,
  src_prefix_routing: `'38044' || code`,
  src_prefix_out: `'38044' || code`,
  src_country_id: '222',
  dst_prefix_in: 'prefix || code',
  dst_prefix_routing: 'prefix || code',
  dst_prefix_out: 'prefix || code',
  dst_country_id: '1 + code % 200',
  dst_network_id: '1 + code % 900',
  from_domain: `'sip.customer.example'`,
  to_domain: `'sip.yeti.example'`,
  ruri_domain: `'sip.yeti.example'`,
  local_tag: `'8-' || substr(hash, 1, 24)`,
  orig_call_id: `hash || '@sip.customer.example'`,
  term_call_id: `'t-' || hash`,
  lega_user_agent: `'Asterisk PBX 20.6.0'`,
  legb_user_agent: `'YETI SBC'`,
  auth_orig_ip: `'198.51.100.0'::inet + originator`,
  auth_orig_port: '5060',
  auth_orig_transport_protocol_id: '1',
  sign_term_ip: `'203.0.113.7'`,
  sign_term_port: '5060',
  sign_term_transport_protocol_id: '1',
  disconnect_initiator_id: '2',
  lega_disconnect_code: 'CASE WHEN talk > 0 THEN 200 ELSE 486 END',
  lega_disconnect_reason: `CASE WHEN talk > 0 THEN 'Bye' ELSE 'Busy here' END`,
  legb_disconnect_code: 'CASE WHEN talk > 0 THEN 200 ELSE 486 END',
  legb_disconnect_reason: `CASE WHEN talk > 0 THEN 'Bye' ELSE 'Busy here' END`,
  pdd: '1.25',
  uuid: 'hash::uuid',
}

/**
 * Fills one day's partition before it is one: without indexes to keep, and attaching it makes them.
 * @param {number} number of the day
 * @param {number} first number of its first call
 * @param {number} count
 */
function dayScript(number, first, count) {
  const table = `cdr.cdr_${dateOf(number).replaceAll('-', '_')}`
  const [from, to] = [`${dateOf(number)} 00:00:00+00`, `${dateOf(number + 1)} 00:00:00+00`]
  // Busier at midday than at midnight, in order of time as a switch writes them.
  return `
    SELECT setseed(${((number + 1) / (days + 1)).toFixed(6)});
    CREATE TABLE ${table} (LIKE cdr.cdr INCLUDING DEFAULTS);
    INSERT INTO ${table} (${Object.keys(columns).join(', ')})
    SELECT ${Object.values(columns).join(', ')} FROM (
      SELECT n, md5(n::text) AS hash,
        '${from}'::timestamptz + floor((part - 0.1 * sin(2 * pi() * part)) * 86399999999) * interval '1 microsecond' AS start,
        width_bucket(r1, thresholds) + 1 AS originator,
        width_bucket(r2, thresholds) + 1 AS terminator,
        CASE WHEN r3 < 0.45 THEN 0 ELSE ceil(-180 * ln(1 - r4))::int END AS talk,
        r5 < 0.92 AS last,
        (1000000 + r4 * 8999999)::int AS code,
        (ARRAY['380', '44', '1', '49', '4917', '33', '46', '81'])[1 + floor(r3 * r1 * 8)::int] AS prefix,
        round((0.004 + r2 * r4 * 0.3)::numeric, 5) AS rate
      FROM (SELECT n, (n - ${first}) / ${count}.0::float8 AS part, random() AS r1, random() AS r2, random() AS r3, random() AS r4, random() AS r5
        FROM generate_series(${first}::bigint, ${first + count - 1}) n) numbers,
        (SELECT ARRAY[${thresholds.map((value) => value.toFixed(9)).join(',')}]::float8[] AS thresholds) scale
      ) calls;
    ALTER TABLE cdr.cdr ATTACH PARTITION ${table} FOR VALUES FROM ('${from}') TO ('${to}');`
}

/** A snapshot each minute of the month for each account, as Yeti keeps them. */
const snapshots = `
  INSERT INTO stats.active_call_accounts (account_id, originated_count, terminated_count, created_at)
  SELECT ${accounts[0]?.id ?? 0} + number, hashint4(number * 50000 + minute) & 127, hashint4(minute * 50 + number) & 63,
    '${month.from}'::timestamptz + minute * interval '1 minute'
  FROM generate_series(0, ${month.days * 1440 - 1}) minute, generate_series(0, ${accounts.length - 1}) number`

/**
 * Fills the database of calls that migrations have made, unless it is: `rows` calls in ${days} daily partitions.
 * @param {string} cdrUrl
 * @param {number} rows
 * @param {(done: number) => void} [onProgress] told what share is done
 * @returns {Promise<boolean>} whether there was something to do
 */
export async function fillCalls(cdrUrl, rows, onProgress) {
  const pool = new pg.Pool({ connectionString: cdrUrl, max: 2 })
  try {
    const { rows: found } = await pool.query(`SELECT obj_description('cdr.cdr'::regclass) AS comment`)
    const label = `${rows} calls of the benchmark`
    if (found[0]?.comment === label) return false
    if (found[0]?.comment) throw new Error(`the database has other calls: ${found[0].comment}`)
    await dropHalf(pool)
    const numbers = Array.from({ length: days }, (_, number) => number)
    let done = 0
    const work = async () => {
      for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
        const first = Math.floor((number * rows) / days)
        await pool.query(
          `BEGIN; ${dayScript(number, first + 1, Math.floor(((number + 1) * rows) / days) - first)} COMMIT`,
        )
        onProgress?.(++done / (days + 10))
      }
    }
    await Promise.all([work(), work()])
    await pool.query(snapshots)
    await pool.query('VACUUM (ANALYZE) stats.active_call_accounts')
    // The visibility map is there on old partitions of a switch, too.
    await pool.query('VACUUM cdr.cdr')
    // Only what queries choose by: the other columns take a minute.
    await pool.query(
      'ANALYZE cdr.cdr (id, time_start, customer_id, customer_acc_id, vendor_id, vendor_acc_id, is_last_cdr, duration)',
    )
    await pool.query('CHECKPOINT')
    await pool.query(`COMMENT ON TABLE cdr.cdr IS '${label}'`)
    return true
  } finally {
    await pool.end()
  }
}

/**
 * What an interrupted fill has left behind.
 * @param {pg.Pool} pool
 */
async function dropHalf(pool) {
  const { rows } = await pool.query(
    `SELECT oid::regclass AS name FROM pg_class WHERE relnamespace = 'cdr'::regnamespace AND relkind = 'r' AND relname ~ '^cdr_\\d{4}_'`,
  )
  for (const { name } of rows) await pool.query(`DROP TABLE ${name}`)
  await pool.query('TRUNCATE stats.active_call_accounts')
}

/**
 * The accounts, for customers that the demo has made.
 * @param {string} primaryUrl
 */
export async function addAccounts(primaryUrl) {
  const client = new pg.Client({ connectionString: primaryUrl })
  await client.connect()
  try {
    for (const { id, uuid, contractor } of accounts) {
      await client.query(
        `INSERT INTO billing.accounts (id, uuid, contractor_id, name, balance, min_balance, max_balance, currency_id, currency_name, timezone)
         SELECT $1, $2, $3, $4, 0, 0, 0, currency_id, currency_name, 'UTC' FROM billing.accounts ORDER BY id LIMIT 1 ON CONFLICT (id) DO NOTHING`,
        [id, uuid, contractor, `Account ${id}`],
      )
    }
  } finally {
    await client.end()
  }
}
