import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

/** A request to ClickHouse's HTTP interface, taken apart. */
export interface Request {
  readonly path: string
  readonly statement: string
  /** As they came, in ClickHouse's escaping. */
  readonly parameters: Readonly<Record<string, string>>
  readonly settings: Readonly<Record<string, string>>
  readonly queryId: string
  readonly database: string
  readonly user: string
  readonly password: string
  readonly userAgent: string
}

/** What is in a URL and no setting. */
const others = new Set([
  'query', 'query_id', 'database', 'user', 'password', 'default_format', 'session_id', 'session_timeout',
  'session_check', 'role', 'compress', 'decompress', 'enable_http_compression', 'wait_end_of_query', 'buffer_size',
]) // prettier-ignore

export async function readRequest(req: IncomingMessage): Promise<Request> {
  const url = new URL(req.url ?? '', 'http://localhost')
  const fields = new Map([...url.searchParams, ...(await bodyFields(req))])
  // ClickHouse puts the two together.
  const statement = [url.searchParams.get('query'), fields.get('')].filter(Boolean).join('\n') || fields.get('query')
  const parameters = [...fields].flatMap(([name, value]) =>
    name.startsWith('param_') ? [[name.slice('param_'.length), value] as const] : [],
  )
  const settings = [...url.searchParams].filter(([name]) => !others.has(name) && !name.startsWith('param_'))
  const [user, password] = credentialsOf(req, url)
  return {
    path: url.pathname,
    statement: statement ?? '',
    parameters: Object.fromEntries(parameters),
    settings: Object.fromEntries(settings),
    queryId: url.searchParams.get('query_id') ?? '',
    database: url.searchParams.get('database') ?? 'default',
    user,
    password,
    userAgent: req.headers['user-agent'] ?? '',
  }
}

/** A plain body is the statement, under no name; in a form there are statement and parameters. */
async function bodyFields(req: IncomingMessage): Promise<[string, string][]> {
  const type = req.headers['content-type'] ?? ''
  const body = new Response(Readable.toWeb(req) as ReadableStream, { headers: { 'content-type': type } }) // the same stream in two declarations
  if (!type.startsWith('multipart/form-data')) return [['', await body.text()]]
  const fields: [string, string][] = []
  for (const [name, value] of await body.formData()) fields.push([name, String(value)])
  return fields
}

function credentialsOf({ headers }: IncomingMessage, url: URL): [string, string] {
  const [, basic] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? []
  if (basic !== undefined) {
    const [user = '', ...rest] = Buffer.from(basic, 'base64').toString().split(':')
    return [user, rest.join(':')]
  }
  const given = (header: string, name: string, otherwise: string): string =>
    String(headers[header] ?? url.searchParams.get(name) ?? otherwise)
  return [given('x-clickhouse-user', 'user', 'default'), given('x-clickhouse-key', 'password', '')]
}
