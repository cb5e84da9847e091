// @ts-check
import { connect, createServer } from 'node:net'
import { closing } from './closing.js'

/** @typedef {'primary' | 'cdr'} DatabaseName */

/**
 * What has passed on the way to one database.
 * @typedef {object} Passed
 * @property {Map<string, number>} statements how often, by their text
 * @property {number} open connections now
 * @property {number} most connections at a time
 */

/**
 * Stands between a gateway and its databases, and counts every statement, whoever in the process sends it: pools, the
 * queue, what listens. It takes time of its own, so nothing is measured through it.
 * @param {import('./database.js').Urls} urls
 */
export async function startCountingProxy({ primaryUrl, cdrUrl }) {
  const [primary, cdr] = await Promise.all([primaryUrl, cdrUrl].map(startFor))
  if (!primary || !cdr) throw new TypeError('two databases have two proxies')
  return {
    urls: { primaryUrl: primary.url, cdrUrl: cdr.url },
    /** Since the last time it was asked. */
    passed: () => ({ primary: primary.passed(), cdr: cdr.passed() }),
    stop: async () => void (await Promise.all([primary.stop(), cdr.stop()])),
  }
}

/** @param {string} url */
async function startFor(url) {
  const { hostname, port } = new URL(url)
  /** @type {Passed} */
  let passed = { statements: new Map(), open: 0, most: 0 }
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set()
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: hostname, port: Number(port), noDelay: true })
    const messages = messagesTo((text) => passed.statements.set(text, (passed.statements.get(text) ?? 0) + 1))
    passed.most = Math.max(passed.most, ++passed.open)
    client.once('close', () => passed.open--)
    client.on('data', messages)
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      // What it closes by itself is told below.
      socket.once('error', () => undefined)
      socket.once('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const proxied = new URL(url)
  const address = server.address()
  proxied.host = `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : ''}`
  return {
    url: proxied.href,
    passed() {
      const { statements, most, open } = passed
      Object.assign(passed, { statements: new Map(), most: open })
      return { statements, most, open }
    },
    stop: closing(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    }),
  }
}

/**
 * Reads what a client sends to PostgreSQL: a first message, then messages of a type, a length and a content.
 * @param {(text: string) => void} onStatement told of each that is executed
 * @returns {(chunk: Buffer) => void}
 */
function messagesTo(onStatement) {
  /** @type {Buffer} */
  let rest = Buffer.alloc(0)
  let isFirst = true
  let bound = ''
  /** @type {Map<string, string>} */
  const prepared = new Map()
  const take = (/** @type {string} */ type, /** @type {Buffer} */ content) => {
    const [one = '', two = ''] = content.toString('utf8').split('\0', 2)
    if (type === 'Q') onStatement(one)
    if (type === 'P') prepared.set(one, two)
    if (type === 'B') bound = prepared.get(two) ?? ''
    if (type === 'E') onStatement(bound)
  }
  return (chunk) => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    for (;;) {
      const head = isFirst ? 0 : 1
      if (rest.length < head + 4) return
      const end = head + rest.readInt32BE(head)
      if (rest.length < end) return
      if (!isFirst) take(rest.toString('latin1', 0, 1), rest.subarray(5, end))
      isFirst = false
      rest = rest.subarray(end)
    }
  }
}

/** @param {Map<string, number>} statements */
export function countOf(statements) {
  return [...statements.values()].reduce((sum, count) => sum + count, 0)
}
