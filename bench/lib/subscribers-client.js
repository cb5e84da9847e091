// @ts-check
// Many subscribers in one process, each on a WebSocket of its own.
import process from 'node:process'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'

/** @typedef {{ token: string, accountId: string }} Subscriber */

const query = `subscription ($id: ID!) { outgoingActiveCalls(accountId: $id) {
  count calls { snapshotTimestamp startTime connectTime srcPrefixIn dstPrefixIn destinationPrefix destinationNextRate }
} }`

/** How many connect at a time. */
const together = 50

/** @type {{ expected: string | null, missing: number, first: number, last: number, done: () => void }} */
const round = { expected: null, missing: 0, first: 0, last: 0, done: () => undefined }
let subscribed = 0
let cpu = process.cpuUsage()

process.on('message', async (/** @type {{ what: string, plan: any }} */ { what, plan }) => {
  try {
    if (what === 'open') process.send?.(await open(plan))
    if (what === 'await') process.send?.(await delivery(plan))
  } catch (error) {
    process.send?.({ failure: error instanceof Error ? error.message : String(error) })
  }
})
// What is sent to a process that does not listen yet is lost.
process.send?.({ ready: true })
process.channel?.ref()

/** @param {{ url: string, subscribers: readonly Subscriber[] }} plan */
async function open({ url, subscribers }) {
  const waiting = [...subscribers]
  const worker = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await subscribe(url, next)
  }
  await Promise.all(Array.from({ length: together }, worker))
  subscribed += subscribers.length
  return { subscribed }
}

/**
 * Resolves with the first event.
 * @param {string} url
 * @param {Subscriber} subscriber
 */
function subscribe(url, { token, accountId }) {
  class Authorized extends WebSocket {
    /** @param {string} address @param {string} protocol */
    constructor(address, protocol) {
      super(address, protocol, { headers: { authorization: `Bearer ${token}` }, perMessageDeflate: false })
    }
  }
  const client = createClient({ url: url.replace(/^http/, 'ws'), webSocketImpl: Authorized, retryAttempts: 0 })
  return new Promise((resolve, reject) => {
    client.subscribe(
      { query, variables: { id: accountId } },
      {
        next: (answer) => {
          if (answer.errors) return reject(new Error(JSON.stringify(answer.errors)))
          heard(answer.data)
          resolve(undefined)
        },
        error: (error) => reject(error instanceof Error ? error : new Error(JSON.stringify(error))),
        complete: () => reject(new Error('A subscription has ended')),
      },
    )
  })
}

/** @param {any} data */
function heard({ outgoingActiveCalls: { count, calls } }) {
  if (round.expected === null || calls[0]?.snapshotTimestamp !== round.expected) return
  if (calls.length !== count) throw new Error(`${calls.length} of ${count} calls`)
  round.last = now()
  round.first ||= round.last
  round.missing -= 1
  if (round.missing === 0) round.done()
}

/**
 * Resolves when all subscribers have been told of a snapshot.
 * @param {{ snapshot: string }} plan
 */
async function delivery({ snapshot }) {
  cpu = process.cpuUsage()
  await new Promise((resolve) => {
    Object.assign(round, { expected: snapshot, missing: subscribed, first: 0, done: () => resolve(undefined) })
  })
  const { user, system } = process.cpuUsage(cpu)
  return { first: round.first, last: round.last, cpu: (user + system) / 1000 }
}

/** Milliseconds on the clock that all processes of a machine share. */
function now() {
  return performance.timeOrigin + performance.now()
}
