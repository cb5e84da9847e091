import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeAll, expect, it } from 'vitest'

// In a process of its own: here other tests may have loaded it.

const run = promisify(execFile)
beforeAll(() => run(process.execPath, ['scripts/build.js']), 120_000)

const script = `
  import { createRequire } from 'node:module'
  const { cache } = createRequire(process.cwd() + '/')
  const loaded = () => Object.keys(cache).filter((path) => path.includes('@aws-sdk')).length > 0
  await import('./dist/src/app.js')
  const { readConfig } = await import('./dist/src/config.js')
  const { openFileStores } = await import('./dist/src/backends/file-store/open.js')
  await openFileStores(readConfig({}))
  const without = loaded()
  await openFileStores(readConfig({ S3_EXPORTS_BUCKET: 'exports', S3_ENDPOINT: 'http://127.0.0.1:9' }))
  console.log(JSON.stringify({ without, withBucket: loaded() }))`

it("MUST load Amazon's library only for a bucket: it is large", async () => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script])
  expect(JSON.parse(stdout)).toEqual({ without: false, withBucket: true })
})
