// Fills databases that `npm run migrate` made with the demo data: DATABASE_URL, CDR_DATABASE_URL.
import process from 'node:process'
import pg from 'pg'
import { build } from './build.js'

await build()
const { readConfig } = await import('../dist/src/config.js')
const { demoProgress, demoRecordings, fillDemo } = await import('../dist/src/demo/index.js')

// Settings go together; no token is made here.
const unused = 'no token is signed with this one'

try {
  const config = readConfig({ ...process.env, CUSTOMER_JWT_SECRET: unused, ADMIN_JWT_SECRET: unused })
  const { database } = config
  if (database.kind === 'embedded')
    throw new Error('DATABASE_URL: expected; the embedded database is filled at each start')
  const primary = new pg.Pool({ connectionString: database.primaryUrl })
  const cdr = new pg.Pool({ connectionString: database.cdrUrl })
  const progress = demoProgress()
  try {
    const result = await fillDemo({
      primary,
      cdr,
      recordingsDirectory: demoRecordings(config),
      now: new Date(),
      onProgress: progress.report,
    })
    console.log(`Demo data: ${result.cdrs} calls, ${result.invoices} invoices, ${result.recordings} recordings`)
  } finally {
    progress.stop()
    await Promise.all([primary.end(), cdr.end()])
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
