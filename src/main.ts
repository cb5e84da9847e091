import { once } from 'node:events'
import { startApp } from './app.ts'
import { readConfig } from './config.ts'
import { welcome } from './welcome.ts'

const interruption = new AbortController()
// Once each: who is in a hurry interrupts again, and need not wait.
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interruption.abort())
const { signal } = interruption

try {
  const config = readConfig()
  const app = await startApp(config, signal)
  process.stdout.write(welcome(app.url, config))
  if (!signal.aborted) await once(signal, 'abort')
  await app[Symbol.asyncDispose]()
} catch (error) {
  // Everything is closed; a fill that was given up has nothing to write to any more.
  if (signal.aborted) process.exit(0)
  // What stops a start says so in words for the operator. An error of the language is ours, with its stack.
  const ours = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
  console.error(error instanceof Error && !ours ? error.message : error)
  process.exit(1)
}
