// @ts-check
// Fastify and mercurius, operations compiled from their first run on. No rules.
import process from 'node:process'
import fastify from 'fastify'
import mercurius from 'mercurius'
import { openPool, readRows } from './support/rows.js'
import { DateTime, pageOf, typeDefs } from './support/schema.js'

const pool = openPool()
const app = fastify()

app.register(mercurius, {
  schema: typeDefs,
  resolvers: {
    DateTime,
    Query: { outgoingCdrs: async (_parent, args) => ({ nodes: await readRows(pool, pageOf(args)) }) },
  },
  jit: 1,
})

console.log(await app.listen({ port: 0, host: '127.0.0.1' }))
process.once('SIGTERM', () => process.exit())
