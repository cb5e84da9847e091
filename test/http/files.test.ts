import { mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { get as httpGet } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { openDatabases, sql, type Databases } from '../../src/backends/databases.ts'
import { migrate } from '../../src/backends/migrate.ts'
import type { FileReference, OpenedFileLink } from '../../src/identity/identity.ts'
import { createLog } from '../../src/log.ts'
import { startS3Server, type S3Server } from '../support/s3-server.ts'
import { startServer, type TestServer } from './support/server.ts'
import { customer } from './support/viewers.ts'

const uuid = '11111111-2222-4333-8444-555555555555'
const wav = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256))
const pdf = Buffer.from('%PDF-1.4 a small document')
const lastModified = 'Thu, 01 Jan 2026 00:00:00 GMT'

/** Token → what it opens. The identity's own tests see to signatures and expiry. */
const links = new Map<string, OpenedFileLink>()
const openFileLink = vi.fn(async (token: string, _address: string) => links.get(token) ?? null)

let root: string
let store: string
let databases: Databases
let s3: S3Server
let servers: Readonly<Record<'a folder' | 'a bucket', TestServer>>
let server: TestServer

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'files-'))
  store = join(root, '.data', 'recordings')
  await mkdir(store, { recursive: true })
  await fillStore()
  databases = await openEmptyDatabase()
  await fillDatabase()
  s3 = await startS3Server()
  await fillBucket()
  servers = { 'a folder': await serverOf({ RECORDINGS_DIR: store }), 'a bucket': await serverOf(bucketSettings()) }
})

beforeEach(() => {
  server = servers['a folder']
})

afterAll(async () => {
  for (const each of Object.values(servers)) await each[Symbol.asyncDispose]()
  await s3[Symbol.asyncDispose]()
  await databases[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

async function openEmptyDatabase(): Promise<Databases> {
  const serverUrl = inject('serverUrl')
  const name = `files_${process.pid}_${Date.now()}`
  const client = new pg.Client(serverUrl)
  await client.connect()
  await client.query(`CREATE DATABASE ${name}`)
  await client.end()
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href
  await migrate('cdr', url)
  return openDatabases({ primaryUrl: url, cdrUrl: url, poolSize: 2, statementTimeout: 5_000, log: createLog('silent') })
}

async function fillStore(): Promise<void> {
  await writeFile(join(root, 'outside.wav'), 'secret')
  for (const name of ['call.wav', '50% of ü.wav', 'other.mp3', '.hidden.wav']) await writeFile(join(store, name), wav)
  await symlink(join(root, 'outside.wav'), join(store, 'link-out.wav'))
  await symlink(join(store, 'call.wav'), join(store, 'link-in.wav'))
  await symlink(join(store, 'loop.wav'), join(store, 'loop.wav'))
  await mkdir(join(store, 'folder.wav'))
  await mkdir(join(store, 'sub'))
  await writeFile(join(store, 'sub', 'deep.wav'), wav)
  await utimes(join(store, 'call.wav'), new Date(0), new Date(lastModified))
}

const bucket = 'secret-bucket'

function bucketSettings(): Readonly<Record<string, string>> {
  return { ...s3.settings, S3_RECORDINGS_BUCKET: bucket }
}

function serverOf(settings: Readonly<Record<string, string>>): Promise<TestServer> {
  const common = { RECORDING_FORMAT: 'wav', CORS_ORIGINS: 'https://portal.example' }
  return startServer({ databases, identity: { openFileLink }, settings: { ...common, ...settings } })
}

/** What the folder has, where Yeti would have it; and beside it what no tag may lead to. */
async function fillBucket(): Promise<void> {
  for (const name of [
    'call.wav',
    '50% of ü.wav',
    'other.mp3',
    '.hidden.wav',
    'sub/deep.wav',
    `${'x'.repeat(300)}.wav`,
  ]) {
    s3.put(`${bucket}//record/${name}`, wav)
  }
  for (const name of ['outside.wav', '/outside.wav', 'missing.wav']) s3.put(`${bucket}/${name}`, Buffer.from('secret'))
}

/** Calls of customer 1, account 10, answered by vendor 2, account 20; each named by its id. */
const calls: readonly (readonly [id: number, tag: string | null, changes?: Readonly<Record<string, unknown>>])[] = [
  [1, 'call'],
  [2, '50% of ü'],
  [3, 'call', { audio_recorded: false }],
  [4, 'call', { audio_recorded: null }],
  [5, ''],
  [6, null],
  [7, 'call', { duration: 0 }],
  [8, 'call', { duration: null }],
  [9, 'call', { is_last_cdr: false }],
  [10, 'missing'],
  [11, '../../outside'],
  [12, 'sub/deep'],
  [13, '.hidden'],
  [14, 'link-out'],
  [15, 'link-in'],
  [16, 'folder'],
  [17, '..\\outside'],
  [18, 'loop'],
  [19, 'x'.repeat(300)],
  [20, 'other'],
  [21, 'call', { customer_acc_id: 11, vendor_acc_id: 21 }],
]

async function fillDatabase(): Promise<void> {
  await databases.query('cdr', sql`CREATE TABLE cdr.cdr_all PARTITION OF cdr.cdr DEFAULT`)
  for (const [id, local_tag, changes] of calls) {
    const call = { duration: 10, audio_recorded: true, is_last_cdr: true, customer_acc_id: 10, vendor_acc_id: 20 }
    const row = { id, local_tag, time_start: '2026-01-01', customer_id: 1, vendor_id: 2, ...call, ...changes }
    await databases.query(
      'cdr',
      sql`INSERT INTO cdr.cdr SELECT * FROM json_populate_record(NULL::cdr.cdr, ${JSON.stringify(row)})`,
    )
  }
  await addInvoice(1, uuid, 2, 10)
  await addInvoice(2, uuid.replace('1', '2'), 1, 10)
  await addInvoice(3, uuid.replace('1', '3'), 2, 10, null)
  await addInvoice(4, uuid.replace('1', '4'), 2, 11)
}

async function addInvoice(
  id: number,
  key: string,
  state: number,
  account: number,
  data: Buffer | null = pdf,
): Promise<void> {
  await databases.query(
    'cdr',
    sql`INSERT INTO billing.invoices (id, uuid, account_id, contractor_id, start_date, end_date, state_id, type_id, currency_id)
        VALUES (${id}, ${key}::uuid, ${account}, 1, now(), now(), ${state}, 1, 1)`,
  )
  await databases.query(
    'cdr',
    sql`INSERT INTO billing.invoice_documents (invoice_id, filename, pdf_data) VALUES (${id}, 'Рахунок 1', ${data})`,
  )
}

type Asker = Parameters<typeof customer>[0]

const caller: Asker = { customerId: 1, flags: ['outgoingCdrs', 'allowListenRecording', 'invoices'] }
const vendor: Asker = { customerId: 2, flags: ['incomingCdrs', 'allowListenRecording'] }

let counter = 0

function link(file: FileReference, asker: Asker = caller): string {
  const token = `token-${counter++}.a_b~c`
  links.set(token, { viewer: customer(asker), file })
  return `${server.url}/files/${token}`
}

function outgoing(id: number | string): FileReference {
  return { kind: 'outgoing-recording', id: String(id) }
}

function get(url: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Response> {
  return fetch(url, { method, headers })
}

/** Leaves with the first bytes; gives back the status. */
function brokenOff(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpGet(url, { agent: false }, (response) => {
      response.once('data', () => {
        request.destroy()
        resolve(response.statusCode)
      })
    })
    request.once('error', reject)
  })
}

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer())
}

const nothing = '{"errors":[{"message":"Not found","extensions":{"code":"NOT_FOUND"}}]}'

async function expectNothing(url: string): Promise<void> {
  const response = await get(url)
  expect([response.status, await response.text()]).toEqual([404, nothing])
  for (const name of ['content-disposition', 'etag', 'last-modified', 'accept-ranges']) {
    expect(response.headers.get(name)).toBeNull()
  }
}

describe.each(['a folder', 'a bucket'] as const)('from %s, a recording', (kind) => {
  beforeEach(() => {
    server = servers[kind]
  })

  it('comes whole, to be played where it is, and is stored nowhere', async () => {
    const response = await get(link(outgoing(1)))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('audio/wav')
    expect(response.headers.get('content-disposition')).toBe('inline; filename="call.wav"')
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('accept-ranges')).toBe('bytes')
    expect((await bytesOf(response)).equals(wav)).toBe(true)
  })

  it('may have any file name after its link', async () => {
    expect((await get(`${link(outgoing(1))}/call.wav`)).status).toBe(200)
    await expectNothing(`${link(outgoing(1))}/a/b`)
  })

  it('is found under a name that looks like an escape', async () => {
    const response = await get(link(outgoing(2)))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-disposition')).toBe(
      `inline; filename="50_ of _.wav"; filename*=UTF-8''50%25%20of%20%C3%BC.wav`,
    )
  })

  it('is as long in HEAD, without the bytes', async () => {
    const response = await get(link(outgoing(1)), { range: 'bytes=0-1' }, 'HEAD')
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '1000', ''])
  })

  it('of a call to the vendor comes by the vendor’s link, every attempt of it', async () => {
    expect((await get(link({ kind: 'incoming-recording', id: '1' }, vendor))).status).toBe(200)
    expect((await get(link({ kind: 'incoming-recording', id: '9' }, vendor))).status).toBe(200)
  })

  it('is MP3 where the switch records that', async () => {
    const place = kind === 'a folder' ? { RECORDINGS_DIR: store } : bucketSettings()
    await using other = await serverOf({ ...place, RECORDING_FORMAT: 'mp3' })
    const response = await get(link(outgoing(20)).replace(server.url, other.url))
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'audio/mpeg'])
  })

  it.each([
    ['bytes=0-0', 206, 'bytes 0-0/1000', wav.subarray(0, 1)],
    ['bytes=10-19', 206, 'bytes 10-19/1000', wav.subarray(10, 20)],
    ['bytes=990-', 206, 'bytes 990-999/1000', wav.subarray(990)],
    ['bytes=-500', 206, 'bytes 500-999/1000', wav.subarray(500)],
    ['BYTES=0-0', 206, 'bytes 0-0/1000', wav.subarray(0, 1)],
    ['bytes=-5000', 200, null, wav],
    ['bytes=0-999999', 206, 'bytes 0-999/1000', wav],
    ['bytes=0-99999999999999999999', 206, 'bytes 0-999/1000', wav],
    ['bytes=5-2', 416, 'bytes */1000', Buffer.alloc(0)],
    ['bytes=1000-', 416, 'bytes */1000', Buffer.alloc(0)],
    ['bytes=99999999999999999999-', 416, 'bytes */1000', Buffer.alloc(0)],
    ['bytes=-0', 416, 'bytes */1000', Buffer.alloc(0)],
    ['bytes=0-1,5-6', 200, null, wav],
    ['bytes=0-4,5-9', 206, 'bytes 0-9/1000', wav.subarray(0, 10)],
    [`bytes=${'0-,'.repeat(1000)}0-`, 206, 'bytes 0-999/1000', wav],
    ['bytes=a-b', 200, null, wav],
    ['bytes=', 200, null, wav],
    ['bytes', 200, null, wav],
    ['bytes=-', 200, null, wav],
    ['bytes=--1', 200, null, wav],
    ['bytes=1-2-3', 200, null, wav],
    ['bytes=1.5-2', 200, null, wav],
    ['bytes=0x0-0x9', 200, null, wav],
    ['bytes=1e1-2e1', 200, null, wav],
    ['lines=0-1', 200, null, wav],
    ['none', 200, null, wav],
  ])('asked for in part, %s, is answered with %i', async (range, status, contentRange, body) => {
    const response = await get(link(outgoing(1)), { range })
    expect([response.status, response.headers.get('content-range')]).toEqual([status, contentRange])
    expect(response.headers.get('content-length')).toBe(String(body.length))
    expect((await bytesOf(response)).equals(body)).toBe(true)
  })

  it('is only put together while it is the same', async () => {
    const url = link(outgoing(1))
    const first = await get(url)
    const etag = first.headers.get('etag') ?? ''
    const modified = first.headers.get('last-modified') ?? ''
    const range = { range: 'bytes=0-1' }
    expect((await get(url, { ...range, 'if-range': etag })).status).toBe(206)
    expect((await get(url, { ...range, 'if-range': `W/${etag}` })).status).toBe(200)
    expect((await get(url, { ...range, 'if-range': '"other"' })).status).toBe(200)
    expect((await get(url, { ...range, 'if-range': modified })).status).toBe(206)
    expect((await get(url, { ...range, 'if-range': 'Thu, 01 Jan 2015 00:00:00 GMT' })).status).toBe(200)
    expect((await get(url, { ...range, 'if-range': 'yesterday' })).status).toBe(200)
  })

  it('is not sent again to who has it, nor to who wants another', async () => {
    const url = link(outgoing(1))
    const first = await get(url)
    const etag = first.headers.get('etag') ?? ''
    const modified = first.headers.get('last-modified') ?? ''
    const asked = { 'cache-control': 'max-age=0' }
    const long = 'Thu, 01 Jan 2015 00:00:00 GMT'
    const conditions: readonly (readonly [Readonly<Record<string, string>>, number])[] = [
      [{ 'if-none-match': etag }, 304],
      [{ 'if-none-match': `"other", W/${etag}` }, 304],
      [{ 'if-none-match': '*' }, 304],
      [{ 'if-none-match': '"other"' }, 200],
      [{ 'if-none-match': '"other"', 'if-modified-since': modified }, 200],
      [{ 'if-modified-since': modified }, 304],
      [{ 'if-modified-since': long }, 200],
      [{ 'if-modified-since': 'yesterday' }, 200],
      [{ 'if-match': '"other"' }, 412],
      [{ 'if-match': `W/${etag}` }, 412],
      [{ 'if-match': `"other", ${etag}` }, 200],
      [{ 'if-match': '*' }, 200],
      [{ 'if-unmodified-since': modified }, 200],
      [{ 'if-unmodified-since': long }, 412],
      [{ 'if-unmodified-since': long, 'if-match': etag }, 200],
      [{ 'if-unmodified-since': 'yesterday' }, 200],
    ]
    for (const method of ['GET', 'HEAD']) {
      for (const [headers, status] of conditions) {
        const response = await get(url, { ...asked, ...headers }, method)
        expect([headers, response.status]).toEqual([headers, status])
        expect((await bytesOf(response)).length).toBe(status === 200 && method === 'GET' ? 1000 : 0)
        expect(response.headers.get('etag')).toBe(etag)
        if (status !== 200) expect(response.headers.get('content-disposition')).toBeNull()
      }
    }
  })

  it('that the client breaks off does no harm', async () => {
    const long = Buffer.alloc(50_000_000)
    await writeFile(join(store, 'missing.wav'), long)
    s3.put(`${bucket}//record/missing.wav`, long)
    expect(await brokenOff(link(outgoing(10)))).toBe(200)
    await vi.waitFor(() => expect(s3.open).toBe(0))
    await rm(join(store, 'missing.wav'))
    s3.objects.delete(`${bucket}//record/missing.wav`)
    expect((await bytesOf(await get(link(outgoing(1))))).equals(wav)).toBe(true)
    expect(server.logged.join()).not.toContain('A request failed')
  })
})

describe('a recording in a folder', () => {
  it('comes through a link inside the folder, too', async () => {
    expect((await get(link(outgoing(15)))).status).toBe(200)
  })

  it.each([
    ['cut where it ends, when it shrinks while it is sent', 10_000_000],
    ['as long as it was, when it grows while it is sent', 60_000_000],
  ])('is %s', async (_, length) => {
    const path = join(store, 'missing.wav')
    await writeFile(path, Buffer.alloc(50_000_000))
    const response = await get(link(outgoing(10)))
    await truncate(path, length)
    const received = response.arrayBuffer().then(({ byteLength }) => byteLength, () => 'cut') // prettier-ignore
    expect(await received).toBe(length < 50_000_000 ? 'cut' : 50_000_000)
    await rm(path)
    expect((await get(link(outgoing(1)))).status).toBe(200)
  })

  it('says when it was made', async () => {
    expect((await get(link(outgoing(1)))).headers.get('last-modified')).toBe(lastModified)
  })
})

describe('a recording in a bucket that fails', () => {
  let failing: TestServer

  beforeEach(async () => {
    failing = await serverOf(bucketSettings())
    return () => failing[Symbol.asyncDispose]()
  })
  afterEach(() => {
    s3.fault = () => null
  })

  /** What no answer and no line of the log may have. */
  const secrets = (): string[] => [
    bucket,
    'call.wav',
    s3.settings.S3_ENDPOINT.slice('http://'.length),
    s3.settings.S3_ACCESS_KEY_ID,
    s3.settings.S3_SECRET_ACCESS_KEY,
  ]

  /** Answered with 503, with one line in the log that says why, and nothing else is. */
  async function expectUnavailable(to: TestServer, reason: string): Promise<void> {
    const url = link(outgoing(1)).replace(server.url, to.url)
    to.logged.length = 0
    const response = await get(url)
    const body = await response.text()
    expect([response.status, JSON.parse(body)]).toEqual([
      503,
      {
        errors: [
          {
            message: 'The data is not available right now. Try again later.',
            extensions: { code: 'UNAVAILABLE', correlationId: expect.any(String) },
          },
        ],
      },
    ])
    const lines = to.logged.filter((line) => !line.includes('"msg":"Request"'))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(reason)
    for (const secret of secrets()) expect(body + to.logged.join('')).not.toContain(secret)
    expect((await get(`${to.url}/healthz`)).status).toBe(200)
  }

  it('is UNAVAILABLE, and comes again once the storage is back', async () => {
    s3.fault = () => 'unavailable'
    await expectUnavailable(failing, 'The file storage failed: 503')
    s3.fault = ({ operation }) => (operation === 'GetObject' ? 'unavailable' : null)
    await expectUnavailable(failing, 'The file storage failed: 503 SlowDown')
    s3.fault = () => null
    expect((await get(link(outgoing(1)).replace(server.url, failing.url))).status).toBe(200)
  })

  it('is UNAVAILABLE while nothing listens there', async () => {
    const gone = await startS3Server()
    await gone[Symbol.asyncDispose]()
    await using other = await serverOf({ ...bucketSettings(), S3_ENDPOINT: gone.settings.S3_ENDPOINT })
    await expectUnavailable(other, 'The file storage does not answer: ECONNREFUSED')
  })

  it('is UNAVAILABLE for who has the wrong credentials, and the log says so', async () => {
    await using other = await serverOf({ ...bucketSettings(), S3_SECRET_ACCESS_KEY: 'another-secret' })
    await expectUnavailable(other, 'The file storage refuses our credentials, or they lack a right: 403')
  })

  it('is cut, not ended, when the storage breaks off in its midst', async () => {
    s3.fault = ({ operation }) => (operation === 'GetObject' ? 'break' : null)
    const response = await get(link(outgoing(1)).replace(server.url, failing.url))
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '1000'])
    await expect(response.arrayBuffer()).rejects.toThrow()
    await vi.waitFor(() => expect(failing.logged.join('')).toContain('A request failed'))
    for (const secret of secrets()) expect(failing.logged.join('')).not.toContain(secret)
    expect((await get(`${failing.url}/healthz`)).status).toBe(200)
  })

  it('is UNAVAILABLE in part where the storage knows no parts', async () => {
    s3.fault = ({ operation }) => (operation === 'GetObject' ? 'no-ranges' : null)
    const url = link(outgoing(1)).replace(server.url, failing.url)
    expect((await get(url, { range: 'bytes=0-9' })).status).toBe(503)
    expect((await bytesOf(await get(url))).equals(wav)).toBe(true)
  })

  it('leaves nothing open on the storage when its client leaves while it hangs', async () => {
    s3.fault = ({ operation }) => (operation === 'GetObject' ? 'stall' : null)
    expect(await brokenOff(link(outgoing(1)).replace(server.url, failing.url))).toBe(200)
    await vi.waitFor(() => expect(s3.open).toBe(0))
  })
})

describe('an invoice', () => {
  it('comes as a PDF to be kept, under its own name', async () => {
    const response = await get(link({ kind: 'invoice', id: uuid }))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/pdf')
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="_______ 1.pdf"; filename*=UTF-8''${encodeURIComponent('Рахунок 1.pdf')}`,
    )
    expect(response.headers.get('content-length')).toBe(String(pdf.length))
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect((await bytesOf(response)).equals(pdf)).toBe(true)
  })

  it('is as long in HEAD, without the bytes', async () => {
    const response = await get(link({ kind: 'invoice', id: uuid }), {}, 'HEAD')
    expect([response.headers.get('content-length'), await response.text()]).toEqual([String(pdf.length), ''])
  })
})

describe.each(['a folder', 'a bucket'] as const)('from %s nothing, and always the same nothing,', (kind) => {
  beforeEach(() => {
    server = servers[kind]
  })

  it.each<[string, () => string]>([
    ['for no token', () => `${server.url}/files/`],
    ['for a token that is worth nothing', () => `${server.url}/files/unknown`],
    ['for a token with other characters', () => `${server.url}/files/a%2fb`],
    ['without the permission to listen', () => link(outgoing(1), { ...caller, flags: ['outgoingCdrs'] })],
    ['without the permission for the calls', () => link(outgoing(1), { ...caller, flags: ['allowListenRecording'] })],
    ['with the permission for the other direction', () => link(outgoing(1), { ...caller, flags: vendor.flags })],
    ['without the permission for invoices', () => link({ kind: 'invoice', id: uuid }, { ...caller, flags: [] })],
    ['for the call of somebody else', () => link(outgoing(1), { ...caller, customerId: 2 })],
    ['for the call of another account', () => link(outgoing(21), { ...caller, accountIds: [10] })],
    [
      'for a vendor’s call of another account',
      () => link({ kind: 'incoming-recording', id: '21' }, { ...vendor, accountIds: [20] }),
    ],
    ['for the invoice of somebody else', () => link({ kind: 'invoice', id: uuid }, { ...caller, customerId: 2 })],
    [
      'for the invoice of another account',
      () => link({ kind: 'invoice', id: uuid.replace('1', '4') }, { ...caller, accountIds: [10] }),
    ],
    ['for an invoice that is not approved', () => link({ kind: 'invoice', id: uuid.replace('1', '2') })],
    ['for an invoice without document', () => link({ kind: 'invoice', id: uuid.replace('1', '3') })],
    ['for a call that does not exist', () => link(outgoing(999))],
    ['for an id that is none', () => link(outgoing("1' OR '1'='1"))],
    ['for an id that is too large', () => link(outgoing('9223372036854775808'))],
    ['for a uuid that is none', () => link({ kind: 'invoice', id: 'x' })],
    ...([3, 4, 5, 6, 7, 8] as const).map((id): [string, () => string] => [
      `for call ${id}, not recorded`,
      () => link(outgoing(id)),
    ]),
    ['for an attempt that was not the last', () => link(outgoing(9))],
    ['for a file that is missing', () => link(outgoing(10))],
    ['for a tag that leads out of the store', () => link(outgoing(11))],
    ['for a tag that leads into a folder', () => link(outgoing(12))],
    ['for a tag that begins with a dot', () => link(outgoing(13))],
    ['for a link out of the store', () => link(outgoing(14))],
    ['for a folder', () => link(outgoing(16))],
    ['for a tag with a backslash', () => link(outgoing(17))],
    ['for a link to itself', () => link(outgoing(18))],
    ['for a tag that is too long for a file', () => link(outgoing(19))],
  ])('%s', async (_, url) => expectNothing(url()))

  it('when the store itself is missing', async () => {
    const place = { RECORDINGS_DIR: join(root, 'nowhere') }
    await using other = await serverOf(
      kind === 'a folder' ? place : { ...bucketSettings(), S3_RECORDINGS_BUCKET: 'nowhere' },
    )
    await expectNothing(link(outgoing(1)).replace(server.url, other.url))
  })
})

describe('a download', () => {
  it('asks with the address of the client, as trusted proxies tell it', async () => {
    const settings = { RECORDINGS_DIR: store, TRUSTED_PROXIES: '127.0.0.1' }
    await using proxied = await startServer({ databases, identity: { openFileLink }, settings })
    await get(link(outgoing(1)).replace(server.url, proxied.url), { 'x-forwarded-for': '203.0.113.9' })
    expect(openFileLink).toHaveBeenLastCalledWith(expect.any(String), '203.0.113.9')
    await get(link(outgoing(1)), { 'x-forwarded-for': '203.0.113.9' })
    expect(openFileLink).toHaveBeenLastCalledWith(expect.any(String), expect.stringContaining('127.0.0.1'))
  })

  it('may be read by a listed portal only', async () => {
    const allowed = await get(link(outgoing(1)), { origin: 'https://portal.example' })
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://portal.example')
    const other = await get(link(outgoing(1)), { origin: 'https://evil.example' })
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('leaves no token and no file name in the log', async () => {
    await get(link(outgoing(1)))
    await vi.waitFor(() => expect(server.logged.join()).toContain('"route":"/files"'))
    expect(server.logged.join()).not.toMatch(/token-|call\.wav/)
  })
})
