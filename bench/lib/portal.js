// @ts-check
// What a portal in a browser asks for, and how often each.
import { callsPerAccount, createAccounts, forgetCounts, writeCounts, writeSnapshot } from './active-accounts.js'
import { dataDirectory } from './database.js'
import { post } from './gateway.js'
import { createLogins } from './logins.js'
import { fieldNames, pageBody, pageQuery, pageStart } from './page.js'
import { tokenOf } from './tokens.js'

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {number} share of 50 requests of the mix
 * @property {number} [clients] at a time, where as many as of the others would only wait
 * @property {(subject: Subject) => Promise<string[]> | string[]} bodies
 */

/** @typedef {{ url: string, token: string, accountId: string, watchedId: string, logins: readonly string[] }} Subject */

export const twentyFields = fieldNames.slice(0, 20).join(' ')

export const metrics = 'totalCalls successfulCalls failedCalls totalDuration acd asr totalPrice'

const dashboard = `query Dashboard($account: ID!, $from: DateTime!) {
  viewer { login permissions customer { name } }
  accounts { nodes { id name balance minBalance maxBalance currency } }
  outgoingStatistics(accountId: $account, fromTime: $from, sampling: HOUR) { series { time ${metrics} } totals { ${metrics} } }
}`

const rates = `{ outgoingRates(first: 50) { nodes {
  id prefix initialRate nextRate initialInterval nextInterval connectFee currency validFrom networkPrefix { network { name } }
} } }`

const activeCalls = `query ($account: ID!) { outgoingActiveCalls(accountId: $account) { time count calls {
  startTime connectTime srcPrefixIn dstPrefixIn destinationPrefix destinationInitialRate destinationNextRate
} } }`

/** @type {Kind} */
export const signIn = {
  name: 'sign-in, bcrypt of cost 12',
  share: 1,
  // As many as Node has threads for it; new connections to the database need one, too.
  clients: 4,
  bodies: ({ logins }) =>
    logins.map((login) =>
      JSON.stringify({ query: `mutation { signIn(login: "${login}", password: "alice-demo") { token } }` }),
    ),
}

/** @type {Kind} */
export const calls = {
  name: '50 calls, 20 fields each',
  share: 20,
  bodies: () => [pageBody({ first: 50, from: pageStart(), query: pageQuery(twentyFields) })],
}

/** @type {readonly Kind[]} */
export const kinds = [
  {
    name: 'dashboard: accounts, a day of statistics by hour',
    share: 15,
    bodies: ({ accountId }) => [
      JSON.stringify({ query: dashboard, variables: { account: accountId, from: pageStart() } }),
    ],
  },
  calls,
  { name: '50 rates with their networks', share: 5, bodies: () => [JSON.stringify({ query: rates })] },
  {
    name: `calls in progress of an account, ${callsPerAccount}`,
    share: 7,
    bodies: ({ watchedId }) => [JSON.stringify({ query: activeCalls, variables: { account: watchedId } })],
  },
  {
    name: 'a recording, from a folder',
    share: 1,
    bodies: (subject) =>
      linkOf(
        subject,
        'outgoingCdrs(first: 500, where: { success: { eq: true } }) { nodes { file: recording { url } } }',
      ),
  },
  {
    name: 'an invoice as PDF, from the database',
    share: 1,
    bodies: (subject) => linkOf(subject, 'invoices(first: 100) { nodes { file: pdf { url } } }'),
  },
  signIn,
]

/** Of all kinds together. */
export const shares = kinds.reduce((sum, { share }) => sum + share, 0)

/** Asked by a load balancer, not by a portal. */
export const readiness = /** @type {Kind} */ ({ name: '`/readyz`', share: 0, bodies: () => ['/readyz'] })

/** Clients at once that are too many for one process to answer without a wait. */
export const crowd = 64

/**
 * @param {Subject} subject
 * @param {string} list of whose rows some have a file
 * @returns {Promise<string[]>}
 */
async function linkOf({ url, token }, list) {
  const { data, errors } = await post(`${url}/graphql`, JSON.stringify({ query: `{ list: ${list} }` }), token)
  if (errors) throw new Error(JSON.stringify(errors[0]))
  const found = data.list.nodes.find((/** @type {{ file: unknown }} */ { file }) => file !== null)
  if (!found) throw new Error(`no file in ${list}`)
  return [new URL(found.file.url).pathname]
}

/** Of a gateway whose portal is asked: links to files, and tokens, for as long as it is measured. */
export const settings = {
  RECORDINGS_DIR: `${dataDirectory}/recordings`,
  RECORDING_FORMAT: 'wav',
  FILE_LINK_LIFETIME: '86400',
}

const loginCount = 50

/**
 * Logins with every flag, calls in progress that go on, and what they ask for; of one copy of the primary database.
 * @param {import('./context.js').Context} context
 */
export async function openPortal({ database, customer }) {
  const copy = await database.copyPrimary()
  const ids = await createLogins(copy.pool, loginCount, { all: true })
  const accounts = await createAccounts(copy.pool, customer, 5)
  await writeCounts(database.cdr, accounts)
  const { rows } = await copy.pool.query(
    `SELECT uuid FROM billing.accounts WHERE contractor_id = $1 AND id < 900000 ORDER BY id LIMIT 1`,
    [customer],
  )
  let written = -Infinity
  const subject = {
    token: tokenOf(ids[0] ?? 0),
    accountId: Buffer.from(`Account:${rows[0].uuid}`).toString('base64'),
    watchedId: accounts[0]?.globalId ?? '',
    logins: ids.map((_, index) => `bench ${index + 1}`),
  }
  return {
    urls: copy.urls,
    tokens: ids.map(tokenOf),
    accountId: subject.accountId,
    watchedId: subject.watchedId,
    /** A snapshot is shown for two minutes. */
    async keepCalls() {
      if (performance.now() - written < 45_000) return
      written = performance.now()
      await writeSnapshot(copy.pool, customer, accounts, new Date().toISOString())
    },
    /**
     * @param {string} url of a gateway on these databases
     * @param {Kind} kind
     */
    bodies: async (url, kind) => kind.bodies({ ...subject, url }),
    async close() {
      await forgetCounts(database.cdr, accounts)
      await copy.drop()
    },
  }
}

/**
 * All kinds in turn, each as often as its share.
 * @param {readonly { share: number, bodies: readonly string[] }[]} each
 * @returns {string[]}
 */
export function mixed(each) {
  const placed = each.flatMap(({ share, bodies }) =>
    Array.from({ length: share }, (_, index) => ({ at: (index + 0.5) / share, body: bodies[index % bodies.length] })),
  )
  return placed.sort((one, other) => one.at - other.at).flatMap(({ body }) => body ?? [])
}
