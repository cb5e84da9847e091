// A gateway's database in a process of its own, for tests that kill it. Says on stdout what happens, a JSON object a line.
import process from 'node:process'
import { startEmbeddedPostgres } from '../../src/backends/embedded-postgres.ts'

const say = (event: string, more: object): boolean => process.stdout.write(`${JSON.stringify({ event, ...more })}\n`)
const log = {
  info: (o: object, message: string) => say('info', { ...o, message }),
  warn: (o: object, message: string) => say('warn', { ...o, message }),
  error: (o: object, message: string) => say('error', { ...o, message }),
}

process.on('SIGINT', () => say('interrupted', {}))
try {
  const directory = process.argv[2] ?? ''
  const postgres = await startEmbeddedPostgres({ directory, databases: ['yeti', 'cdr'], log })
  process.once('SIGTERM', () => void postgres[Symbol.asyncDispose]())
  say('up', { url: postgres.urlFor('yeti') })
} catch (error) {
  say('failed', { message: error instanceof Error ? error.message : String(error) })
}
