// @ts-check
import process from 'node:process'

/**
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<any>}
 */
export async function readJson(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}

/**
 * Listens on any free port, and says where.
 * @param {import('node:http').Server} server
 */
export function listen(server) {
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (address !== null && typeof address === 'object') console.log(`http://127.0.0.1:${address.port}`)
  })
  process.once('SIGTERM', () => process.exit())
}
