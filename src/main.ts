import { once } from 'node:events'
import { startApp } from './app.ts'
import { readConfig } from './config.ts'
import { welcome } from './welcome.ts'

const interruption = new AbortController()
const { signal } = interruption
const names = ['SIGINT', 'SIGTERM'] as const
for (const name of names) process.on(name, interrupt)

/** Only once: who is in a hurry interrupts again, and need not wait. */
function interrupt(name: NodeJS.Signals): void {
  for (const each of names) process.off(each, interrupt)
  interruption.abort(name)
}

try {
  const config = readConfig()
  const app = await startApp(config, signal)
  process.stdout.write(welcome(app.url, config))
  if (!signal.aborted) await once(signal, 'abort')
  // Nobody balances the load of what is ended at a terminal.
  if (signal.reason === 'SIGTERM') await app.retire()
  await app[Symbol.asyncDispose]()
} catch (error) {
  // Everything is closed; a fill that was given up has nothing to write to any more.
  if (signal.aborted) process.exit(0)
  // What stops a start says so in words for the operator. An error of the language is ours, with its stack.
  const ours = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
  console.error(error instanceof Error && !ours ? error.message : error)
  process.exit(1)
}
