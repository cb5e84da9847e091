// @ts-check
// `pg` and node:http alone: what there is to lose. With the argument `prepared` the statement has a name.
import { createServer } from 'node:http'
import process from 'node:process'
import { listen, readJson } from './support/http.js'
import { openPool, readRows } from './support/rows.js'

const pool = openPool()
const prepared = process.argv.includes('prepared')

const server = createServer(async (request, response) => {
  const { variables } = await readJson(request)
  const nodes = await readRows(pool, variables, { prepared })
  const body = JSON.stringify({ data: { outgoingCdrs: { nodes } } })
  response.setHeader('content-type', 'application/json')
  response.setHeader('content-length', Buffer.byteLength(body))
  response.end(body)
})

listen(server)
