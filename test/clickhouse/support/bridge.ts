import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EngineError, type Engine } from './engine.ts'
import { readRequest, type Request } from './request.ts'

export const user = 'portal'
/** With everything that a URL would take for its own. */
export const password = 'p@ss:w/ord%?#'
export const database = 'yeti'

/** What the server does with a request. */
export type Behaviour =
  | 'answer'
  /** Says nothing, for ever. */
  | 'hang'
  /** Closes the connection instead of answering. */
  | 'cut'
  /** Closes it in the middle of the answer. */
  | 'break off'
  /** Fails with a code of its own. */
  | { readonly code: number; readonly message: string }
  /** Answers as something that stands before it. */
  | { readonly status: number; readonly body: string }

/** What came in. */
export type Seen = Pick<Request, 'statement' | 'parameters' | 'settings' | 'queryId' | 'userAgent'>

/** ClickHouse behind its HTTP interface, which can be told to fail. */
export interface Bridge extends AsyncDisposable {
  /** For `CLICKHOUSE_URL`. */
  readonly url: string
  readonly port: number
  readonly seen: Seen[]
  behaviour: Behaviour
  /** What it does with the next requests, before the other holds again. */
  readonly next: Behaviour[]
  /** From then on connections are refused. */
  down(): Promise<void>
  up(): Promise<void>
}

/** Status of an error, where it is not 500, as ClickHouse's own HTTP handler has it. */
const statuses: Readonly<Record<string, number>> = {
  '36': 400, '43': 400, '47': 404, '53': 400, '60': 404, '62': 400, '81': 404, '115': 404,
  '159': 408, '164': 400, '194': 401, '197': 403, '202': 503, '456': 400, '457': 400, '497': 403, '516': 403,
} // prettier-ignore

export async function startBridge(engine: Engine): Promise<Bridge> {
  const seen: Seen[] = []
  const next: Behaviour[] = []
  let server: Server | undefined

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const request = await readRequest(req)
    if (request.path === '/ping') return void res.end('Ok.\n')
    const { statement, parameters, settings, queryId, userAgent } = request
    seen.push({ statement, parameters, settings, queryId, userAgent })
    const behaviour = next.shift() ?? self.behaviour
    if (behaviour === 'hang') return
    if (behaviour === 'cut') return void req.socket.destroy()
    if (behaviour === 'break off') return breakOff(res)
    if (behaviour !== 'answer') return answerOtherwise(res, behaviour)
    try {
      const result = await answer(engine, request)
      res.writeHead(200, { 'content-type': 'application/x-ndjson; charset=UTF-8', ...headersOf(queryId) }).end(result)
    } catch (error) {
      if (!(error instanceof EngineError)) return void req.socket.destroy()
      fail(res, error.message)
    }
  }

  async function listen(port: number): Promise<number> {
    server = createServer((req, res) => {
      serve(req, res).catch((error: unknown) => res.destroy(error instanceof Error ? error : undefined))
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port // it listens on TCP
  }

  const port = await listen(0)
  const self: Bridge = {
    url: `http://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    port,
    seen,
    next,
    behaviour: 'answer',
    async down() {
      const closing = server
      if (!closing) return
      server = undefined
      closing.closeAllConnections()
      closing.close()
      await once(closing, 'close')
    },
    async up() {
      if (!server) await listen(port)
    },
    [Symbol.asyncDispose]: () => self.down(),
  }
  return self
}

async function answer(engine: Engine, request: Request): Promise<string> {
  if (request.user !== user || request.password !== password) {
    throw new EngineError(
      `Code: 516. DB::Exception: ${request.user}: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)`,
    )
  }
  const { statement, format } = withoutFormat(request.statement)
  for (const [, name = ''] of statement.matchAll(/\{(\w+)\s*:/g)) {
    // One that was set for an earlier statement would still be there.
    if (request.parameters[name] === undefined)
      throw new EngineError(`Code: 456. DB::Exception: Substitution \`${name}\` is not set. (UNKNOWN_QUERY_PARAMETER)`)
  }
  const parameters = Object.entries(request.parameters).map(([name, value]) => `SET param_${name} = ${quoted(value)}`)
  const settings = Object.entries(request.settings).map(([name, value]) => `${name} = ${quoted(value)}`)
  const limited = settings.length > 0 ? `${statement} SETTINGS ${settings.join(', ')}` : statement
  return engine.run(limited, format, [`USE ${request.database}`, ...parameters])
}

/** The engine takes the format apart from the statement. */
function withoutFormat(text: string): { statement: string; format: string } {
  const [ending, format = 'TabSeparated'] = /\s+FORMAT\s+(\w+)\s*;?\s*$/i.exec(text) ?? ['']
  return { statement: text.slice(0, text.length - ending.length), format }
}

export function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}

function headersOf(queryId: string): Record<string, string> {
  return {
    'x-clickhouse-query-id': queryId,
    'x-clickhouse-summary': '{"read_rows":"0","read_bytes":"0","written_rows":"0","written_bytes":"0"}',
  }
}

/** As many words as ClickHouse uses: its version, and what it was doing. */
function fail(res: ServerResponse, message: string): void {
  const [, code = '0'] = /^Code: (\d+)/.exec(message) ?? []
  const type = { 'content-type': 'text/plain; charset=UTF-8', 'x-clickhouse-exception-code': code }
  res.writeHead(statuses[code] ?? 500, type).end(`${message} (version 26.7.2.1)\n`)
}

function answerOtherwise(res: ServerResponse, behaviour: Extract<Behaviour, object>): void {
  if ('code' in behaviour) return fail(res, `Code: ${behaviour.code}. DB::Exception: ${behaviour.message}`)
  res.writeHead(behaviour.status, { 'content-type': 'text/html' }).end(behaviour.body)
}

function breakOff(res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'application/x-ndjson', 'content-length': '10000' })
  res.write('{"totalCalls":', () => res.destroy())
}
