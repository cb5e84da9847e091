// Creates Yeti's tables in empty databases, as far as the gateway needs them: DATABASE_URL, CDR_DATABASE_URL.
import process from 'node:process'
import { build } from './build.js'

await build()
const { readConfig } = await import('../dist/src/config.js')
const { migrate } = await import('../dist/src/backends/migrate.js')
const { migrateQueue } = await import('../dist/src/backends/exports/queue-migration.js')

// Settings go together; no token is made here.
const unused = 'no token is signed with this one'

try {
  const { database } = readConfig({ ...process.env, CUSTOMER_JWT_SECRET: unused, ADMIN_JWT_SECRET: unused })
  if (database.kind === 'embedded')
    throw new Error('DATABASE_URL: expected; the embedded database is migrated at each start')
  const sets = /** @type {const} */ ([
    ['primary', database.primaryUrl],
    ['cdr', database.cdrUrl],
    ['portal', database.primaryUrl],
  ])
  for (const [set, url] of sets) console.log(`${set}: ${(await migrate(set, url)).join(', ') || 'nothing to do'}`)
  await migrateQueue(database.primaryUrl)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
