// What the gateway needs of an existing Yeti: prints grants, checks databases. See docs/existing-yeti.md.
import process from 'node:process'
import { build } from './build.js'

// What is printed may go straight to psql.
await build(console.error)
const { readConfig } = await import('../dist/src/config.js')
const { runYeti } = await import('../dist/src/yeti-command.js')

// Settings go together; no token is made here.
const unused = 'no token is signed with this one'

try {
  const { output, exitCode } = await runYeti(process.argv.slice(2), () =>
    readConfig({ ...process.env, CUSTOMER_JWT_SECRET: unused, ADMIN_JWT_SECRET: unused }),
  )
  process.stdout.write(output)
  process.exitCode = exitCode
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
