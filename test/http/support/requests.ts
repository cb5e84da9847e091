import { connect } from 'node:net'

export interface GraphqlAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[]
}

export function post(url: string, query: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  })
}

export async function answerOf(response: Response): Promise<GraphqlAnswer> {
  const answer: GraphqlAnswer = JSON.parse(await response.text())
  return answer
}

/** The code of a refusal. */
export async function codeOf(response: Response): Promise<unknown> {
  return (await answerOf(response)).errors?.[0]?.extensions['code']
}

/** Sends bytes as they are and gives back all that comes until the connection ends, or falls silent. */
export function exchange(port: number, request: string, silence = 300): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    let answer = ''
    socket.setTimeout(silence, () => socket.destroy())
    socket.on('data', (data) => (answer += data.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
  })
}

export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])
}
