import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: {
    // Without this some packages load graphql's other build, and types of one are strangers to the other.
    alias: [
      { find: /^graphql$/, replacement: fileURLToPath(new URL('node_modules/graphql/index.js', import.meta.url)) },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/database.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // One more than the machine it is made for has cores: tests wait for processes, ticks and time limits.
    maxWorkers: 3,
    // Files share what they import, which takes longer to load than most of them run. Each has databases of its own.
    isolate: false,
  },
})
