import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'
import { onYetisTables } from './test/support/yeti/switch.ts'

/** What `npm run test:yeti` leaves out, and why: it would test the same once more. All else runs on Yeti's own tables. */
const notOnYetisTables = [
  // The demo itself, embedded PostgreSQL and migrations, in databases of their own.
  'test/demo/**',
  'test/backends/{embedded-postgres,migrate,columns}.test.ts',
  // No database at all.
  'test/backends/{file-store,file-store-loading,s3,statement-names,yeti-versions}.test.ts',
  'test/config.test.ts',
]

export default defineConfig({
  resolve: {
    // Without this some packages load graphql's other build, and types of one are strangers to the other.
    alias: [
      { find: /^graphql$/, replacement: fileURLToPath(new URL('node_modules/graphql/index.js', import.meta.url)) },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // What is in test/yeti is about those tables; test/clickhouse has a run of its own.
    exclude: [
      ...configDefaults.exclude,
      'test/clickhouse/**',
      ...(onYetisTables ? notOnYetisTables : ['test/yeti/**']),
    ],
    globalSetup: ['test/support/database.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // One more than the machine it is made for has cores: tests wait for processes, ticks and time limits.
    maxWorkers: 3,
    // Files share what they import, which takes longer to load than most of them run. Each has databases of its own.
    isolate: false,
  },
})
