import { once } from 'node:events'
import { startApp } from './app.ts'
import { ConfigError, readConfig } from './config.ts'
import { DatabaseError } from './data-sources.ts'
import { welcome } from './welcome.ts'

try {
  const config = readConfig()
  const app = await startApp(config)
  process.stdout.write(welcome(app.url, config))
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await app[Symbol.asyncDispose]()
} catch (error) {
  // These say what is wrong and what to do; anything else is ours to explain, with its stack.
  const expected = error instanceof ConfigError || error instanceof DatabaseError
  console.error(expected ? error.message : error)
  process.exitCode = 1
}
