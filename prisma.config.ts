import process from 'node:process'
import { defineConfig } from 'prisma/config'

// `prisma generate` needs neither the native schema engine nor the version check, but would download the one and call
// home for the other: any existing file passes for the engine.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath
process.env.CHECKPOINT_DISABLE ??= '1'

export default defineConfig({ schema: 'prisma/schema' })
