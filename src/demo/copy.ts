import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

export type CopyValue = string | number | boolean | null

const chunkSize = 64 * 1024
const special = /[\\\t\n\r]/
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function encode(value: CopyValue): string {
  if (value === null) return '\\N'
  if (typeof value === 'string') {
    return special.test(value) ? value.replace(/[\\\t\n\r]/g, (found) => escapes[found] ?? found) : value
  }
  if (typeof value === 'boolean') return value ? 't' : 'f'
  return String(value)
}

/** One line of COPY's text format. */
export function copyLine(values: readonly CopyValue[]): string {
  return `${values.map(encode).join('\t')}\n`
}

/** Few big writes instead of many small ones, with a turn for everybody else after each. */
async function* chunks(lines: Iterable<string>): AsyncGenerator<Buffer> {
  let chunk = ''
  for (const line of lines) {
    chunk += line
    if (chunk.length >= chunkSize) {
      yield Buffer.from(chunk)
      chunk = ''
      await setImmediate()
    }
  }
  if (chunk) yield Buffer.from(chunk)
}

/** Streams lines into a table as fast as the server takes them. Returns the number of rows. */
export async function copyInto(
  client: pg.ClientBase,
  table: string,
  columns: readonly string[],
  lines: Iterable<string>,
): Promise<number> {
  const target = client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin`))
  await pipeline(Readable.from(chunks(lines), { highWaterMark: 2 }), target)
  return target.rowCount
}
