import type { ServerResponse } from 'node:http'
import type { ErrorCode } from '../errors.ts'

/** A refusal before GraphQL runs, in the shape that GraphQL clients read. */
export interface Refusal {
  readonly status: number
  readonly code: ErrorCode
  readonly message: string
}

export const notFound: Refusal = { status: 404, code: 'NOT_FOUND', message: 'Not found' }
export const badRequest: Refusal = {
  status: 400,
  code: 'BAD_USER_INPUT',
  message: 'The URL or the Host header is wrong',
}

export function refuse(
  res: ServerResponse,
  refusal: Refusal,
  extensions: Readonly<Record<string, unknown>> = {},
): void {
  res.end(refusalBody(res, refusal, extensions))
}

/** Writes the head of a refusal and gives back its body. */
export function refusalBody(
  res: ServerResponse,
  { status, code, message }: Refusal,
  extensions: Readonly<Record<string, unknown>> = {},
): string {
  const body = JSON.stringify({ errors: [{ message, extensions: { code, ...extensions } }] })
  dropContentHeaders(res)
  res.setHeader('Cache-Control', 'no-store')
  res.writeHead(status, {
    'Content-Type': `${mediaType(res)}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(body),
  })
  return body
}

export function answerText(res: ServerResponse, status: number, text: string): void {
  res.setHeader('Cache-Control', 'no-store')
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': Buffer.byteLength(text) })
  res.end(text)
}

/** GraphQL over HTTP: who asks for the newer media type gets it. */
function mediaType(res: ServerResponse): string {
  const graphql = 'application/graphql-response+json'
  return res.req.headers.accept?.includes(graphql) === true ? graphql : 'application/json'
}

/** What a handler said about the body it then did not send. */
function dropContentHeaders(res: ServerResponse): void {
  for (const name of res.getHeaderNames()) if (name.startsWith('content-') && name !== policy) res.removeHeader(name)
  for (const name of ['etag', 'last-modified', 'accept-ranges']) res.removeHeader(name)
}

const policy = 'content-security-policy'
