// @ts-check
// `pg` and node:http alone: runs the statement of the request, its rows are the answer.
import { createServer } from 'node:http'
import process from 'node:process'
import pg from 'pg'
import { listen, readJson } from '../servers/support/http.js'

const { CDR_DATABASE_URL = '', DATABASE_POOL_SIZE = '' } = process.env
const pool = new pg.Pool({
  connectionString: CDR_DATABASE_URL,
  max: Number(DATABASE_POOL_SIZE),
  options: '-c TimeZone=UTC',
})

const server = createServer(async (request, response) => {
  const { text, values } = await readJson(request)
  const { rows } = await pool.query(text, values)
  const body = JSON.stringify({ data: rows })
  response.setHeader('content-type', 'application/json')
  response.setHeader('content-length', Buffer.byteLength(body))
  response.end(body)
})

listen(server)
