// @ts-check
// The process behind load.js: keep-alive connections over bare sockets, as light as it gets, for server and client
// share the machine.
import { once } from 'node:events'
import { connect } from 'node:net'
import process from 'node:process'
import { requestsOf } from './load-requests.js'

/** Goes on from one run to the next: thousands of logins are not begun anew in every window. */
let next = 0

const terminator = Buffer.from('\r\n0\r\n\r\n')

process.on('message', async (/** @type {{ what: string, plan: any }} */ { what, plan }) => {
  if (what !== 'load') return
  try {
    process.send?.(await run(plan))
  } catch (error) {
    process.send?.({ failure: error instanceof Error ? error.message : String(error) })
  }
})
// What is sent to a process that does not listen yet is lost.
process.send?.({ ready: true })
// The reporter lets go of the channel; here it is what there is to live for.
process.channel?.ref()

/**
 * @param {import('./load.js').Plan & { connections: number, seconds?: number, requests?: number }} plan
 * @returns {Promise<import('./load.js').LoadResult>}
 */
async function run({ connections, seconds = Infinity, requests = Infinity, denied = false, ...plan }) {
  const request = requestsOf(plan)
  const { hostname, port } = new URL(plan.url)
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(hostname, Number(port))))
  const cpu = process.cpuUsage()
  const start = performance.now()
  const end = start + seconds * 1000
  let [sent, bytes] = [0, 0]
  /** @type {number[]} */
  const times = []
  const worker = async (/** @type {import('node:net').Socket} */ socket) => {
    for (let now = start; sent < requests && now < end;) {
      sent++
      const asked = performance.now()
      const answer = await exchange(socket, request(next++))
      now = performance.now()
      times.push(now - asked)
      bytes += answer.length
      check(answer, denied)
    }
  }
  try {
    await Promise.all(sockets.map(worker))
    const { user, system } = process.cpuUsage(cpu)
    const seconds = (performance.now() - start) / 1000
    return { requests: sent, seconds, cpu: (user + system) / 1000, ...percentiles(times), bytes: bytes / sent }
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

/** @param {readonly number[]} times */
function percentiles(times) {
  const sorted = Float64Array.from(times).sort()
  const at = (/** @type {number} */ share) => sorted[Math.ceil(share * sorted.length) - 1] ?? NaN
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/**
 * @param {string} host
 * @param {number} port
 */
async function open(host, port) {
  const socket = connect({ host, port, noDelay: true })
  await once(socket, 'connect')
  return socket
}

/**
 * @param {import('node:net').Socket} socket
 * @param {string} request
 * @returns {Promise<Buffer>} the whole answer, headers and all
 */
function exchange(socket, request) {
  return new Promise((resolve, reject) => {
    /** @type {Buffer[]} */
    const chunks = []
    let received = 0
    let expected = 0
    const onData = (/** @type {Buffer} */ chunk) => {
      chunks.push(chunk)
      received += chunk.length
      if (expected === 0) expected = lengthOf(chunks.length === 1 ? chunk : Buffer.concat(chunks))
      const complete = expected > 0 ? received >= expected : expected < 0 && endsWith(chunks, terminator)
      if (complete) settle(() => resolve(chunks.length === 1 ? chunk : Buffer.concat(chunks)))
    }
    const onClose = () => settle(() => reject(new Error('the server closed a connection')))
    const settle = (/** @type {() => void} */ how) => {
      socket.off('data', onData).off('close', onClose).off('error', onClose)
      how()
    }
    socket.on('data', onData).on('close', onClose).on('error', onClose)
    socket.write(request)
  })
}

/**
 * Bytes of the whole answer; -1: it comes in chunks; 0: the headers are not all there.
 * @param {Buffer} answer
 */
function lengthOf(answer) {
  const body = answer.indexOf('\r\n\r\n') + 4
  if (body < 4) return 0
  const head = answer.toString('latin1', 0, body)
  const [, length] = /^content-length: *(\d+)/im.exec(head) ?? []
  if (length !== undefined) return body + Number(length)
  if (/^transfer-encoding: *chunked/im.test(head)) return -1
  throw new Error(`an answer without a length:\n${head}`)
}

/**
 * JSON has no line ends of this kind, so the mark of the last chunk stands nowhere else.
 * @param {Buffer[]} chunks
 * @param {Buffer} mark
 */
function endsWith(chunks, mark) {
  const tail = Buffer.concat(chunks.slice(-2))
  return tail.length >= mark.length && tail.subarray(-mark.length).equals(mark)
}

/**
 * @param {Buffer} answer
 * @param {boolean | null} denied
 */
function check(answer, denied) {
  const isWrong = denied !== null && answer.includes('"errors":') !== denied
  if (answer.toString('latin1', 0, 12) !== 'HTTP/1.1 200' || isWrong) {
    throw new Error(`not the answer that was expected:\n${answer.toString('utf8', 0, 1000)}`)
  }
}
