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

/** What `npm test` leaves to that run: what running beside Yeti, and in several processes, is about. It starts many processes. */
const onlyOnYetisTables = [
  'test/yeti/**',
  'test/needs/**',
  'test/beside-yeti/**',
  'test/processes/**',
  'test/databases/{standby,wrong-settings}.test.ts',
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
    exclude: [
      ...configDefaults.exclude,
      // Has a run of its own.
      'test/clickhouse/**',
      ...(onYetisTables ? notOnYetisTables : onlyOnYetisTables),
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
