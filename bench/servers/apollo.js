// @ts-check
// Apollo Server straight on node:http, with a rule of graphql-shield on each field: a flag of the access profile.
import { createServer } from 'node:http'
import { ApolloServer, HeaderMap } from '@apollo/server'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { applyMiddleware } from 'graphql-middleware'
import { rule, shield } from 'graphql-shield'
import { listen, readJson } from './support/http.js'
import { openPool, readRows } from './support/rows.js'
import { DateTime, pageOf, typeDefs } from './support/schema.js'
import { fieldNames } from '../lib/page.js'

const pool = openPool()

// Once per request and rule, not once per field: the fastest that graphql-shield offers.
const allowed = rule({ cache: 'contextual' })((_parent, _args, context) => context.profile.outgoing_cdrs)

const schema = makeExecutableSchema({
  typeDefs,
  resolvers: {
    DateTime,
    Query: { outgoingCdrs: async (_parent, args) => ({ nodes: await readRows(pool, pageOf(args)) }) },
  },
})
const rules = shield({
  Query: { outgoingCdrs: allowed },
  OutgoingCdrConnection: { nodes: allowed },
  OutgoingCdr: Object.fromEntries(fieldNames.map((name) => [name, allowed])),
})

const apollo = new ApolloServer({ schema: applyMiddleware(schema, rules) })
await apollo.start()

const server = createServer(async (request, response) => {
  const { status, headers, body } = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method: request.method ?? '',
      headers: new HeaderMap(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      search: '',
      body: await readJson(request),
    },
    context: async () => ({ profile: { outgoing_cdrs: true } }),
  })
  for (const [name, value] of headers) response.setHeader(name, value)
  response.statusCode = status ?? 200
  response.end(body.kind === 'complete' ? body.string : '')
})

listen(server)
