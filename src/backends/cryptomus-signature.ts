import { createHash, timingSafeEqual } from 'node:crypto'

/** The provider's signature of a JSON text: hexadecimal MD5 of its base64 and the key. */
export function signatureOf(json: string, apiKey: string): string {
  return createHash('md5')
    .update(Buffer.from(json).toString('base64') + apiKey)
    .digest('hex')
}

/**
 * The object that a body says, when its member `sign` is the signature of the rest; null for any other body.
 * A name that stands twice is refused: readers do not agree on which of the two counts.
 */
export function openSigned(body: string, apiKey: string): Readonly<Record<string, unknown>> | null {
  const parsed = parsedObject(body)
  const sign = parsed?.['sign']
  if (parsed === null || typeof sign !== 'string') return null
  const members = membersOf(body)
  if (new Set(members.map(({ name }) => name)).size !== members.length) return null
  const unsigned = `{${members.flatMap(({ name, text }) => (name === 'sign' ? [] : [text])).join(',')}}`
  return spellings(unsigned).some((json) => isEqual(signatureOf(json, apiKey), sign)) ? parsed : null
}

function parsedObject(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

interface Member {
  readonly name: string
  /** Name and value, as they were sent. */
  readonly text: string
}

/** In JSON, brackets and commas outside these are structure. */
const string = /"[^"\\]*(?:\\.[^"\\]*)*"/

/** The members of an object's (valid) JSON, not those of objects inside it. */
function membersOf(json: string): Member[] {
  const texts: string[] = []
  let depth = 0
  let start = 0
  for (const { 0: token, index } of json.matchAll(new RegExp(`${string.source}|[{}[\\],]`, 'g'))) {
    if (token === '{' || token === '[') depth += 1
    const ends = depth === 1 && (token === ',' || token === '}')
    if (ends) texts.push(json.slice(start, index))
    if (ends || (depth === 1 && token === '{')) start = index + 1
    if (token === '}' || token === ']') depth -= 1
  }
  return texts.flatMap((text) => {
    const [name] = string.exec(text) ?? []
    return name === undefined ? [] : [{ name: String(JSON.parse(name)), text }]
  })
}

/**
 * How the signed text may have been spelled: as it was sent, or compact, with slashes and letters beyond ASCII escaped
 * or not. The sender is PHP, whose parts do not escape alike: it may sign another spelling than it sends. All of them
 * say the same.
 */
function spellings(json: string): string[] {
  const compact = (write: (text: string) => string): string =>
    json.replace(new RegExp(`${string.source}|\\s+`, 'g'), (token) =>
      token.startsWith('"') ? write(JSON.stringify(JSON.parse(token))) : '',
    )
  return [
    json,
    compact(escapeSlashes),
    compact((text) => text),
    compact((text) => escapeUnicode(escapeSlashes(text))),
    compact(escapeUnicode),
  ]
}

function escapeSlashes(text: string): string {
  return text.replaceAll('/', '\\/')
}

/** By UTF-16 units, as PHP does. */
function escapeUnicode(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function isEqual(expected: string, given: string): boolean {
  const bytes = Buffer.from(given)
  return bytes.length === expected.length && timingSafeEqual(Buffer.from(expected), bytes)
}
