import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { signatureProblem } from './sigv4.ts'

/**
 * What goes wrong with a request: `unavailable` is a 503, `hang` no answer at all; half of the body and then the end of
 * the connection (`break`), or nothing more (`stall`); `no-ranges` is a storage that sends the whole file instead.
 */
export type Fault = 'unavailable' | 'hang' | 'break' | 'stall' | 'no-ranges'

export interface S3Request {
  /** `GetObject`, `UploadPart`, … */
  readonly operation: string
  readonly bucket: string
  readonly key: string
}

/** A small S3-compatible storage in memory. It refuses what is not signed as Amazon wants it. */
export interface S3Server extends AsyncDisposable {
  /** For `readConfig`: where it is, and how to sign. */
  readonly settings: Readonly<Record<'S3_ENDPOINT' | 'S3_REGION' | 'S3_ACCESS_KEY_ID' | 'S3_SECRET_ACCESS_KEY' | 'S3_FORCE_PATH_STYLE', string>>
  /** By `<bucket>/<key>`. */
  readonly objects: Map<string, StoredObject>
  put(name: string, content: Buffer): void
  /** Multipart uploads that were begun, neither completed nor aborted. */
  readonly uploads: ReadonlyMap<string, unknown>
  /** Those that passed the signature, in order. */
  readonly requests: S3Request[]
  /** Requests that have no end yet. */
  readonly open: number
  /** Asked for each request; null: it is answered. */
  fault: (request: S3Request) => Fault | null
} // prettier-ignore

const signer = {
  accessKeyId: 'AKIATESTTESTTEST',
  secretAccessKey: 'a/secret+that/only=tests-know',
  region: 'eu-test-1',
}

interface Store {
  readonly objects: Map<string, StoredObject>
  readonly uploads: Map<string, Map<number, Buffer>>
}

export interface StoredObject {
  readonly content: Buffer
  readonly etag: string
  readonly modified: Date
}

interface Incoming extends S3Request {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly body: Buffer
  readonly name: string
  readonly query: URLSearchParams
  readonly fault: Fault | null
}

export async function startS3Server(): Promise<S3Server> {
  const store: Store = { objects: new Map(), uploads: new Map() }
  const requests: S3Request[] = []
  let open = 0
  const http = createServer((req, res) => {
    open++
    res.once('close', () => open--)
    void bodyOf(req).then((body) => answer(req, res, body), () => res.destroy())
  }) // prettier-ignore

  function answer(req: IncomingMessage, res: ServerResponse, body: Buffer): true | undefined {
    const asked = parsed(req)
    const problem = signatureProblem(req, body, signer)
    if (problem !== null) return refuse(req, res, 403, problem)
    requests.push({ operation: asked.operation, bucket: asked.bucket, key: asked.key })
    const fault = server.fault(asked)
    if (fault === 'hang') return
    if (fault === 'unavailable') return refuse(req, res, 503, 'SlowDown')
    return operations[asked.operation]?.({ ...asked, req, res, body, fault }, store) ?? refuse(req, res, 405, 'MethodNotAllowed')
  } // prettier-ignore

  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo // it listens on a port
  const server: S3Server = {
    settings: {
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_REGION: signer.region,
      S3_ACCESS_KEY_ID: signer.accessKeyId,
      S3_SECRET_ACCESS_KEY: signer.secretAccessKey,
      S3_FORCE_PATH_STYLE: 'true',
    },
    objects: store.objects,
    put: (name, content) => void store.objects.set(name, stored(content)),
    uploads: store.uploads,
    requests,
    get open() {
      return open
    },
    fault: () => null,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  return server
}

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** `/<bucket>/<key>`; a key may begin with a slash of its own. */
function parsed(req: IncomingMessage): S3Request & { name: string; query: URLSearchParams } {
  const [path = '', search = ''] = (req.url ?? '').split('?')
  const query = new URLSearchParams(search)
  const name = path.slice(1).split('/').map(decodeURIComponent).join('/') // prettier-ignore
  const [bucket = ''] = name.split('/')
  return { operation: operationOf(req.method ?? '', query), bucket, key: name.slice(bucket.length + 1), name, query }
}

const names: Readonly<Record<string, string>> = {
  GET: 'GetObject',
  HEAD: 'HeadObject',
  PUT: 'PutObject',
  DELETE: 'DeleteObject',
  'POST uploads': 'CreateMultipartUpload',
  'PUT uploadId': 'UploadPart',
  'POST uploadId': 'CompleteMultipartUpload',
  'DELETE uploadId': 'AbortMultipartUpload',
}

function operationOf(method: string, query: URLSearchParams): string {
  const [of] = ['uploads', 'uploadId'].filter((name) => query.has(name))
  return names[of === undefined ? method : `${method} ${of}`] ?? 'Unknown'
}

function stored(content: Buffer, etag = md5(content)): StoredObject {
  return { content, etag: `"${etag}"`, modified: new Date() }
}

const operations: Readonly<Record<string, (incoming: Incoming, store: Store) => true>> = {
  PutObject({ res, name, body }, { objects }) {
    const object = stored(body)
    objects.set(name, object)
    return end(res, 200, { ETag: object.etag })
  },
  HeadObject(incoming, store) {
    return get(incoming, store)
  },
  GetObject(incoming, store) {
    return get(incoming, store)
  },
  DeleteObject({ res, name }, { objects }) {
    objects.delete(name)
    return end(res, 204)
  },
  CreateMultipartUpload({ res, name }, { uploads }) {
    const id = `${name}?${randomBytes(8).toString('hex')}`
    uploads.set(id, new Map())
    const xml = `<InitiateMultipartUploadResult><UploadId>${Buffer.from(id).toString('hex')}</UploadId></InitiateMultipartUploadResult>`
    return end(res, 200, { 'Content-Type': 'application/xml' }, xml)
  },
  UploadPart({ req, res, query, body }, { uploads }) {
    const parts = uploads.get(uploadOf(query))
    if (!parts) return refuse(req, res, 404, 'NoSuchUpload')
    parts.set(Number(query.get('partNumber')), body)
    return end(res, 200, { ETag: `"${md5(body)}"` })
  },
  CompleteMultipartUpload({ req, res, name, query, body }, { uploads, objects }) {
    const parts = uploads.get(uploadOf(query))
    if (!parts) return refuse(req, res, 404, 'NoSuchUpload')
    const listed = [...body.toString().matchAll(/<Part>.*?<\/Part>/gs)].map(([part]) => partOf(part, parts))
    if (listed.some((part) => part === null)) return refuse(req, res, 400, 'InvalidPart')
    const contents = listed.flatMap((part) => part ?? [])
    if (contents.slice(0, -1).some((part) => part.length < 5 * 1024 * 1024)) return refuse(req, res, 400, 'EntityTooSmall')
    uploads.delete(uploadOf(query))
    const object = stored(Buffer.concat(contents), `${md5(Buffer.concat(contents))}-${contents.length}`)
    objects.set(name, object)
    const xml = `<CompleteMultipartUploadResult><ETag>${object.etag}</ETag></CompleteMultipartUploadResult>`
    return end(res, 200, { 'Content-Type': 'application/xml' }, xml)
  },
  AbortMultipartUpload({ req, res, query }, { uploads }) {
    return uploads.delete(uploadOf(query)) ? end(res, 204) : refuse(req, res, 404, 'NoSuchUpload')
  },
} // prettier-ignore

function uploadOf(query: URLSearchParams): string {
  return Buffer.from(query.get('uploadId') ?? '', 'hex').toString()
}

function partOf(xml: string, parts: ReadonlyMap<number, Buffer>): Buffer | null {
  const part = parts.get(Number(/<PartNumber>(\d+)</.exec(xml)?.[1]))
  return part && xml.includes(md5(part)) ? part : null
}

function get({ req, res, name, fault }: Incoming, { objects }: Store): true {
  const object = objects.get(name)
  if (!object) return refuse(req, res, 404, 'NoSuchKey')
  const { content, etag, modified } = object
  if (req.headers['if-match'] !== undefined && req.headers['if-match'] !== etag) return refuse(req, res, 412, 'PreconditionFailed')
  const range = fault === 'no-ranges' ? null : /^bytes=(\d+)-(\d+)$/.exec(req.headers.range ?? '')
  const [start, last] = [Number(range?.[1] ?? 0), Math.min(Number(range?.[2] ?? Infinity), content.length - 1)]
  if (start > last && range) return refuse(req, res, 416, 'InvalidRange')
  const body = content.subarray(start, last + 1)
  const part = range ? { 'Content-Range': `bytes ${start}-${last}/${content.length}` } : {}
  res.writeHead(range ? 206 : 200, { ...part, 'Content-Length': body.length, ETag: etag, 'Last-Modified': modified.toUTCString() })
  if (req.method === 'HEAD' || (fault !== 'break' && fault !== 'stall')) return res.end(body), true
  res.write(body.subarray(0, body.length / 2), () => fault === 'break' && res.destroy())
  return true
} // prettier-ignore

/** As Amazon says it, with everything in it that must not come out of the gateway. */
function refuse(req: IncomingMessage, res: ServerResponse, status: number, code: string): true {
  const { bucket, key } = parsed(req)
  const xml = `<Error><Code>${code}</Code><Message>Refused: ${bucket} ${key}</Message><AWSAccessKeyId>${signer.accessKeyId}</AWSAccessKeyId><BucketName>${bucket}</BucketName><Key>${key}</Key></Error>`
  return end(res, status, { 'Content-Type': 'application/xml' }, req.method === 'HEAD' ? '' : xml)
}

function end(res: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}, body = ''): true {
  res.writeHead(status, { ...headers, ...(status !== 204 && { 'Content-Length': Buffer.byteLength(body) }) }).end(body)
  return true
}

function md5(content: Buffer): string {
  return createHash('md5').update(content).digest('hex')
}
