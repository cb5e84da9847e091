import module from 'node:module'
import process from 'node:process'
import { build, BuildError } from './build.js'

try {
  await build()
} catch (error) {
  if (!(error instanceof BuildError)) throw error
  console.error(error.message)
  process.exit(1)
}
// Libraries leave out checks that only help while developing.
process.env.NODE_ENV ??= 'production'
// Node 22 and later; 20 has none.
const { enableCompileCache } = /** @type {{ enableCompileCache?: () => void }} */ (module)
enableCompileCache?.()
// In this very process: signals, exit code and output are the gateway's own.
await import(new URL('../dist/src/main.js', import.meta.url).href)
