// @ts-check
// `pg`, pg-copy-streams and zlib alone: the statement of the request, compressed into the file of the request.
import { createWriteStream } from 'node:fs'
import { createServer } from 'node:http'
import process from 'node:process'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import pg from 'pg'
import { to } from 'pg-copy-streams'
import { listen, readJson } from '../servers/support/http.js'

const { CDR_DATABASE_URL = '' } = process.env

const server = createServer(async (request, response) => {
  const { copy, file, level } = await readJson(request)
  const began = performance.now()
  const client = new pg.Client({ connectionString: CDR_DATABASE_URL, options: '-c TimeZone=UTC -c jit=off' })
  await client.connect()
  const rows = client.query(to(copy))
  await pipeline(rows, createGzip({ level }), createWriteStream(file))
  await client.end()
  const body = JSON.stringify({ rows: rows.rowCount, milliseconds: performance.now() - began })
  response.setHeader('content-type', 'application/json')
  response.setHeader('content-length', Buffer.byteLength(body))
  response.end(body)
})

listen(server)
