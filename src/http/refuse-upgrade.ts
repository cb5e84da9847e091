import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Refusal } from './answers.ts'

/** Answers a request that asked for another protocol; there is no response object for one. */
export function refuseUpgrade(connection: Duplex, { status, code, message }: Refusal): void {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Cache-Control: no-store',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    ...(status === 426 ? ['Upgrade: websocket'] : []),
  ]
  connection.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  connection.once('finish', () => connection.destroy())
}
