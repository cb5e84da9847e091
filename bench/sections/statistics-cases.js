// @ts-check
import { accounts, month } from '../lib/ten-million.js'

/** @typedef {'totalCalls' | 'successfulCalls' | 'failedCalls' | 'totalDuration' | 'acd' | 'asr' | 'totalPrice'} Metric */

/** @type {readonly Metric[]} */
const all = ['totalCalls', 'successfulCalls', 'failedCalls', 'totalDuration', 'acd', 'asr', 'totalPrice']

/**
 * A question to statistics.
 * @typedef {object} Question
 * @property {string} what
 * @property {number} account its place among those of ten-million.js
 * @property {'outgoing' | 'incoming'} direction
 * @property {string} from
 * @property {string} to
 * @property {number} days how many daily partitions the period has
 * @property {'minute' | 'hour' | 'day' | 'week' | 'month'} sampling
 * @property {string} zone
 * @property {readonly Metric[]} series
 * @property {readonly Metric[]} totals
 * @property {boolean} activeCalls
 */

/** Of alice's customer: the one with most calls, one in the middle, and one of the last. */
export const places = { large: 0, middle: 7, small: 37 }

/**
 * @param {string} what
 * @param {Partial<Question>} differences
 * @returns {Question}
 */
export function question(what, differences) {
  return {
    what,
    account: places.middle,
    direction: 'outgoing',
    ...month,
    sampling: 'hour',
    zone: 'UTC',
    series: all,
    totals: all,
    activeCalls: false,
    ...differences,
  }
}

const week = { from: month.from, to: '2025-10-07T23:59:59Z', days: 7 }

/** Those that the goal is about. */
export const main = [
  question('a large account', { account: places.large }),
  question('a middle one', {}),
  question('a small one', { account: places.small }),
]

/** The same month of the middle account, asked otherwise. */
export const others = [
  question('series of one metric', { series: ['totalCalls'], totals: [] }),
  question('totals alone', { series: [] }),
  question('with `activeCalls`', { activeCalls: true }),
  question('incoming', { direction: 'incoming' }),
  question('by day', { sampling: 'day' }),
  question('by week', { sampling: 'week' }),
  question('by month', { sampling: 'month' }),
  question('by hour in Europe/Kyiv', { zone: 'Europe/Kyiv' }),
  question('by day in Europe/Kyiv', { zone: 'Europe/Kyiv', sampling: 'day' }),
  question('a week by minute, 10,000 buckets', { sampling: 'minute', ...week }),
]

/** @param {Question} asked */
export function accountOf({ account }) {
  const found = accounts[account]
  if (!found) throw new Error(`no account ${account}`)
  return found
}

/**
 * The question in GraphQL.
 * @param {Question} asked
 */
export function operationOf(asked) {
  const { direction, from, to, sampling, series, totals, activeCalls } = asked
  const points = series.length > 0 ? `series { time ${activeCalls ? 'activeCalls' : ''} ${series.join(' ')} }` : ''
  const whole = totals.length > 0 ? `totals { ${totals.join(' ')} }` : ''
  const query = `query ($accountId: ID!, $fromTime: DateTime!, $toTime: DateTime!) {
    statistics: ${direction}Statistics(accountId: $accountId, fromTime: $fromTime, toTime: $toTime, sampling: ${sampling.toUpperCase()}) { ${points} ${whole} } }`
  const accountId = Buffer.from(`Account:${accountOf(asked).uuid}`).toString('base64')
  return JSON.stringify({ query, variables: { accountId, fromTime: from, toTime: to } })
}

/** As somebody who knows SQL and Yeti's formulas writes them. */
const formulas = {
  totalCalls: 'count(*)::int',
  successfulCalls: '(count(*) FILTER (WHERE duration > 0))::int',
  failedCalls: '(count(*) FILTER (WHERE duration = 0))::int',
  totalDuration: 'round((coalesce(sum(duration), 0) / 60.0)::float8 * 100) / 100',
  acd: 'round((avg(duration) FILTER (WHERE duration > 0))::float8 * 100) / 100',
  asr: 'round((count(*) FILTER (WHERE duration > 0))::float8 / nullif(count(*), 0) * 1000) / 1000 * 100',
  totalPrice: (/** @type {string} */ price) =>
    `round((round(coalesce(sum(${price}), 0)::float8 * 100) / 100)::numeric, 2)::text`,
}

const sides = {
  outgoing: { account: 'customer_acc_id', price: 'customer_price', active: 'originated_count' },
  incoming: { account: 'vendor_acc_id', price: 'vendor_price', active: 'terminated_count' },
}

/**
 * The same question in one statement of SQL; the row over everything has no time and comes last.
 * @param {Question} asked
 */
export function bareStatement(asked) {
  const { direction, from, to, sampling, zone, series, totals, activeCalls } = asked
  const { account, price, active } = sides[direction]
  const { id, contractor } = accountOf(asked)
  /** @type {unknown[]} */
  const values = [id, from, to]
  // Yeti has no index on the account of incoming calls, whoever writes the statement knows that.
  const whose = direction === 'outgoing' ? 'is_last_cdr' : `vendor_id = $${values.push(contractor)}`
  const metrics = [...new Set([...series, ...totals])].map((name) => {
    const formula = formulas[name]
    return `${typeof formula === 'string' ? formula : formula(price)} AS "${name}"`
  })
  const where = `${account} = $1 AND ${whose} AND time_start >= $2::timestamptz AND time_start <= $3::timestamptz`
  if (series.length === 0) return { text: `SELECT ${metrics.join(', ')} FROM cdr.cdr WHERE ${where}`, values }
  const timeZone = `$${values.push(zone)}::text`
  const bucket = (/** @type {string} */ column) =>
    sampling === 'week'
      ? `(date_trunc('week', ${column} AT TIME ZONE ${timeZone} + interval '1 day') - interval '1 day') AT TIME ZONE ${timeZone}`
      : `date_trunc('${sampling}', ${column}, ${timeZone})`
  const groups = totals.length > 0 ? 'GROUPING SETS ((1), ())' : '1'
  const calls = `SELECT ${bucket('time_start')} AS time, ${metrics.join(', ')} FROM cdr.cdr WHERE ${where} GROUP BY ${groups}`
  if (!activeCalls) return { text: `${calls} ORDER BY 1`, values }
  const text = `SELECT calls.*, coalesce(active, 0) AS "activeCalls" FROM (${calls}) calls LEFT JOIN (
      SELECT ${bucket('created_at')} AS time, max(${active}) AS active FROM stats.active_call_accounts
      WHERE account_id = $1 AND created_at >= $2::timestamptz AND created_at <= $3::timestamptz GROUP BY 1
    ) snapshots USING (time) ORDER BY calls.time`
  return { text, values }
}
