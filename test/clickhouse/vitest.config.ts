import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import general from '../../vitest.config.ts'

/** The same figures from ClickHouse as from PostgreSQL; apart, for ClickHouse is half a gigabyte to install. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: general.resolve ?? {},
  test: {
    ...general.test,
    include: ['test/clickhouse/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    testTimeout: 120_000,
    // Each file has a ClickHouse of its own.
    maxWorkers: 2,
  },
})
