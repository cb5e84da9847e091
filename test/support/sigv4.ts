import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Signer {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
}

/** Milliseconds that a client's clock may be wrong. */
const tolerance = 15 * 60 * 1000

/** Why Amazon would refuse the signature of a request to S3; null when it is right. Computed without the client's library. */
export function signatureProblem(req: IncomingMessage, body: Buffer, signer: Signer): string | null {
  const { authorization = '' } = req.headers
  const parts = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/.exec(authorization)
  if (!parts) return authorization === '' ? 'AccessDenied' : 'AuthorizationHeaderMalformed'
  const [, accessKeyId = '', day = '', region = '', signedHeaders = '', signature] = parts
  if (accessKeyId !== signer.accessKeyId) return 'InvalidAccessKeyId'
  if (region !== signer.region || !signedHeaders.split(';').includes('host')) return 'AuthorizationHeaderMalformed'
  const time = String(req.headers['x-amz-date'])
  if (!time.startsWith(day) || Math.abs(momentOf(time) - Date.now()) > tolerance) return 'RequestTimeTooSkewed'
  const hash = String(req.headers['x-amz-content-sha256'])
  if (hash !== 'UNSIGNED-PAYLOAD' && hash !== sha256(body)) return 'XAmzContentSHA256Mismatch'
  const scope = `${day}/${region}/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonicalRequest(req, signedHeaders, hash))].join('\n')
  const key = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(Buffer.from(`AWS4${signer.secretAccessKey}`), day), region))
  return hmac(key, text).toString('hex') === signature ? null : 'SignatureDoesNotMatch'
} // prettier-ignore

function canonicalRequest(req: IncomingMessage, signedHeaders: string, payloadHash: string): string {
  const [path = '', query = ''] = (req.url ?? '').split('?')
  const headers = signedHeaders.split(';').map((name) => `${name}:${String(req.headers[name]).trim().replace(/ +/g, ' ')}\n`)
  const parameters = [...new URLSearchParams(query)].map(([name, value]) => `${escaped(name)}=${escaped(value)}`).sort()
  const uri = path.split('/').map((segment) => escaped(decodeURIComponent(segment))).join('/')
  return [req.method, uri, parameters.join('&'), headers.join(''), signedHeaders, payloadHash].join('\n')
} // prettier-ignore

function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`)
}

function momentOf(time: string): number {
  return Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
