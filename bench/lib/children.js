// @ts-check
import { fork } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { closing } from './closing.js'

/** As `npm start` gives them; all have them, so that none is ahead for its options. */
const nodeOptions = ['--max-semi-space-size=32']

const reporter = new URL('./reporter.js', import.meta.url).href
const bench = fileURLToPath(new URL('..', import.meta.url))

/** Milliseconds that a child has to end by itself. */
const patience = 5_000

/**
 * @typedef {object} Usage
 * @property {number} cpu milliseconds that the process has computed so far, on all its threads
 * @property {number} heapUsed bytes
 * @property {number} rss bytes
 */

/**
 * A server in a process of its own.
 * @typedef {object} Server
 * @property {string} url
 * @property {number} startedIn milliseconds from its beginning until it said where it listens
 * @property {string} node the version of Node it runs on
 * @property {(options?: { gc?: boolean }) => Promise<Usage>} usage `gc`: after a full collection (needs `--expose-gc`)
 * @property {() => Promise<void>} stop
 */

/**
 * @typedef {object} ChildOptions
 * @property {string} file the program
 * @property {readonly string[]} [args]
 * @property {Readonly<Record<string, string>>} [env] all there is, besides PATH; NODE_ENV is production
 * @property {string} [node] another Node than the running one
 * @property {readonly string[]} [nodeArgs]
 */

/**
 * Starts a program that prints the URL it listens on, and waits for that line.
 * @param {ChildOptions} options
 * @returns {Promise<Server>}
 */
export async function startServer(options) {
  const began = performance.now()
  const { child, ask, stop } = startChild(options)
  let output = ''
  const url = await new Promise((resolve, reject) => {
    child.stdout?.on('data', (text) => {
      output += text
      const [found] = /http:\/\/[\w.:[\]]+/.exec(output) ?? []
      if (found !== undefined && output.includes('\n')) resolve(found)
    })
    child.once('exit', (code) => reject(new Error(`${options.file} ended with ${code} before it listened:\n${output}`)))
  })
  const startedIn = performance.now() - began
  const { node } = await ask({ what: 'usage' })
  return { url, startedIn, node, usage: ({ gc = false } = {}) => ask({ what: 'usage', gc }), stop }
}

/**
 * A child that can be asked things, one at a time.
 * @param {ChildOptions} options
 */
export function startChild({ file, args = [], env = {}, node = process.execPath, nodeArgs = [] }) {
  const child = fork(file, args, {
    cwd: bench,
    execPath: node,
    execArgv: [...nodeOptions, '--import', reporter, ...nodeArgs],
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  const stop = closing(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), patience)
    await exited
    clearTimeout(timer)
  })
  return { child, stop, ask: (/** @type {object} */ question) => answerOf(child, question, file) }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {object} question
 * @param {string} file
 * @returns {Promise<any>}
 */
async function answerOf(child, question, file) {
  const over = new AbortController()
  try {
    const answer = once(child, 'message', { signal: over.signal })
    const end = once(child, 'exit', { signal: over.signal }).then(([code]) => {
      throw new Error(`${file} ended with ${code}`)
    })
    end.catch(() => undefined)
    child.send(question)
    const [message] = await Promise.race([answer, end])
    if (message.failure !== undefined) throw new Error(message.failure)
    return message
  } finally {
    over.abort()
  }
}
